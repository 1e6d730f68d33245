"""The shape of a row among its neighbours, and a first guess of its height.

Owns which rows stand as one line (progress), what stands before a row (a blank line, a day), and the estimate that
serves until a row is laid out. Looks at no more than two rows before and after, so that a change stays local.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from colony_tui.model import ChannelEntry
from colony_tui.store.rows import EntryRow, FoldState, MarkRow, Parent
from colony_tui.text import PayloadKind, classify
from colony_tui.tui.widgets.stream.people import Names
from colony_tui.tui.widgets.stream.rows import EndingRow, PendingRow, StreamRow
from colony_tui.tui.widgets.stream.times import Times, day_of

MAX_LINE = 1_000
"""Bytes of an entry that may stand as a progress line."""

MAX_TEXT_WIDTH = 100
"""Cells of a body at most: longer lines are hard to read."""

GUTTER = 2
"""Cells at the left, where the cursor's bar stands."""

REACH = 2
"""How many rows away a neighbour can change a row's shape."""

_SAMPLE = 64  # tokens of a long reply that are looked at
_LINE_MARGIN = 22  # about what time and name take of a progress line


class _Rows(Protocol):
    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> StreamRow: ...


class Shape(NamedTuple):
    """How a row stands among its neighbours."""

    is_line: bool
    """One line with time and name; else a head line with the body below."""
    has_blank: bool
    """A blank line before it."""
    day: int | None
    """The day that begins with it."""


@dataclass(frozen=True, slots=True)
class Page:
    """What all shapes and estimates depend on."""

    width: int
    """Cells of the whole view."""
    times: Times
    is_raw: bool
    today: int
    names: Names

    def room(self, depth: int) -> int:
        """Cells of a body at that depth."""
        return max(8, min(MAX_TEXT_WIDTH, self.width - GUTTER - 2 * min(depth, 3)))


def shape_of(rows: _Rows, index: int, page: Page) -> Shape:
    """The shape of one row."""
    return shapes(rows, index, index + 1, page)[0]


def shapes(rows: _Rows, start: int, stop: int, page: Page) -> list[Shape]:
    """The shapes of the rows of that range."""
    count = len(rows)
    first = max(0, start - 1)
    near = [rows[index] for index in range(first, min(count, stop + REACH))]
    liners = [not page.is_raw and _is_liner(near, at, page.names) for at in range(len(near))]
    result: list[Shape] = []
    previous = near[0] if start > first else None
    previous_is_line = start > first and _is_line(near, liners, 0, rows[first - 1] if first else None, page.names)
    for at in range(start - first, stop - first):
        row = near[at]
        is_line = _is_line(near, liners, at, previous, page.names)
        day = _new_day(row, previous, _above_mark(rows, first + at, previous), page)
        result.append(Shape(is_line, _has_blank(row, previous, is_line, previous_is_line), day))
        previous, previous_is_line = row, is_line
    return result


def _is_liner(near: Sequence[StreamRow], at: int, names: Names) -> bool:
    """Whether a row could stand as a progress line: a bot's root of one text line without replies."""
    row = near[at]
    if not isinstance(row, EntryRow) or row.depth or row.fold is not FoldState.SINGLE or row.parent is not Parent.NONE:
        return False
    if not _is_text_line(row.entries[0]):
        return False
    after = near[at + 1] if at + 1 < len(near) else None
    if isinstance(after, EntryRow) and after.depth:
        return False
    return names.person(row.entries[0].sender_id).role == "bot"


def _is_text_line(entry: ChannelEntry) -> bool:
    payload = entry.payload
    if not payload or len(payload) > MAX_LINE or entry.type != "data" or b"\n" in payload[:-1]:
        return False
    return (payload.isascii() and b"\0" not in payload) or classify(payload) is not PayloadKind.BINARY


def _is_line(
    near: Sequence[StreamRow], liners: Sequence[bool], at: int, previous: StreamRow | None, names: Names
) -> bool:
    """Whether it does: a neighbour of the same sender could, too."""
    if not liners[at]:
        return False
    row = near[at]
    assert isinstance(row, EntryRow)
    if at + 1 < len(near) and liners[at + 1] and _same_sender(row, near[at + 1]):
        return True
    if not isinstance(previous, EntryRow) or not _same_sender(row, previous):
        return False
    return liners[at - 1] if at else _is_liner([previous, row], 0, names)


def _same_sender(row: EntryRow, other: StreamRow) -> bool:
    return isinstance(other, EntryRow) and other.entries[0].sender_id == row.entries[0].sender_id


def _has_blank(row: StreamRow, previous: StreamRow | None, is_line: bool, previous_is_line: bool) -> bool:
    if isinstance(row, MarkRow | EndingRow):
        return previous is not None and not previous_is_line and not isinstance(previous, MarkRow | EndingRow)
    if not is_line or previous is None:
        return not is_line
    assert isinstance(row, EntryRow)
    return not isinstance(previous, MarkRow) and not (previous_is_line and _same_sender(row, previous))


def _above_mark(rows: _Rows, index: int, previous: StreamRow | None) -> StreamRow | None:
    """What stands before a row, a mark between them left out."""
    return rows[index - 2] if isinstance(previous, MarkRow) and index > 1 else previous


def _new_day(row: StreamRow, previous: StreamRow | None, above: StreamRow | None, page: Page) -> int | None:
    """The day that begins with a root; the first row names its day unless it is today."""
    if not isinstance(row, EntryRow) or row.depth or page.is_raw:
        return None
    day = day_of(row.entries[0].timestamp_ns, page.times)
    if previous is None:
        return None if day == page.today else day
    if not isinstance(above, EntryRow):
        return None
    return day if day > day_of(above.entries[0].timestamp_ns, page.times) else None


def estimate(row: StreamRow, shape: Shape, page: Page) -> int:
    """A guess of the row's height in lines, from the size of its payload."""
    before = shape.has_blank + (shape.day is not None)
    if isinstance(row, MarkRow | EndingRow):
        return before + 1
    if isinstance(row, PendingRow):
        return before + 1 + row.line.text.count("\n") + max(1, -(-len(row.line.text) // page.room(0)))
    if shape.is_line:
        return before + max(1, -(-len(row.entries[0].payload) // max(8, page.room(0) - _LINE_MARGIN)))
    entries = row.entries
    if len(entries) == 1:
        size, breaks = len(entries[0].payload), entries[0].payload.count(b"\n", 0, 16_384)
    else:
        sample = entries[:_SAMPLE]
        size = sum(len(entry.payload) for entry in sample) * len(entries) // len(sample)
        breaks = size // 60
    body = -(-min(size, 65_536) // page.room(row.depth)) + min(breaks, 2_000)
    return before + 1 + max(1, body) + 2 * page.is_raw
