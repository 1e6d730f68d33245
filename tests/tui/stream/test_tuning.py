"""The garbage collector's settings."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from colony_tui.tui.widgets.stream import collect_unseen, tune_gc, untune_gc
from colony_tui.tui.widgets.stream.tuning import THRESHOLDS


class Thing:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def tuned() -> Iterator[None]:
    tune_gc()
    yield
    untune_gc()


@pytest.mark.usefixtures("tuned")
def test_what_is_loaded_is_left_alone() -> None:
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[:2] == THRESHOLDS[:2]


@pytest.mark.usefixtures("tuned")
def test_what_grows_old_is_set_aside_and_looked_at_when_nobody_looks() -> None:
    young, old = Thing(), Thing()
    gone, kept = ref(young), ref(old)
    before = gc.get_freeze_count()
    del young
    gc.collect(0)
    assert gone() is None
    gc.collect(1)
    assert gc.get_freeze_count() > before
    del old
    gc.collect()
    assert kept() is not None
    collect_unseen()
    assert kept() is None
    assert gc.get_freeze_count() > 0


def test_the_usual_settings_come_back() -> None:
    callbacks = list(gc.callbacks)
    tune_gc()
    untune_gc()
    assert (gc.get_freeze_count(), gc.callbacks) == (0, callbacks)
