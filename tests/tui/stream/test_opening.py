"""Showing more of a long payload: laid out in steps, with what is read in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from colony_tui.store.rows import EntryRow
from colony_tui.text import Limits, json_steps
from colony_tui.tui.widgets.stream.core import Stream
from tests.store.test_growth import lines_run
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import BOT, Channel, entry
from tests.tui.stream.test_core import HEIGHT, lines_in_sight, new_stream

STEP = 40_000
"""Lines of Python that a step may run: some milliseconds."""


def document(size: int) -> str:
    item = {"name": "an item", "tags": ["a", "b", 1.5], "more": {"text": "some words " * 8, "no": None}, "ok": True}
    return json.dumps([item] * (size // len(json.dumps(item))))


SHAPES: dict[str, Callable[[int], str]] = {
    "json": document,
    "text": lambda size: "A line of text that is long enough to be one.\n" * (size // 46),
    "colours": lambda size: "\x1b[31mA line\x1b[0m of text that is long enough.\n" * (size // 46),
}


def opening(text: str) -> Stream:
    """A reader somewhere in what is shown of a long payload."""
    stream = new_stream(Channel([entry(1, text, 0, BOT), entry(2, "after", 1)]).view)
    stream.frame(HEIGHT)
    stream.track.go(0, 100, HEIGHT)
    stream.frame(HEIGHT)
    return stream


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_more_of_a_long_payload_comes_in_steps_and_moves_nothing(shape: Callable[[int], str]) -> None:
    stream = opening(shape(300_000))
    before, shown = lines_in_sight(stream), len(stream.block(0).lines)
    key = stream.rows[0].key

    def ask(times: int) -> None:
        stream.open_row(key, times)
        stream.frame(HEIGHT)

    for times in (1, 2):
        assert lines_run(partial(ask, times)) < STEP
        assert (lines_in_sight(stream), len(stream.block(0).lines)) == (before, shown)
        steps = 0
        while stream.painter.is_busy:
            spent = lines_run(lambda: stream.painter.work(lambda: True))
            steps += 1
            assert spent < STEP
        assert steps > 20 * times
        assert lines_run(lambda: stream.frame(HEIGHT)) < STEP
        assert lines_in_sight(stream) == before
        assert len(stream.block(0).lines) > shown
        shown = len(stream.block(0).lines)
    stream.open_row(key, 0)
    assert lines_in_sight(stream) == before and len(stream.block(0).lines) < 1_000


def test_steps_of_json_cost_the_same_however_long_it_is() -> None:
    def longest(size: int) -> int:
        steps = json_steps(document(size).encode(), Limits(size, size))
        costs: list[int] = []
        is_done = False

        def step() -> None:
            nonlocal is_done
            is_done = next(steps, steps) is steps

        while not is_done:
            costs.append(lines_run(step))
        return max(costs)

    assert longest(50_000) <= longest(200_000) < 1.5 * longest(50_000)


def test_another_width_in_the_midst_of_it_and_behind_it_keeps_the_place() -> None:
    stream = opening(document(300_000))
    key = stream.rows[0].key
    stream.open_row(key, 1)
    stream.painter.work(lambda: True)
    stream.relayout()
    while stream.frame(HEIGHT) and stream.painter.is_busy:
        stream.painter.work(lambda: False)
    assert stream.facts.opened == {key: 1}
    stream.track.go(0, 2_000, HEIGHT)
    before = lines_in_sight(stream)
    for width in (60, 40):
        stream.facts.page = replace(stream.facts.page, width=width)
        stream.relayout()
        assert stream.frame(HEIGHT)[0].line.runs
    assert lines_in_sight(stream) == before
    assert not stream.painter.is_busy


async def test_a_key_shows_more_and_a_match_beyond_opens_what_holds_it() -> None:
    text = document(300_000)[:-1] + ', "needle"]'
    app = StreamApp(Channel([entry(1, text, 0, BOT), entry(2, "after", 1)]).view)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        row = app.stream._stream.rows[0]
        assert isinstance(row, EntryRow)
        app.stream.select_row(row.key)
        app.stream.action_show_all()
        app.stream.action_show_all()
        assert app.stream._stream.facts.opened == {}
        await settle(app, pilot)
        assert app.stream._stream.facts.opened == {row.key: 2}
        assert app.stream.find("needle") == 1
        app.stream.action_find_next()
        assert app.stream._stream.facts.opened[row.key] > 2
        await settle(app, pilot)
        assert any("needle" in line for line in app.lines())
