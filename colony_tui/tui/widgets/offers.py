"""What one can do where nothing can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from colony_tui.tui.bindings import Hint, Place, bindings_for
from colony_tui.tui.pieces import Line, Piece
from colony_tui.tui.widgets.drawn import Drawn


class Offers(Drawn):
    """The offers, in place of the text.

    Takes the focus over when the box closes while somebody writes: the letters that still come are not to be taken for
    commands. As long as it has it, the way out is what one can do first, and any other key leads out of it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Place.INPUT, "input.leave")

    @dataclass
    class Pressed(Message):
        """A hint was clicked."""

        key: str

    class Typed(Message):
        """A letter, or Enter, came for the text that is not there any more."""

    class Left(Message):
        """The way out was taken."""

    hints: tuple[Hint, ...] = ()
    way_out: Hint | None = None

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        if event.is_printable or event.key == "enter":
            event.stop()
            self.post_message(self.Typed())

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.can_focus = False
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        way_out = self.way_out if self.has_focus else None
        if way_out is None:
            return [[piece for hint in self.hints for piece in (*_offer(hint), Piece("   "))]]
        line = _offer(way_out)
        later = [hint for hint in self.hints if hint.key != way_out.key]
        for hint in later:
            line += [Piece(", then " if hint is later[0] else " or ", "dim"), *_offer(hint)]
        return [line]

    def hit(self, target: str) -> None:
        is_way_out = self.has_focus and self.way_out is not None and self.way_out.key == target
        self.post_message(self.Left() if is_way_out else self.Pressed(target))


def _offer(hint: Hint) -> list[Piece]:
    return [Piece(hint.spelled, "accent", True, hint.key), Piece(f" {hint.words}", "dim", hit=hint.key)]
