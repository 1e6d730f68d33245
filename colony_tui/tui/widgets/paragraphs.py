"""Text to read and scroll: paragraphs of pieces, wrapped to the width, on the line API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from colony_tui.text import SafeLine
from colony_tui.tui.bindings import Place, bindings_for
from colony_tui.tui.paint import to_strip
from colony_tui.tui.pieces import Line, Piece, changed_span, pad, wrap

_ROLE_INKS = {"escape": "warn", "json_key": "dim", "hex": "dim", "note": "faint"}


class Paragraph(NamedTuple):
    """A line of any length, and how far in its wrapped lines stand."""

    line: Line
    indent: int = 0

    def wrapped(self, width: int) -> list[list[Piece]]:
        """The lines that it takes."""
        first, *rest = wrap(self.line, width)
        if not rest:
            return [first]
        indent = min(self.indent, width // 2)
        rest_pieces = [piece for line in rest for piece in (*line, Piece(" "))][:-1]
        return [first, *([Piece(" " * indent), *line] for line in wrap(rest_pieces, width - indent))]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.line)


def pieces_of(line: SafeLine, ink: str = "text") -> list[Piece]:
    """A line of safe text in our inks: what is made visible stands out, colours of its own are left away."""
    return [Piece(span.text, _ROLE_INKS.get(span.style.role or "", ink), span.style.bold) for span in line]


class Paragraphs(ScrollView, can_focus=True):
    """Paragraphs with the keys of a pager. Stays at the end if it is there and ``FOLLOWS``."""

    BINDINGS = bindings_for(Place.LINES)
    FOLLOWS: ClassVar[bool] = False
    GROUND: ClassVar[str] = "bg"

    @dataclass
    class CopyAsked(Message):
        """A text is to be copied."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paragraphs: list[Paragraph] = []
        self._lines: list[list[Piece]] = []
        self._painted: dict[int, list[Piece]] = {}

    @property
    def text(self) -> str:
        """All of it as plain text, without the wraps of the screen."""
        return "\n".join(paragraph.text.rstrip() for paragraph in self._paragraphs)

    def show(self, paragraphs: Sequence[Paragraph]) -> None:
        """Takes the place of what was shown; the view stays where it is."""
        self._paragraphs = list(paragraphs)
        self._rewrap()

    def append(self, paragraphs: Sequence[Paragraph]) -> None:
        """Puts more behind what is shown."""
        self._paragraphs += paragraphs
        self._take([line for paragraph in paragraphs for line in paragraph.wrapped(self._width)], self._lines)

    @property
    def _width(self) -> int:
        return max(1, self.scrollable_content_region.width - 2)

    def _rewrap(self) -> None:
        self._take([line for paragraph in self._paragraphs for line in paragraph.wrapped(self._width)], [])

    def _take(self, lines: list[list[Piece]], before: list[list[Piece]]) -> None:
        is_at_end = self.FOLLOWS and self.scroll_offset.y >= self.max_scroll_y
        self._lines = [*before, *lines]
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        if is_at_end:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
        self._repaint_changed()

    def _fresh(self, y: int) -> list[Piece]:
        line = self._lines[y] if y < len(self._lines) else []
        return pad([Piece(" "), *line], self.scrollable_content_region.width)

    def render_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        line = self._painted[place] = self._fresh(place)
        return to_strip(line, self.scrollable_content_region.width, self.GROUND, self.app.theme_variables)

    def _repaint_changed(self) -> None:
        first, height = self.scroll_offset.y, self.scrollable_content_region.height
        self._painted = {y: line for y, line in self._painted.items() if first <= y < first + height}
        for y, painted in self._painted.items():
            span = changed_span(painted, self._fresh(y))
            if span is not None:
                self.refresh(Region(span[0], y - first, span[1], 1))

    def on_resize(self) -> None:
        self._rewrap()
        self.refresh()

    def action_copy_all(self) -> None:
        if self._paragraphs:
            self.post_message(self.CopyAsked(self.text))
