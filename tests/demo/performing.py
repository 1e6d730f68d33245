"""Bots on a strict embedded colony, watched through a client's subscriptions from the first entry to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from colony_tui.client import ColonyClient
from colony_tui.client.events import Ended, Entries
from colony_tui.demo.bots import all_bots
from colony_tui.demo.offers import Bot
from colony_tui.demo.pace import Pace
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import SYNC_CHANNEL, ChannelEntry, FunctionSpec, Process
from colony_tui.wire.keys import generate_private_key
from tests.colony import until
from tests.members import Members


class Audience(Protocol):
    """Who watches, and may speak."""

    async def begin(self, process: Process) -> None: ...

    async def hear(self, process: Process, entry: ChannelEntry) -> None: ...


class Silence:
    """An audience that only watches."""

    async def begin(self, process: Process) -> None:
        """Nothing."""

    async def hear(self, process: Process, entry: ChannelEntry) -> None:
        """Nothing."""


Line = tuple[int, int | None, str, str]
"""Sequence, in reply to, type, payload."""


def bot(name: str) -> Bot:
    """A bot of the demo that never waits."""
    return next(bot for bot in all_bots(Pace(0)) if bot.name == name)


@dataclass
class Performance:
    """What a client saw of one process."""

    process: Process
    channels: dict[str, list[ChannelEntry]] = field(default_factory=dict)

    def lines(self, channel: str) -> list[Line]:
        """The entries in the order of their arrival, in short."""
        return [
            (entry.sequence, entry.in_reply_to, str(entry.type), entry.payload.decode())
            for entry in self.channels[channel]
        ]


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks until the condition holds; for what only the server knows."""
    while not await condition():  # noqa: ASYNC110 - only the server can tell, and it does not call
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(runner: ExecutorRunner) -> AsyncIterator[None]:
    """The runner serves while the context is open."""
    task = asyncio.create_task(runner.serve())
    try:
        yield
        assert not task.done(), "the runner has stopped"
    finally:
        task.cancel()
        await asyncio.wait({task})


async def performance(
    people: Members, player: Bot, spec: FunctionSpec, audience: Audience | None = None
) -> Performance:
    """Submit, subscribe, only then let the bot take it: so nothing can be missed. Returns once it has ended."""
    client = people.client(generate_private_key())
    # Beside the executor of ``people``, and beside earlier ones of this bot.
    player = replace(player, name=f"{player.name}-{client.id[:8]}")
    await player.register(people.owner, client)
    process = await people.me.submit(spec)
    audience = audience or Silence()
    shown = [channel for channel in process.channels if channel != SYNC_CHANNEL]
    async with asyncio.TaskGroup() as group:
        watching = {channel: group.create_task(_watched(people.me, process, channel, audience)) for channel in shown}
        await until(lambda: all(people.colony.subscribers(process.id, channel) for channel in shown))
        await audience.begin(process)
        async with running(player.runner(client, check_s=0.2)):
            await asyncio.wait(watching.values())
    process = await people.me.get_process(process.id)
    assert process.state.is_closed
    return Performance(process, {channel: task.result() for channel, task in watching.items()})


async def _watched(client: ColonyClient, process: Process, channel: str, audience: Audience) -> list[ChannelEntry]:
    seen: list[ChannelEntry] = []
    async with client.subscribe_channel(process.id, channel) as subscription:
        async for event in subscription:
            if isinstance(event, Ended):
                assert event.is_complete or not seen
            for entry in event.entries if isinstance(event, Entries) else ():
                seen.append(entry)
                await audience.hear(process, entry)
    return seen


class Talk:
    """A submitter that says its lines one by one, each behind the answer to the one before."""

    def __init__(self, people: Members, channel: str, *lines: str, is_streamed: bool = False) -> None:
        self._people = people
        self._channel = channel
        self._lines = list(lines)
        self._is_streamed = is_streamed

    async def begin(self, process: Process) -> None:
        """Speak first."""
        await self._say(process, 1)

    async def hear(self, process: Process, entry: ChannelEntry) -> None:
        """Answer the bot's entry, if it completes an answer."""
        is_answer = entry.sender_id != self._people.me.id and entry.in_reply_to is not None
        if is_answer and (entry.type == "end" or not self._is_streamed):
            await self._say(process, entry.sequence + 1)

    async def _say(self, process: Process, sequence: int) -> None:
        """The next line, if there is one."""
        if self._lines:
            await self._people.me.append(process.id, self._channel, sequence, self._lines.pop(0))
