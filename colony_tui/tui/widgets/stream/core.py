"""A stream without a screen: rows, heights, what is in sight, and what is laid over it.

Owns applying changes and composing a frame (a line for each line of the view). Knows no widget and no clock: it can be
tested with plain values, and the widget only paints what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from colony_tui.store.rows import Change, EntryRow, OpKind, RowKey, RowView
from colony_tui.tui.markdown import Look
from colony_tui.tui.widgets.stream.block import NOTHING_ABOVE, Above, Block
from colony_tui.tui.widgets.stream.find import Finder
from colony_tui.tui.widgets.stream.heights import Heights, Known
from colony_tui.tui.widgets.stream.line import Line, Mark
from colony_tui.tui.widgets.stream.painter import Facts, Painter
from colony_tui.tui.widgets.stream.people import Ending, PendingLine
from colony_tui.tui.widgets.stream.rows import StreamRow, StreamRows
from colony_tui.tui.widgets.stream.select import Selection, Span
from colony_tui.tui.widgets.stream.shapes import REACH, estimates
from colony_tui.tui.widgets.stream.spots import Spot, find_spot, spot_in
from colony_tui.tui.widgets.stream.track import Anchor, Track


class Seen(NamedTuple):
    """A line in sight. Equal lines need not be painted again: a `Line` is equal only to itself."""

    line: Line
    is_cursor: bool
    marks: tuple[Mark, ...]
    row: int
    number: int
    """Which line of its block."""


class Stream:
    """The state behind a `StreamView`."""

    def __init__(self, facts: Facts, look: Look) -> None:
        self.rows = StreamRows()
        self.facts = facts
        self.painter = Painter(self.rows, facts, look)
        self.heights = Heights()
        self.track = Track(self.heights, self)
        self.cursor: RowKey | None = None
        self.selection: Selection | None = None
        self.finder: Finder | None = None
        self.new_count = 0
        """Rows that came since the reader left the end."""
        self.new_mark: tuple[RowKey, int] | None = None
        """Before which row the line `n new` stands, and its n; it stays when the reader is back at the end."""
        self._new_from: RowKey | None = None
        """The first row at the end that came since the reader left it."""
        self.own_marks: dict[RowKey, str] = {}
        self._opened: dict[RowKey, int] = {}
        self._is_opening = False  # more is to be shown of a row than is laid out
        self._around: dict[RowKey, Above] = {}
        self._layout = 0
        self.top: tuple[int, int] = (0, 0)
        """The row and line at the top as of the last frame."""
        self._tail = 0
        self._pending: Sequence[PendingLine] = ()
        self._visible: list[RowKey] = []
        self._in_frame: dict[int, Block] | None = None

    # What the track asks

    def __len__(self) -> int:
        return len(self.heights)

    def measure(self, index: int) -> int:
        """The exact height of a row."""
        height = len(self.block(index).lines)
        if self.heights[index] != height or self.heights.known(index) is not Known.EXACT:
            self.heights.set(index, height)
        return height

    def index_of(self, key: RowKey) -> int | None:
        """Where the row of that key stands."""
        return self.rows.index_of(key)

    def anchor_at(self, index: int, line: int) -> Anchor:
        """A line of a row as a spot that survives changes."""
        row, block = self.rows[index], self.block(index)
        number, offset = block.place_of(line)
        is_head, past = number is None or number > line, 0 if number is None else line - number
        version = self.painter.version(row)
        return Anchor(row.key, line - block.head, is_head, spot_in(row, offset), past, self._layout, version)

    def find(self, anchor: Anchor) -> tuple[int, int] | None:
        """The row, and the line of its block, where that spot is now."""
        index = self.rows.index_of(anchor.key)
        if index is None:
            return None
        row = self.rows[index]
        is_same = (anchor.layout, anchor.version) == (self._layout, self.painter.version(row))
        if row.key == anchor.key and (is_same or anchor.is_head):
            return index, self.block(index).head + anchor.line
        index, offset = self.find_spot(anchor.spot) or (index, 0)
        return index, self.block(index).line_of(offset) + anchor.past

    def find_spot(self, spot: Spot) -> tuple[int, int] | None:
        """The row that shows a place of a source now, and where in its source."""
        return find_spot(self.rows, spot)

    # Rows

    def block(self, index: int) -> Block:
        """The painted block of a row; looked up once a frame."""
        if self._in_frame is None:
            return self._find_block(index)
        block = self._in_frame.get(index)
        if block is None:
            block = self._in_frame[index] = self._find_block(index)
        return block

    def _find_block(self, index: int) -> Block:
        if not self._around:
            return self.painter.block(index)
        return self.painter.block(index, self._around.get(self.rows[index].key, NOTHING_ABOVE))

    # What is held by keys

    def mark_new(self, key: RowKey | None, count: int) -> None:
        """Draw the line `n new` before a row; None takes it away."""
        self.new_mark = None if key is None else (key, count)
        self._new_from = None
        self.look_up()

    def count_on(self, new_count: int, mark: tuple[RowKey, int] | None) -> None:
        """Go on counting what is new from a number and a line `n new` of before."""
        self.new_count, self.new_mark = new_count, mark
        self._new_from = mark[0] if mark is not None and new_count else None
        self.look_up()

    def toggle_mark(self, key: RowKey, words: str) -> bool:
        """Draw a line with words below a row, or take it away; whether it is there now."""
        drawn = [held for held in self.own_marks if self._key_now(held) == key]
        for held in drawn:
            del self.own_marks[held]
        if not drawn:
            self.own_marks[key] = words
        self.look_up()
        return not drawn

    def open_row(self, key: RowKey, times: int) -> None:
        """Show so many times as much of a row that was cut, as soon as it is laid out; 0: as much as of any other."""
        others = {held: opened for held, opened in self._opened.items() if self._key_now(held) != key}
        self._opened = others | ({key: times} if times else {})
        self.look_up()

    def opened(self, key: RowKey) -> int:
        """How many times as much of a row is to be shown."""
        return next((times for held, times in self._opened.items() if self._key_now(held) == key), 0)

    def open_now(self, key: RowKey, times: int) -> None:
        """Show so many times as much of a row at once, however long that takes."""
        self.open_row(key, times)
        self.facts.opened[key] = times

    def _open_rows(self) -> None:
        """Show as much of rows as was asked for, where that is laid out; else as much as was shown before."""
        before, self.facts.opened = self.facts.opened, {}
        self._is_opening = False
        for held, times in self._opened.items():
            index = self.rows.index_of(held)
            row = None if index is None else self.rows[index]
            if not isinstance(row, EntryRow):
                continue
            shown = before.get(row.key, 0)
            if shown != times and not self.painter.is_open(row, times):
                times, self._is_opening = shown, True
            if times:
                self.facts.opened[row.key] = times
        for key in before.keys() | self.facts.opened.keys():
            if before.get(key, 0) != (times := self.facts.opened.get(key, 0)):
                self.painter.forget_row(key, times)

    def _key_now(self, key: RowKey) -> RowKey | None:
        index = self.rows.index_of(key)
        return None if index is None else self.rows[index].key

    def look_up(self) -> None:
        """Find the rows that keys are held of: a row has another key once its first entry is another one."""
        self._open_rows()
        marks = {now: words for key, words in self.own_marks.items() if (now := self._key_now(key)) is not None}
        new, count = self.new_mark or (None, 0)
        new = None if new is None else self._key_now(new)
        self._around = {key: Above(count if key == new else 0, words) for key, words in marks.items()}
        if new is not None and new not in marks:
            self._around[new] = Above(count)

    def row_at(self, index: int | None) -> StreamRow | None:
        """The row, if there is one."""
        return self.rows[index] if index is not None and 0 <= index < len(self.heights) else None

    def set_view(self, view: RowView | None) -> None:
        """Show other rows; the place is the caller's to keep."""
        self.rows = StreamRows(view)
        self.painter.rows = self.rows
        self.painter.forget()
        self.heights.remove(0, len(self.heights))
        self.heights.insert(0, len(self.rows))
        self._tail = 0
        self.set_tail(self._pending)
        self._layout += 1
        self.look_up()
        self._estimate()

    def set_tail(self, pending: Sequence[PendingLine]) -> None:
        """Show these lines of ours behind the view's rows, and the ending where the view does not say it."""
        self._pending = pending
        count = len(self.rows.view)
        self.heights.remove(count, self._tail)
        self.rows.set_tail(pending, self.facts.ending)
        self._tail = len(self.rows.tail)
        self.heights.insert(count, self._tail)
        self._estimate()

    def set_ending(self, ending: Ending | None) -> None:
        """How the process ended, in words."""
        self.facts.ending = ending
        self.painter.forget()
        self.set_tail(self._pending)

    def lay_out_anew(self) -> None:
        """Lines may break elsewhere, if only by a little: heights stay good guesses."""
        self.painter.forget()
        self._layout += 1

    def relayout(self) -> None:
        """Width, times, names or look have changed: every height is a guess again."""
        self.lay_out_anew()
        self.heights.stale(0, len(self.heights))
        self._estimate()

    def apply(self, change: Change) -> None:
        """Follow what the view says of how its rows changed."""
        is_away = not self.track.is_following
        added = 0
        for op in change:
            if op.kind is OpKind.INSERT:
                self.heights.insert(op.index, op.count)
                added += op.count
            elif op.kind is OpKind.REMOVE:
                self.heights.remove(op.index, op.count)
                added -= op.count
            stop = op.index + (op.count if op.kind is not OpKind.REMOVE else 0)
            self.heights.stale(op.index, stop + REACH)
        if is_away and added > 0:
            self._count_new(added)
        if self.facts.ending is not None:
            self.set_tail(self._pending)
        self.look_up()
        self._estimate()
        self.keep_anchor()

    def _count_new(self, added: int) -> None:
        """Rows came while the reader was away from the end: count them, and remember where they begin."""
        if not self.new_count:
            self._new_from = None
        self.new_count += added
        if self._new_from is None or self.rows.index_of(self._new_from) is None:
            first = count = len(self.rows.view)
            while first > 0 and count - first < added and not self.heights[first - 1]:
                first -= 1
            self._new_from = self.rows[first].key if first < count else None
        self._draw_new()

    def _draw_new(self) -> None:
        """Put the line `n new` before what is new; a former one in sight stays there, so that nothing moves."""
        index = None if self._new_from is None else self.rows.index_of(self._new_from)
        if self._new_from is None or index is None:
            return
        drawn = None if self.new_mark is None else self._key_now(self.new_mark[0])
        is_former = drawn is not None and drawn != self._key_now(self._new_from)
        if not is_former or drawn not in self._visible or self.track.is_following:
            self.new_mark = (self._new_from, len(self.rows.view) - index)

    def _estimate(self) -> None:
        for start, stop in list(self.heights.stale_runs()):
            above = min(start, REACH)
            rows = self.rows.between(start - above, stop)
            self.heights.fill(start, estimates(rows, above, self.facts.page))

    def keep_anchor(self) -> None:
        """If the row at the top has gone, the next in sight that is left takes its place, else the end."""
        anchor = self.track.anchor
        if self.track.is_following or anchor is None or self.rows.index_of(anchor.key) is not None:
            return
        for key in self._visible:
            index = self.rows.index_of(key)
            if index is not None:
                self.track.anchor = self.anchor_at(index, 0)
                return
        self.track.anchor = None  # the next frame takes what it finds at the end

    # Frames

    def frame(self, height: int) -> list[Seen]:
        """The lines in sight, top to bottom; fewer than `height` if there are no more."""
        if self._is_opening:
            self._open_rows()
        self._in_frame = {}
        try:
            with self.rows.held():
                return self._frame(height)
        finally:
            self._in_frame = None

    def _frame(self, height: int) -> list[Seen]:
        if self._new_from is not None and (self.new_mark is None or self.new_mark[0] != self._new_from):
            self._draw_new()
            self.look_up()
        self.top = index, line = self.track.place(height)
        if self.track.anchor is None or self.track.is_following:
            self.track.anchor = self.anchor_at(index, line) if len(self.heights) else None
        stretches = self.track.stretches(index, line, height)
        span = self.selection.ordered(self.find_spot) if self.selection else None
        cursor = None if self.cursor is None else self.rows.index_of(self.cursor)
        seen: list[Seen] = []
        self._visible = []
        for stretch in stretches:
            block, key = self.block(stretch.index), self.rows[stretch.index].key
            self._visible.append(key)
            marks = self._marks(stretch.index, key, block, span)
            is_cursor = stretch.index == cursor
            for number in range(stretch.first, stretch.first + stretch.count):
                painted = block.lines[number]
                over = _over(painted, marks) if marks else ()
                seen.append(Seen(painted, is_cursor and painted.is_body, over, stretch.index, number))
        return seen

    @property
    def top_line(self) -> int:
        """The first line in sight, counted from the beginning of the stream (as far as that is known)."""
        index, line = self.top
        return self.heights.top(index) + line

    def _marks(self, index: int, key: RowKey, block: Block, span: Span | None) -> list[Mark]:
        look = self.painter.look
        marks: list[Mark] = []
        if self.finder is not None:
            now = self.finder.now
            places = self.finder.places(block.source)
            current = min(now.number, len(places) - 1) if now is not None and now.key == key else -1
            marks += [
                Mark(start, end, look.hit_now if number == current else look.hit)
                for number, (start, end) in enumerate(places)
            ]
        if span is not None and (selected := span.within(index, len(block.source))):
            marks.append(Mark(*selected, look.selection))
        return marks


def _over(line: Line, marks: list[Mark]) -> tuple[Mark, ...]:
    """The marks that touch a line."""
    span = line.source_span()
    if span is None:
        return ()
    return tuple(mark for mark in marks if mark.start < span[1] and mark.end > span[0])
