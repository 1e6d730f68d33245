"""Finding text in the rows of a stream.

Owns the pattern, the count and the order of places. It looks at what of a row can be seen, so that what is counted is
what is marked; rows that have not changed are not looked at again, and their texts are kept for the next pattern.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

from colony_tui.store.rows import RowKey
from colony_tui.tui.widgets.stream.rows import StreamRow, StreamRows

Source = Callable[[int, StreamRow], str]
"""Gives the text of the row that stands at an index."""


class Texts:
    """The texts of rows, as long as the rows stay what they are."""

    def __init__(self, rows: StreamRows, source: Source) -> None:
        self.rows = rows
        self._source = source
        self._known: dict[RowKey, tuple[int, str]] = {}

    def of(self, index: int, row: StreamRow) -> str:
        """The text of the row that stands at an index."""
        known = self._known.get(row.key)
        if known is None or known[0] != row.version:
            known = self._known[row.key] = (row.version, self._source(index, row))
        return known[1]


class Hit(NamedTuple):
    """A found place: the `number`-th (from 0) in a row."""

    key: RowKey
    number: int


class Finder:
    """Looks for one pattern."""

    def __init__(self, pattern: str, texts: Texts, former: Finder | None = None) -> None:
        """Small letters find capitals too; a capital in the pattern is meant.

        Args:
            pattern: What to look for.
            texts: Where.
            former: What was looked for before, in the same texts: rows without a part are without the whole.
        """
        is_small = pattern == pattern.lower()
        self.pattern = pattern
        self.texts = texts
        self.now: Hit | None = None
        self._regex = re.compile(re.escape(pattern), re.IGNORECASE if is_small else 0)
        self._known: dict[RowKey, tuple[int, int]] = {}  # version and count of each row
        self._found: list[tuple[int, RowKey, int]] = []
        if former is not None and former.texts is texts and former.pattern in pattern:
            self._known = {key: seen for key, seen in former._known.items() if not seen[1]}

    def over(self, texts: Texts) -> Finder:
        """The same search, from the same place, in other texts."""
        other = Finder(self.pattern, texts)
        other.now = self.now
        return other

    def places(self, source: str) -> list[tuple[int, int]]:
        """Where it stands in a text, as start and end."""
        return [match.span() for match in self._regex.finditer(source)]

    def look(self) -> int:
        """Go through the rows; returns how many places there are."""
        self._found = []
        known: dict[RowKey, tuple[int, int]] = {}
        for index, row in enumerate(self.texts.rows):
            seen = self._known.get(row.key)
            if seen is None or seen[0] != row.version:
                seen = (row.version, len(self._regex.findall(self.texts.of(index, row))))
            known[row.key] = seen
            if seen[1]:
                self._found.append((index, row.key, seen[1]))
        self._known = known
        return sum(count for _, _, count in self._found)

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
