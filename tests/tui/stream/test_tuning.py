"""The garbage collector's settings."""

from __future__ import annotations

import gc

from colony_tui.tui.widgets.stream import tune_gc
from colony_tui.tui.widgets.stream.tuning import THRESHOLDS


def test_what_is_loaded_is_left_alone() -> None:
    thresholds = gc.get_threshold()
    try:
        tune_gc()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[:2] == THRESHOLDS[:2]
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
