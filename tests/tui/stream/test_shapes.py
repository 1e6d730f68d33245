"""First guesses of heights: the same whatever range they are made for, at the same cost for each row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import ChannelEntry
from colony_tui.tui.widgets.stream import Times
from colony_tui.tui.widgets.stream.rows import StreamRows
from colony_tui.tui.widgets.stream.shapes import REACH, Page, estimates, shape_of, shapes
from colony_tui.tui.widgets.stream.times import day_of
from tests.store.test_growth import lines_run
from tests.tui.stream.talk import ALICE, BOT, NOW_NS, OTHER, Channel, People, entry
from tests.tui.stream.test_core import new_stream

DAY_S = 86_400

_TALKS = st.lists(
    st.builds(
        entry,
        st.integers(1, 12),
        st.sampled_from(["step", "two\nlines", "", "long " * 30, '{"a": 1}']),
        st.sampled_from([-3 * DAY_S, -DAY_S, 0, 1, 2, 30, DAY_S]),
        st.sampled_from([ALICE, BOT, OTHER]),
        st.none() | st.integers(1, 12),
        st.sampled_from(["data", "data", "data", "end", "error"]),
    ),
    max_size=20,
    unique_by=lambda made: made.identity,
)


@given(_TALKS, st.booleans(), st.integers(0, 20), st.integers(0, 20))
def test_a_part_of_the_rows_is_guessed_as_in_the_whole(
    talk: list[ChannelEntry], is_raw: bool, start: int, stop: int
) -> None:
    channel = Channel(talk)
    channel.view.apply(channel.log.mark_gap(NOW_NS, NOW_NS - DAY_S * 10**9))
    page = Page(60, Times.UTC, is_raw, day_of(NOW_NS, Times.UTC), People())
    rows = StreamRows(channel.view)
    each = [shape_of(rows, index, page) for index in range(len(rows))]
    assert list(shapes(rows, 0, len(rows), page)) == each
    whole = estimates(list(rows), 0, page)
    start, stop = sorted((min(start, len(rows)), min(stop, len(rows))))
    above = min(start, REACH)
    assert estimates(rows.between(start - above, stop), above, page) == whole[start:stop]


def test_a_row_costs_no_more_among_ten_thousand() -> None:
    def opened(size: int) -> int:
        channel = Channel([entry(number, "a line", number) for number in range(1, size)])
        return lines_run(lambda: new_stream(channel.view))

    assert opened(10_000) <= 10.5 * opened(1_000)
