"""The tabs of a process: one a channel, then what else there is to see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from colony_tui.model import MAX_ENTRIES
from colony_tui.text import safe_name
from colony_tui.tui.pieces import Line, Piece, width_of
from colony_tui.tui.widgets.drawn import Drawn, underlined

_NEARLY_FULL = 0.8
_NAME_CELLS = 32


@dataclass(frozen=True, slots=True)
class PaneTab:
    """One tab. Channels are told from the other tabs by ``is_channel``: a channel may have any name."""

    name: str
    is_channel: bool = True
    unread: int = 0
    entries: int = 0
    """How many of ``MAX_ENTRIES`` the channel holds."""
    is_locked: bool = False
    """Whether this key may not read it."""

    @property
    def key(self) -> str:
        """Tells it from the other tabs."""
        return f"{'channel' if self.is_channel else 'pane'}:{self.name}"


LOGS = PaneTab("Logs", is_channel=False)
INFO = PaneTab("Info", is_channel=False)


class ChannelTabs(Drawn):
    """Tabs with unread counts; those that do not fit are behind an arrow."""

    @dataclass
    class Chosen(Message):
        """A tab is wanted."""

        key: str

    def __init__(self) -> None:
        super().__init__(id="channel-tabs")
        self._tabs: Sequence[PaneTab] = ()
        self._chosen = ""

    def show(self, tabs: Sequence[PaneTab], chosen: str) -> None:
        """Takes the tabs, and the key of the one that is open."""
        self._tabs, self._chosen = tabs, chosen
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        labels = [self._label(tab) for tab in self._tabs]
        place = next((index for index, tab in enumerate(self._tabs) if tab.key == self._chosen), 0)
        first = 0
        while first < place and _width(labels[first : place + 1]) + (2 if first else 0) > width - 4:
            first += 1
        line = [Piece(" ")]
        if first:
            line += [Piece("‹ ", "dim", hit=self._tabs[first - 1].key)]
        for index in range(first, len(labels)):
            is_last = index == len(labels) - 1
            if width_of(line) + width_of(labels[index]) + (1 if is_last else 3) > width and index > place:
                line.append(Piece("›", "dim", hit=self._tabs[index].key))
                break
            line += [*labels[index], Piece("   ")]
        return underlined(line, width, self.symbols, self._chosen)

    def _label(self, tab: PaneTab) -> Line:
        is_chosen = tab.key == self._chosen
        ink = "accent" if is_chosen else "faint" if tab.is_locked else "dim"
        pieces = [Piece(safe_name(tab.name, _NAME_CELLS), ink, is_chosen, tab.key)]
        if tab.unread:
            pieces.append(Piece(f" {tab.unread:,}", "accent", hit=tab.key))
        if tab.is_locked:
            pieces.append(Piece(" locked", "faint", hit=tab.key))
        elif tab.entries >= MAX_ENTRIES * _NEARLY_FULL:
            pieces.append(Piece(f" {tab.entries * 100 // MAX_ENTRIES} % full", "warn", hit=tab.key))
        return pieces

    def hit(self, target: str) -> None:
        self.post_message(self.Chosen(target))


def _width(labels: Sequence[Line]) -> int:
    return sum(width_of(line) + 3 for line in labels)
