"""Following a channel over the real wire: nothing lost, nothing twice, every end told (PROTOCOL.md, "Following")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from colony_tui.client import ChannelSubscription
from colony_tui.client.events import (
    Asked,
    ChannelEvent,
    Ended,
    Entries,
    LimitPassed,
    LogReset,
    Lost,
    Missing,
    Proven,
    RefusedBy,
    Restored,
)
from colony_tui.client.replies import Pong
from colony_tui.client.retry import RetryPolicy
from colony_tui.client.socket import FrameSocket
from colony_tui.errors import NotAllowed, NotFound, Unsendable
from colony_tui.model import ProcessState
from colony_tui.server.limits import Limits
from colony_tui.server.rpc import Answer
from colony_tui.wire import decode
from colony_tui.wire.envelope import open_reply, seal_reply
from tests.members import Members, members
from tests.troubles import BUSY, Troubles

AT_ONCE = RetryPolicy(first=0.01, longest=0.01)


@dataclass
class Reader:
    """Takes a subscription's events and lets a test wait for what it expects."""

    subscription: ChannelSubscription
    events: list[ChannelEvent] = field(default_factory=list)

    async def until(self, is_enough: Callable[[list[ChannelEvent]], bool]) -> list[ChannelEvent]:
        while not is_enough(self.events):
            self.events.append(await anext(self.subscription))
        return self.events

    async def until_seen(self, kind: type[object], times: int = 1) -> list[ChannelEvent]:
        return await self.until(lambda events: sum(isinstance(event, kind) for event in events) >= times)

    async def to_end(self) -> list[ChannelEvent]:
        async for event in self.subscription:
            self.events.append(event)
        return self.events

    @property
    def payloads(self) -> list[bytes]:
        batches = (event.entries for event in self.events if isinstance(event, Entries))
        return [entry.payload for batch in batches for entry in batch]


def follow(people: Members, process_id: str, *, time_limit: float = 30) -> Reader:
    return Reader(ChannelSubscription(people.me, process_id, "out", time_limit=time_limit, retry=AT_ONCE))


async def test_backlog_then_pushes_then_the_signalled_end() -> None:
    async with members() as people:
        process = await people.running("out")
        for number in range(3):
            await people.bot.append(process.id, "out", number, f"{number}")
        reader = follow(people, process.id)
        async with reader.subscription:
            await reader.until_seen(Proven)
            await people.bot.append(process.id, "out", 3, "3")
            await reader.until(lambda _: len(reader.payloads) == 4)
            await people.bot.append(process.id, "out", 4, "4")
            await people.bot.close(process.id, ["done"])
            events = await reader.to_end()
        assert reader.payloads == [b"0", b"1", b"2", b"3", b"4"]
        last = events[-1]
        assert isinstance(last, Ended) and last.is_complete
        assert last.process is not None and last.process.state is ProcessState.SUCCESS


@pytest.mark.parametrize("end", ["close", "fail", "cancel"])
async def test_every_end_is_told_with_the_last_entries(end: str) -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            await reader.until_seen(Asked)
            for number in range(20):
                await people.bot.append(process.id, "out", number, b"%d" % number)
            await {
                "close": lambda: people.bot.close(process.id),
                "fail": lambda: people.bot.fail(process.id, ["boom"]),
                "cancel": lambda: people.me.cancel(process.id),
            }[end]()
            events = await reader.to_end()
        assert reader.payloads == [b"%d" % number for number in range(20)]
        assert isinstance(events[-1], Ended) and events[-1].is_complete


async def test_limits_are_renewed_without_loss_while_entries_come() -> None:
    async with members(limits=Limits(append_burst=100_000)) as people:
        process = await people.running("out")
        reader = follow(people, process.id, time_limit=1)
        async with reader.subscription:
            await reader.until_seen(Asked)
            sent = 0
            while sum(isinstance(event, LimitPassed) for event in reader.events) < 2:
                await people.bot.append(process.id, "out", sent, b"%d" % sent)
                sent += 1
                await reader.until(lambda _: len(reader.payloads) >= sent)  # noqa: B023 - called at once
            await people.bot.close(process.id)
            await reader.to_end()
        assert reader.payloads == [b"%d" % number for number in range(sent)]


