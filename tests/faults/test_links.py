"""Links that look open and are not, servers that start again, and sockets that cannot be had: told, and recovered."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from colony_tui.client import (
    ChannelSubscription,
    ProcessSubscription,
    channel_subscription,
    pool,
    process_subscription,
)
from colony_tui.client.events import ChannelEvent, Entries, Lost, Proven, Reached, RefusedBy, Restored
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ConnectError, NotAllowed
from colony_tui.model import ProcessState
from colony_tui.store.condition import ConditionKind
from colony_tui.store.rows import MarkKind
from tests.colony import until
from tests.faults.field import AT_ONCE, LongLimits, faulty
from tests.faults.proxy import Fault, Kind, Opened, clean
from tests.faults.senders import append_all, late_sequences
from tests.members import members

GRACE_S = 0.2


@pytest.fixture
def little_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_subscription, "GRACE_S", GRACE_S)
    monkeypatch.setattr(process_subscription, "GRACE_S", GRACE_S)
    monkeypatch.setattr(pool, "REPLY_TIME_S", 0.3)


@pytest.mark.usefixtures("little_grace")
async def test_a_half_open_socket_is_told_and_what_was_dropped_is_read() -> None:
    async with faulty() as there:
        process = await there.people.running("out")
        async with ChannelSubscription(there.me, process.id, "out", time_limit=1, retry=AT_ONCE) as subscription:
            await there.people.bot.append(process.id, "out", 2, "before")
            while not isinstance(await anext(subscription), Proven):
                pass
            there.proxy.stall()
            for sequence in (4, 6, 8):
                await there.people.bot.append(process.id, "out", sequence, "dropped on the way")
            events: list[ChannelEvent] = []
            while sum(len(event.entries) for event in events if isinstance(event, Entries)) < 3:
                events.append(await anext(subscription))
    lost = next(event for event in events if isinstance(event, Lost))
    assert isinstance(lost.error, ConnectError) and "half open" in str(lost.error)
    # One loss is enough: what else was pooled on the dead link is not tried one after the other.
    assert [type(event) for event in events if isinstance(event, Lost | Restored)] == [Lost, Restored]


@pytest.mark.usefixtures("little_grace")
async def test_a_stream_is_lost_as_soon_as_requests_tell_that_the_link_is_dead() -> None:
    async with faulty(clock=LongLimits()) as there:
        process = await there.people.running("out")
        await there.people.bot.append(process.id, "out", 2, "before")
        watched = there.follow(process, "out", time_limit=3600)
        await until(lambda: watched.follower.log.condition.kind is ConditionKind.LIVE)
        there.proxy.stall()
        there.proxy.script = lambda _: Fault(Kind.STALL, 0, is_upward=True)
        with pytest.raises(ConnectError):
            await there.me.get_colony()
        await until(lambda: watched.follower.log.condition.kind is ConditionKind.LOST)
        there.proxy.script = clean
        await until(lambda: watched.follower.is_caught_up)


async def test_a_request_that_fails_alone_costs_one_look_and_no_stream() -> None:
    async with members() as people:
        process = await people.running("out")
        await people.bot.append(process.id, "out", 2, "before")
        async with ChannelSubscription(people.me, process.id, "out") as subscription:
            while not isinstance(await anext(subscription), Proven):
                pass
            looks, now = people.colony.counts["getprocessmsg"], asyncio.get_running_loop().time()
            for _ in range(3):
                people.transport.link.failed(now, ConnectError("cut"))
                await until(lambda: people.transport.link.is_up or people.colony.counts["getprocessmsg"] > looks)
                people.transport.link.heard(now)
            await people.bot.append(process.id, "out", 4, "after")
            event = await anext(subscription)
            assert isinstance(event, Entries), event
            assert people.colony.counts["getprocessmsg"] == looks + 1


@pytest.mark.usefixtures("little_grace")
async def test_a_stall_in_the_middle_of_a_frame() -> None:
    """The first socket stalls within its first answer; bytes that were held are gone."""

    def script(opened: Opened) -> Fault | None:
        return Fault(Kind.STALL, 400) if opened.is_socket and not opened.number else None

    async with faulty(script) as there:
        process = await there.people.running("out")
        await there.people.bot.append(process.id, "out", 2, "x" * 1000)
        watched = there.follow(process, "out", time_limit=1)
        await until(lambda: watched.follower.log.condition.kind is ConditionKind.LOST)
        await until(lambda: watched.follower.is_caught_up)
        assert watched.present == await there.held(process, "out")


@pytest.mark.usefixtures("little_grace")
async def test_a_half_open_wait_for_a_state_is_renewed() -> None:
    async with faulty() as there:
        process = await there.people.running("out")
        subscription = ProcessSubscription(there.me, process.id, ProcessState.SUCCESS, time_limit=1, retry=AT_ONCE)
        async with subscription:
            coming = asyncio.ensure_future(anext(subscription))
            await until(lambda: there.people.colony.counts["subscribe_frames"] == 1)
            there.proxy.stall()
            await there.people.bot.close(process.id)
            event = await coming
            assert isinstance(event, Lost) and isinstance(event.error, ConnectError)
            while not isinstance(event, Reached):
                event = await anext(subscription)


@pytest.mark.usefixtures("little_grace")
async def test_one_time_limit_is_enough_for_all_pooled_connections() -> None:
    async with faulty() as there:
        await asyncio.gather(*(there.me.get_version() for _ in range(8)))
        there.proxy.stall()
        with pytest.raises(ConnectError, match="has not answered in time"):
            await there.me.get_version()
        await there.me.get_version()


async def test_a_delayed_link_loses_nothing() -> None:
    async with faulty(lambda opened: Fault(Kind.DELAY, 600) if opened.is_socket else None) as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        lines = late_sequences(200, 1, "slow")
        await append_all(there.people.colony.port, there.people.bot.identity, process.id, "out", lines)
        await there.people.bot.close(process.id)
        await watched.task
        assert watched.payloads == sorted(payload for _, payload in lines) and watched.marks == [MarkKind.CLOSED]


async def test_sockets_that_cannot_be_had_are_no_busy_loop_where_requests_succeed() -> None:
    """Requests bring the link up, handshakes take it down: subscriptions must not wake one another at once."""

    async def cutting(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with faulty(answer=cutting) as there:
        process = await there.people.running("a", "b", "c")
        minute = RetryPolicy(first=60, longest=60)
        subscriptions = [ChannelSubscription(there.me, process.id, name, retry=minute) for name in "abc"]
        losses: Counter[ChannelSubscription] = Counter()

        async def count(subscription: ChannelSubscription) -> None:
            async for event in subscription:
                losses[subscription] += isinstance(event, Lost)

        tasks = [asyncio.create_task(count(subscription)) for subscription in subscriptions]
        await until(lambda: len(losses) == 3)
        for _ in range(50):
            await there.me.get_version()
        for task, subscription in zip(tasks, subscriptions, strict=True):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await subscription.end()
        assert max(losses.values()) <= 3, losses


async def test_a_key_that_is_not_known_any_more_is_refused_once() -> None:
    async with faulty() as there:
        process = await there.people.running("out")
        stranger = there.people.client("1" * 64)
        async with ChannelSubscription(stranger, process.id, "out") as subscription:
            events = [event async for event in subscription]
    (event,) = events
    assert isinstance(event, RefusedBy) and isinstance(event.error, NotAllowed)


@pytest.mark.parametrize("seed", [1, 2, pytest.param(0, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
async def test_restarts_at_random_moments(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held of the present log is what the server has, and each log that was lost after it was seen is a reset."""
    monkeypatch.setattr(channel_subscription, "BREATH_S", 0.3)
    random = Random(seed)
    async with faulty() as there:
        process = await there.people.running("out", max_exec_time=-1)
        watched = there.follow(process, "out")
        log = watched.follower.log
        for round_number in range(6 if seed else 60):
            lines = late_sequences(random.randrange(40), round_number, f"round {round_number}", first=2)
            before = random.randrange(len(lines) + 1)
            port, identity = there.people.colony.port, there.people.bot.identity
            await append_all(port, identity, process.id, "out", lines[:before])
            epoch, held = log.epoch, len(watched.present)
            keeps = random.random() < 0.4
            await there.people.colony.restart(keep_logs=keeps)
            await append_all(port, identity, process.id, "out", lines[before:])
            now = await there.held(process, "out")
            await until(lambda: watched.follower.is_caught_up and watched.present == now)  # noqa: B023
            if keeps or not held:
                assert log.epoch in (epoch, epoch + (not keeps))
            else:
                assert log.epoch == epoch + 1
            assert watched.marks.count(MarkKind.RESET) == log.epoch
        watched.check_once()


