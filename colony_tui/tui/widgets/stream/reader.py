"""Reading a stream with keys: find, marks, times, copies.

Owns the actions. They mark and tell; nothing here changes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.message import Message

from colony_tui.store.rows import EntryRow, RowKey
from colony_tui.text import (
    UNLIMITED,
    Limits,
    PayloadKind,
    classify,
    hex_lines,
    plain,
    quiet_text,
    safe_label,
    safe_text,
)
from colony_tui.tui.bindings import Place, bindings_for
from colony_tui.tui.clipboard import TERMINAL_LIMIT
from colony_tui.tui.times import time_of_day
from colony_tui.tui.widgets.stream.block import Block
from colony_tui.tui.widgets.stream.body import MAX_OPENED
from colony_tui.tui.widgets.stream.cursor import StreamCursor
from colony_tui.tui.widgets.stream.find import Finder, Hit, Texts
from colony_tui.tui.widgets.stream.rows import PendingRow, StreamRow
from colony_tui.tui.widgets.stream.times import Times
from colony_tui.tui.widgets.stream.track import Anchor
from colony_tui.tui.widgets.stream.words import size_words

MAX_CONVERTED = 2 * TERMINAL_LIMIT
"""Bytes of what has to be made safe that are made so for a copy: what terminals take and some more, in some frames."""


class StreamReader(StreamCursor):
    """Finds, marks and copies."""

    BINDINGS = bindings_for(Place.STREAM)

    class Copied(Message, namespace="stream_view"):
        """Source text is to be copied."""

        def __init__(self, text: str, what: str) -> None:
            super().__init__()
            self.text = text
            self.what = what
            """What it is, in words."""

    class Found(Message, namespace="stream_view"):
        """What a search has come to."""

        def __init__(self, pattern: str, position: int, count: int) -> None:
            super().__init__()
            self.pattern = pattern
            self.position = position
            """The present match, from 1; 0 before the first step."""
            self.count = count

    class HeldChanged(Message, namespace="stream_view"):
        """There is something now that :meth:`action_leave` lets go of, or nothing any more."""

    class TimesChanged(Message, namespace="stream_view"):
        """Times are shown in another way."""

        def __init__(self, times: Times) -> None:
            super().__init__()
            self.times = times

    class ThreadLeft(Message, namespace="stream_view"):
        """From a thread alone back to where the reader was."""

    class FindLeft(Message, namespace="stream_view"):
        """The search was dropped from within the stream."""

    class ThreadCopyAsked(Message, namespace="stream_view"):
        """The thread of a row is to be copied, and these rows do not tell which it is."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    _before_find: tuple[Anchor | None, bool] | None = None
    _was_held = False

    # Find

    def find(self, pattern: str) -> int:
        """Look for a text; returns how often it stands there. The first step goes on from what is in sight.

        An empty pattern ends the search where the reader is.
        """
        self._apply_queue()
        if not pattern:
            self.end_find()
            return 0
        if self._before_find is None:
            self._before_find = (self._stream.track.anchor, self._stream.track.is_following)
        self._stream.finder = finder = Finder(pattern, self._texts(), self._stream.finder)
        count = finder.look()
        self.repaint()
        self.tell(self.Found(pattern, 0, count))
        return count

    def _texts(self) -> Texts:
        """The texts of the rows that are shown now: those of the search before, unless the rows are others."""
        former, stream = self._stream.finder, self._stream
        if former is not None and former.texts.rows is stream.rows:
            return former.texts
        return Texts(stream.rows, stream.painter.source)

    def end_find(self, is_way_back: bool = False) -> None:
        """Drop the search; with a way back, to where the reader was when it began."""
        before, self._before_find = self._before_find, None
        self._stream.finder = None
        if is_way_back and before is not None:
            self._stream.track.anchor, self._stream.track.is_following = before
        self.repaint()

    def action_find_next(self) -> None:
        """To the next match."""
        self._step(1)

    def action_find_previous(self) -> None:
        """To the match before."""
        self._step(-1)

    def _step(self, delta: int) -> None:
        finder = self._stream.finder
        if finder is None:
            self.tell(self.Noted("Nothing is looked for; / finds"))
            return
        self._apply_queue()
        if finder.texts.rows is not self._stream.rows:
            finder = self._stream.finder = finder.over(self._texts())
        count = finder.look()
        found = finder.step(delta, self._stream.top[0])
        if found is not None:
            index, hit = found
            self._stream.cursor = hit.key
            block, places = self._opened_to(finder, index, hit)
            line = block.line_of(places[min(hit.number, len(places) - 1)][0]) if places else block.head
            self._show_line(index, line)
        self.repaint()
        self.tell(self.Found(finder.pattern, finder.position(), count))

    def _opened_to(self, finder: Finder, index: int, hit: Hit) -> tuple[Block, list[tuple[int, int]]]:
        """The block of a row, opened as far as a found place needs it, and the places in it."""
        block = self._stream.block(index)
        places = finder.places(block.source)
        while block.is_cut and hit.number >= len(places):
            times = self._stream.facts.opened.get(hit.key, 0)
            if times == MAX_OPENED:
                break
            self._stream.open_now(hit.key, times + 1)
            block = self._stream.block(index)
            places = finder.places(block.source)
        return block, places

    def _show_line(self, index: int, line: int) -> None:
        """Bring a line into sight, with context: only if it is not there yet, and then into the upper third."""
        seen = [(seen.row, seen.number) for seen in self._seen]
        track, height = self._stream.track, self.page_size.height
        if (index, line) in seen:
            track.go(*self._stream.top, height)
        else:
            track.go(*track.moved(index, line, -(height // 3)), height)
        if index < len(self._stream) - 1:
            track.is_following = False

    # Looks

    def action_next_times(self) -> None:
        """Off, relative, local, UTC."""
        self.set_times(self._stream.facts.page.times.following)
        self.tell(self.TimesChanged(self._stream.facts.page.times))

    def set_times(self, times: Times) -> None:
        """Show times in that way."""
        raise NotImplementedError

    def action_show_all(self) -> None:
        """Show more of a payload that is cut; less again once all is shown, or as much as there is room for."""
        self._apply_queue()
        index = self.cursor_index
        row = self._stream.row_at(index)
        if index is None or not isinstance(row, EntryRow):
            return
        times = self._stream.opened(row.key)
        is_more = self._stream.block(index).is_cut and times < MAX_OPENED
        self._stream.open_row(row.key, times + 1 if is_more else 0)
        self.repaint()

    def action_draw_mark(self) -> None:
        """Draw a line below the row under the cursor, else the last in sight; a second time takes it away."""
        cursor = self.cursor_index
        row = self._stream.row_at(self._last_in_sight() if cursor is None else cursor)
        if row is None:
            return
        is_drawn = self._stream.toggle_mark(row.key, f"marked at {time_of_day(self._clock_ns())}")
        if cursor is None:
            said = "Marked below" if is_drawn else "No mark any more below"
            self.tell(self.Noted(f"{said} {self._row_words(row)}, the last in sight"))
        self.repaint()

    def _last_in_sight(self) -> int | None:
        """The last row of the channel below which a line would be in sight, else the last one in sight."""
        count = len(self._stream.rows.view)
        seen = [seen for seen in self._seen if seen.row < count]
        room = None if self._stream.track.is_following else self.page_size.height - 1
        ended = [line.row for line in seen[:room] if self._ends_with(line.row, line.number)]
        return ended[-1] if ended else seen[-1].row if seen else None

    # Copies

    @property
    def selected_source(self) -> str:
        """The source text that is selected; else of the row under the cursor; else nothing."""
        return self._selected_text() or row_source(self.cursor_row).text

    def _selected_text(self) -> str:
        stream = self._stream
        span = stream.selection.ordered(stream.find_spot) if stream.selection else None
        if span is None:
            return ""
        parts = []
        for index in range(span.first, span.last + 1):
            source = stream.block(index).source
            if selected := span.within(index, len(source)):
                parts.append(source[slice(*selected)])
        return "\n".join(parts)

    def action_copy(self) -> None:
        """Copy the selection, else the row under the cursor, else the newest entry."""
        self._apply_queue()
        if text := self._selected_text():
            lines = text.count("\n") + 1
            self.tell(self.Copied(text, "selection" if lines == 1 else f"selection, {lines} lines"))
            return
        cursor = self.cursor_row
        row = self.meant_row if cursor is None else cursor
        source = None if row is None else row_source(row)
        if row is not None and source is not None and source.text:
            which = "" if cursor is not None else ", the newest"
            self.tell(self.Copied(source.text, self._row_words(row) + which + _missing_words(source.missing)))
        else:
            self.tell(self.Noted("There is nothing to copy" if row is None else "There is nothing in it to copy"))

    def action_copy_thread(self) -> None:
        """Copy the thread of the row under the cursor, else of the newest entry, names before each entry."""
        index = self.cursor_index
        if index is None:
            index = self.newest_index
        row = self._stream.row_at(index)
        if index is None or not isinstance(row, EntryRow):
            self.tell(self.Noted("There is no thread to copy"))
        elif self._stream.facts.is_threaded:
            self.copy_rows(self._thread(index))
        else:
            self.tell(self.ThreadCopyAsked(row.key))

    def copy_rows(self, rows: Sequence[EntryRow]) -> None:
        """Copy a thread, given as its rows."""
        room, missing = MAX_CONVERTED, 0
        parts = []
        for row in rows:
            source = row_source(row, room)
            parts.append(f"{self._sender(row)}:\n{source.text}")
            room -= source.converted
            missing += source.missing
        if rows:
            what = f"thread, {len(rows)} entr{'y' if len(rows) == 1 else 'ies'}"
            self.tell(self.Copied("\n\n".join(parts), what + _missing_words(missing)))

    def _thread(self, index: int) -> list[EntryRow]:
        """The root above and all replies under it."""
        rows = self._stream.rows
        while index > 0 and isinstance(row := rows[index], EntryRow) and row.depth:
            index -= 1
        thread: list[EntryRow] = []
        while index < len(rows) and isinstance(row := rows[index], EntryRow) and (row.depth or not thread):
            thread.append(row)
            index += 1
        return thread

    def _sender(self, row: EntryRow) -> str:
        return safe_label(self._stream.facts.names.person(row.sender_id).name)

    def _row_words(self, row: StreamRow) -> str:
        return f"#{row.first.sequence} of {self._sender(row)}" if isinstance(row, EntryRow) else "line"

    # Escape

    def action_leave(self) -> None:
        """Clear the selection, else the search (back to where it began), else leave the thread, else the cursor."""
        if self._stream.selection is not None:
            self._stream.selection = None
        elif self._stream.finder is not None:
            self.end_find(is_way_back=True)
            self.tell(self.FindLeft())
        elif self.is_alone:
            self.tell(self.ThreadLeft())
        else:
            self._stream.cursor = None
        self.repaint()

    @property
    def is_held(self) -> bool:
        """Whether there is a selection, a search, a cursor or a thread alone to come back from."""
        stream = self._stream
        return self.is_alone or any(held is not None for held in (stream.selection, stream.finder, stream.cursor))

    def repaint(self) -> None:
        """Repaint, and tell when there is something to let go of now, or nothing any more."""
        super().repaint()
        if self.is_held != self._was_held:
            self._was_held = self.is_held
            self.tell(self.HeldChanged())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing here go on to the screen."""
        if action == "leave":
            return self.is_held
        return super().check_action(action, parameters)


def _missing_words(missing: int) -> str:
    return f" without its last {size_words(missing)}" if missing else ""


class RowSource(NamedTuple):
    """What is copied of a row."""

    text: str
    missing: int = 0
    """Bytes that were left out at the end."""
    converted: int = 0
    """Bytes that had to be made safe."""


def row_source(row: StreamRow | None, room: int = MAX_CONVERTED) -> RowSource:
    """What a row's author wrote, made safe: no bars, no wraps.

    Args:
        row: The row.
        room: Bytes that are made safe at most. Where nothing has to be, all is given.
    """
    if isinstance(row, PendingRow):
        return RowSource(plain(safe_text(row.line.text, UNLIMITED)))
    if not isinstance(row, EntryRow):
        return RowSource("")
    payload = row.written
    if (quiet := quiet_text(payload)) is not None:
        return RowSource(quiet)
    if len(row.entries) == 1 and classify(payload, Limits(0, 0)) is PayloadKind.BINARY:
        return RowSource(plain(hex_lines(payload)))
    text = safe_text(payload, Limits(room, room))
    shown = text.cut.shown if text.cut else len(payload)
    return RowSource(plain(text), len(payload) - shown, shown)
