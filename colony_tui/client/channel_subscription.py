"""Following one channel without loss, by PROTOCOL.md's rules ("Following a channel").

Owns one socket with one subscription at a time. A ping behind each subscription tells its end; the next subscription
is queued in the last second; completeness is proven by count; whatever does not fit leads to reading the whole log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from colony_tui.client.doubt import Doubt
from colony_tui.client.events import (
    Asked,
    ChannelEvent,
    CutOff,
    Ended,
    Entries,
    LimitPassed,
    LogReset,
    Missing,
    Proven,
    RefusedBy,
)
from colony_tui.client.held import HeldLog, Standing
from colony_tui.client.replies import FrameTooLarge, Pong, ReplyTooLarge
from colony_tui.client.retry import RetryPolicy
from colony_tui.client.subscription import BREATH_S, GRACE_S, Subscription, silence, wire_seconds
from colony_tui.client.transport import Transport
from colony_tui.errors import ColonyError, ConnectError, NotAllowed, NotFound, ProtocolError, Refused
from colony_tui.model import ChannelEntry, Process
from colony_tui.wire import decode
from colony_tui.wire.envelope import open_reply, seal
from colony_tui.wire.keys import Identity
from colony_tui.wire.requests import SubscribeChannel

if TYPE_CHECKING:
    from colony_tui.client.socket import FrameSocket

QUEUE_AHEAD_S = 0.5
"""How long before the limit the next subscription is queued: within its last second, with room for a late start on
either side. Earlier would make a cancelled channel again."""

FIRST_LIMIT_S = 2
"""Limit of a subscription to a log that is empty."""

EARLY_LIMITS = 3
"""How many subscriptions in a row may end before half of their time. One may seem to, behind a link that was slow."""

PATIENT_CHECKS = 3
"""How often a frame that must come is waited for before the connection counts as half-open."""


class ChannelReader(Protocol):
    """The RPCs that following needs."""

    transport: Transport
    identity: Identity

    async def get_process(self, process_id: str) -> Process: ...

    async def read_channel(
        self, process_id: str, channel: str, *, after_index: int = 0, limit: int = 0
    ) -> tuple[ChannelEntry, ...]: ...

    async def read_pages(self, process_id: str, channel: str) -> list[ChannelEntry]: ...


@dataclass(slots=True)
class _Sent:
    """A subscription that was sent and is not over yet."""

    number: int
    after_index: int
    is_queued: bool
    """Whether it was sent behind a running one, so that no moment lies between the two."""
    started: float
    """When the server began it (loop time); of a queued one, when it was sent."""
    seconds: int
    """Its limit on the server."""
    is_first_due: bool = True
    """Whether the frame that answers it is still to come."""
    checks: int = 0
    """How often that frame was missed."""


class ChannelSubscription(Subscription[ChannelEvent]):
    """All entries of a channel, each once, from the first to the process's end.

    Args:
        reader: a :class:`ColonyClient` of the submitter or the assigned executor.
        time_limit: seconds of one subscription on the server (whole ones). Short ones cost renewals, long ones leave
            dead subscriptions behind on the server when a connection breaks.
        held: entries of an earlier subscription to the same log; they are not delivered again.
        retry: when to try again after a loss.

    Events: see :mod:`colony_tui.client.events`. Entries survive losses without duplicates; after a
    :class:`LogReset` the same identities cannot come again, since the server's clock goes on.
    """

    def __init__(
        self,
        reader: ChannelReader,
        process_id: str,
        channel: str,
        *,
        time_limit: float = 30.0,
        held: Iterable[ChannelEntry] = (),
        retry: RetryPolicy | None = None,
    ) -> None:
        super().__init__(reader.transport.link, retry or RetryPolicy())
        self._reader = reader
        self._process_id = process_id
        self._channel = channel
        self._seconds = wire_seconds(time_limit)
        self._held = HeldLog()
        self._held.take(held)
        self._sent: deque[_Sent] = deque()
        self._count = 0
        self._early_limits = 0
        self._is_proven = False
        self._is_ending = False
        """Whether the process was seen to be over, and what was pushed before may still be on its way."""
        self._pongs_mean_nothing = False
        self._doubt = Doubt(reader.transport.link)
        self._must_read = False
        """Whether what is missing is read in pages first: it was too much for one frame, or for the link so far."""

    def __repr__(self) -> str:
        return f"{self._process_id[:8]}/{self._channel}"

    async def _run(self) -> bool:
        try:
            process = await self._reader.get_process(self._process_id)
            if process.state.is_closed:
                return self._finish(process, is_complete=False)
            if self._must_read or not len(self._held):
                # As one frame a long backlog would be megabytes.
                self._deliver(await self._reader.read_pages(self._process_id, self._channel))
                self._must_read = False
            socket = await self._reader.transport.connect()
        except Refused as error:
            return await self._after_refusal(error)
        try:
            await self._subscribe(socket)
            self._emit(Asked(len(self._held)))
            with self._doubt:
                return await self._follow(socket)
        except ColonyError as error:
            self._must_read = not self._is_proven or isinstance(error, FrameTooLarge)
            raise
        finally:
            self._is_proven = self._is_ending = False
            self._early_limits = 0
            self._sent.clear()
            await socket.end()

    async def _follow(self, socket: FrameSocket) -> bool:
        loop = asyncio.get_running_loop()
        while True:
            try:
                item = await self._doubt.wait(socket.next_item(), self._next_deadline())
            except TimeoutError:
                verdict = await self._on_time(socket, loop.time())
            else:
                verdict = await self._on_pong(item) if isinstance(item, Pong) else await self._on_frame(socket, item)
            if verdict is not None:
                return verdict

    def _heard(self) -> None:
        """What came makes sense: the link is there."""
        self._link.heard(asyncio.get_running_loop().time())
        self._restored()

    async def _subscribe(self, socket: FrameSocket) -> None:
        """Send the next subscription with its ping; it begins at once unless another is still running."""
        self._count += 1
        now = asyncio.get_running_loop().time()
        # An empty log answers nothing before the limit, so the first limit is short: its end is the proof.
        seconds = self._seconds if len(self._held) or self._is_proven else min(self._seconds, FIRST_LIMIT_S)
        sent = _Sent(self._count, self._held.next_index, bool(self._sent), now, seconds)
        self._sent.append(sent)
        request = SubscribeChannel(
            process_id=self._process_id,
            channel=self._channel,
            after_index=sent.after_index,
            time_limit=sent.seconds,
        )
        await socket.send_text(seal(request, self._reader.identity).decode())
        await socket.send_ping(str(sent.number).encode())

    def _next_deadline(self) -> float:
        """When something is to be done although nothing came."""
        running = self._sent[0]
        limit = running.started + running.seconds
        deadlines = [limit + GRACE_S]
        if len(self._sent) == 1 and not self._is_ending:
            deadlines.append(limit - QUEUE_AHEAD_S)
        if self._is_overdue(running):
            deadlines.append(running.started + BREATH_S * (running.checks + 1))
        return min(deadlines)

    def _is_overdue(self, running: _Sent) -> bool:
        return running.is_first_due and len(self._held) > 0

    async def _on_time(self, socket: FrameSocket, now: float) -> bool | None:
        running = self._sent[0]
        if self._doubt.is_risen:
            await self._resolve_doubt()
            return None
        if now >= running.started + running.seconds + GRACE_S:
            raise self._half_open()
        if self._is_overdue(running) and now >= running.started + BREATH_S * (running.checks + 1):
            return await self._check_by_request(running)
        if len(self._sent) == 1 and not self._is_ending:
            await self._renew(socket)
        return None

    async def _resolve_doubt(self) -> None:
        try:
            await self._doubt.resolve(self._reader.get_process(self._process_id))
        except TimeoutError:
            raise self._half_open() from None

    async def _renew(self, socket: FrameSocket) -> None:
        """Queue the next subscription; of an empty log only behind a look at the process.

        A subscription that the server reads right behind a cancel makes the channel again, empty, and nobody would
        ever tell of an end. Of a process that is over none is queued: the pong behind the running one proves that
        all is held, and where only its limit comes, it was such a one and proves nothing.
        """
        if not len(self._held):
            process = await self._process_now()
            if process is None or process.state.is_closed:
                self._is_ending = True
                return
        await self._subscribe(socket)

    async def _check_by_request(self, running: _Sent) -> bool | None:
        """No frame came although entries are held: ask whether the server's log has become shorter."""
        running.checks += 1
        process = await self._process_now()
        if process is None or process.state.is_closed:
            return self._finish(process, is_complete=False)
        index = self._held.next_index
        if await self._reader.read_channel(self._process_id, self._channel, after_index=index, limit=2):
            if running.checks == PATIENT_CHECKS:
                raise self._half_open()
            return None
        running.is_first_due = False
        # A shorter log explains the silence: the connection is as good as proven.
        self._restored()
        if await self._reset(()):
            return True
        return await self._make_complete(0)

    def _half_open(self) -> ConnectError:
        self._reader.transport.renew()
        return silence("subscription")

    async def _on_frame(self, socket: FrameSocket, frame: str | bytes) -> bool | None:
        reply = open_reply(frame)
        running = self._sent[0]
        if reply.is_error:
            # Behind a limit this proves nothing: a server that writes slowly drops at the limit what it had still to
            # push, and counts on the next subscription to tell it.
            return await self._after_refusal(reply.refusal("subscribe to the channel"))
        if reply.type != SubscribeChannel.__struct_config__.tag:
            raise ProtocolError(f"The server sent {reply.type[:40]!r} to a subscription of a channel")
        batch = decode.entries(reply.payload)
        self._heard()
        if batch.cut_off:
            self._emit(CutOff(batch.cut_off))
            raise ConnectError(f"The server cut the subscription off: {batch.cut_off}")
        if not batch.entries:
            if self._is_ending:
                return self._finish(await self._process_now(), is_complete=False)
            return await self._on_limit(socket, running)
        if running.is_first_due:
            running.is_first_due = False
            return await self._on_first(running.after_index + len(batch.entries), batch.entries)
        self._deliver(batch.entries)
        return None

    async def _on_first(self, length: int, entries: tuple[ChannelEntry, ...]) -> bool | None:
        """The frame that answers a subscription tells how long the server's log is."""
        held = len(self._held)
        fresh = self._held.take(entries)
        standing = self._held.standing(length)
        if standing is Standing.SHORTER:
            if await self._reset(entries, held):
                return True
            return await self._make_complete(len(entries))
        if standing is not Standing.COMPLETE:
            if self._is_proven:
                self._is_proven = False
                self._emit(Missing())
            self._emit_entries(fresh)
            return await self._make_complete(length)
        self._emit_entries(fresh)
        self._prove()
        return None

    async def _on_limit(self, socket: FrameSocket, running: _Sent) -> bool | None:
        self._sent.popleft()
        self._check_pace(running)
        if running.is_first_due:
            # The limit's own frame proves that the subscription was active, and that it had nothing to answer.
            if len(self._held) and await self._reset(()):
                return True
            self._prove()
        self._emit(LimitPassed())
        if self._sent:
            self._sent[0].started = asyncio.get_running_loop().time()
        else:
            await self._subscribe(socket)
        return None

    def _check_pace(self, running: _Sent) -> None:
        """Raises :class:`ProtocolError` when time limits come so early that we would subscribe without a pause."""
        is_early = asyncio.get_running_loop().time() - running.started < running.seconds / 2
        self._early_limits = self._early_limits + 1 if is_early else 0
        if self._early_limits >= EARLY_LIMITS:
            raise ProtocolError("The server ends subscriptions again and again before their time limit")

    async def _on_pong(self, pong: Pong) -> bool | None:
        """A pong without an empty list before it: the subscription is over because the process is."""
        if str(self._sent[0].number).encode() != pong.payload or self._pongs_mean_nothing:
            return None
        self._heard()
        process = await self._process_now()
        if process is None or process.state.is_closed:
            # Nothing before it although entries are held: the log was a shorter one, or ended before it was answered.
            is_complete = not (self._sent[0].is_first_due and len(self._held))
            return self._finish(process, is_complete=is_complete)
        # Somebody between answers pings for the server: from now on only limits and refusals tell the end.
        self._pongs_mean_nothing = True
        return None

    async def _make_complete(self, length: int) -> bool | None:
        """Read the log until all of its at least ``length`` entries are held."""
        entries: Sequence[ChannelEntry] = await self._reader.read_pages(self._process_id, self._channel)
        self._deliver(entries)
        if not self._agrees(entries, length):
            # Pages overlap or skip while others append; one read of everything does not.
            entries = await self._read_whole()
            self._deliver(entries)
            if not self._agrees(entries, length) and await self._reset(entries):
                return True
        self._prove()
        return None

    async def _read_whole(self) -> Sequence[ChannelEntry]:
        try:
            return await self._reader.read_channel(self._process_id, self._channel)
        except ReplyTooLarge:
            return await self._reader.read_pages(self._process_id, self._channel)

    def _agrees(self, entries: Sequence[ChannelEntry], length: int) -> bool:
        distinct = len({entry.identity for entry in entries})
        return distinct >= length and distinct == len(self._held)

    def _deliver(self, entries: Iterable[ChannelEntry]) -> None:
        self._emit_entries(self._held.take(entries))

    def _emit_entries(self, fresh: tuple[ChannelEntry, ...]) -> None:
        if fresh:
            self._emit(Entries(fresh))

    async def _reset(self, present: Iterable[ChannelEntry], held: int | None = None) -> bool | None:
        """What was held belongs to a log that is gone; ``present`` is known of the new one.

        Not where the process is over by now: a channel that is read behind a cancel is made again, empty.
        """
        process = await self._process_now()
        if process is None or process.state.is_closed:
            return self._finish(process, is_complete=False)
        self._emit(LogReset(len(self._held) if held is None else held))
        self._held.clear()
        self._deliver(present)
        return None

    def _prove(self) -> None:
        if not self._is_proven:
            self._is_proven = True
            self._emit(Proven(len(self._held)))

    def _finish(self, process: Process | None, *, is_complete: bool) -> bool:
        self._restored()
        self._emit(Ended(process, is_complete))
        return True

    async def _process_now(self) -> Process | None:
        try:
            return await self._reader.get_process(self._process_id)
        except NotFound:
            return None

    async def _after_refusal(self, error: Refused) -> bool:
        """A refusal of the channel: the process tells whether it has ended or the channel was never ours.

        Raises:
            Refused: the server is in trouble, which says nothing about the channel.
        """
        if error.is_passing:
            raise error
        try:
            process = await self._process_now()
        except NotAllowed as refused:
            self._restored()
            self._emit(RefusedBy(refused, None))
            return True
        if process is None or process.state.is_closed:
            return self._finish(process, is_complete=False)
        self._restored()
        self._emit(RefusedBy(error, process))
        return True
