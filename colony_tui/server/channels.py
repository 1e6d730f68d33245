"""Channels: append-only logs in memory, their subscribers and their limits (PROTOCOL.md, "Channels").

Knows no process beyond its id, and nothing of how requests come in. Refusals are in the real server's words.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import msgspec

from colony_tui.errors import Refused
from colony_tui.model import NANOSECONDS
from colony_tui.server.clock import Clock
from colony_tui.server.limits import Limits
from colony_tui.wire.shapes import EntryReplyShape
from colony_tui.wire.times import UNSET, format_time

TOO_SLOW = "subscriber disconnected: buffer full"


@dataclass(slots=True)
class LoggedEntry:
    """An entry as it is kept: the JSON that readers get, and its time."""

    time_ns: int
    shape: EntryReplyShape

    def belongs_before(self, other: LoggedEntry) -> bool:
        """The server's comparison, which is no consistent order: same sender by sequence, else by time."""
        if self.shape.senderid == other.shape.senderid:
            return self.shape.sequence < other.shape.sequence
        return self.time_ns < other.time_ns


class Subscriber:
    """What waits to be pushed to one subscription."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: deque[EntryReplyShape] = deque()
        self._news = asyncio.Event()
        self.is_closed = False
        """Nothing more will be put in; what waits may still be taken."""

    def put(self, shape: EntryReplyShape) -> None:
        """Queues an entry; a subscriber that is too far behind loses one, is told so and cut off."""
        if len(self._waiting) < self._capacity:
            self._waiting.append(shape)
            self._news.set()
            return
        self._waiting.popleft()
        self._waiting.append(EntryReplyShape(0, UNSET, "", None, error=TOO_SLOW))
        self.close()

    def close(self) -> None:
        self.is_closed = True
        self._news.set()

    def take(self) -> EntryReplyShape | None:
        """The next entry, ``None`` when none waits."""
        return self._waiting.popleft() if self._waiting else None

    async def wait(self) -> None:
        """Returns once something waits or the subscriber is closed."""
        while not (self._waiting or self.is_closed):
            self._news.clear()
            await self._news.wait()


@dataclass(slots=True)
class Channel:
    """One log and who may touch it."""

    process_id: str
    name: str
    submitter_id: str
    executor_id: str
    log: list[LoggedEntry] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)

    def insert(self, entry: LoggedEntry) -> None:
        """Puts an entry where the server's re-sort of the whole log puts it."""
        place = len(self.log)
        while place and entry.belongs_before(self.log[place - 1]):
            place -= 1
        self.log.insert(place, entry)


class RateLimiter:
    """A bucket of permits for one process."""

    def __init__(self, limits: Limits, now_ns: int) -> None:
        self._limits = limits
        self._permits = limits.append_burst
        self._filled_ns = now_ns

    def allow(self, now_ns: int) -> bool:
        gained = (now_ns - self._filled_ns) / NANOSECONDS * self._limits.appends_per_s
        self._permits = min(self._limits.append_burst, self._permits + gained)
        self._filled_ns = now_ns
        if self._permits < 1:
            return False
        self._permits -= 1
        return True


class Channels:
    """All channels of all processes."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._by_process: dict[str, dict[str, Channel]] = {}
        self._rates: dict[str, RateLimiter] = {}

    def find(self, process_id: str, name: str) -> Channel | None:
        return self._by_process.get(process_id, {}).get(name)

    def create(self, process_id: str, name: str, submitter_id: str, executor_id: str) -> Channel:
        """The channel of that name, made when there is none.

        Raises:
            Refused: the process has too many channels.
        """
        channels = self._by_process.setdefault(process_id, {})
        if name not in channels:
            if len(channels) >= self._limits.channels:
                raise Refused(500, "process has too many channels")
            channels[name] = Channel(process_id, name, submitter_id, executor_id)
        return channels[name]

    def declare(self, process_id: str, names: list[str], submitter_id: str) -> None:
        """Makes the channels of a new process; those beyond the limit are left out in silence."""
        for name in dict.fromkeys(names):
            if len(self._by_process.get(process_id, ())) < self._limits.channels:
                self.create(process_id, name, submitter_id, "")

    def assign(self, process_id: str, executor_id: str) -> None:
        """From now on that executor is the other party. A put-back changes nothing here."""
        for channel in self._by_process.get(process_id, {}).values():
            channel.executor_id = executor_id

    def append(
        self, channel: Channel, sender_id: str, sequence: int, in_reply_to: int, payload: bytes | None, entry_type: str
    ) -> None:
        """Adds an entry and pushes it to all subscribers.

        Raises:
            Refused: too large, not a party, too many in a second, or the log is full.
        """
        if len(payload or b"") > self._limits.payload_bytes:
            raise Refused(500, "message payload exceeds maximum size")
        self._authorize(channel, sender_id, "write to")
        now_ns = self._clock.now_ns()
        rate = self._rates.setdefault(channel.process_id, RateLimiter(self._limits, now_ns))
        if not rate.allow(now_ns):
            raise Refused(500, "rate limit exceeded")
        if len(channel.log) >= self._limits.channel_entries:
            raise Refused(500, "channel log is full")
        shape = EntryReplyShape(
            sequence, format_time(now_ns), sender_id, payload, entry_type or "data", in_reply_to or msgspec.UNSET
        )
        channel.insert(LoggedEntry(now_ns, shape))
        for subscriber in tuple(channel.subscribers):
            subscriber.put(shape)
            if subscriber.is_closed:
                channel.subscribers.remove(subscriber)

    def read(self, channel: Channel, reader_id: str, after_index: int, limit: int) -> list[EntryReplyShape]:
        """Entries behind a position of the log, at most ``limit`` (0: all).

        Raises:
            Refused: not a party.
        """
        self._authorize(channel, reader_id, "read from")
        start = max(0, after_index)
        stop = start + limit if limit > 0 else None
        return [entry.shape for entry in channel.log[start:stop]]

    def subscribe(self, channel: Channel, reader_id: str) -> Subscriber:
        """A subscriber to what is appended from now on.

        Raises:
            Refused: not a party.
        """
        self._authorize(channel, reader_id, "subscribe to")
        subscriber = Subscriber(self._limits.subscriber_entries)
        channel.subscribers.append(subscriber)
        return subscriber

    def unsubscribe(self, channel: Channel, subscriber: Subscriber) -> None:
        if subscriber in channel.subscribers:
            channel.subscribers.remove(subscriber)

    def delete(self, process_id: str) -> None:
        """Forgets all of a process; its subscriptions end behind what was pushed."""
        for channel in self._by_process.pop(process_id, {}).values():
            for subscriber in channel.subscribers:
                subscriber.close()
        self._rates.pop(process_id, None)

    def forget_all(self) -> None:
        """Loses everything, as the memory of a server that is started again."""
        for process_id in tuple(self._by_process):
            self.delete(process_id)
        self._rates.clear()

    def _authorize(self, channel: Channel, member_id: str, doing: str) -> None:
        if member_id not in (channel.submitter_id, channel.executor_id):
            raise Refused(403, f"Not authorized to {doing} channel")
