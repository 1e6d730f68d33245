"""What an executor says and hears while it serves one attempt of a process.

Owns the sequences of what is said, and notices when the attempt is no longer its executor's. Decides nothing about what
is said, and neither takes processes nor ends them.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterable, Iterable
from typing import NoReturn, Self

import msgspec

from colony_tui.client import ChannelSubscription, ColonyClient
from colony_tui.client.events import Ended, Entries, RefusedBy
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError, NotAllowed, NotFound, RateLimited, Refused
from colony_tui.model import SYNC_ACK, SYNC_CHANNEL, ChannelEntry, EntryType, Process, ProcessState
from colony_tui.wire.envelope import text_bytes
from colony_tui.wire.requests import AppendEntry

RATE_PAUSE_S = 0.05
"""How long an append waits that came too fast; the server grants five more within this time."""

SAME_START_NS = 1_000_000
"""Two starts this close are one: ``assign`` tells nanoseconds, a later look microseconds."""

LARGEST_SEQUENCE = 2**53
"""What others claim beyond this does not push our sequences up."""


class Failed(Exception):
    """What a handler raises to fail its process with a sentence of its own."""


class Incoming:
    """The submitter's entries on one channel, from the first on, each once, as long as the attempt lasts.

    An asynchronous iterator that survives lost links. It never ends by itself: with the attempt, its handler is
    cancelled. Raises :class:`Refused` when the channel was never declared.
    """

    def __init__(self, conversation: Conversation, channel: str, subscription: ChannelSubscription) -> None:
        self._conversation = conversation
        self._channel = channel
        self._subscription = subscription
        self._waiting: deque[ChannelEntry] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChannelEntry:
        while not self._waiting:
            match await anext(self._subscription, None):
                case Entries(entries):
                    self._waiting.extend(self._conversation.note(self._channel, entries))
                case RefusedBy(error):
                    await self._conversation.stop_if_over()
                    raise error
                case Ended() | None:
                    await self._conversation.stop()
        return self._waiting.popleft()


class Conversation:
    """One attempt of a process, as the executor speaks in it.

    Sequences are even, above all that were seen or sent on the channel, and start again with each attempt. Appends
    go one at a time in the order of their calls; being limited in rate and lost links are waited out, and a line
    whose reply was lost is looked for in the log before it is repeated.
    """

    def __init__(self, client: ColonyClient, process: Process, *, retry: RetryPolicy | None = None) -> None:
        self.client = client
        self.process = process
        self._over = asyncio.Event()
        self._retry = retry or RetryPolicy()
        self._highest: dict[str, int] = {}
        self._sending = asyncio.Lock()
        self._subscriptions: list[ChannelSubscription] = []
        self._began = asyncio.get_running_loop().time()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the process was assigned."""
        return asyncio.get_running_loop().time() - self._began

    def argument(self, name: str, position: int | None = None, default: object = None) -> object:
        """An argument of the process by its name, else by its position, else ``default``."""
        spec = self.process.spec
        if name in spec.kwargs:
            return spec.kwargs[name]
        return spec.args[position] if position is not None and position < len(spec.args) else default

    def incoming(self, channel: str) -> Incoming:
        """What the submitter says on a channel; its subscription ends with the conversation."""
        subscription = self.client.subscribe_channel(self.process.id, channel)
        self._subscriptions.append(subscription)
        return Incoming(self, channel, subscription)

    async def say(
        self, channel: str, payload: str | bytes, *, in_reply_to: int | None = None, type: str = EntryType.DATA
    ) -> int:
        """Append an entry and return its sequence.

        Raises:
            ChannelFull, PayloadTooLarge, NotFound, Unsendable: the entry can never be appended.
        """
        body = text_bytes(payload, AppendEntry.doing) if isinstance(payload, str) else payload
        async with self._sending:
            sequence = (self._highest.get(channel, 0) // 2 + 1) * 2
            self._highest[channel] = sequence
            entry = _Line(channel, sequence, in_reply_to, body, type)
            await self._append(entry)
        return sequence

    async def stream(self, channel: str, tokens: AsyncIterable[str], *, in_reply_to: int | None = None) -> None:
        """Append each token as an entry of its own, then an ``end``; all answer the same entry.

        When ``tokens`` raises, an ``error`` ends the reply and the exception goes on.
        """
        iterator = aiter(tokens)
        while True:
            try:
                token = await anext(iterator)
            except StopAsyncIteration:
                break
            except Exception as error:
                await self.error(channel, sentence(error), in_reply_to=in_reply_to)
                raise
            await self.say(channel, token, in_reply_to=in_reply_to)
        await self.end(channel, in_reply_to=in_reply_to)

    async def end(self, channel: str, *, in_reply_to: int | None = None, payload: str | bytes = b"") -> int:
        """End the reply to ``in_reply_to``, or without one the channel's stream."""
        return await self.say(channel, payload, in_reply_to=in_reply_to, type=EntryType.END)

    async def error(self, channel: str, sentence: str, *, in_reply_to: int | None = None) -> int:
        """Say that an error occurred, in the reply to ``in_reply_to`` or in the channel's stream."""
        return await self.say(channel, sentence, in_reply_to=in_reply_to, type=EntryType.ERROR)

    async def log(self, line: str) -> None:
        """Log a line for the process."""
        await self.client.add_log(self.process.id, line)

    async def wait_for_ack(self) -> None:
        """Wait until the submitter has said on ``sync`` that it holds all output."""
        async for entry in self.incoming(SYNC_CHANNEL):
            if entry.payload == SYNC_ACK:
                return

    def note(self, channel: str, entries: Iterable[ChannelEntry]) -> list[ChannelEntry]:
        """Take note of entries that were read, and pick the submitter's."""
        theirs = [entry for entry in entries if self._is_submitters(entry)]
        claimed = [entry.sequence for entry in theirs if entry.sequence <= LARGEST_SEQUENCE]
        self._highest[channel] = max([self._highest.get(channel, 0), *claimed])
        return theirs

    async def is_current(self) -> bool:
        """Whether the server still has this attempt running on this executor."""
        try:
            now = await self.client.get_process(self.process.id)
        except Refused:
            return False
        return (
            now.state is ProcessState.RUNNING
            and now.executor_id == self.client.id
            and now.retries == self.process.retries
            and abs((now.started_ns or 0) - (self.process.started_ns or 0)) <= SAME_START_NS
        )

    async def stop_if_over(self) -> None:
        """Return while the attempt is current; else :meth:`stop`."""
        if not await self.is_current():
            await self.stop()

    async def stop(self) -> NoReturn:
        """Say that the attempt is over and wait for the cancellation that this brings."""
        self._over.set()
        while True:
            await asyncio.get_running_loop().create_future()

    async def stopped(self) -> None:
        """Return once somebody found the attempt over."""
        await self._over.wait()

    async def leave(self) -> None:
        """Close the sockets of this conversation."""
        for subscription in self._subscriptions:
            await subscription.end()

    def _is_submitters(self, entry: ChannelEntry) -> bool:
        if entry.sender_id != self.process.initiator_id:
            return False
        # Where both parties use one key, only the convention tells them apart (PROTOCOL.md, "Channels").
        return entry.sender_id != self.client.id or entry.sequence % 2 == 1

    async def _append(self, line: _Line) -> None:
        is_unsure = False
        lost_at: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            try:
                if is_unsure and await self._holds(line):
                    return
                await self.client.append(
                    self.process.id,
                    line.channel,
                    line.sequence,
                    line.payload,
                    in_reply_to=line.in_reply_to,
                    type=line.type,
                )
                return
            except RateLimited:
                await asyncio.sleep(RATE_PAUSE_S)
            except ConnectError as error:
                is_unsure = is_unsure or not error.is_unsent
                lost_at = lost_at or loop.time()
                await self.client.transport.link.wait(self._retry.delay(loop.time() - lost_at, random.random()))
            except (NotFound, NotAllowed):
                await self.stop_if_over()
                raise

    async def _holds(self, line: _Line) -> bool:
        """Whether the log already has a line whose reply was lost."""
        await self.stop_if_over()
        started_ns = self.process.started_ns or 0
        return any(
            entry.sender_id == self.client.id
            and (entry.sequence, entry.payload) == (line.sequence, line.payload)
            and entry.timestamp_ns >= started_ns
            for entry in await self.client.read_pages(self.process.id, line.channel)
        )


class _Line(msgspec.Struct, frozen=True):
    """What one append carries."""

    channel: str
    sequence: int
    in_reply_to: int | None
    payload: bytes
    type: str


def sentence(error: Exception) -> str:
    """What an exception says, in words for the other party that can be sent: ours are sentences already."""
    # A file's name, say, may hold bytes that are no text.
    words = str(error).encode("utf-8", "backslashreplace").decode()
    if isinstance(error, ColonyError | Failed) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
