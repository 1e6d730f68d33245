"""A stream that applied changes one by one shows what one that was built anew shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import RowView
from colony_tui.store.views import RawView, ThreadView, TimeView
from colony_tui.tui.markdown import PLAIN_LOOK, width_of
from colony_tui.tui.widgets.stream import Ending, Times
from colony_tui.tui.widgets.stream.core import Stream
from colony_tui.tui.widgets.stream.heights import Known
from colony_tui.tui.widgets.stream.painter import Facts
from colony_tui.tui.widgets.stream.shapes import GUTTER, MARGIN, Page
from colony_tui.tui.widgets.stream.times import day_of
from tests.tui.stream.talk import ALICE, BOT, NOW_NS, OTHER, People, entry

HEIGHT = 12


def new_stream(view: RowView, width: int = 40) -> Stream:
    stream = Stream(Facts(Page(width, Times.UTC, False, day_of(NOW_NS, Times.UTC), People()), NOW_NS), PLAIN_LOOK)
    stream.set_view(view)
    return stream


def all_lines(stream: Stream) -> list[list[str]]:
    """Every row's lines as text."""
    return [
        ["".join(text for text, _, _ in line.runs) for line in stream.block(index).lines]
        for index in range(len(stream))
    ]


def lines_in_sight(stream: Stream) -> list[str]:
    return ["".join(text for text, _, _ in seen.line.runs) for seen in stream.frame(HEIGHT)]


_ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(1, 12),
        st.sampled_from(["step", "two\nlines", "", "long " * 30, "**bold**", '{"a": 1}']),
        st.integers(-90_000, 90_000).map(lambda at: at / 2),
        st.sampled_from([ALICE, BOT, OTHER]),
        st.one_of(st.none(), st.integers(1, 12)),
        st.sampled_from(["data", "data", "data", "data", "end", "error"]),
    ),
    max_size=24,
    unique_by=lambda made: made.identity,
)


@given(_ENTRIES, st.lists(st.integers(1, 5), min_size=1), st.sampled_from([ThreadView, TimeView, RawView]), st.data())
def test_changes_one_by_one_equal_a_rebuild(
    entries: list[ChannelEntry], sizes: list[int], kind: type[LogView], data: st.DataObject
) -> None:
    log = ChannelLog("f" * 64, "chat", ALICE, [BOT, OTHER])
    view = kind(log)
    stream = new_stream(view)
    stream.set_ending(Ending("ended"))
    at, number = 0, 0
    while at < len(entries):
        size = sizes[number % len(sizes)]
        number += 1
        change = view.apply(log.add(entries[at : at + size]))
        at += size
        stream.apply(change)
        assert len(stream.heights) == len(stream.rows)
        if data.draw(st.booleans()):
            stream.frame(HEIGHT)
        if data.draw(st.booleans()):
            for index in range(len(stream)):
                stream.measure(index)
    fresh = new_stream(kind(log))
    fresh.set_ending(Ending("ended"))
    assert all_lines(stream) == all_lines(fresh)
    for index in range(len(stream)):
        if stream.heights.known(index) is Known.EXACT:
            assert stream.heights[index] == fresh.measure(index)
    assert lines_in_sight(stream) == lines_in_sight(fresh)


@given(_ENTRIES, _ENTRIES, st.integers(0, 40), st.sampled_from([ThreadView, TimeView]))
def test_the_top_line_never_moves_while_its_row_stays_as_it_is(
    first: list[ChannelEntry], later: list[ChannelEntry], up: int, kind: type[LogView]
) -> None:
    log = ChannelLog("f" * 64, "chat", ALICE, [BOT, OTHER])
    log.add(first)
    view = kind(log)
    stream = new_stream(view)
    stream.frame(HEIGHT)
    if not len(stream):
        return
    stream.track.go(*stream.track.moved(*stream.top, -up - 1), HEIGHT)
    before = stream.frame(HEIGHT)
    if stream.track.is_following:
        return
    top = before[0]
    row = stream.rows[top.row]
    looks = (row.version, stream.painter.shape(top.row), stream.block(top.row).lines[top.number].runs)
    stream.apply(view.apply(log.add(later)))
    after = stream.frame(HEIGHT)
    index = stream.index_of(row.key)
    if index is None or stream.rows[index] is not row:  # a late first token begins another row, which shows it as well
        return
    if (row.version, stream.painter.shape(index)) == looks[:2]:
        assert after[0].row == index
        assert after[0].line.runs == looks[2]


_LONG = "words that go on, and on, until the line is full of them; " * 6
_PAGES = (_LONG, f"# {_LONG}\n\n> {_LONG}\n\n```python\n{_LONG}\n```\n\n| a | b |\n|---|---|\n| {_LONG} | {_LONG} |\n")


@pytest.mark.parametrize("width", [40, 60, 80, 107, 160])
@pytest.mark.parametrize("kind", [ThreadView, RawView])
@pytest.mark.parametrize("page", _PAGES, ids=["plain", "markdown"])
def test_nothing_touches_the_scroll_bar(width: int, kind: type[LogView], page: str) -> None:
    log = ChannelLog("f" * 64, "chat", ALICE, [BOT, OTHER])
    log.add([entry(1, _LONG, 0), entry(2, page, 1, BOT, 1), entry(3, _LONG, 2, ALICE, 2)])
    log.add([entry(4, page, 3, BOT, 3), entry(5, page, 4, ALICE, 4), entry(6, '{"long": [1, 2, 3]}' * 20, 5)])
    log.add([entry(6 + 2 * number, part, 6 + number, BOT, 5) for number, part in enumerate(page.split(" "))])
    log.add([entry(301 + number, _LONG, 300 + number, OTHER) for number in range(2)])
    log.mark_gap(0, None, 3)
    stream = new_stream(kind(log), width)
    stream.set_ending(Ending(f"ended: {_LONG}"))
    for index in range(len(stream)):
        for line in stream.block(index).lines:
            assert GUTTER + width_of(line.runs) < width, line


def _ruled(said: str, width: int) -> list[str]:
    stream = new_stream(ThreadView(ChannelLog("f" * 64, "chat", ALICE)), width)
    stream.set_ending(Ending(said))
    (lines,) = all_lines(stream)
    return lines


@given(st.integers(20, 160), st.integers(0, 12))
def test_a_mark_never_loses_a_word(width: int, count: int) -> None:
    said = " ".join(["ended:", *(f"word-{number}" for number in range(count))])
    lines = _ruled(said, width)
    assert " ".join(lines).replace("─", " ").split() == said.split()
    assert lines[0].startswith("── ended:")


def test_a_mark_takes_the_room_of_its_dashes_before_another_line() -> None:
    room = 40 - GUTTER - MARGIN - len("── ")
    assert [len(_ruled("ended: ".ljust(size, "x"), 40)) for size in (room, room + 1)] == [1, 2]
    assert _ruled("ended: ".ljust(room - 2, "x"), 40)[0].endswith("x ─")
