"""All keys, from the one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from colony_tui.tui.bindings import help_rows
from colony_tui.tui.pieces import Piece
from colony_tui.tui.widgets.paragraphs import Paragraph, Paragraphs

KEY_CELLS = 28
_TIGHT_KEY_CELLS = 12
_ROOMY = 60
"""From this width on all keys fit beside their words."""


class HelpText(Paragraphs):
    """The table as a page."""

    GROUND: ClassVar[str] = "bar"


class HelpScreen(ModalScreen[None]):
    """A page that one can scroll; any of its keys closes it."""

    BINDINGS: ClassVar = [
        Binding("escape,q,question_mark,f1", "close", show=False),
        Binding("ctrl+c", "app.interrupt", show=False, priority=True),
    ]

    def __init__(self, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        yield HelpText(id="help-text")

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        cells = KEY_CELLS if self.app.size.width >= _ROOMY else _TIGHT_KEY_CELLS
        self.query_one(HelpText).show(self._paragraphs(cells))

    def _paragraphs(self, cells: int) -> list[Paragraph]:
        """The table; keys that need more than their ``cells`` stand above their words."""
        paragraphs = [Paragraph([Piece("Keys", "accent", True), Piece("   Esc closes", "faint")])]
        for place, rows in help_rows(self._keymap):
            paragraphs += [Paragraph(()), Paragraph([Piece(place, "text", True)])]
            for keys, words in rows:
                is_long = len(keys) > cells - 2
                if is_long:
                    paragraphs.append(Paragraph([Piece(keys, "accent")]))
                line = [Piece(("" if is_long else keys).ljust(cells), "accent"), Piece(words, "text")]
                paragraphs.append(Paragraph(line, cells))
        return paragraphs

    def action_close(self) -> None:
        self.dismiss()