async def test_an_empty_log_is_proven_live_by_its_first_limit() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            events = await reader.until_seen(Proven)
            assert [type(event) for event in events] == [Asked, Proven]
            assert events[-1] == Proven(0)


async def test_late_lower_sequences_are_found_by_count_after_a_cut() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            for sequence in (10, 11, 12):
                await people.bot.append(process.id, "out", sequence, b"%d" % sequence)
            await reader.until_seen(Proven)
            await people.colony.stop()
            await reader.until_seen(Lost)
            await people.colony.start()
            await people.bot.append(process.id, "out", 5, b"5")
            await reader.until_seen(Restored)
            await reader.until_seen(Proven, 2)
        assert sorted(reader.payloads) == [b"10", b"11", b"12", b"5"]


async def test_what_a_server_drops_at_a_limit_is_missing_until_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that writes slowly drops what it had still to push; the next subscription's first frame tells."""
    next_item = FrameSocket.next_item
    dropped: list[str | bytes] = []

    async def next_but_one(socket: FrameSocket) -> str | bytes | Pong:
        item = await next_item(socket)
        if dropped or isinstance(item, Pong):
            return item
        if [entry.payload for entry in decode.entries(open_reply(item).payload).entries] != [b"dropped"]:
            return item
        dropped.append(item)
        return await next_item(socket)

    monkeypatch.setattr(FrameSocket, "next_item", next_but_one)
    async with members() as people:
        process = await people.running("out")
        await people.bot.append(process.id, "out", 2, b"first")
        reader = follow(people, process.id, time_limit=1)
        async with reader.subscription:
            await reader.until_seen(Proven)
            await people.bot.append(process.id, "out", 1, b"dropped")
            await people.bot.append(process.id, "out", 6, b"last")
            events = await reader.until_seen(Proven, 2)
        told = [type(event) for event in events if isinstance(event, Entries | Missing | Proven)]
        assert told == [Entries, Proven, Entries, Missing, Entries, Proven]
        assert reader.payloads == [b"first", b"last", b"dropped"] and len(dropped) == 1


async def test_a_log_shorter_than_ours_is_a_reset_whether_empty_or_not() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            for sequence in range(3):
                await people.bot.append(process.id, "out", sequence, b"old %d" % sequence)
            await reader.until_seen(Proven)
            await people.colony.restart()
            await people.bot.append(process.id, "out", 0, b"new")
            await reader.until_seen(LogReset)
            await reader.until(lambda _: b"new" in reader.payloads)
            await reader.until_seen(Proven, 2)
            await people.colony.restart()
            await reader.until_seen(LogReset, 2)
            await reader.until_seen(Proven, 3)
        assert [event for event in reader.events if isinstance(event, LogReset)] == [LogReset(3), LogReset(1)]
        assert reader.payloads == [b"old 0", b"old 1", b"old 2", b"new"]


async def test_a_kept_log_is_no_reset() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            await people.bot.append(process.id, "out", 1, b"one")
            await reader.until_seen(Proven)
            await people.colony.restart(keep_logs=True)
            await reader.until_seen(Proven, 2)
        assert not [event for event in reader.events if isinstance(event, LogReset)]
        assert reader.payloads == [b"one"]


async def test_an_end_while_the_link_was_lost_is_not_called_complete() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            await people.bot.append(process.id, "out", 1, b"one")
            await reader.until_seen(Proven)
            await people.colony.stop()
            await reader.until_seen(Lost)
            await people.colony.start()
            await people.bot.close(process.id)
            events = await reader.to_end()
        ended = events[-1]
        # The connection may have come back before the close: then it was complete indeed.
        was_back = any(
            isinstance(event, Proven)
            for event in events[events.index(next(e for e in events if isinstance(e, Lost))) :]
        )
        assert isinstance(ended, Ended) and ended.is_complete == was_back


