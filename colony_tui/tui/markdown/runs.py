"""Runs of styled text that remember where they come from, and wrapping them.

Owns no widget and no markup: a run is safe text, a style, and its place in the source. Wrapping never loses the
place, so that a selection on the screen gives back the source without wraps, padding or bars.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from rich.style import Style

from colony_tui.text import cell_width, clusters

Run: TypeAlias = tuple[str, Style, int]
"""Safe text without a line break, its style, and the offset of its first character in the source, −1 for decoration."""

Runs: TypeAlias = list[Run]

DECORATION = -1

_NARROW = re.compile(r"[ -\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e]*+")
"""One cell each, none combining: most text. Anything else is cut by clusters."""


def width_of(runs: Iterable[Run]) -> int:
    """Cells of a line."""
    return sum(cell_width(text) for text, _, _ in runs)


def breaks(text: str, width: int) -> list[tuple[int, int]]:
    """Where a line of text is cut: start and end of each part; a blank at a cut belongs to neither side."""
    width = max(1, width)
    size = len(text)
    if size <= width and (size * 2 <= width or cell_width(text) <= width):
        return [(0, size)]
    if _NARROW.fullmatch(text):
        return _narrow_breaks(text, width)
    return _wide_breaks(text, width)


def _narrow_breaks(text: str, width: int) -> list[tuple[int, int]]:
    parts: list[tuple[int, int]] = []
    start, size = 0, len(text)
    while size - start > width:
        cut = text.rfind(" ", start + 1, start + width + 1)
        if cut < 0 or text[start:cut].isspace():
            parts.append((start, start + width))
            start += width
        else:
            parts.append((start, cut))
            start = cut + 1
    parts.append((start, size))
    return parts


def _wide_breaks(text: str, width: int) -> list[tuple[int, int]]:
    parts: list[tuple[int, int]] = []
    start = at = cells = 0
    blank = -1  # place of the last blank in this part, and the cells up to its end
    blank_cells = 0
    for cluster, wide in clusters(text):
        if cells + wide > width and at > start:
            if cluster == " ":
                parts.append((start, at))
                start, cells, blank = at + 1, 0, -1
                at += 1
                continue
            if blank > start:
                parts.append((start, blank))
                start, cells = blank + 1, cells - blank_cells
            else:
                parts.append((start, at))
                start, cells = at, 0
            blank = -1
        cells += wide
        if cluster == " ":
            blank, blank_cells = at, cells
        at += len(cluster)
    parts.append((start, len(text)))
    return parts


def wrap(runs: Runs, width: int) -> list[Runs]:
    """A line as lines of at most `width` cells; words stay whole where they fit."""
    if len(runs) == 1:
        text, style, offset = runs[0]
        cuts = breaks(text, width)
        if offset < 0:
            return [[(text[a:b], style, offset)] for a, b in cuts]
        return [[(text[a:b], style, offset + a)] for a, b in cuts]
    cuts = breaks("".join(run[0] for run in runs), width)
    if len(cuts) == 1:
        return [runs]
    pieces: list[Runs] = []
    first = begun = 0  # the run in which the piece begins, and the place in the line where that run does
    for start, end in cuts:
        while first < len(runs) and begun + len(runs[first][0]) <= start:
            begun += len(runs[first][0])
            first += 1
        pieces.append(cut(runs, start, end, first, begun))
    return pieces


def cut(runs: Runs, start: int, end: int, first: int = 0, begun: int = 0) -> Runs:
    """The characters `start` to `end` of a line; they begin not before its run `first`, which begins at `begun`."""
    taken: Runs = []
    at = begun
    for number in range(first, len(runs)):
        text, style, offset = runs[number]
        a, b = max(start - at, 0), min(end - at, len(text))
        if a < b:
            taken.append((text[a:b], style, offset if offset < 0 else offset + a))
        at += len(text)
        if at >= end:
            break
    return taken
