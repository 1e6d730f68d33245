"""Channels beyond the budget of sockets: read in turn, by the same rules, and saying when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from colony_tui.errors import ConnectError
from colony_tui.live import turns as turns_module
from colony_tui.live.beat import Beat
from colony_tui.live.chat import Delivery
from colony_tui.live.colony import LiveColony, Manners
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.tracked import TrackedProcess
from colony_tui.live.turns import Turns
from colony_tui.live.watcher import Intervals
from colony_tui.model import NANOSECONDS, Process, ProcessState
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.log import LogChange
from colony_tui.store.rows import MarkKind
from colony_tui.tui.symbols import UNICODE
from colony_tui.tui.widgets.stream_foot import condition_words
from tests.colony import beside, until
from tests.faults.field import CountingRecorder
from tests.members import Members, members


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "PACE_S", 0.001)


def reader_of(people: Members, process: Process) -> tuple[ChannelFollower, CountingRecorder]:
    recorder = CountingRecorder()
    tracked = TrackedProcess(people.me, process)
    return ChannelFollower(people.me, tracked, "out", recorder=recorder, now_ns=time.time_ns), recorder


def payloads(follower: ChannelFollower) -> list[bytes]:
    return [entry.payload for entry in follower.log]


# One channel


async def test_what_is_new_is_read_recorded_and_told_once_and_the_time_is_said() -> None:
    async with members() as people:
        process = await people.running("out")
        follower, recorder = reader_of(people, process)
        told: list[LogChange] = []
        follower.on_change(told.append)
        assert not await follower.check()
        for number in (10, 12, 14):
            await people.bot.append(process.id, "out", number, b"%d" % number)
        assert await follower.check()
        reads = people.colony.counts["channelreadmsg"]
        assert not await follower.check()
        assert people.colony.counts["channelreadmsg"] == reads + 1, "all is held: one look proves it"
        assert payloads(follower) == [b"10", b"12", b"14"]
        assert sorted(recorder.seen) == sorted(entry.identity for entry in follower.log)
        assert [entry.payload for change in told for entry in change.added] == [b"10", b"12", b"14"]
        condition = follower.log.condition
        assert condition.kind is ConditionKind.IDLE
        assert condition.checked_ns is not None and abs(time.time_ns() - condition.checked_ns) < 10**10
        assert follower.is_caught_up and people.colony.counts["handshakes"] == 0


async def test_a_late_lower_sequence_is_found() -> None:
    async with members() as people:
        process = await people.running("out")
        follower, recorder = reader_of(people, process)
        for number in (10, 12):
            await people.bot.append(process.id, "out", number, b"%d" % number)
        await follower.check()
        await people.bot.append(process.id, "out", 5, b"5")
        assert await follower.check()
        assert payloads(follower) == [b"5", b"10", b"12"]
        assert len(recorder.seen) == 3


@pytest.mark.parametrize("anew", [0, 1, 3, 5])
async def test_a_shorter_log_is_a_reset(anew: int) -> None:
    async with members() as people:
        process = await people.running("out", max_exec_time=-1)
        follower, recorder = reader_of(people, process)
        for number in range(3):
            await people.bot.append(process.id, "out", number, b"old %d" % number)
        await follower.check()
        await people.colony.restart()
        for number in range(anew):
            await people.bot.append(process.id, "out", number, b"new %d" % number)
        await follower.check()
        await follower.check()
        log = follower.log
        assert [mark.kind for mark in log.marks].count(MarkKind.RESET) == 1
        assert payloads(follower)[:3] == [b"old 0", b"old 1", b"old 2"]
        assert sorted(payloads(follower)[3:]) == [b"new %d" % number for number in range(anew)]
        assert log.count == anew and len(set(recorder.seen)) == 3 + anew


async def test_a_channel_of_an_ended_process_is_not_touched_and_what_was_not_seen_is_said() -> None:
    async with members() as people:
        process = await people.running("out")
        follower, _ = reader_of(people, process)
        await people.bot.append(process.id, "out", 1, b"one")
        await follower.check()
        await people.bot.append(process.id, "out", 2, b"two")
        await people.bot.close(process.id)
        reads = people.colony.counts["channelreadmsg"]
        await follower.check()
        await follower.check()
        assert people.colony.counts["channelreadmsg"] == reads
        assert follower.log.is_closed and follower.log.outcome is ProcessState.SUCCESS
        assert MarkKind.GAP in [mark.kind for mark in follower.log.marks]


async def test_a_process_that_is_gone_is_not_touched() -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        follower, _ = reader_of(people, process)
        await follower.check()
        assert follower.log.condition.kind is ConditionKind.WAITING
        await people.me.remove_process(process.id)
        reads = people.colony.counts["channelreadmsg"]
        await follower.check()
        assert people.colony.counts["channelreadmsg"] == reads
        assert follower.log.is_closed


async def test_who_may_not_read_does_not() -> None:
    async with members() as people:
        process = await people.running("out")
        stranger = people.client(people.colony.add_user("bob"))
        tracked = TrackedProcess(stranger, process)
        follower = ChannelFollower(stranger, tracked, "out", recorder=CountingRecorder(), now_ns=time.time_ns)
        await follower.check()
        assert follower.log.condition.kind is ConditionKind.REFUSED
        assert people.colony.counts["channelreadmsg"] == 0


async def test_a_lost_link_is_said_until_it_is_read_again() -> None:
    async with members() as people:
        process = await people.running("out", max_exec_time=-1)
        follower, _ = reader_of(people, process)
        await follower.check()
        await people.colony.stop()
        with pytest.raises(ConnectError):
            await follower.check()
        assert follower.log.condition.kind is ConditionKind.LOST and not follower.is_caught_up
        await people.colony.start()
        await follower.check()
        assert follower.log.condition.checked_ns is not None and follower.is_caught_up


async def test_a_stream_that_is_followed_no_more_says_since_when() -> None:
    async with members() as people:
        process = await people.running("out")
        follower, _ = reader_of(people, process)
        task = asyncio.create_task(follower.run())
        await until(lambda: follower.log.condition.kind is ConditionKind.LIVE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        condition = follower.log.condition
        assert condition.kind is ConditionKind.IDLE and condition.checked_ns is not None


# Taking turns


class Counted:
    """A channel that is checked in no time."""

    def __init__(self, log: list[Counted]) -> None:
        self.log = log
        self.error: ConnectError | None = None

    async def check(self) -> bool:
        self.log.append(self)
        if self.error is not None:
            raise self.error
        return False


@asynccontextmanager
async def turning(people: Members, beat: Beat) -> AsyncIterator[Turns]:
    turns = Turns(people.transport.link, beat)
    async with beside(turns.run()):
        yield turns


async def test_each_has_its_turn_and_then_rests() -> None:
    log: list[Counted] = []
    async with members() as people, turning(people, Beat(3600, 3600, 3600)) as turns:
        first, second, third = (Counted(log) for _ in range(3))
        turns.want([first, second])
        await until(lambda: log == [first, second])
        turns.want([second, third])
        await until(lambda: log == [first, second, third])
        assert len(turns) == 2


async def test_the_longest_unread_comes_first_and_a_lost_link_costs_nobody_a_turn() -> None:
    log: list[Counted] = []
    async with members() as people, turning(people, Beat(0, 0, 0)) as turns:
        first, second = Counted(log), Counted(log)
        first.error = ConnectError("away")
        turns.want([first, second])
        await until(lambda: len(log) >= 3)
        assert log[:3] == [first, first, first]
        first.error = None
        await until(lambda: second in log)
        at = log.index(second)
        await until(lambda: len(log) >= at + 4)
        assert log[at : at + 4] == [second, first, second, first]


# In a colony


@asynccontextmanager
async def living(people: Members, sockets: int | None = None) -> AsyncIterator[LiveColony]:
    """``sockets``: the budget; by default what a program has that is told nothing."""
    manners = Manners() if sockets is None else Manners(sockets=sockets)
    colony = LiveColony(people.me, manners=manners, intervals=Intervals(turns=Beat(0.01, 0.01, 0.01)))
    async with beside(colony.run()):
        yield colony


def held(colony: LiveColony, process: Process, channel: str) -> list[bytes]:
    followed = colony.followed.get(process.id)
    return payloads(followed.followers[channel]) if followed and channel in followed.followers else []


def condition_of(colony: LiveColony, process: Process, channel: str) -> ConditionKind | None:
    followed = colony.followed.get(process.id)
    known = followed is not None and channel in followed.followers
    return followed.followers[channel].log.condition.kind if followed and known else None


def sockets_of(colony: LiveColony) -> int:
    return sum(followed.open_channels for followed in colony.followed.values()) + len(colony.watcher.rows)


async def test_one_number_is_shared_by_channels_and_rows() -> None:
    async with members() as people:
        opened = await people.running("a", "b", "c")
        rows = [await people.bot.submit(people.spec()) for _ in range(9)]
        async with living(people, 5) as colony:
            colony.watcher.rows.want(rows)
            assert sockets_of(colony) == 5
            colony.open(opened.id)
            await until(lambda: opened.id in colony.followed)
            assert colony.followed[opened.id].open_channels == 3
            assert len(colony.watcher.rows) == 2 and sockets_of(colony) == 5
            await people.bot.close(opened.id)
            await until(lambda: colony.followed[opened.id].open_channels == 0)
            await until(lambda: len(colony.watcher.rows) == 5)


async def test_streams_on_the_screen_come_before_the_other_channels() -> None:
    async with members() as people:
        first, second = await people.running("a", "b"), await people.running("c", "d")
        async with living(people, 2) as colony:
            colony.open(first.id)
            await until(lambda: first.id in colony.followed and second.id in colony.followed)
            colony.show([(second.id, "d"), (first.id, "b")])
            await until(lambda: condition_of(colony, second, "d") is ConditionKind.LIVE)
            await until(lambda: condition_of(colony, first, "b") is ConditionKind.LIVE)
            assert sockets_of(colony) == 2 and len(colony.turns) == 2
            await people.bot.append(first.id, "a", 2, b"in turn")
            await people.bot.append(second.id, "c", 2, b"in turn")
            await until(lambda: held(colony, first, "a") == held(colony, second, "c") == [b"in turn"])
            assert condition_of(colony, first, "a") is ConditionKind.IDLE


async def test_a_channel_beyond_the_budget_is_read_sent_to_and_closed() -> None:
    async with members() as people:
        process = await people.running("a", "b", max_exec_time=-1)
        async with living(people, 1) as colony:
            colony.open(process.id)
            await until(lambda: process.id in colony.followed)
            line = colony.send(process.id, "b", b"hello")
            assert line is not None
            await until(lambda: line.state is Delivery.SEEN)
            assert held(colony, process, "b") == [b"hello"]
            assert people.colony.subscribers(process.id, "b") == 0
            await people.bot.close(process.id)
            log = colony.followed[process.id].follower("b").log
            await until(lambda: log.is_closed)
            reads = people.colony.counts["channelreadmsg"]
            assert len(colony.turns) == 0 and log.outcome is ProcessState.SUCCESS
            colony.watcher.hurry()
            lists = people.colony.counts["getprocessesmsg"]
            await until(lambda: people.colony.counts["getprocessesmsg"] > lists)
            assert people.colony.counts["channelreadmsg"] == reads


async def test_what_is_read_in_turn_is_acknowledged_too() -> None:
    async with members() as people, living(people, 0) as colony:
        process = await colony.submit(people.spec("out", "sync"))
        await people.bot.assign(5)
        await people.bot.append(process.id, "out", 1, b"result")
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: process.id in colony.acknowledger.acknowledged)
        entries = await people.bot.read_channel(process.id, "sync")
        assert [entry.payload for entry in entries] == [b"ack"]
        assert people.colony.counts["handshakes"] == 0


async def test_a_program_that_is_told_nothing_opens_32_sockets() -> None:
    async with members() as people, living(people) as colony:
        process = await people.running(*(f"channel {number}" for number in range(36)))
        colony.open(process.id)
        await until(lambda: people.colony.open_sockets == 32)
        assert (sockets_of(colony), len(colony.turns)) == (32, 4)
        await people.me.submit(people.spec())
        colony.watcher.hurry()
        await until(lambda: len(colony.watcher.table) == 2)
        colony.watcher.rows.want(tuple(colony.watcher.table))
        assert sockets_of(colony) == 32


async def test_turns_become_seldom_without_somebody_who_looks() -> None:
    async with members() as people:
        colony = LiveColony(people.me)
        beat = colony.watcher.intervals.turns
        assert (beat.interval(0), beat.interval(29), beat.interval(31)) == (15, 15, 30)
        colony.watcher.is_watched = False
        assert beat.interval(31) == 60


def test_the_foot_says_when() -> None:
    condition = ChannelCondition(kind=ConditionKind.IDLE, checked_ns=100 * NANOSECONDS)
    words = condition_words(condition, 112 * NANOSECONDS, UNICODE)
    assert "checked 12 s ago" in "".join(piece.text for piece in words)
