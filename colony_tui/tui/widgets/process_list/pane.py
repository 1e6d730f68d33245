"""The list's pane: tabs at its head, the filter's line, the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from colony_tui.tui.bindings import Place, bindings_for
from colony_tui.tui.pieces import Line, Piece, cut
from colony_tui.tui.widgets.drawn import Drawn, underlined
from colony_tui.tui.widgets.process_list.arrange import ListTab, count
from colony_tui.tui.widgets.process_list.rows import ProcessRowData
from colony_tui.tui.widgets.process_list.widget import ProcessList


class ListTabs(Drawn):
    """The tabs of the list, with how many are active and mine."""

    GROUND: ClassVar[str] = "pane"

    @dataclass
    class Chosen(Message):
        tab: ListTab

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tab = ListTab.ACTIVE
        self._counts: dict[ListTab, int | None] = {}

    def show(self, tab: ListTab, counts: dict[ListTab, int | None]) -> None:
        self._tab, self._counts = tab, counts
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        gap = "   " if width >= 38 else "  "
        line = [Piece(" ")]
        for tab in ListTab:
            number = self._counts.get(tab)
            text = tab.value if number is None else f"{tab.value} {number}"
            is_chosen = tab is self._tab
            line += [Piece(text, "accent" if is_chosen else "dim", is_chosen, hit=tab.name), Piece(gap)]
        return underlined(cut(line[:-1], width), width, self.symbols, self._tab.name)

    def hit(self, target: str) -> None:
        self.post_message(self.Chosen(ListTab[target]))


class FilterLine(Input):
    """Where the filter is typed."""

    BINDINGS: ClassVar = [
        Binding("escape", "drop", show=False, priority=True),
        Binding("down", "into_list", show=False),
    ]

    class Dropped(Message):
        """No filter any more."""

    class Finished(Message):
        """The filter stays; back to the list."""

    def __init__(self) -> None:
        super().__init__(placeholder="filter: function, executor, state, id …", compact=True, select_on_focus=False)
        self.cursor_blink = False

    def action_drop(self) -> None:
        self.post_message(self.Dropped())

    def action_into_list(self) -> None:
        self.post_message(self.Finished())


class ListPane(Vertical):
    """Everything at the left of the main screen."""

    BINDINGS: ClassVar = bindings_for(Place.LIST, "list.filter")

    def compose(self) -> ComposeResult:
        yield ListTabs()
        yield FilterLine()
        yield ProcessList()

    @property
    def processes(self) -> ProcessList:
        """The list itself."""
        return self.query_one(ProcessList)

    def show(self, rows: Sequence[ProcessRowData], now_ns: int) -> None:
        """Takes the rows as they are now; see ``ProcessList.show``."""
        self.processes.show(rows, now_ns)
        self._show_tabs()

    def _show_tabs(self) -> None:
        rows = self.processes.rows
        self.query_one(ListTabs).show(self.processes.tab, {tab: count(rows, tab) for tab in ListTab})

    def show_tab(self, tab: ListTab) -> None:
        """Shows another part of the processes."""
        self.processes.show_tab(tab)
        self._show_tabs()

    @on(ListTabs.Chosen)
    def _tab_chosen(self, event: ListTabs.Chosen) -> None:
        event.stop()
        self.show_tab(event.tab)
        self.screen.set_focus(self.processes)

    @on(ProcessList.TabAsked)
    def _tab_asked(self, event: ProcessList.TabAsked) -> None:
        event.stop()
        self.show_tab(self.processes.tab.moved(event.by))

    def action_filter(self) -> None:
        line = self.query_one(FilterLine)
        line.add_class("-shown")
        self.screen.set_focus(line)

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.processes.show_matching(event.value)

    @on(Input.Submitted)
    @on(FilterLine.Finished)
    def _filter_finished(self, event: Message) -> None:
        event.stop()
        line = self.query_one(FilterLine)
        line.set_class(bool(line.value.strip()), "-shown")
        self.screen.set_focus(self.processes)

    @on(FilterLine.Dropped)
    @on(ProcessList.FilterDropped)
    def _filter_dropped(self, event: Message) -> None:
        event.stop()
        line = self.query_one(FilterLine)
        line.value = ""
        line.remove_class("-shown")
        self.screen.set_focus(self.processes)
