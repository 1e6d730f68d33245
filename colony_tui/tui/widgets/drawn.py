"""The base of the widgets that are a line or two: drawn from pieces, repainted only where something changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from colony_tui.text import cell_width
from colony_tui.tui.paint import to_strip
from colony_tui.tui.pieces import Line, Piece, changed_span, pad, width_of
from colony_tui.tui.symbols import UNICODE, Symbols


class Drawn(Widget):
    """A few lines of pieces; a subclass says which in ``lines``."""

    GROUND: ClassVar[str] = "bg"
    """Role of its background; its style sheet says the same."""

    symbols: Symbols = UNICODE

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: dict[int, list[Piece]] = {}

    def lines(self, width: int) -> Sequence[Line]:
        """What is to be seen at a width, top to bottom."""
        raise NotImplementedError

    def hit(self, target: str) -> None:
        """Called when a piece that names a target was clicked."""

    def text(self) -> str:
        """What is to be seen now, as plain text."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines(self.size.width))

    def _fresh(self, y: int) -> list[Piece]:
        lines = self.lines(self.size.width)
        return pad(lines[y] if y < len(lines) else (), self.size.width)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] = self._fresh(y)
        return to_strip(line, self.size.width, self.GROUND, self.app.theme_variables)

    def redraw(self) -> None:
        """Repaints the cells that are no longer right."""
        for y, drawn in self._lines.items():
            span = changed_span(drawn, self._fresh(y))
            if span is not None:
                self.refresh(Region(span[0], y, span[1], 1))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x = 0
        for piece in self._lines.get(offset.y, ()):
            x += cell_width(piece.text)
            if offset.x < x:
                if piece.hit:
                    event.stop()
                    self.hit(piece.hit)
                return


def underlined(tabs: Line, width: int, symbols: Symbols, chosen: str) -> list[Line]:
    """Tabs, and under them a thin rule that is thick under the chosen one."""
    rule: list[Piece] = [Piece(" ")]
    for piece in tabs[1:]:
        cells = width_of([piece])
        is_chosen = bool(piece.hit) and piece.hit == chosen
        rule.append(Piece((symbols.thick if is_chosen else symbols.rule) * cells, "accent" if is_chosen else "line"))
    rule.append(Piece(symbols.rule * max(0, width - 1 - width_of(rule)), "line"))
    return [tabs, rule]
