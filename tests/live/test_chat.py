"""Lines that are sent: in order, once, with the field's sequences, and told how far they came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from colony_tui.archive import Desk, LineState
from colony_tui.client import ColonyClient
from colony_tui.errors import ArchiveError, ConnectError
from colony_tui.live.chat import ChatSession, Delivery, Line
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import Process, ProcessState
from colony_tui.server.limits import Limits
from tests.members import Members, members


@dataclass
class Conversation:
    """A follower and a chat that run."""

    people: Members
    process: Process
    tracked: TrackedProcess
    follower: ChannelFollower
    chat: ChatSession
    changed: asyncio.Event
    following: asyncio.Task[None]

    async def until_read(self) -> None:
        while not self.follower.has_read:
            await self.follower.changes.take()

    async def stop_following(self) -> None:
        self.following.cancel()
        await asyncio.gather(self.following, return_exceptions=True)

    async def until(self, line: Line, *states: Delivery) -> None:
        while line.state not in states:
            self.changed.clear()
            await self.changed.wait()

    async def log(self) -> list[tuple[int, bytes]]:
        entries = await self.people.me.read_channel(self.process.id, "chat")
        return [(entry.sequence, entry.payload) for entry in entries]


@asynccontextmanager
async def conversation(
    *, takes: bool = True, limits: Limits | None = None, speaker: str = "me"
) -> AsyncIterator[Conversation]:
    async with members(limits=limits) as people:
        process = await (people.running("chat") if takes else people.me.submit(people.spec("chat")))
        client: ColonyClient = getattr(people, speaker)
        tracked = TrackedProcess(client, process)
        follower = ChannelFollower(client, tracked, "chat", recorder=MemoryRecorder(), now_ns=time.time_ns)
        changed = asyncio.Event()
        chat = ChatSession(client, follower, on_change=changed.set)
        tasks = [asyncio.create_task(follower.run()), asyncio.create_task(chat.run())]
        try:
            yield Conversation(people, process, tracked, follower, chat, changed, tasks[0])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_line_is_sent_seen_and_answered() -> None:
    async with conversation() as talk:
        line = talk.chat.send(b"hello")
        await talk.until(line, Delivery.SEEN)
        assert line.sequence == 1 and line.settled.is_set() and talk.chat.pending == []
        await talk.people.bot.append(talk.process.id, "chat", 2, "hi", in_reply_to=1)
        await talk.until(line, Delivery.ANSWERED)
        entry = next(entry for entry in talk.follower.log if entry.sequence == 1)
        assert talk.chat.state_of(entry) is Delivery.ANSWERED


async def test_sequences_are_odd_above_all_seen_and_in_order() -> None:
    async with conversation() as talk:
        await talk.people.bot.append(talk.process.id, "chat", 8, "first")
        await talk.people.bot.append(talk.process.id, "chat", 2**60, "a forged one does not count")
        while len(talk.follower.log) < 2:
            await talk.follower.changes.take()
        lines = [talk.chat.send(text) for text in (b"one", b"two", b"three")]
        await talk.until(lines[-1], Delivery.SEEN)
        assert [line.sequence for line in lines] == [9, 11, 13]


async def test_an_executor_speaks_with_even_sequences() -> None:
    async with conversation(speaker="bot") as talk:
        line = talk.chat.send(b"from the executor")
        await talk.until(line, Delivery.SEEN)
        assert line.sequence == 2


async def test_lines_wait_until_an_executor_takes_the_process() -> None:
    async with conversation(takes=False) as talk:
        line = talk.chat.send(b"early")
        assert line.state is Delivery.QUEUED
        talk.tracked.update(await talk.people.bot.assign(5))
        await talk.until(line, Delivery.SEEN)


async def test_the_rate_limit_is_waited_out_without_loss() -> None:
    async with conversation(limits=Limits(append_burst=3, appends_per_s=20)) as talk:
        lines = [talk.chat.send(b"%d" % number) for number in range(6)]
        await talk.until(lines[-1], Delivery.SEEN)
        assert [payload for _, payload in await talk.log()] == [b"%d" % number for number in range(6)]


async def test_what_can_never_succeed_fails_with_the_reason() -> None:
    async with conversation(limits=Limits(channel_entries=1, payload_bytes=100)) as talk:
        large = talk.chat.send(b"x" * 101)
        await talk.until(large, Delivery.FAILED)
        assert "maximum size" in large.error
        await talk.until(talk.chat.send(b"fits"), Delivery.SEEN)
        full = talk.chat.send(b"no room")
        await talk.until(full, Delivery.FAILED)
        assert "full" in full.error
        assert talk.chat.pending == [large, full]
        talk.chat.drop(large)
        assert talk.chat.pending == [full]


async def test_an_ended_process_fails_what_was_not_sent() -> None:
    async with conversation(takes=False) as talk:
        line = talk.chat.send(b"too late")
        await talk.people.me.cancel(talk.process.id)
        await talk.tracked.fetch()
        await talk.until(line, Delivery.FAILED)
        assert line.error == "the process has ended (cancelled)"


class LossyClient(ColonyClient):
    """Loses the reply to the first append: it arrives, or it does not, and nobody is told."""

    arrives = True
    closes = False
    lost = 0

    async def append(self, process_id: str, channel: str, sequence: int, payload: bytes | str, **more: object) -> None:
        if self.lost:
            await super().append(process_id, channel, sequence, payload)
            return
        self.lost = 1
        if self.arrives:
            await super().append(process_id, channel, sequence, payload)
        if self.closes:
            await self.cancel(process_id)
        raise ConnectError("the reply was lost")


async def lossy(talk: Conversation, *, arrives: bool, closes: bool = False) -> Line:
    client = LossyClient(talk.people.transport, talk.people.me.identity, "dev")
    client.arrives, client.closes = arrives, closes
    chat = ChatSession(client, talk.follower, on_change=talk.changed.set)
    sending = asyncio.create_task(chat.run())
    line = chat.send(b"once")
    await talk.until(line, Delivery.SEEN, Delivery.UNKNOWN, Delivery.FAILED)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    return line


async def test_a_lost_reply_leads_to_a_look_and_not_to_a_second_line() -> None:
    async with conversation() as talk:
        line = await lossy(talk, arrives=True)
        assert line.state is Delivery.SEEN
        assert await talk.log() == [(1, b"once")]


async def test_what_did_not_arrive_is_sent_again_with_the_same_sequence() -> None:
    async with conversation() as talk:
        line = await lossy(talk, arrives=False)
        assert line.state is Delivery.SEEN
        assert await talk.log() == [(1, b"once")]


async def test_a_line_whose_channel_went_away_is_unknown_and_kept() -> None:
    async with conversation() as talk:
        line = await lossy(talk, arrives=False, closes=True)
        assert line.state is Delivery.UNKNOWN
        assert (await talk.people.me.get_process(talk.process.id)).state is ProcessState.CANCELLED


class HangingClient(ColonyClient):
    """Its first append arrives, and nobody ever says so."""

    def __init__(self, people: Members) -> None:
        super().__init__(people.transport, people.me.identity, people.colony.colony)
        self.arrived = asyncio.Event()

    async def append(self, process_id: str, channel: str, sequence: int, payload: bytes | str, **more: object) -> None:
        await super().append(process_id, channel, sequence, payload)
        if not self.arrived.is_set():
            self.arrived.set()
            await asyncio.Event().wait()


async def stopped_in_flight(talk: Conversation) -> tuple[ChatSession, Line]:
    """A line that has arrived, and a chat that was stopped before it was told, with nobody following."""
    await talk.stop_following()
    client = HangingClient(talk.people)
    chat = ChatSession(client, talk.follower, on_change=talk.changed.set)
    line = chat.send(b"once")
    sending = asyncio.create_task(chat.run())
    await client.arrived.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert line.state is Delivery.SENDING
    return chat, line


async def test_a_line_in_flight_is_looked_for_when_sending_goes_on() -> None:
    async with conversation() as talk:
        await talk.until_read()
        chat, line = await stopped_in_flight(talk)
        sending = asyncio.create_task(chat.run())
        await talk.until(line, Delivery.ACCEPTED, Delivery.SEEN)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert await talk.log() == [(1, b"once")]


async def test_a_line_in_flight_whose_process_ended_meanwhile_is_unknown() -> None:
    async with conversation() as talk:
        await talk.until_read()
        chat, line = await stopped_in_flight(talk)
        await talk.people.bot.close(talk.process.id)
        await talk.tracked.fetch()
        sending = asyncio.create_task(chat.run())
        await talk.until(line, Delivery.UNKNOWN, Delivery.FAILED)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert line.state is Delivery.UNKNOWN


async def test_the_log_is_read_before_the_first_line_is_sent() -> None:
    """Whoever sent with this key before: the sequence is above all of it."""
    async with conversation(takes=False) as talk:
        await talk.stop_following()
        talk.tracked.update(await talk.people.bot.assign(5))
        await talk.people.me.append(talk.process.id, "chat", 7, "from another window")
        line = talk.chat.send(b"next")
        await asyncio.sleep(0)
        assert line.state is Delivery.QUEUED
        following = asyncio.create_task(talk.follower.run())
        await talk.until(line, Delivery.SEEN)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert line.sequence == 9


async def test_what_was_accepted_into_a_log_that_was_lost_is_unknown() -> None:
    async with conversation() as talk:
        await talk.people.bot.append(talk.process.id, "chat", 2, "seen before")
        while not len(talk.follower.log) or not talk.follower.has_read:
            await talk.follower.changes.take()
        await talk.stop_following()
        line = talk.chat.send(b"taken and forgotten")
        await talk.until(line, Delivery.ACCEPTED)
        await talk.people.colony.restart()
        following = asyncio.create_task(talk.follower.run())
        await talk.until(line, Delivery.UNKNOWN)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert "lost its log" in line.error and line.settled.is_set()


@asynccontextmanager
async def speaking(people: Members, process: Process, desk: Desk, *, held: bool = False) -> AsyncIterator[ChatSession]:
    """One run of a program: a follower and a chat over a desk; ``held``: with what an earlier run has seen."""
    tracked = TrackedProcess(people.me, process)
    follower = ChannelFollower(people.me, tracked, "chat", recorder=MemoryRecorder(), now_ns=time.time_ns)
    if held:
        follower.restore((await people.me.read_channel(process.id, "chat"))[:1])
    chat = ChatSession(people.me, follower, desk=desk)
    tasks = [asyncio.create_task(follower.run()), asyncio.create_task(chat.run())]
    try:
        yield chat
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_the_server_took_is_not_sent_again_when_its_log_is_lost(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        async with Desk(tmp_path / "desk.db") as desk:
            line = desk.keep_line(process.id, "chat", people.me.id, b"once")
            assert await desk.claim(line.id, 1)
            desk.settle(line.id, LineState.ACCEPTED)
        await people.colony.restart()
        async with Desk(tmp_path / "desk.db") as desk:
            await desk.take_over()
            async with speaking(people, process, desk) as chat:
                (line_again,) = chat.lines
                await line_again.settled.wait()
        assert line_again.state is Delivery.UNKNOWN and "lost its log" in line_again.error
        assert await people.me.read_channel(process.id, "chat") == ()


async def test_what_the_server_took_before_the_end_stays_accepted_in_the_next_run(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        async with Desk(tmp_path / "desk.db") as desk:
            line = desk.keep_line(process.id, "chat", people.me.id, b"once")
            assert await desk.claim(line.id, 1)
            desk.settle(line.id, LineState.ACCEPTED)
        await people.bot.close(process.id)
        async with Desk(tmp_path / "desk.db") as desk:
            await desk.take_over()
            async with speaking(people, await people.me.get_process(process.id), desk) as chat:
                (line_again,) = chat.lines
                await line_again.settled.wait()
        assert line_again.state is Delivery.ACCEPTED


def fail(desk: Desk) -> None:
    """Nothing can be written to the desk's file any more."""
    desk._writer._fail(ArchiveError("the disk is full"), ())


