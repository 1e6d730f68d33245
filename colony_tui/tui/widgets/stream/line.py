"""A painted line: runs that know their source, as a strip of the terminal.

Owns the step from runs to strips, and what is laid over a line: the cursor's row, a selection, found places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from colony_tui.text import cell_width, clusters
from colony_tui.tui.markdown import Look, Runs
from colony_tui.tui.widgets.stream.shapes import GUTTER

CURSOR = "▌"


class Mark(NamedTuple):
    """A stretch of the source that is shown in another style."""

    start: int
    end: int
    style: Style


class Line:
    """One line of a block. The same object stays on the screen until it changes: that is how dirty lines are found."""

    __slots__ = ("_strip", "is_body", "runs")

    def __init__(self, runs: Runs, is_body: bool = True) -> None:
        self.runs = runs
        self.is_body = is_body
        """Part of the entry itself, not of what stands before it: the cursor's row is shaded there."""
        self._strip: Strip | None = None

    def __repr__(self) -> str:
        return f"Line({''.join(text for text, _, _ in self.runs)!r})"

    def strip(self, width: int, look: Look) -> Strip:
        """The line at its full width, without anything laid over it."""
        strip = self._strip
        if strip is None or strip.cell_length != width:
            strip = self._strip = _strip(" " * GUTTER, look.text, self.runs, width, look)
        return strip

    def marked(self, width: int, look: Look, is_cursor: bool, marks: Sequence[Mark]) -> Strip:
        """The line with the cursor's bar and shade, and with marks on its source."""
        runs = self.runs
        for mark in marks:
            runs = _overlaid(runs, mark)
        gutter = CURSOR.ljust(GUTTER) if is_cursor else " " * GUTTER
        strip = _strip(gutter, look.accent if is_cursor else look.text, runs, width, look)
        return _shaded(strip, look) if is_cursor else strip

    def source_span(self) -> tuple[int, int] | None:
        """The first and the last place of the source that this line shows (end exclusive); None if it shows none."""
        start = end = -1
        for text, _, offset in self.runs:
            if offset >= 0:
                start = offset if start < 0 else min(start, offset)
                end = max(end, offset + len(text))
        return None if start < 0 else (start, end)

    def offset_at(self, column: int) -> int | None:
        """The place in the source at a column of the view; past the line's end its end; None if it shows none."""
        at = GUTTER
        last: int | None = None
        for text, _, offset in self.runs:
            cells = cell_width(text)
            if offset >= 0:
                if column < at:
                    return offset if last is None else last
                if column < at + cells:
                    return offset + _characters(text, column - at)
                last = offset + len(text)
            at += cells
        return last


def _characters(text: str, cells: int) -> int:
    """How many characters stand before that many cells."""
    if text.isascii():
        return cells
    taken = 0
    for cluster, wide in clusters(text):
        cells -= wide
        if cells < 0:
            break
        taken += len(cluster)
    return taken


def _strip(gutter: str, gutter_style: Style, runs: Runs, width: int, look: Look) -> Strip:
    segments = [Segment(gutter, gutter_style)]
    segments += [Segment(text, style) for text, style, _ in runs if text]
    cells = GUTTER + sum(cell_width(text) for text, _, _ in runs)
    if cells < width:
        segments.append(Segment(" " * (width - cells), look.text))
    strip = Strip(segments, max(cells, width))
    return strip if cells <= width else strip.crop(0, width)


def _shaded(strip: Strip, look: Look) -> Strip:
    """The strip on the cursor row's background, except where something has a background of its own."""
    page, shade = look.text.bgcolor, look.cursor
    return Strip(
        [
            Segment(text, style + shade if style is not None and style.bgcolor == page else style)
            for text, style, _ in strip
        ],
        strip.cell_length,
    )


def _overlaid(runs: Runs, mark: Mark) -> Runs:
    result: Runs = []
    for run in runs:
        text, style, offset = run
        start, end = mark.start - offset, mark.end - offset
        if offset < 0 or end <= 0 or start >= len(text):
            result.append(run)
            continue
        start, end = max(0, start), min(len(text), end)
        parts = ((0, start, style), (start, end, style + mark.style), (end, len(text), style))
        result += [(text[a:b], look, offset + a) for a, b, look in parts if a < b]
    return result
