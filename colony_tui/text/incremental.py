"""Safe text of a payload that arrives in pieces, such as a reply of one entry a token.

Owns decoding and limits. The result is the same however the payload is cut.
"""

import codecs
from collections.abc import Sequence
from typing import overload

from colony_tui.text.scanner import Scanner
from colony_tui.text.spans import Cut, Limits, SafeLine, SafeText


class IncrementalText(Sequence[SafeLine]):
    """A growing safe text: a sequence of its lines, of which only the last ever changes.

    A character or a control sequence that is cut between two feeds is held back until it is whole. Feeding costs in
    proportion to what is fed; reading the last line in proportion to that line.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        """Make an empty one, to be fed up to `limits` (default: those of `Limits`)."""
        self._limits = limits or Limits()
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._scanner = Scanner()
        self._total = 0
        self._taken = 0
        self._breaks = 0
        self._result: SafeText | None = None

    def feed(self, payload: bytes) -> int:
        """Append the payload's bytes.

        Returns:
            The index of the first line that may differ from before: all lines above it are as they were.

        Raises:
            ValueError: After `finish`.
        """
        if self._result is not None:
            raise ValueError("a finished text cannot grow")
        first = len(self._scanner.lines)
        self._total += len(payload)
        if size := self._room(payload):
            self._taken += size
            self._scanner.feed(self._decoder.decode(payload[:size]))
        return first

    def finish(self) -> SafeText:
        """Nothing more comes: show what was held back, and return the whole. A second call returns the same."""
        if self._result is None:
            cut = self.cut
            if cut is None:  # of a text that was cut, half a character at its end is part of the cut
                self._scanner.feed(self._decoder.decode(b"", final=True))
            self._scanner.finish()
            self._result = SafeText(tuple(self._scanner.lines), cut)
        return self._result

    @property
    def cut(self) -> Cut | None:
        """What is beyond the limits so far, in bytes."""
        if self._taken == self._total:
            return None
        return Cut(self._taken - len(self._decoder.getstate()[0]), self._total)

    def _room(self, payload: bytes) -> int:
        """How many bytes of the payload the limits allow."""
        if self._taken + len(payload) < self._total or self._breaks >= self._limits.lines:
            return 0  # something was left out before this
        end = min(len(payload), self._limits.size - self._taken)
        breaks = payload.count(b"\n", 0, end)
        if self._breaks + breaks >= self._limits.lines:
            breaks = self._limits.lines - self._breaks
            end = _end_of_line(payload, breaks)
        self._breaks += breaks
        return end

    def __len__(self) -> int:
        return len(self._scanner.lines) + self._scanner.has_line

    @overload
    def __getitem__(self, index: int) -> SafeLine: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SafeLine, ...]: ...
    def __getitem__(self, index: int | slice) -> SafeLine | tuple[SafeLine, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        size = len(self)
        if not -size <= index < size:
            raise IndexError("line index out of range")
        at = index % size
        return self._scanner.lines[at] if at < len(self._scanner.lines) else self._scanner.line


def _end_of_line(payload: bytes, count: int) -> int:
    """The index behind the `count`-th line break; there are that many."""
    end = 0
    for _ in range(count):
        end = payload.find(b"\n", end) + 1
    return end