async def said_after_the_next_start(people: Members, process: Process, path: Path) -> list[bytes]:
    """What stands in the log once another run has done what was left to it."""
    async with Desk(path) as desk:
        await desk.take_over()
        async with speaking(people, process, desk) as chat:
            await asyncio.gather(*(line.settled.wait() for line in chat.lines))
    return sorted(entry.payload for entry in await people.me.read_channel(process.id, "chat"))


async def test_a_line_that_cannot_be_noted_as_sent_waits_for_the_next_start(tmp_path: Path) -> None:
    """On disk it stands as one to be sent: sent now as well, it would go out twice."""
    async with members() as people:
        waiting = await people.me.submit(people.spec("chat"))
        async with Desk(tmp_path / "desk.db") as desk, speaking(people, waiting, desk) as chat:
            first = chat.send(b"pay 100 EUR")
            assert await desk.flush()
            fail(desk)
            process = await people.bot.assign(5)
            chat._follower.tracked.update(process)
            await first.settled.wait()
            assert first.state is Delivery.FAILED and "sent at the next start" in first.error
            chat.retry(first)
            second = chat.send(b"typed behind it")
            await second.settled.wait()
            assert [(line, line.state) for line in chat.lines] == [(first, Delivery.FAILED), (second, Delivery.SEEN)]
        assert [entry.payload for entry in await people.me.read_channel(process.id, "chat")] == [b"typed behind it"]
        said = await said_after_the_next_start(people, process, tmp_path / "desk.db")
        assert said == [b"pay 100 EUR", b"typed behind it"]


