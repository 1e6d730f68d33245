"""A block: a row as painted lines.

Owns which line of it shows which place of its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from colony_tui.tui.widgets.stream.line import Line


class Above(NamedTuple):
    """Lines that the reader's place puts around a row."""

    new_count: int = 0
    """So many new entries begin with it; 0: none."""
    mark: str = ""
    """Words of a mark that the reader drew below it."""


NOTHING_ABOVE = Above()


@dataclass(slots=True)
class Block:
    """A row as painted lines."""

    lines: list[Line]
    head: int
    """How many lines stand before the row itself (blank, day, new)."""
    source: str
    """Safe text of the payload, unwrapped: what offsets count."""
    is_cut: bool = False
    """Whether a part of the payload is not shown."""

    def place_of(self, number: int) -> tuple[int | None, int]:
        """The place of the source that a line shows, else the one next above, else the first; with its own line."""
        for at in range(min(number, len(self.lines) - 1), -1, -1):
            if span := self.lines[at].source_span():
                return at, span[0] if at == number else span[1] - 1
        for at in range(number + 1, len(self.lines)):
            if span := self.lines[at].source_span():
                return at, span[0]
        return None, 0

    def line_of(self, offset: int) -> int:
        """The line on which that place of the source is shown, else the next that shows any: markup may stand there."""
        found = self.head
        for number, line in enumerate(self.lines):
            if span := line.source_span():
                found = number
                if offset < span[1]:
                    break
        return found
