"""Lines that are sent: in order, once, with the field's sequences, and told how far they came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from colony_tui.client import ColonyClient
from colony_tui.errors import ConnectError
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
            yield Conversation(people, process, tracked, follower, chat, changed)
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
