"""A selection of text in the stream, in places of the source: it stays what it is when rows come, go or wrap anew.

Owns the ends of a selection and what of each row lies between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from colony_tui.tui.widgets.stream.spots import Spot


class Selection(NamedTuple):
    """From where the mouse went down to where it is; in no order."""

    start: Spot
    end: Spot

    def ordered(self, find: Callable[[Spot], tuple[int, int] | None]) -> Span | None:
        """The selection by the rows' present indexes; None if a row has gone or nothing lies between."""
        start, end = find(self.start), find(self.end)
        if start is None or end is None:
            return None
        ends = sorted([start, end])
        return Span(*ends[0], *ends[1]) if ends[0] != ends[1] else None


class Span(NamedTuple):
    """A selection in the order of reading."""

    first: int
    start: int
    last: int
    end: int

    def within(self, index: int, size: int) -> tuple[int, int] | None:
        """What of that row, whose source has `size` characters, is selected."""
        if not self.first <= index <= self.last:
            return None
        start = self.start if index == self.first else 0
        end = self.end if index == self.last else size
        return (start, end) if start < end else None
