"""Garbage collection for a program that holds tens of thousands of living values.

Owns one decision: its full passes were the longest pauses of all (100 to 180 ms at 10,000 entries with the defaults),
and almost nothing that a stream holds is ever garbage.
"""

from __future__ import annotations

import gc

THRESHOLDS = (5_000, 200, 100)
"""New containers before a young pass, and how many passes before the next older generation. Young passes are short
ones (some milliseconds; with 20,000 containers twice to four times that), older ones come once in a million."""


def tune_gc() -> None:
    """Leave what has been loaded so far out of all passes, and let passes be rare. Call it once things are loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
