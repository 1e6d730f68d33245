"""Heights of the blocks of a stream: which line belongs to which row, kept in step at a flat cost.

Owns numbers only. Heights stand in chunks with their sums, so that an insertion, a removal or a change costs a walk
over a few dozen sums and one move of memory, however many rows there are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import accumulate

_CHUNK = 512


class Known(IntEnum):
    """How far a height can be trusted."""

    STALE = 0
    """The row is new or has changed: to be estimated."""
    ESTIMATED = 1
    EXACT = 2
    """Measured by laying the row out."""


class _Chunk:
    """Up to twice `_CHUNK` neighbours, with the sum of their heights."""

    __slots__ = ("heights", "known", "total")

    def __init__(self, heights: array[int], known: bytearray) -> None:
        self.heights = heights
        self.known = known
        self.total = sum(heights)


class Heights:
    """A list of heights (lines, 0 or more) that finds the row of a line, and the first line of a row."""

    def __init__(self, count: int = 0) -> None:
        self._chunks: list[_Chunk] = []
        self._count = 0
        self.insert(0, count)

    def __len__(self) -> int:
        return self._count

    @property
    def total(self) -> int:
        """All lines."""
        return sum(chunk.total for chunk in self._chunks)

    def __getitem__(self, index: int) -> int:
        number, inner = self._locate(index)
        return self._chunks[number].heights[inner]

    def known(self, index: int) -> Known:
        """How far the height of that row can be trusted."""
        number, inner = self._locate(index)
        return Known(self._chunks[number].known[inner])

    def set(self, index: int, height: int, known: Known = Known.EXACT) -> None:
        """Give one row its height."""
        number, inner = self._locate(index)
        chunk = self._chunks[number]
        chunk.total += height - chunk.heights[inner]
        chunk.heights[inner] = height
        chunk.known[inner] = known

    def fill(self, start: int, heights: Sequence[int]) -> None:
        """Give rows from `start` on their estimated heights."""
        done = 0
        while done < len(heights):
            number, inner = self._locate(start + done)
            chunk = self._chunks[number]
            part = array("l", heights[done : done + len(chunk.heights) - inner])
            chunk.heights[inner : inner + len(part)] = part
            chunk.known[inner : inner + len(part)] = bytes([Known.ESTIMATED]) * len(part)
            chunk.total = sum(chunk.heights)
            done += len(part)

    def insert(self, index: int, count: int) -> None:
        """Make room for `count` stale rows of no height before `index`."""
        if count <= 0:
            return
        self._count += count
        if not self._chunks:
            self._chunks = _cut(array("l", bytes(8 * count)), bytearray(count))
            return
        number, inner = self._locate(index)
        chunk = self._chunks[number]
        chunk.heights[inner:inner] = array("l", bytes(8 * count))
        chunk.known[inner:inner] = bytes(count)
        if len(chunk.heights) > 2 * _CHUNK:
            self._chunks[number : number + 1] = _cut(chunk.heights, chunk.known)

    def remove(self, index: int, count: int) -> None:
        """Take `count` rows out, from `index` on."""
        count = min(count, self._count - index)
        while count > 0:
            number, inner = self._locate(index)
            chunk = self._chunks[number]
            taken = min(count, len(chunk.heights) - inner)
            chunk.total -= sum(chunk.heights[inner : inner + taken])
            del chunk.heights[inner : inner + taken]
            del chunk.known[inner : inner + taken]
            if not chunk.heights:
                del self._chunks[number]
            self._count -= taken
            count -= taken

    def stale(self, start: int, stop: int) -> None:
        """Mark the rows of that range (cut to what there is) to be estimated again."""
        start, stop = max(0, start), min(stop, self._count)
        while start < stop:
            number, inner = self._locate(start)
            known = self._chunks[number].known
            count = min(stop - start, len(known) - inner)
            known[inner : inner + count] = bytes(count)
            start += count

    def stale_runs(self) -> Iterator[tuple[int, int]]:
        """Ranges of rows to be estimated, in order. Do not insert or remove meanwhile."""
        base = 0
        for chunk in list(self._chunks):
            known = chunk.known
            start = known.find(0)
            while start >= 0:
                stop = len(known) - len(known[start:].lstrip(b"\0"))
                yield base + start, base + stop
                start = known.find(0, stop)
            base += len(known)

    def top(self, index: int) -> int:
        """Lines above the row; `index` may be the number of rows."""
        lines = 0
        for chunk in self._chunks:
            if index < len(chunk.heights):
                return lines + sum(chunk.heights[:index])
            index -= len(chunk.heights)
            lines += chunk.total
        return lines

    def find(self, line: int) -> tuple[int, int]:
        """The row in which that line stands, and the line within it; past the end, the last row's last line."""
        base = 0
        for chunk in self._chunks:
            if line < chunk.total:
                sums = list(accumulate(chunk.heights))
                inner = bisect_right(sums, line)
                return base + inner, line - (sums[inner] - chunk.heights[inner])
            line -= chunk.total
            base += len(chunk.heights)
        last = max(0, self._count - 1)
        return last, max(0, self[last] - 1) if self._count else 0

    def _locate(self, index: int) -> tuple[int, int]:
        """Chunk and place in it; one past the end is the end of the last chunk."""
        for number, chunk in enumerate(self._chunks):
            size = len(chunk.heights)
            if index < size:
                return number, index
            index -= size
        return len(self._chunks) - 1, len(self._chunks[-1].heights) + index


def _cut(heights: array[int], known: bytearray) -> list[_Chunk]:
    return [_Chunk(heights[at : at + _CHUNK], known[at : at + _CHUNK]) for at in range(0, len(heights), _CHUNK)]
