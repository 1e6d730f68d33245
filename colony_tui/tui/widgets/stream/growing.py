"""Bodies of replies that still grow: their end, laid out token by token.

Owns what is laid out again when more comes (the last piece of the last line) and what of a long reply is shown (its
end: what is new). Payload bytes pass through `colony_tui.text` and nowhere else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from colony_tui.model import ChannelEntry
from colony_tui.store.rows import EntryRow
from colony_tui.text import UNLIMITED, IncrementalText, Limits
from colony_tui.tui.markdown import DECORATION, Look, Run, Runs, cut, width_of, wrap
from colony_tui.tui.widgets.stream.body import REPLY_LIMITS, runs_of
from colony_tui.tui.widgets.stream.line import Line
from colony_tui.tui.widgets.stream.words import GROWING_END

_KEPT = 3 / 4  # of the limits; what is dropped beyond them leaves room, so that not every token drops something


class GrowingBody:
    """The body of a reply that grows: only the last piece of its last line is ever laid out again."""

    def __init__(self, before: Runs, width: int, look: Look, limits: Limits = REPLY_LIMITS) -> None:
        self._before = before
        self._width = width
        self._look = look
        self._limits = limits
        self._begin()

    def _begin(self) -> None:
        self._text = IncrementalText(UNLIMITED)
        self._fed: list[ChannelEntry] = []
        self._lines: list[Line] = []
        self._dropped = 0  # lines that stood before these
        self._starts: list[int] = []  # number of each line of text's first line, dropped ones counted
        self._offsets: list[int] = []  # offset in the source of each line of text
        self._parts: list[str] = []
        self._tail = 0  # where in the last line of text its last piece begins
        self._skipped = 0  # line breaks of what was never laid out
        self.is_cut = False
        """Whether something before what is shown is not shown."""
        self.has_all = True
        """Whether its source begins where the reply's does: all of it was laid out once."""

    def fits(self, before: Runs, width: int, limits: Limits) -> bool:
        """Whether it was begun for these bars, this width and these limits."""
        return width == self._width and before == self._before and limits == self._limits

    @property
    def source(self) -> str:
        """What the offsets of the runs count."""
        return "\n".join(self._parts)

    @property
    def earlier(self) -> int:
        """How many lines of text stand before what is shown, as far as they are whole."""
        return self._skipped + max(0, bisect_right(self._starts, self._dropped) - 1)

    def lines(self, row: EntryRow, is_open: bool) -> list[Line]:
        """The lines shown, with a block at the end if more may come.

        Costs in proportion to what has come since the last call.
        """
        if row.entries[: len(self._fed)] != self._fed:
            self._begin()  # a late token has come between
        first: int | None = None
        for payload in self._coming(row.entries):
            changed = self._text.feed(payload)
            first = changed if first is None else min(first, changed)
        self._fed += row.entries[len(self._fed) :]
        if first is not None:
            self._rewrap(first)
            self._drop()
        return self._with_end() if is_open else list(self._lines)

    def _coming(self, entries: Sequence[ChannelEntry]) -> list[bytes]:
        """The payloads to be fed next; of many at once those that can be shown."""
        coming = [entry.payload for entry in entries[len(self._fed) :] if entry.type != "error"]
        room, at = self._limits.size, len(coming)
        while at and len(coming[at - 1]) <= room:
            at -= 1
            room -= len(coming[at])
        if not at:
            return coming
        if self._fed:
            self._begin()
            return self._coming(entries)
        end = _line_start(coming[at - 1], len(coming[at - 1]) - room)
        self.is_cut, self.has_all = True, False
        self._skipped = sum(payload.count(b"\n") for payload in coming[: at - 1])
        self._skipped += coming[at - 1].count(b"\n", 0, end)
        return [coming[at - 1][end:], *coming[at:]]

    def _rewrap(self, first: int) -> None:
        """Lay out the lines of text from that one on; of one that was there, what stands behind its first pieces."""
        if first < len(self._starts):
            self._grow_line(first)
            first += 1
        for index in range(first, len(self._text)):
            offset = self._offsets[-1] + len(self._parts[-1]) + 1 if index else 0
            runs, _ = runs_of(self._text[index], offset, self._look)
            self._starts.append(self._dropped + len(self._lines))
            self._offsets.append(offset)
            self._parts.append("".join(text for text, _, _ in runs))
            self._wrap(runs, offset)

    def _grow_line(self, index: int) -> None:
        offset = self._offsets[index]
        runs, size = runs_of(self._text[index], offset, self._look)
        self._parts[index] = "".join(text for text, _, _ in runs)
        del self._lines[-1]
        self._wrap(cut(runs, self._tail, size), offset)

    def _wrap(self, runs: Runs, offset: int) -> None:
        pieces = wrap(runs, self._width) if runs else [[]]
        if len(pieces) > 1 and not any(text for text, _, _ in pieces[-1]):
            del pieces[-1]  # a blank at the very end begins no piece yet
        self._tail = pieces[-1][0][2] - offset if pieces[-1] else 0
        self._lines += [Line(self._before + piece) for piece in pieces]

    def _drop(self) -> None:
        """Let go of the first lines, once more is there than is shown."""
        limits, offsets = self._limits, self._offsets
        if not offsets:
            return
        end = offsets[-1] + len(self._parts[-1])
        shown = offsets[max(0, bisect_right(self._starts, self._dropped) - 1)]
        span = next((found for line in self._lines if (found := line.source_span())), None)
        shown = max(shown, span[0] if span else 0)
        count = len(offsets) - bisect_left(offsets, shown)
        if end - shown <= limits.size and count <= limits.lines:
            return
        keep = max(shown, end - int(limits.size * _KEPT), offsets[-min(len(offsets), int(limits.lines * _KEPT))])
        at = self._place(keep) - self._dropped
        self.is_cut = self.is_cut or at > 0
        del self._lines[:at]
        self._dropped += at

    def _place(self, offset: int) -> int:
        """Number of the first line that begins at that place of the source or behind it; the last one at the most."""
        index = bisect_left(self._offsets, offset)
        if index < len(self._offsets):
            return self._starts[index]
        last = max(self._starts[-1], self._dropped)
        spans = (line.source_span() for line in self._lines[last - self._dropped :])
        found = next((at for at, span in enumerate(spans) if span and span[0] >= offset), None)
        return self._dropped + len(self._lines) - 1 if found is None else last + found

    def _with_end(self) -> list[Line]:
        end: Run = (GROWING_END, self._look.text, DECORATION)
        last = self._lines[-1].runs if self._lines else None
        if last is None or width_of(last) - width_of(self._before) >= self._width:
            return [*self._lines, Line([*self._before, end])]
        return [*self._lines[:-1], Line([*last, end])]


def _line_start(payload: bytes, at: int) -> int:
    """The beginning of the next line from there on, or of the next character where no line ends."""
    if at > 0 and (found := payload.find(b"\n", at - 1)) >= 0:
        return found + 1
    while at < len(payload) and payload[at] & 0xC0 == 0x80:
        at += 1
    return at