async def test_a_log_that_is_read_behind_a_cancel_is_no_reset() -> None:
    """The frame tells that one is missing; before the log is read, a cancel empties it."""
    late = Fault(Kind.DELAY, 0, is_upward=True, delay_s=0.4)
    is_late = False
    # Not strict: that the channel is read behind the cancel is the point.
    async with faulty(lambda opened: late if is_late and not opened.is_socket else None, strict=False) as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        for sequence in (10, 12, 14):
            await there.people.bot.append(process.id, "out", sequence, b"seen")
        await until(lambda: watched.follower.is_caught_up and len(watched.follower.log) == 3)
        there.proxy.stall(requests=False)
        await there.people.bot.append(process.id, "out", 2, b"unseen, and before all positions")
        is_late = True
        frames = there.people.colony.counts["subscribe_frames"]
        there.proxy.cut()
        await until(lambda: there.people.colony.counts["subscribe_frames"] > frames)
        await there.people.me.cancel(process.id)
        await watched.task
        assert watched.marks == [MarkKind.GAP, MarkKind.CLOSED] and len(watched.follower.log) == 3


async def test_an_end_that_nobody_could_see_is_a_gap_even_when_nothing_is_held() -> None:
    async with faulty() as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        await until(lambda: watched.follower.has_read)
        await there.people.colony.stop()
        await until(lambda: watched.follower.log.condition.kind is ConditionKind.LOST)
        there.proxy.upstream, upstream = 1, there.proxy.upstream
        await there.people.colony.start()
        await there.people.bot.append(process.id, "out", 2, "unseen")
        await there.people.bot.close(process.id)
        there.proxy.upstream = upstream
        await watched.task
        assert watched.marks == [MarkKind.GAP, MarkKind.CLOSED]


async def test_a_process_that_said_nothing_has_no_gap() -> None:
    async with faulty() as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        await until(lambda: there.people.colony.subscribers(process.id, "out") == 1)
        await there.people.bot.close(process.id)
        await watched.task
        assert watched.marks == [MarkKind.CLOSED]


async def test_an_empty_channel_that_was_made_again_behind_a_cancel_proves_nothing() -> None:
    """The subscription is read after the process was cancelled: what was said before is lost, and said to be."""
    late = Fault(Kind.DELAY, 1, is_upward=True, delay_s=0.3)
    async with faulty(lambda opened: late if opened.is_socket else None) as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        await until(lambda: watched.follower.has_read)
        await there.people.bot.append(process.id, "out", 2, "unseen")
        await there.people.me.cancel(process.id)
        await watched.task
        assert watched.marks == [MarkKind.GAP, MarkKind.CLOSED] and not len(watched.follower.log)
