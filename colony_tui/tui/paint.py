"""Lines of pieces to what Textual paints: the one place where a role becomes a colour."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from colony_tui.tui.pieces import Line, width_of


@lru_cache(maxsize=1024)
def ink_style(ink: str, ground: str, is_strong: bool) -> Style:
    """A style of two colours given as hex."""
    return Style(color=ink, bgcolor=ground, bold=is_strong)


def to_strip(line: Line, width: int, ground: str, variables: Mapping[str, str]) -> Strip:
    """A line as a strip of exactly ``width`` cells.

    Args:
        line: Its pieces; may be wider, then it is cropped.
        width: Cells.
        ground: Role of the background where a piece names none.
        variables: The colours by role, as the app's ``theme_variables``.
    """
    segments = [
        Segment(piece.text, ink_style(variables[piece.ink], variables[piece.ground or ground], piece.is_strong))
        for piece in line
        if piece.text
    ]
    strip = Strip(segments, width_of(line))
    return strip.adjust_cell_length(width, ink_style(variables["text"], variables[ground], False))
