"""The order of a channel's entries, as a pure function of the set of them.

Owns the rule of ARCHITECTURE.md: an entry stands at the earliest timestamp among its sender's entries of that attempt
whose sequence is not lower than its own; ties by sender, sequence, timestamp. Knows nothing of arrival.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from colony_tui.model import ChannelEntry, EntryType

Identity = tuple[str, int, int]
"""Sender, sequence and time: what makes an entry itself within its channel."""

OrderKey = tuple[int, int, str, int, int]
"""Epoch, the time at which it stands, and its identity: what a log is sorted by."""

Rank = tuple[int, str, int]
"""Time, sender, sequence: what is earlier than what, for the question who answers whom."""


def rank_of(entry: ChannelEntry) -> Rank:
    """Where an entry stands in time; never changes, whatever else arrives."""
    return (entry.timestamp_ns, entry.sender_id, entry.sequence)


def ends_stream(entry: ChannelEntry) -> bool:
    """Whether an entry ends its sender's whole stream, and not one reply."""
    return entry.type == EntryType.END and entry.in_reply_to is None


class Run:
    """One sender's entries of one attempt, sorted by sequence and time, each with the time at which it stands.

    Those times (the least timestamp from there to the end) never fall along the run. So what a new entry can change
    is one stretch: those of the same sequence, and the lower ones right below that stood later than it.
    """

    __slots__ = ("_anchors", "_entries", "_marks")

    def __init__(self) -> None:
        self._marks: list[tuple[int, int]] = []
        self._anchors: list[int] = []
        self._entries: list[ChannelEntry] = []

    def __iter__(self) -> Iterator[tuple[ChannelEntry, int]]:
        return iter(zip(self._entries, self._anchors, strict=True))

    @property
    def last(self) -> ChannelEntry:
        """The entry of the highest sequence; a run is never empty."""
        return self._entries[-1]

    def earliest_from(self, sequence: int) -> int | None:
        """The earliest timestamp among entries whose sequence is not lower; ``None`` when there are none."""
        at = bisect_left(self._marks, (sequence,))
        return self._anchors[at] if at < len(self._anchors) else None

    def add(self, entry: ChannelEntry) -> tuple[int, list[ChannelEntry]]:
        """Take a new entry in; the time at which it stands, and the others that now stand at its own time."""
        sequence, time = entry.sequence, entry.timestamp_ns
        earliest = self.earliest_from(sequence)
        anchor = time if earliest is None else min(time, earliest)
        at = bisect_left(self._marks, (sequence, time))
        moved = self._lower(at, sequence, time)
        self._marks.insert(at, (sequence, time))
        self._anchors.insert(at, anchor)
        self._entries.insert(at, entry)
        return anchor, moved

    def _lower(self, at: int, sequence: int, time: int) -> list[ChannelEntry]:
        marks, anchors = self._marks, self._anchors
        first, last = at, at
        while first > 0 and anchors[first - 1] > time:
            first -= 1
        while last < len(marks) and marks[last][0] == sequence and anchors[last] > time:
            last += 1
        anchors[first:last] = [time] * (last - first)
        return self._entries[first:last]


class Attempts:
    """When the attempts of a process began, and so which attempt a time belongs to."""

    SAME_START_NS = 1_000_000
    """Two starts this close are one: servers tell the same start in different precisions (PROTOCOL.md)."""

    __slots__ = ("executor_ids", "first", "latest", "starts_ns")

    def __init__(
        self, starts_ns: tuple[int, ...] = (), latest: int | None = None, executor_ids: tuple[str, ...] = ()
    ) -> None:
        """``latest`` is the number of the attempt of the last start, where earlier starts are not all known."""
        named = dict(zip(starts_ns, executor_ids, strict=False))
        kept: list[int] = []
        names: list[str] = []
        for start in sorted(starts_ns):
            if not kept or start - kept[-1] > self.SAME_START_NS:
                kept.append(start)
                names.append("")
            names[-1] = names[-1] or named.get(start, "")
        self.starts_ns = tuple(kept)
        self.executor_ids = tuple(names)
        self.first = max(1, (latest or len(kept)) - len(kept) + 1)
        """Number of the attempt that the first known start began."""
        self.latest = self.first + max(0, len(kept) - 1)
        """Number of the last attempt known, from 1."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attempts) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[object, ...]:
        return (self.starts_ns, self.executor_ids, self.first)

    def at(self, time_ns: int) -> int:
        """The attempt that a time belongs to: what is before a start belongs to the attempt before, from 1."""
        starts = self.starts_ns
        if not starts or time_ns >= starts[-1]:
            return self.latest
        begun = sum(start <= time_ns for start in starts)
        return max(1, self.first + begun - 1)
