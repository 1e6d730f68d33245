"""Going through a stream with keys: the cursor, pages, jumps.

Owns where the cursor is and what it takes to show it. Nothing here changes a row.
"""

from __future__ import annotations

from textual.message import Message

from colony_tui.store.rows import EntryRow, Parent, RowKey
from colony_tui.tui.widgets.stream.rows import StreamRow
from colony_tui.tui.widgets.stream.surface import StreamSurface


class StreamCursor(StreamSurface):
    """Moves a cursor over entries."""

    class Noted(Message, namespace="stream_view"):
        """Why a key did nothing, in a sentence."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class ThreadOpened(Message, namespace="stream_view"):
        """The thread of a row is to be shown alone."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    is_alone = False
    """Whether what is shown is one thread alone."""

    # The cursor

    @property
    def cursor_index(self) -> int | None:
        """Where the row under the cursor stands."""
        self._catch_up()
        return None if self._stream.cursor is None else self._stream.index_of(self._stream.cursor)

    @property
    def cursor_row(self) -> StreamRow | None:
        """The row under the cursor."""
        return self._stream.row_at(self.cursor_index)

    @property
    def newest_index(self) -> int | None:
        """Where the newest entry stands, which keys mean while no row is under the cursor."""
        self._catch_up()
        rows = self._stream.rows
        return next((at for at in reversed(range(len(rows.view))) if isinstance(rows[at], EntryRow)), None)

    @property
    def meant_row(self) -> EntryRow | None:
        """The entry under the cursor, else the newest one; ``None`` where something else is under the cursor."""
        row = self.cursor_row or self._stream.row_at(self.newest_index)
        return row if isinstance(row, EntryRow) else None

    def select_row(self, key: RowKey | None, *, is_still: bool = False) -> None:
        """Put the cursor on a row, wholly in sight where it fits; None takes it away.

        Args:
            key: The row.
            is_still: Scroll nothing: it was pointed at where it stands.
        """
        self._catch_up()
        index = None if key is None else self._stream.index_of(key)
        self._stream.cursor = None if index is None else key
        if index is not None:
            if index < len(self._stream) - 1:  # a reader who points at an entry before the last has stopped to read
                self._stream.track.is_following = False
            if not is_still:
                self._reveal(index)
        self.repaint()

    def _lines_in_sight(self, index: int) -> int:
        return sum(seen.row == index for seen in self._seen)

    def _is_tall(self, index: int) -> bool:
        return self._stream.measure(index) >= self.page_size.height

    def _reveal(self, index: int) -> None:
        """Scroll as little as shows the row; one that is taller than the view stays where any of it is in sight."""
        stream, height = self._stream, self.page_size.height
        own, seen = stream.measure(index), self._lines_in_sight(index)
        if seen == own or (seen and self._is_tall(index)):
            if index == len(stream) - 1:
                stream.track.go(*stream.top, height)
        elif (index, 0) < stream.top or self._is_tall(index):
            stream.track.go(index, 0, height)
        else:
            stream.track.go(*stream.track.moved(index, own, -height), height)

    def action_cursor_down(self) -> None:
        """To the next entry; through one that is taller than the view first."""
        index = self.cursor_index
        if index is None or not self._lines_in_sight(index):
            self._start_cursor(is_at_top=True)
            return
        bottom = self._seen[-1]
        if bottom.row == index and not self._ends_with(bottom.row, bottom.number):
            self.move(self._step_lines)
            return
        if index + 1 < len(self._stream):
            self.select_row(self._stream.rows[index + 1].key)
        else:
            self.follow()

    def action_cursor_up(self) -> None:
        """To the entry before; through one that is taller than the view first."""
        index = self.cursor_index
        if index is None or not self._lines_in_sight(index):
            self._start_cursor(is_at_top=False)
            return
        if self._seen[0].row == index and self._seen[0].number > 0:
            self.move(-min(self._step_lines, self._seen[0].number))
            return
        if index == 0:
            return
        is_end_to_be_shown = self._is_tall(index - 1) and not self._lines_in_sight(index - 1)
        self.select_row(self._stream.rows[index - 1].key, is_still=is_end_to_be_shown)
        if is_end_to_be_shown:
            self.move(-self._step_lines)

    @property
    def _step_lines(self) -> int:
        return max(1, self.page_size.height // 2)

    def _ends_with(self, index: int, number: int) -> bool:
        return number + 1 >= self._stream.measure(index)

    def _start_cursor(self, is_at_top: bool) -> None:
        """The first time, and where it was scrolled out of sight: the first or the last entry in sight."""
        if self._seen:
            seen = self._seen[0 if is_at_top else -1]
            self.select_row(self._stream.rows[seen.row].key, is_still=True)

    # Pages

    def action_page_down(self) -> None:
        """A page down, two lines kept."""
        self.move(self._page_lines)

    def action_page_up(self) -> None:
        """A page up, two lines kept."""
        self.move(-self._page_lines)

    def action_half_down(self) -> None:
        """Half a page down."""
        self.move(self._step_lines)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.move(-self._step_lines)

    def action_go_top(self) -> None:
        """To the first entry."""
        self._apply_queue()
        if len(self._stream):
            self._stream.cursor = self._stream.rows[0].key if self._stream.cursor is not None else None
            self.go_to(0)

    def action_go_end(self) -> None:
        """To the end, and follow."""
        self._apply_queue()
        if self._stream.cursor is not None and len(self._stream):
            self._stream.cursor = self._stream.rows[len(self._stream) - 1].key
        self.follow()

    # Jumps

    def action_go_parent(self) -> None:
        """To the entry that this one answers."""
        row = self.cursor_row
        if not isinstance(row, EntryRow):
            return
        if row.parent_key is not None and self._stream.index_of(row.parent_key) is not None:
            self.select_row(row.parent_key)
        elif row.parent is Parent.NONE:
            self.tell(self.Noted("It answers nothing"))
        else:
            self.tell(self.Noted(f"#{row.first.in_reply_to}, which it answers, is not here"))

    def action_go_reply(self) -> None:
        """To the next reply: the first one below, to whatever it answers."""
        index = self.cursor_index
        start = self._stream.top[0] if index is None else index
        for at in range(start + 1, len(self._stream)):
            row = self._stream.rows[at]
            if isinstance(row, EntryRow) and row.parent is not Parent.NONE:
                self.select_row(row.key)
                return
        self.tell(self.Noted("No reply below"))

    def go_to_time(self, moment_ns: int) -> int | None:
        """To the first entry by time that is not earlier, else to the latest; its time, None if there is no entry."""
        self._apply_queue()
        rows = [row for row in map(self._stream.row_at, range(len(self._stream))) if isinstance(row, EntryRow)]
        if not rows:
            return None
        later = [row for row in rows if row.first.timestamp_ns >= moment_ns]
        found = min(later, key=_time_of) if later else max(rows, key=_time_of)
        self.select_row(found.key)
        return found.first.timestamp_ns

    @property
    def time_here(self) -> int | None:
        """When the entry under the cursor, else the first in sight, was added; None if there is none."""
        seen = (self._stream.row_at(seen.row) for seen in self._seen)
        near = (row.first.timestamp_ns for row in (self.cursor_row, *seen) if isinstance(row, EntryRow))
        return next(near, None)

    def action_open_thread(self) -> None:
        """Show the thread of the entry under the cursor alone; without a cursor, begin with one."""
        row = self.cursor_row
        if row is None:
            self._start_cursor(is_at_top=False)
        elif isinstance(row, EntryRow) and not self.is_alone:
            self.tell(self.ThreadOpened(row.key))


def _time_of(row: EntryRow) -> int:
    return row.first.timestamp_ns
