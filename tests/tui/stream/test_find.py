"""A search costs what it has to look at."""

from __future__ import annotations

from colony_tui.store.rows import EntryRow
from colony_tui.tui.widgets.stream.find import Finder, Texts
from colony_tui.tui.widgets.stream.rows import StreamRow, StreamRows
from tests.tui.stream.talk import Channel, entry


def test_one_more_letter_looks_only_where_the_others_were_found() -> None:
    rows = StreamRows(Channel([entry(n, f"needle {n}" if n % 10 == 0 else "Straw", n) for n in range(1, 101)]).view)
    asked: list[int] = []

    def source(index: int, row: StreamRow) -> str:
        asked.append(index)
        assert isinstance(row, EntryRow)
        return row.payload.decode()

    texts = Texts(rows, source)
    first = Finder("n", texts)
    assert first.look() == 10
    assert Finder("needle 1", texts, first).look() == 2
    assert len(asked) == 100
    assert Finder("straw", texts, first).look() == 90
    assert Finder("S", texts, first).look() == 90
    assert len(asked) == 100


def test_a_row_that_changed_is_looked_at_again() -> None:
    rows = StreamRows(Channel([entry(1, "one", 1)]).view)
    texts = Texts(rows, lambda index, row: f"one {row.version}")
    finder = Finder("one 7", texts, Finder("one", texts))
    assert finder.look() == 0
    rows.view[0].version = 7
    assert finder.look() == 1