async def test_strangers_and_unknown_channels_are_refused_with_the_process() -> None:
    async with members() as people:
        process = await people.running("out")
        stranger = people.client(people.colony.add_user("bob"))
        async with ChannelSubscription(stranger, process.id, "out") as refused:
            event = await anext(refused)
        assert isinstance(event, RefusedBy) and isinstance(event.error, NotAllowed)
        async with ChannelSubscription(people.me, process.id, "nope") as unknown:
            event = await anext(unknown)
        assert isinstance(event, RefusedBy) and isinstance(event.error, NotFound)
        assert event.process is not None and event.process.channels == ("out",)


@pytest.mark.parametrize("kind", ["getprocessmsg", "channelreadmsg"])
@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "after a cut"])
async def test_a_server_in_trouble_refuses_nothing(kind: str, is_later: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = Troubles(monkeypatch)
    async with members() as people:
        process = await people.running("out")
        await people.bot.append(process.id, "out", 2, b"two")
        reader = follow(people, process.id)
        async with reader.subscription:
            if is_later:
                await reader.until_seen(Proven)
                await people.bot.append(process.id, "out", 1, b"one")
                await reader.until(lambda _: len(reader.payloads) == 2)
            troubles.give(kind, BUSY, 3)
            people.colony.drop_connections()
            if is_later:
                people.transport.renew()
                await people.bot.append(process.id, "out", 0, b"zero")
            await reader.until_seen(Proven, 1 + is_later)
        assert len(reader.payloads) == 1 + 2 * is_later
        assert not [event for event in reader.events if isinstance(event, RefusedBy)]


async def test_a_500_that_says_that_there_is_no_such_process_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = Troubles(monkeypatch)
    words = {"status": 500, "message": "Failed to read the channel, process is nil"}
    async with members() as people:
        process = await people.running("out")
        troubles.give("channelreadmsg", Answer(500, seal_reply("error", words, is_error=True)))
        reader = follow(people, process.id)
        async with reader.subscription:
            events = await reader.to_end()
        assert [type(event) for event in events] == [RefusedBy]


async def test_an_ended_process_is_never_touched() -> None:
    async with members() as people:
        process = await people.running("out")
        await people.me.cancel(process.id)
        reader = follow(people, process.id)
        async with reader.subscription:
            (event,) = await reader.to_end()
        assert isinstance(event, Ended) and not event.is_complete
        assert people.colony.counts["channelreadmsg"] == people.colony.counts["subscribe_frames"] == 0


async def test_a_long_backlog_comes_in_pages() -> None:
    async with members() as people:
        process = await people.running("out")
        for number in range(450):
            await people.bot.append(process.id, "out", number, b"%d" % number)
        reader = follow(people, process.id)
        async with reader.subscription:
            events = await reader.until_seen(Proven)
        assert len(reader.payloads) == 450
        assert events[-1] == Proven(450)


async def test_leaving_closes_the_socket_and_the_task() -> None:
    async with members() as people:
        process = await people.running("out")
        reader = follow(people, process.id)
        async with reader.subscription:
            await reader.until_seen(Asked)
            assert any(task.get_name().startswith("subscription") for task in asyncio.all_tasks())
        await reader.subscription.end()
        assert not any(task.get_name().startswith("subscription") for task in asyncio.all_tasks())
        with pytest.raises(StopAsyncIteration):
            await anext(reader.subscription)


async def test_what_cannot_be_asked_for_is_raised_and_not_tried_again() -> None:
    async with members() as people:
        process = await people.running("out")
        with pytest.raises(Unsendable, match="lone surrogate"):
            async with people.me.subscribe_channel(process.id, "a\udc9b") as subscription:
                await anext(subscription)