async def test_a_line_that_was_noted_as_sent_before_the_file_failed_is_sent_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On disk it stands as one that may have left, for ever: the next start finds it in the log."""
    async with members() as people:
        process = await people.running("chat")
        append = people.me.append
        async with Desk(tmp_path / "desk.db") as desk, speaking(people, process, desk) as chat:

            async def append_without_a_file(*arguments: Any, **more: Any) -> None:
                if not desk.is_over:
                    fail(desk)
                await append(*arguments, **more)

            monkeypatch.setattr(people.me, "append", append_without_a_file)
            lines = [chat.send(b"pay 100 EUR"), chat.send(b"typed behind it")]
            assert await desk.flush()
            await asyncio.gather(*(line.settled.wait() for line in lines))
            assert desk.is_over and [line.state for line in lines] == [Delivery.SEEN, Delivery.FAILED]
            third = chat.send(b"typed later")
            await third.settled.wait()
            assert third.state is Delivery.SEEN
        said = await said_after_the_next_start(people, process, tmp_path / "desk.db")
        assert said == [b"pay 100 EUR", b"typed behind it", b"typed later"]


async def test_the_sequence_is_above_all_that_the_server_has_also_where_some_is_held_already(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        for sequence in (1, 3, 5, 7):
            await people.me.append(process.id, "chat", sequence, b"from elsewhere, with the same key")
        async with Desk(tmp_path / "desk.db") as desk, speaking(people, process, desk, held=True) as chat:
            line = chat.send(b"mine")
            await line.settled.wait()
        assert (line.sequence, line.state) == (9, Delivery.SEEN)
