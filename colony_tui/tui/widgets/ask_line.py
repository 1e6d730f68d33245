"""A line below the stream in which one types what is looked for, or a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from colony_tui.tui.pieces import Line, Piece
from colony_tui.tui.widgets.drawn import Drawn


class AskName(Drawn):
    """What is asked; it stays while one types."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self.styles.width = len(words) + 1

    def lines(self, width: int) -> Sequence[Line]:
        return [[Piece(self._words, "accent")]]


class AskText(Input):
    """Where it is typed."""

    BINDINGS: ClassVar = [Binding("escape", "drop", show=False, priority=True)]

    class Dropped(Message):
        """One has typed nothing after all."""

        def __init__(self, text: AskText) -> None:
            super().__init__()
            self.text = text

        @property
        def control(self) -> AskText:
            return self.text

    def action_drop(self) -> None:
        self.post_message(self.Dropped(self))


class AskLine(Horizontal):
    """A name, and what is typed behind it.

    Args:
        words: The name.
        placeholder: What it goes on with while nothing is typed.
        id: Of the text; that of the line has ``-line`` behind it.
    """

    def __init__(self, words: str, placeholder: str, id: str) -> None:
        super().__init__(id=f"{id}-line")
        self._asked = AskName(words)
        self._typed = AskText(placeholder=placeholder, compact=True, select_on_focus=False, id=id)
        self._typed.cursor_blink = False

    def compose(self) -> ComposeResult:
        yield self._asked
        yield self._typed

    @property
    def value(self) -> str:
        """What is typed."""
        return self._typed.value

    @property
    def is_shown(self) -> bool:
        return self.has_class("-shown")

    def show(self, is_shown: bool = True) -> None:
        """Brings it, or takes it away with what is typed in it."""
        self.set_class(is_shown, "-shown")

    def open(self) -> None:
        """Goes into it."""
        self.show()
        self.screen.set_focus(self._typed)

    def close(self) -> None:
        """Empties it and takes it away."""
        self._typed.value = ""
        self.show(False)
