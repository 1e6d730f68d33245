"""The bottom line: the keys that matter here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message

from colony_tui.tui.bindings import Hint
from colony_tui.tui.pieces import Line, Piece, width_of
from colony_tui.tui.widgets.drawn import Drawn

_GAP = 3


class KeyLine(Drawn):
    """As many hints as fit, the first ones first, and those that are kept; a click presses the key."""

    GROUND: ClassVar[str] = "bar"

    @dataclass
    class Pressed(Message):
        """A hint was clicked."""

        key: str
        """Textual's name."""

    def __init__(self) -> None:
        super().__init__(id="key-line")
        self._hints: Sequence[Hint] = ()
        self._notice: Line = ()

    def show(self, hints: Sequence[Hint]) -> None:
        """Takes the keys that matter now."""
        self._hints = hints
        self.redraw()

    def notice(self, line: Line) -> None:
        """Puts a sentence in place of the keys; an empty one gives the place back."""
        self._notice = line
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        if self._notice:
            return [[Piece("  "), *self._notice]]
        line = [Piece("  ")]
        kept = sum(width_of(_pair(hint)) + _GAP for hint in self._hints if hint.is_kept)
        for hint in self._hints:
            pair = _pair(hint)
            if hint.is_kept:
                kept -= width_of(pair) + _GAP
            if width_of(line) + width_of(pair) + kept > width:
                continue  # a shorter one behind it may still fit
            line += [*pair, Piece(" " * _GAP)]
        return [line]

    def hit(self, target: str) -> None:
        self.post_message(self.Pressed(target))


def _pair(hint: Hint) -> list[Piece]:
    """A key and its words."""
    return [Piece(hint.spelled, "accent", True, hit=hint.key), Piece(f" {hint.words}", "dim", hit=hint.key)]
