"""Garbage collection for a program that holds tens of thousands of living values.

Owns when the collector looks at what. Its full passes were the longest pauses of all (100 to 180 ms at 10,000 entries
with the defaults), and almost nothing that a stream holds is ever garbage.
"""

from __future__ import annotations

import gc

THRESHOLDS = (1_000, 50, 1_000)
"""New containers before a young pass (a thousand take about half a millisecond), and how many passes before the next
older generation."""


def tune_gc() -> None:
    """Leave what has been loaded so far out of all passes, and later what outlives the young ones.

    Call it once things are loaded. Garbage that grows old before it dies waits for `collect_unseen`.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    _spare(True)


def untune_gc() -> None:
    """Give up what `tune_gc` did: everything is looked at again, by Python's own thresholds."""
    _spare(False)
    gc.unfreeze()
    gc.set_threshold(*_USUAL)


def collect_unseen() -> None:
    """A full pass, which takes a while: for a moment at which nobody looks."""
    was_spared = _spare(False)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _spare(was_spared)


_USUAL = (700, 10, 10)


def _spare(is_wanted: bool) -> bool:
    """Whether passes over what is old are spared from now on; returns whether they were before."""
    was_spared = _set_aside in gc.callbacks
    if is_wanted and not was_spared:
        gc.callbacks.append(_set_aside)
    elif was_spared and not is_wanted:
        gc.callbacks.remove(_set_aside)
    return was_spared


def _set_aside(phase: str, info: dict[str, int]) -> None:
    """Before a pass over what is old already: leave it nothing to do."""
    if phase == "start" and info["generation"]:
        gc.freeze()
