"""The list of processes: one widget on the line API.

Owns the cursor and the place in the list, which survive every refresh. Draws ``ProcessRowData`` values and reports
what a person wants; repaints only the cells that changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from colony_tui.tui.bindings import Place, bindings_for
from colony_tui.tui.paint import to_strip
from colony_tui.tui.pieces import Line, Piece, changed_span, cut, pad, wrap
from colony_tui.tui.symbols import UNICODE, Symbols
from colony_tui.tui.widgets.process_list.arrange import Arrangement, ListTab, arrange
from colony_tui.tui.widgets.process_list.rows import ProcessRowData, RowLook, row_lines


class ProcessList(ScrollView, can_focus=True):
    """Processes, two lines each, or one in the compact form."""

    BINDINGS = bindings_for(Place.LIST, without=("list.filter",))

    @dataclass
    class Highlighted(Message):
        """The cursor came to stand on a process, or there is none any more."""

        process_id: str
        """Empty: there is none."""

    @dataclass
    class Opened(Message):
        """A process is to be opened."""

        process_id: str

    @dataclass
    class VisibleChanged(Message):
        """Other processes than before are on the screen."""

        ids: tuple[str, ...]
        """From top to bottom."""

    class FilterDropped(Message):
        """The filter is to go."""

    @dataclass
    class TabAsked(Message):
        """Another tab is wanted."""

        by: int

    @dataclass
    class CopyAsked(Message):
        """A text is to be copied."""

        text: str

    symbols: Symbols = UNICODE
    empty_sentence = "No process yet – n starts one"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[ProcessRowData] = ()
        self._arrangement = Arrangement()
        self._tab = ListTab.ACTIVE
        self._words = ""
        self._is_compact = False
        self._now_ns = 0
        self._cursor_id = ""
        self._cursor_index = 0
        self._is_cursor_set = False
        self._open_id = ""
        self._awaited_id = ""
        self._painted: dict[int, Line] = {}
        self._visible: tuple[str, ...] = ()

    # What it shows

    @property
    def cursor_id(self) -> str:
        """The process under the cursor; empty when there is none."""
        return self._cursor_id

    @property
    def rows(self) -> Sequence[ProcessRowData]:
        """All rows, whatever tab and filter show."""
        return self._rows

    @property
    def tab(self) -> ListTab:
        return self._tab

    @property
    def filter_words(self) -> str:
        return self._words

    def show(self, rows: Sequence[ProcessRowData], now_ns: int) -> None:
        """Takes the rows as they are now; cursor and place stay with their processes.

        Args:
            rows: All processes, in the order wanted within each group.
            now_ns: The server's time.
        """
        self._rows = rows
        self._now_ns = now_ns
        self._arrange()

    def show_tab(self, tab: ListTab) -> None:
        """Shows another part of the processes."""
        self._tab = tab
        self._arrange()

    def show_matching(self, words: str) -> None:
        """Shows only rows in which every one of the words is found."""
        self._words = words
        self._arrange()

    def tick(self, now_ns: int) -> None:
        """Brings the elapsed times up to date."""
        self._now_ns = now_ns
        self._repaint_changed()

    def mark_open(self, process_id: str) -> None:
        """Marks the row of the open process, and puts the cursor on it as soon as it is shown.

        Whoever moves the cursor before that keeps it where he wants it.
        """
        self._open_id = self._awaited_id = process_id
        self._seek_awaited()
        self._repaint_changed()

    # Arrangement, cursor and place

    def _arrange(self) -> None:
        before, anchor, was_seen = self._arrangement, self._anchor(), self._is_cursor_seen
        self._arrangement = arrange(self._rows, self._tab, self._words, self._is_compact)
        self._keep_cursor(before)
        # The width is ours whatever happens; a scroll bar appears by the height alone.
        self.virtual_size = Size(self.scrollable_content_region.width, self._arrangement.height)
        if anchor is not None and anchor[0] in self._arrangement.places:
            top = self._arrangement.tops[self._arrangement.places[anchor[0]]]
            self._scroll_lines(top - anchor[1])
        if was_seen and self._cursor_id:
            self._move_to(self._cursor_index)
        self._seek_awaited()
        self._repaint_changed()
        self._tell_visible()

    @property
    def _is_cursor_seen(self) -> bool:
        index = self._arrangement.places.get(self._cursor_id)
        if index is None:
            return False
        first, tops = self.scroll_offset.y, self._arrangement.tops
        return first <= tops[index] and tops[index + 1] <= first + self.scrollable_content_region.height

    def _seek_awaited(self) -> None:
        """Puts the cursor on the row that it is to go to, if that is shown."""
        if self._awaited_id in self._arrangement.places:
            self._is_cursor_set = True
            index = self._arrangement.places[self._awaited_id]
            self._awaited_id = ""
            self._move_to(index)

    def _anchor(self) -> tuple[str, int] | None:
        """The process that must not move on the screen, with its line there; none where the list is at its top."""
        if not self.scroll_offset.y or not self._arrangement.items:
            return None
        first, height = self.scroll_offset.y, self.scrollable_content_region.height
        visible = self._arrangement.ids_between(first, first + height)
        if not visible:
            return None
        held = self._cursor_id if self._cursor_id in visible else visible[0]
        return held, self._arrangement.tops[self._arrangement.places[held]] - first

    def _keep_cursor(self, before: Arrangement) -> None:
        """The cursor stays with its process; if that has gone, it goes to what stands in its place.

        As long as nobody has put it anywhere it stands on the first one: a list fills from what waits.
        """
        places, ids = self._arrangement.places, self._arrangement.ids
        if self._cursor_id in places and (self._is_cursor_set or self._cursor_id == ids[0]):
            self._cursor_index = places[self._cursor_id]
            return
        if not ids:
            if self._cursor_id:
                self._tell(self.Highlighted(""))
            self._cursor_id, self._cursor_index = "", 0
            return
        if not self._is_cursor_set:
            self._set_cursor(ids[0])
            return
        before_ids = before.ids
        rank = before_ids.index(self._cursor_id) if self._cursor_id in before_ids else 0
        self._set_cursor(ids[min(rank, len(ids) - 1)])

    def _set_cursor(self, process_id: str) -> None:
        self._cursor_id = process_id
        self._cursor_index = self._arrangement.places[process_id]
        self._tell(self.Highlighted(process_id))

    def _tell(self, message: Message) -> None:
        """Reports something in the midst of somebody's call: Textual would drop it at whoever called."""
        self.post_message(message.set_sender(self))

    def _move_to(self, index: int) -> None:
        row = self._arrangement.items[index].row
        if row is None:
            return
        if row.id != self._cursor_id:
            self._set_cursor(row.id)
        tops, height = self._arrangement.tops, self.scrollable_content_region.height
        is_first = index == min(self._arrangement.places.values())
        top, end = 0 if is_first else tops[index], tops[index + 1]
        if top < self.scroll_offset.y:
            self._scroll_lines(top)
        elif end > self.scroll_offset.y + height:
            self._scroll_lines(end - height)
        self._repaint_changed()

    def _scroll_lines(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def _tell_visible(self) -> None:
        first = self.scroll_offset.y
        ids = self._arrangement.ids_between(first, first + self.scrollable_content_region.height)
        if ids != self._visible:
            self._visible = ids
            self._tell(self.VisibleChanged(ids))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell_visible()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._arrangement.height)
        if self._cursor_id:
            self._move_to(self._cursor_index)
        self._tell_visible()

    def on_focus(self) -> None:
        self._repaint_changed()

    def on_blur(self) -> None:
        self._repaint_changed()

    # Painting

    def _line(self, y: int) -> tuple[Line, str]:
        """The line of the list at ``y``, and the role of its ground."""
        width = self.scrollable_content_region.width
        found = self._arrangement.at_line(y)
        if found is None:
            return ([] if self._arrangement.items else self._empty_line(y - 1, width)), "pane"
        index, part = found
        item = self._arrangement.items[index]
        if item.row is None:
            return cut([Piece(f" {item.caption}", "faint")], width), "pane"
        is_cursor = item.row.id == self._cursor_id
        is_open = item.row.id == self._open_id
        look = RowLook(width, self._now_ns, is_cursor, is_open, self.has_focus, self._is_compact, self.symbols)
        return row_lines(item.row, look)[part], "cursor-row" if is_cursor else "pane"

    def _empty_line(self, number: int, width: int) -> Line:
        """A line of what is said where there is no row, from 0."""
        sentence = "Nothing matches – Esc shows all" if self._words else self.empty_sentence
        if self._rows and not self._words:
            sentence = f"Nothing under {self._tab.value} – ← → other tabs"
        lines = wrap([Piece(sentence, "dim")], max(1, width - 2))
        return [Piece(" "), *lines[number]] if 0 <= number < len(lines) else []

    def _full_line(self, y: int) -> Line:
        line, ground = self._line(y)
        full = pad(line, self.scrollable_content_region.width)
        return [piece._replace(ground=piece.ground or ground) for piece in full]

    def render_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        line = self._full_line(place)
        self._painted[place] = line
        return to_strip(line, self.scrollable_content_region.width, "pane", self.app.theme_variables)

    def _repaint_changed(self) -> None:
        """Asks for the cells on the screen that are no longer right, and for no others."""
        first, height = self.scroll_offset.y, self.scrollable_content_region.height
        self._painted = {y: line for y, line in self._painted.items() if first <= y < first + height}
        for y in range(first, first + height):
            painted = self._painted.get(y)
            span = (0, self.size.width) if painted is None else changed_span(painted, self._full_line(y))
            if span is not None:
                self.refresh(Region(span[0], y - first, span[1], 1))

    # What a person does

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        found = offset and self._arrangement.at_line(offset.y + self.scroll_offset.y)
        if found and self._arrangement.items[found[0]].row:
            event.stop()
            self._take_cursor()
            self._move_to(found[0])
            self.action_open()

    def action_open(self) -> None:
        if self._cursor_id:
            self.post_message(self.Opened(self._cursor_id))

    def action_cursor(self, by: int) -> None:
        self._move_by(by)

    def action_page(self, by: int) -> None:
        lines = self._arrangement.height / max(1, len(self._arrangement.items))
        self._move_by(by * max(1, int(self.scrollable_content_region.height / max(1.0, lines)) - 1))

    def action_top(self) -> None:
        self._move_by(-len(self._arrangement.items))

    def action_bottom(self) -> None:
        self._move_by(len(self._arrangement.items))

    def _move_by(self, by: int) -> None:
        ids = self._arrangement.ids
        self._take_cursor()
        if self._cursor_id in self._arrangement.places:
            rank = max(0, min(len(ids) - 1, ids.index(self._cursor_id) + by))
            self._move_to(self._arrangement.places[ids[rank]])

    def _take_cursor(self) -> None:
        """Somebody moves it himself."""
        self._is_cursor_set = True
        self._awaited_id = ""

    def action_compact(self) -> None:
        self._is_compact = not self._is_compact
        self._arrange()
        if self._cursor_id:
            self._move_to(self._cursor_index)

    def action_clear_filter(self) -> None:
        self.post_message(self.FilterDropped())

    def action_tab(self, by: int) -> None:
        self.post_message(self.TabAsked(by))

    def action_copy_id(self) -> None:
        if self._cursor_id:
            self.post_message(self.CopyAsked(self._cursor_id))
