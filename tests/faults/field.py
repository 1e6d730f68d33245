"""A colony, a proxy before it, and a member who only reaches it through the proxy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.client.retry import RetryPolicy
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import NANOSECONDS, ChannelEntry, Process
from colony_tui.server.clock import Clock, SystemClock, Timer
from colony_tui.server.limits import Limits
from colony_tui.store.rows import MarkKind
from tests.faults.proxy import Answer, FaultProxy, Script, clean
from tests.members import Members, members

AT_ONCE = RetryPolicy(first=0.01, longest=0.01)

FAST = Limits(append_burst=1e9, appends_per_s=1e9, channel_entries=100_000)

Identity = tuple[str, int, int]


class LongLimits(SystemClock):
    """The time as it is, but whatever the server waits for takes hours: no time limit passes within a test."""

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return super().call_later(seconds * 10_000, call)


class Skipping(SystemClock):
    """The time as it is, but for leaps that a test makes it take: deadlines pass, and nobody waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self._skipped_ns

    def skip(self, seconds: int) -> None:
        self._skipped_ns += seconds * NANOSECONDS


class CountingRecorder(MemoryRecorder):
    """Remembers how often each entry was recorded."""

    def __init__(self) -> None:
        self.seen: list[Identity] = []

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        self.seen.extend(entry.identity for entry in entries)


@dataclass
class Watched:
    """A follower that runs."""

    follower: ChannelFollower
    recorder: CountingRecorder
    task: asyncio.Task[None]

    @property
    def present(self) -> set[Identity]:
        """What is held of the server's present log."""
        log = self.follower.log
        return {entry.identity for entry in log if log.order_of(entry)[0] == log.epoch}

    @property
    def marks(self) -> list[MarkKind]:
        return [mark.kind for mark in self.follower.log.marks]

    @property
    def attempts_seen(self) -> int:
        """Of how many attempts the start is known."""
        return len(self.follower.tracked.starts_ns)

    @property
    def payloads(self) -> list[bytes]:
        return sorted(entry.payload for entry in self.follower.log)

    async def begin_again(self) -> None:
        """Follow over another socket, with nothing proven yet."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.task = asyncio.create_task(self.follower.run())

    def check_once(self) -> None:
        """Nothing was delivered twice."""
        assert len(self.recorder.seen) == len(set(self.recorder.seen))


def watch(client: ColonyClient, process: Process, channel: str, *, time_limit: float = 30.0) -> Watched:
    """Start following; whoever calls ends it with :func:`end_all`."""
    recorder = CountingRecorder()
    follower = ChannelFollower(
        client,
        TrackedProcess(client, process),
        channel,
        recorder=recorder,
        now_ns=time.time_ns,
        time_limit=time_limit,
        retry=AT_ONCE,
    )
    return Watched(follower, recorder, asyncio.create_task(follower.run()))


async def end_all(watched: Sequence[Watched]) -> None:
    """End what still follows; none may have failed."""
    tasks = [each.task for each in watched]
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [result for result in results if isinstance(result, Exception)]
    assert not failures, failures


@dataclass
class Field:
    """Who is there; ``me`` is the submitter behind the proxy, ``people.me`` the same without it."""

    people: Members
    proxy: FaultProxy
    me: ColonyClient
    watched: list[Watched] = field(default_factory=list)

    def follow(self, process: Process, channel: str, *, time_limit: float = 30.0) -> Watched:
        watched = watch(self.me, process, channel, time_limit=time_limit)
        self.watched.append(watched)
        return watched

    async def held(self, process: Process, channel: str) -> set[Identity]:
        """What the server holds."""
        return {entry.identity for entry in await self.people.bot.read_channel(process.id, channel)}


@asynccontextmanager
async def faulty(
    script: Script = clean,
    *,
    limits: Limits = FAST,
    answer: Answer | None = None,
    strict: bool = True,
    clock: Clock | None = None,
) -> AsyncIterator[Field]:
    async with (
        members(limits=limits, strict=strict, clock=clock) as people,
        FaultProxy(people.colony.port, script, answer=answer) as proxy,
        Transport(ServerAddress("127.0.0.1", proxy.port, tls=False)) as transport,
    ):
        there = Field(people, proxy, ColonyClient(transport, people.me.identity, people.colony.colony))
        try:
            yield there
        finally:
            await end_all(there.watched)
