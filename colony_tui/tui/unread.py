"""How much of a channel has not been read. Pure: knows neither a clock nor what is on the screen."""

from __future__ import annotations

from collections.abc import Iterable

from colony_tui.model import ChannelEntry, EntryType
from colony_tui.store.order import Identity

_FOLDED = frozenset((EntryType.DATA, EntryType.END, EntryType.ERROR))
_LAST = frozenset((EntryType.END, EntryType.ERROR))

_Age = tuple[int, str, int]
"""By what entries are older and newer: the server's time of arrival, then sender and sequence."""


class Unread:
    """What came to one channel behind the newest entry that was read.

    A late entry that takes its place among older ones is news all the same: the server's times tell when it came. A
    reply counts once, however many tokens it has. Own entries do not count.

    Args:
        my_id: Who reads.
        position: The newest entry that was read; ``None`` when nothing was.
        since_ns: What is not newer than this counts as read as well.
    """

    def __init__(self, my_id: str, position: Identity | None, since_ns: int) -> None:
        self._my_id = my_id
        begin: _Age = (since_ns + 1, "", 0)
        self._read = begin if position is None else max(begin, _age(position))
        self._newest: _Age | None = None
        self._replies: set[tuple[str, int]] = set()
        self.count = 0
        """Lines and replies that were not read, or not to the end."""

    def add(self, entries: Iterable[ChannelEntry]) -> int:
        """Take in entries that were not held before, in the log's order; how many more are unread now."""
        before = self.count
        for entry in entries:
            age = _age(entry.identity)
            if self._newest is None or age > self._newest:
                self._newest = age
            if age > self._read and entry.sender_id != self._my_id:
                self._count(entry)
        return self.count - before

    def _count(self, entry: ChannelEntry) -> None:
        is_mute = entry.type == EntryType.END and not entry.payload
        if entry.in_reply_to is None or entry.type not in _FOLDED:
            self.count += not is_mute
            return
        reply = (entry.sender_id, entry.in_reply_to)
        if reply not in self._replies and not is_mute:
            self.count += 1
            self._replies.add(reply)
        if entry.type in _LAST:
            self._replies.discard(reply)

    def read(self) -> Identity | None:
        """All that was taken in has been read; the newest of it, ``None`` when nothing is newer than before."""
        self.count = 0
        self._replies.clear()
        if self._newest is None or self._newest <= self._read:
            return None
        self._read = self._newest
        at_ns, sender_id, sequence = self._read
        return (sender_id, sequence, at_ns)


def _age(identity: Identity) -> _Age:
    sender_id, sequence, timestamp_ns = identity
    return (timestamp_ns, sender_id, sequence)
