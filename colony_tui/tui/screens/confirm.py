"""A question before what cannot be taken back; it names what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import ModalScreen

from colony_tui.tui.pieces import Line, Piece, width_of, wrap
from colony_tui.tui.widgets.drawn import Drawn


class Question(Drawn):
    """The question and its two answers."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self, question: Line, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def lines(self, width: int) -> Sequence[Line]:
        yes = [Piece("y", "accent", True, "yes"), Piece(f" {self._yes}", "text", hit="yes")]
        no = [Piece("n", "accent", True, "no"), Piece(f" {self._no}", "dim", hit="no")]
        beside = [*yes, Piece("   "), *no]
        answers = [beside] if width_of(beside) <= width else [*wrap(yes, width), *wrap(no, width)]
        return [*wrap(self._question, width), (), *answers]

    def hit(self, target: str) -> None:
        self.screen.dismiss(target == "yes")


class ConfirmScreen(ModalScreen[bool]):
    """Asks, and gives ``True`` for yes.

    Args:
        question: Names what it is about; of several inks.
        yes: What happens then, in words.
        no: What happens otherwise.
    """

    BINDINGS: ClassVar = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
        Binding("ctrl+c", "app.interrupt", show=False, priority=True),
    ]

    def __init__(self, question: Line, yes: str, no: str = "leave it") -> None:
        super().__init__()
        self._question = Question(question, yes, no)

    def compose(self) -> ComposeResult:
        yield self._question

    def action_answer(self, is_yes: bool) -> None:
        self.dismiss(is_yes)
