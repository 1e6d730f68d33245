"""The shape of a row among its neighbours, and a first guess of its height.

Owns which rows stand as one line (progress), what stands before a row (a blank line, a day), and the estimate that
serves until a row is laid out. Looks at a row and two above it: what comes below changes nothing, so that what is read
keeps its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from colony_tui.model import ChannelEntry
from colony_tui.store.rows import EntryRow, FoldState, MarkRow, Parent
from colony_tui.text import PayloadKind, classify, lay_out
from colony_tui.tui.widgets.stream.people import Names
from colony_tui.tui.widgets.stream.rows import EndingRow, PendingRow, StreamRow
from colony_tui.tui.widgets.stream.times import Times, day_of

MAX_LINE = 1_000
"""Bytes of an entry that may stand as a progress line."""

MAX_TEXT_WIDTH = 100
"""Cells of a body at most: longer lines are hard to read."""

GUTTER = 2
"""Cells at the left, where the cursor's bar stands."""

MARGIN = 1
"""Cells at the right that stay free, so that no text touches the scroll bar."""

REACH = 2
"""How many rows above can change a row's shape."""

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
        return max(8, min(MAX_TEXT_WIDTH, self.width - GUTTER - MARGIN - 2 * min(depth, 3)))


def shape_of(rows: _Rows, index: int, page: Page) -> Shape:
    """The shape of one row."""
    return shapes(rows, index, index + 1, page)[0]


def shapes(rows: _Rows, start: int, stop: int, page: Page) -> list[Shape]:
    """The shapes of the rows of that range."""
    previous = rows[start - 1] if start else None
    previous_is_line = previous is not None and _is_line(previous, page)
    result: list[Shape] = []
    for index in range(start, min(stop, len(rows))):
        row = rows[index]
        is_line = _is_line(row, page)
        day = _new_day(row, previous, _above_mark(rows, index, previous), page)
        result.append(Shape(is_line, _has_blank(row, previous, is_line, previous_is_line), day))
        previous, previous_is_line = row, is_line
    return result


def _is_line(row: StreamRow, page: Page) -> bool:
    """Whether a row is a progress line: a bot's root of one text line.

    It is one whatever follows: what comes later must not change the form of what is being read.
    """
    if page.is_raw or not isinstance(row, EntryRow) or row.depth:
        return False
    if row.fold is not FoldState.SINGLE or row.parent is not Parent.NONE or not _is_text_line(row.entries[0]):
        return False
    return page.names.person(row.entries[0].sender_id).role == "bot"


def _is_text_line(entry: ChannelEntry) -> bool:
    payload = entry.payload
    if not payload or len(payload) > MAX_LINE or entry.type != "data" or b"\n" in payload[:-1]:
        return False
    if payload.lstrip()[:1] in (b"{", b"["):
        return _is_short_json(payload)
    return (payload.isascii() and b"\0" not in payload) or classify(payload) is not PayloadKind.BINARY


@lru_cache(maxsize=1024)
def _is_short_json(payload: bytes) -> bool:
    """Whether it is no JSON, or takes one line laid out: what takes more is laid out under a head."""
    kind = classify(payload)
    return kind is PayloadKind.TEXT or (kind is PayloadKind.JSON and len(lay_out(payload).lines) == 1)


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
