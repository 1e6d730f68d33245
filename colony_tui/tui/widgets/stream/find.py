"""Finding text in the rows of a stream.

Owns the pattern, the count and the order of places. It looks at payloads as text; rows that have not changed are not
looked at again.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from colony_tui.store.rows import EntryRow, RowKey
from colony_tui.tui.widgets.stream.rows import StreamRows


class Hit(NamedTuple):
    """A found place: the `number`-th (from 0) in a row."""

    key: RowKey
    number: int


class Finder:
    """Looks for one pattern."""

    def __init__(self, pattern: str) -> None:
        """Small letters find capitals too; a capital in the pattern is meant."""
        flags = re.IGNORECASE if pattern == pattern.lower() else 0
        self.pattern = pattern
        self.now: Hit | None = None
        self._regex = re.compile(re.escape(pattern), flags)
        self._known: dict[RowKey, tuple[int, int]] = {}  # version and count of each row
        self._found: list[tuple[int, RowKey, int]] = []

    def places(self, source: str) -> list[tuple[int, int]]:
        """Where it stands in a text, as start and end."""
        return [match.span() for match in self._regex.finditer(source)]

    def look(self, rows: StreamRows) -> int:
        """Go through the rows; returns how many places there are."""
        self._found = []
        known: dict[RowKey, tuple[int, int]] = {}
        for index in range(len(rows.view)):
            row = rows.view[index]
            if not isinstance(row, EntryRow):
                continue
            seen = self._known.get(row.key)
            if seen is None or seen[0] != row.version:
                seen = (row.version, self._count(row))
            known[row.key] = seen
            if seen[1]:
                self._found.append((index, row.key, seen[1]))
        self._known = known
        return sum(count for _, _, count in self._found)

    def _count(self, row: EntryRow) -> int:
        return sum(1 for _ in self._regex.finditer(row.written.decode("utf-8", "replace")))

    def position(self) -> int:
        """The number of the present place among all, from 1; 0 if there is none."""
        before = 0
        for _, key, count in self._found:
            if self.now is not None and key == self.now.key:
                return before + self.now.number + 1
            before += count
        return 0

    def step(self, delta: int, from_index: int) -> tuple[int, Hit] | None:
        """The next place (or the one before, by a `delta` of −1), around the end; with the index of its row."""
        if not self._found:
            return None
        at = next((at for at, found in enumerate(self._found) if self.now and found[1] == self.now.key), None)
        if at is not None and self.now is not None and 0 <= self.now.number + delta < self._found[at][2]:
            self.now = Hit(self.now.key, self.now.number + delta)
            return self._found[at][0], self.now
        indexes = [index for index, _, _ in self._found]
        if at is not None:
            at = (at + delta) % len(self._found)
        elif delta > 0:
            at = bisect_left(indexes, from_index) % len(self._found)
        else:
            at = (bisect_right(indexes, from_index) - 1) % len(self._found)
        index, key, count = self._found[at]
        self.now = Hit(key, 0 if delta > 0 else count - 1)
        return index, self.now
