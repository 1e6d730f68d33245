"""The line above a thread that is shown alone: which one it is, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.message import Message

from colony_tui.tui.pieces import Line, Piece, spread
from colony_tui.tui.widgets.drawn import Drawn


class ThreadHead(Drawn):
    """Says that one thread is shown alone, and the way back."""

    GROUND: ClassVar[str] = "bar"
    words: Line = ()

    class BackAsked(Message):
        """The way back was clicked."""

    def lines(self, width: int) -> Sequence[Line]:
        return [spread([Piece("  "), *self.words], [Piece("Esc back ", "accent", hit="back")], width)]

    def hit(self, target: str) -> None:
        self.post_message(self.BackAsked())
