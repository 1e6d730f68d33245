"""What the app does for long streams once its first screen stands, and gives up when it ends."""

from __future__ import annotations

import gc
from weakref import ref

import pytest
from textual import events

from colony_tui.tui import run
from colony_tui.tui.markdown import code, page
from colony_tui.tui.widgets.stream.tuning import THRESHOLDS
from tests.members import members
from tests.tui.test_history_app import seat


class Thing:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


async def test_the_collector_is_tuned_while_the_app_runs_and_looks_when_nobody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "SETTLED_S", 0.001)
    usual, callbacks = gc.get_threshold(), list(gc.callbacks)
    async with members() as people, seat(people, None) as alice:
        await alice.until(lambda: gc.get_threshold()[:2] == THRESHOLDS[:2])
        assert gc.get_freeze_count() > 0 and len(gc.callbacks) == len(callbacks) + 1
        old = Thing()
        kept = ref(old)
        gc.freeze()
        del old
        gc.collect()
        assert kept() is not None
        alice.app.post_message(events.AppBlur())
        await alice.until(lambda: kept() is None)
    assert (gc.get_threshold(), gc.callbacks, gc.get_freeze_count()) == (usual, callbacks, 0)


async def test_what_sets_pages_is_loaded_before_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SETTLED_S", 0.001)
    page._parser.cache_clear()
    code._lexer.cache_clear()
    async with members() as people, seat(people, None) as alice:
        await alice.until(lambda: page._parser.cache_info().currsize and code._lexer.cache_info().currsize)
