"""Where the reader is: at the end and following, or at a place that stays where it is.

Owns the reading rule. The place is the row and the spot within it at the top of the view, never a line number, so that
what arrives, folds, is inserted above or wraps anew does not move it. Knows heights and asks for exact ones when a row
comes into sight; knows no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from colony_tui.store.rows import RowKey
from colony_tui.tui.widgets.stream.heights import Heights
from colony_tui.tui.widgets.stream.spots import Spot


@dataclass(frozen=True, slots=True)
class Anchor:
    """The spot at the top of the view."""

    key: RowKey
    line: int
    """Lines from the row's own first line (negative: in what stands before it)."""
    is_head: bool
    """It stands above all text of the row."""
    spot: Spot
    """The place in the row's source that is shown there, else next above, else first: it outlives another wrapping."""
    past: int
    """Lines from that place on (negative: before it), where the line itself shows nothing of the source."""
    layout: int
    version: int
    """Layout of the page and version of the row under which `line` was counted."""


class Measured(Protocol):
    """What the track asks of the rows."""

    def __len__(self) -> int: ...

    def measure(self, index: int) -> int:
        """The exact height of a row; the heights know it afterwards."""
        ...

    def anchor_at(self, index: int, line: int) -> Anchor:
        """Line `line` of the block of a row as a spot."""
        ...

    def find(self, anchor: Anchor) -> tuple[int, int] | None:
        """The row, and the line of its block, where the spot is now; None if nothing is left of it."""
        ...


@dataclass(slots=True)
class Stretch:
    """Lines of one row that are in sight."""

    index: int
    first: int
    """The first line of its block that is seen."""
    count: int


class Track:
    """Finds what is in sight."""

    def __init__(self, heights: Heights, rows: Measured) -> None:
        self.heights = heights
        self.is_following = True
        self.anchor: Anchor | None = None
        self._home: Anchor | None = None
        self._rows = rows

    def start(self, anchor: Anchor | None = None) -> None:
        """Other rows: read from that spot on, without one at the end."""
        self.is_following = anchor is None
        self.anchor = anchor
        self._home = None

    def place(self, height: int) -> tuple[int, int]:
        """The row and the line of its block at the top of a view of `height` lines, by the rule.

        Blank lines may follow the last row: better than to move what is read.
        """
        if not len(self._rows):
            return 0, 0
        found = None if self.is_following or self.anchor is None else self._rows.find(self.anchor)
        if found is None:
            return self._end(height)
        index, line = found
        if line < 0:  # fewer lines stand before the row than did: rather more of the row above than a step
            return self.moved(index, 0, line)
        return index, min(line, self._rows.measure(index) - 1)

    def resized(self, height: int) -> None:
        """The view has another size: no blank below the end now, but back to the same place in the old size."""
        if self.is_following or self.anchor is None:
            return
        self.anchor = home = self._home or self.anchor
        self._home = None
        index, line = self.place(height)
        if self._rest(index, line, height) < height:
            self._home = home
            self.anchor = self._rows.anchor_at(*self._end(height))

    def _end(self, height: int) -> tuple[int, int]:
        """The top of the view when the last line is at its bottom."""
        index = len(self._rows)
        free = height
        while index > 0:
            index -= 1
            lines = self._rows.measure(index)
            if lines >= free:
                return index, lines - free
            free -= lines
        return 0, 0

    def _rest(self, index: int, line: int, enough: int) -> int:
        """Lines from there to the end, counted until there are enough."""
        lines = -line
        while index < len(self._rows) and lines < enough:
            lines += self._rows.measure(index)
            index += 1
        return lines

    def moved(self, index: int, line: int, delta: int) -> tuple[int, int]:
        """`delta` lines further down (negative: up) in exact lines, kept within what there is."""
        line += delta
        while line < 0 and index > 0:
            index -= 1
            line += self._rows.measure(index)
        while index < len(self._rows) - 1 and line >= (lines := self._rows.measure(index)):
            line -= lines
            index += 1
        return index, min(max(0, line), max(0, self._rows.measure(index) - 1))

    def go(self, index: int, line: int, height: int) -> None:
        """Read from there on; at the end that means to follow."""
        self._home = None
        if not len(self._rows):
            return
        self.is_following = self._rest(index, line, height + 1) <= height
        if self.is_following:
            index, line = self._end(height)
        self.anchor = self._rows.anchor_at(index, line)

    def stretches(self, index: int, line: int, height: int) -> list[Stretch]:
        """What is in sight from there on."""
        seen: list[Stretch] = []
        while index < len(self._rows) and height > 0:
            count = min(self._rows.measure(index) - line, height)
            if count > 0:
                seen.append(Stretch(index, line, count))
            height -= count
            index, line = index + 1, 0
        return seen
