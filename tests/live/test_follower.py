"""A follower's log and condition through the life of its process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import pytest
from msgspec.structs import replace

from colony_tui.archive import Note
from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.client.events import ChannelEvent, Ended, Entries, Lost, Missing, Proven, Restored
from colony_tui.errors import ConnectError
from colony_tui.live.ack import Acknowledger
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import ChannelEntry, NoteKind, Process, ProcessState
from colony_tui.server.clock import ManualClock
from colony_tui.store.condition import ConditionKind
from colony_tui.store.rows import MarkKind
from tests.archive.making import START_NS, entry
from tests.archive.making import process as made_process
from tests.members import Members, members


@dataclass
class Following:
    """Followers of one process that run."""

    people: Members
    tracked: TrackedProcess
    followers: dict[str, ChannelFollower]

    async def until(self, channel: str, *kinds: ConditionKind) -> None:
        follower = self.followers[channel]
        while follower.log.condition.kind not in kinds:
            await follower.changes.take()

    def kind(self, channel: str) -> ConditionKind:
        return self.followers[channel].log.condition.kind

    async def until_held(self, channel: str, count: int) -> None:
        follower = self.followers[channel]
        while len(follower.log) < count:
            await follower.changes.take()

    def payloads(self, channel: str) -> list[bytes]:
        return [entry.payload for entry in self.followers[channel].log]


@asynccontextmanager
async def following(people: Members, process: Process) -> AsyncIterator[Following]:
    tracked = TrackedProcess(people.me, process)
    followers = {
        name: ChannelFollower(people.me, tracked, name, recorder=MemoryRecorder(), now_ns=time.time_ns)
        for name in process.channels
    }
    tasks = [asyncio.create_task(follower.run()) for follower in followers.values()]
    try:
        yield Following(people, tracked, followers)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Scripted:
    """A subscription that tells what a test says."""

    def __init__(self, *events: ChannelEvent) -> None:
        self._events = list(events)

    def __call__(self, *arguments: object, **more: object) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        return

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChannelEvent:
        if not self._events:
            raise StopAsyncIteration
        return self._events.pop(0)


class Noting(MemoryRecorder):
    """Remembers what a transcript would hold."""

    def __init__(self) -> None:
        self.items: list[ChannelEntry | Note] = []

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        self.items.extend(entries)

    def record_note(self, process: Process, channel: str, kind: NoteKind, at_ns: int, count: int | None = None) -> None:
        self.items.append(Note(kind, at_ns, count))


GONE = Lost(ConnectError("gone"), 1.0)


@pytest.mark.parametrize(
    ("events", "behind"),
    [
        ((Entries((entry(1), entry(2))), Proven(2), GONE), [1, 2]),
        # The log's end came before the rest of it could be read.
        ((Entries((entry(1), entry(2))), Proven(2), GONE, Restored(), Entries((entry(9),))), [1, 2]),
        ((Entries((entry(1),)), Proven(1), Entries((entry(2),)), Missing(), Entries((entry(9),))), [1, 2]),
        ((Proven(0), GONE, Restored(), Entries((entry(9),))), []),
        # Nothing was ever proven: where something is missing is not known, and most likely it is the end.
        ((Entries((entry(1), entry(9))), GONE), [1, 9]),
    ],
)
async def test_a_gap_lies_behind_what_was_proven_last(
    events: tuple[ChannelEvent, ...], behind: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = made_process(state=ProcessState.RUNNING)
    over = made_process(state=ProcessState.SUCCESS, ended_ns=START_NS + 100)
    monkeypatch.setattr("colony_tui.live.follower.ChannelSubscription", Scripted(*events, Ended(over, False)))
    async with ColonyClient.connect(ServerAddress("localhost", 1), "1" * 64, "dev") as client:
        process = replace(process, initiator_id=client.id)
        recorder = Noting()
        tracked = TrackedProcess(client, process)
        follower = ChannelFollower(client, tracked, "chat", recorder=recorder, now_ns=lambda: START_NS + 50)
        await follower.run()
        again = ChannelFollower(client, tracked, "chat", recorder=recorder, now_ns=lambda: START_NS + 99)
        again.restore(recorder.items)
    for log in (follower.log, again.log):
        (gap,) = [mark for mark in log.marks if mark.kind is MarkKind.GAP]
        assert [entry.sequence for entry in log if log.order_of(entry) < gap.order] == behind


async def test_from_waiting_to_the_end() -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        async with following(people, process) as seen:
            await seen.until("out", ConditionKind.WAITING)
            seen.tracked.update(await people.bot.assign(5))
            await people.bot.append(process.id, "out", 1, b"one")
            await seen.until_held("out", 1)
            await seen.until("out", ConditionKind.LIVE)
            await people.bot.append(process.id, "out", 2, b"", type="end")
            await seen.until("out", ConditionKind.ENDED_BY_SENDER)
            await people.bot.close(process.id, ["done"])
            await seen.until("out", ConditionKind.ENDED)
        log = seen.followers["out"].log
        assert log.outcome is ProcessState.SUCCESS and seen.tracked.process.output == ("done",)
        assert [mark.kind for mark in log.marks] == [MarkKind.CLOSED]


async def test_a_process_that_ended_unseen_says_that_something_may_be_missing() -> None:
    async with members() as people:
        process = await people.running("out")
        async with following(people, process) as seen:
            await people.bot.append(process.id, "out", 1, b"one")
            await seen.until("out", ConditionKind.LIVE)
            await people.colony.stop()
            await seen.until("out", ConditionKind.LOST)
            condition = seen.followers["out"].log.condition
            assert "dropped" in condition.reason and condition.retry_in_s is not None
            await people.colony.start()
            await people.bot.close(process.id)
            await seen.until("out", ConditionKind.ENDED)
        assert MarkKind.CLOSED in [mark.kind for mark in seen.followers["out"].log.marks]


async def test_a_restart_that_lost_the_log_is_a_reset_and_what_was_held_stays() -> None:
    async with members() as people:
        process = await people.running("out")
        async with following(people, process) as seen:
            await people.bot.append(process.id, "out", 1, b"old")
            await seen.until("out", ConditionKind.LIVE)
            await people.colony.restart()
            await people.bot.append(process.id, "out", 1, b"new")
            await seen.until_held("out", 2)
            await seen.until("out", ConditionKind.LIVE)
        assert seen.payloads("out") == [b"old", b"new"]
        assert MarkKind.RESET in [mark.kind for mark in seen.followers["out"].log.marks]


async def test_attempts_are_kept_apart_when_the_sequence_starts_again() -> None:
    async with members() as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        async with following(people, process) as seen:
            for sequence in (1, 2):
                await people.bot.append(process.id, "out", sequence, b"first %d" % sequence)
            await seen.until_held("out", 2)
            again = await people.bot.assign(5)
            assert again.retries == 1
            for sequence in (1, 2):
                await people.bot.append(process.id, "out", sequence, b"second %d" % sequence)
            await seen.until_held("out", 4)
            await people.bot.close(process.id)
            await seen.until("out", ConditionKind.ENDED)
        log = seen.followers["out"].log
        assert seen.payloads("out") == [b"first 1", b"first 2", b"second 1", b"second 2"]
        assert [log.attempt_of(entry) for entry in log] == [1, 1, 2, 2]


async def test_a_put_back_process_is_said_to_wait_and_what_is_said_meanwhile_is_seen() -> None:
    clock = ManualClock()
    async with members(clock=clock) as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        async with following(people, process) as seen:
            log = seen.followers["out"].log
            await people.bot.append(process.id, "out", 1, b"first")
            await seen.until("out", ConditionKind.LIVE)
            await clock.advance(3)
            assert (await seen.tracked.fetch()).state is ProcessState.WAITING
            assert seen.kind("out") is ConditionKind.PUT_BACK
            assert [mark.kind for mark in log.marks] == [MarkKind.PUT_BACK]
            await people.me.append(process.id, "out", 2, b"still here")
            await seen.until_held("out", 2)
            assert seen.kind("out") is ConditionKind.PUT_BACK
            seen.tracked.update(await people.bot.assign(5))
            assert seen.kind("out") is ConditionKind.LIVE
            assert [mark.kind for mark in log.marks] == [MarkKind.ATTEMPT]
            assert [log.attempt_of(entry) for entry in log] == [1, 1]


async def test_who_may_not_read_is_told_and_touches_nothing() -> None:
    async with members() as people:
        process = await people.running("out")
        stranger = people.client(people.colony.add_user("bob"))
        follower = ChannelFollower(
            stranger, TrackedProcess(stranger, process), "out", recorder=MemoryRecorder(), now_ns=time.time_ns
        )
        task = asyncio.create_task(follower.run())
        while follower.log.condition.kind is not ConditionKind.REFUSED:
            await follower.changes.take()
        assert people.colony.counts["subscribe_frames"] == people.colony.counts["channelreadmsg"] == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_output_is_acknowledged_once_when_all_of_it_has_ended() -> None:
    async with members() as people:
        process = await people.running("out", "sync")
        keeper = Acknowledger(people.me, MemoryRecorder())
        async with following(people, process) as seen:
            await people.bot.append(process.id, "out", 1, b"result")
            await seen.until_held("out", 1)
            await seen.until("sync", ConditionKind.LIVE)
            keeper.remember(process.id)
            assert not await keeper.acknowledge(process, seen.followers)
            await people.bot.append(process.id, "out", 2, b"", type="end")
            await seen.until_held("out", 2)
            assert await keeper.acknowledge(process, seen.followers)
            assert not await keeper.acknowledge(process, seen.followers)
            await seen.until_held("sync", 1)
        (entry,) = await people.bot.read_channel(process.id, "sync")
        assert (entry.payload, entry.sequence, entry.sender_id) == (b"ack", 1, people.me.id)


async def test_a_bystander_never_acknowledges_even_with_the_submitters_key() -> None:
    async with members() as people:
        process = await people.running("out", "sync")
        keeper = Acknowledger(people.me, MemoryRecorder())
        async with following(people, process) as seen:
            await people.bot.append(process.id, "out", 1, b"", type="end")
            await seen.until_held("out", 1)
            await seen.until("sync", ConditionKind.LIVE)
            assert not await keeper.acknowledge(process, seen.followers)
            keeper.remember(process.id)
            await people.me.append(process.id, "sync", 1, b"ack")
            await seen.until_held("sync", 1)
            assert not await keeper.acknowledge(process, seen.followers)
        assert len(await people.bot.read_channel(process.id, "sync")) == 1
