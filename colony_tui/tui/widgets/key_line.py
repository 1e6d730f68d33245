"""The bottom line: the keys that matter here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.message import Message

from colony_tui.tui.bindings import Hint
from colony_tui.tui.pieces import Line, Piece, cut, width_of, wrap
from colony_tui.tui.widgets.drawn import Drawn

_GAP = 3

_MARGIN = 2
"""Cells left free at both sides of a sentence."""

_NOTICE_LINES = 4
"""The most that a sentence takes from what is above it; one that needs more is cut."""


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
        """Puts a sentence in place of the keys, as high as it needs; an empty one gives the place back."""
        self._notice = line
        self._set_height()
        self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        self._set_height()

    def _set_height(self) -> None:
        self.styles.height = len(self.lines(self.app.size.width))

    def lines(self, width: int) -> Sequence[Line]:
        if self._notice:
            wrapped = wrap(self._notice, width - 2 * _MARGIN)
            if len(wrapped) > _NOTICE_LINES:
                wrapped = [
                    *wrapped[: _NOTICE_LINES - 1],
                    [piece for line in wrapped[_NOTICE_LINES - 1 :] for piece in line],
                ]
            return [cut([Piece(" " * _MARGIN), *line], width) for line in wrapped]
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
