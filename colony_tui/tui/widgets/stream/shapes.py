"""The shape of a row among its neighbours, and a first guess of its height.

Owns which rows stand as one line (progress), what stands before a row (a blank line, a day), and the estimate that
serves until a row is laid out. Looks at a row and two above it: what comes below changes nothing, so that what is read
keeps its form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
_LAST_DEPTH = 3  # deeper replies stand no further to the right
_LINE_MARGIN = 22  # about what time and name take of a progress line

_RULES = (MarkRow, EndingRow)
_SINGLE, _NONE = FoldState.SINGLE, Parent.NONE  # looked up once: thousands of rows are looked at in one go


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
        return max(8, min(MAX_TEXT_WIDTH, self.width - GUTTER - MARGIN - 2 * min(depth, _LAST_DEPTH)))


def shape_of(rows: _Rows, index: int, page: Page) -> Shape:
    """The shape of one row."""
    return next(shapes(rows, index, index + 1, page))


def shapes(rows: _Rows, start: int, stop: int, page: Page) -> Iterator[Shape]:
    """The shapes of the rows of that range."""
    bots = _Bots(page.names)
    previous = rows[start - 1] if start else None
    previous_is_line = previous is not None and _is_line(previous, page, bots)
    day = None
    for index in range(start, min(stop, len(rows))):
        row = rows[index]
        is_line = _is_line(row, page, bots)
        day_above, day = day, _day_of_root(row, page)
        begins = day is not None and day != day_above and _begins(day, rows, index, page)
        yield Shape(is_line, _has_blank(row, previous, is_line, previous_is_line), day if begins else None)
        previous, previous_is_line = row, is_line


class _Bots(dict[str, bool]):
    """Which senders are bots, each asked for once."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, sender_id: str) -> bool:
        is_bot = self[sender_id] = self._names.person(sender_id).role == "bot"
        return is_bot


def _is_line(row: StreamRow, page: Page, bots: _Bots) -> bool:
    """Whether a row is a progress line: a bot's root of one text line.

    It is one whatever follows: what comes later must not change the form of what is being read.
    """
    if page.is_raw or not isinstance(row, EntryRow) or row.depth or not bots[row.entries[0].sender_id]:
        return False
    return row.fold is _SINGLE and row.parent is _NONE and _is_text_line(row.entries[0])


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
    if isinstance(row, _RULES):
        return previous is not None and not previous_is_line and not isinstance(previous, _RULES)
    if not is_line or previous is None:
        return not is_line
    assert isinstance(row, EntryRow)
    return not isinstance(previous, MarkRow) and not (previous_is_line and _same_sender(row, previous))


def _day_of_root(row: StreamRow, page: Page) -> int | None:
    """The day of a root: no other row begins one."""
    if not isinstance(row, EntryRow) or row.depth or page.is_raw:
        return None
    return day_of(row.entries[0].timestamp_ns, page.times)


def _begins(day: int, rows: _Rows, index: int, page: Page) -> bool:
    """Whether its day begins with a root; the first row names its day unless it is today, marks are left out."""
    if not index:
        return day != page.today
    above = rows[index - 1]
    if isinstance(above, MarkRow) and index > 1:
        above = rows[index - 2]
    return isinstance(above, EntryRow) and day > day_of(above.entries[0].timestamp_ns, page.times)


def estimates(rows: Sequence[StreamRow], start: int, page: Page) -> list[int]:
    """Guesses of the heights in lines of the rows from `start` on, most from the size of their payloads.

    The rows before only stand above them.
    """
    rooms = [page.room(depth) for depth in range(_LAST_DEPTH + 1)]
    heads = 1 + 2 * page.is_raw
    heights: list[int] = []
    for row, (is_line, has_blank, day) in zip(rows[start:], shapes(rows, start, len(rows), page), strict=True):
        if not isinstance(row, EntryRow):
            height = _height_without_entries(row, rooms[0])
        elif is_line:
            height = _lines(len(row.entries[0].payload), max(8, rooms[0] - _LINE_MARGIN))
        else:
            height = heads + _body(row.entries, rooms[min(row.depth, _LAST_DEPTH)])
        heights.append(height + has_blank + (day is not None))
    return heights


def _height_without_entries(row: MarkRow | PendingRow | EndingRow, room: int) -> int:
    return 1 + row.line.text.count("\n") + _lines(len(row.line.text), room) if isinstance(row, PendingRow) else 1


def _body(entries: Sequence[ChannelEntry], room: int) -> int:
    if len(entries) == 1:
        payload = entries[0].payload
        size, breaks = len(payload), payload.count(b"\n", 0, 16_384)
    else:
        sample = entries[:_SAMPLE]
        size = sum(len(entry.payload) for entry in sample) * len(entries) // len(sample)
        breaks = size // 60
    return _lines(min(size, 65_536), room) + min(breaks, 2_000)


def _lines(size: int, room: int) -> int:
    """Lines that so many bytes take at least."""
    return -(-size // room) or 1
