"""Sending lines to a channel: one at a time, in order, each exactly once or said to be unknown.

Owns sequences and delivery. A line whose reply was lost is looked for in the log before it is sent again with the same
sequence; where that cannot be told any more it is *unknown* and never repeated by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from colony_tui.archive.line_state import LineState
from colony_tui.client.replies import ReplyTooLarge
from colony_tui.client.transport import Transport
from colony_tui.errors import ArchiveError, ChannelFull, ConnectError, NotFound, ProtocolError, RateLimited, Refused
from colony_tui.live.follower import ChannelFollower
from colony_tui.model import ChannelEntry, EntryType, Process, ProcessState
from colony_tui.store.log import LogChange

if TYPE_CHECKING:
    from colony_tui.archive.desk import Desk

FORGED_SEQUENCE = 2**53
"""What others claim above this does not count when the next sequence is chosen."""

RATE_PAUSE_S = 0.5
"""How long a refusal for too many appends a second is waited out before the next try."""


LOCK_PAUSE_S = 1.0
"""Between two tries to note a line while another program holds the desk."""

LINK_PAUSE_S = 1.0
"""How long a broken link is waited for before the next try, unless it comes back earlier."""


class Delivery(Enum):
    """How far a line has come."""

    QUEUED = "waits for its turn, or for an executor"
    SENDING = "sent, no answer yet"
    ACCEPTED = "the server took it"
    SEEN = "stands in the log"
    ANSWERED = "the other party has answered it"
    FAILED = "the server refused it"
    UNKNOWN = "the channel went away before anybody could tell"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self in (Delivery.SEEN, Delivery.ANSWERED, Delivery.FAILED, Delivery.UNKNOWN)


@dataclass(slots=True, eq=False)
class Line:
    """A line that was given to be sent."""

    payload: bytes
    in_reply_to: int | None = None
    type: str = EntryType.DATA
    sequence: int | None = None
    """Chosen when its turn comes, ``None`` before."""
    state: Delivery = Delivery.QUEUED
    error: str = ""
    """Why it failed, is unknown, or waits."""
    was_accepted: bool = False
    """Whether the server took it in an earlier run of the program: it is never sent again by itself."""
    is_doubtful: bool = False
    """Whether it may have arrived although nobody said so: the log is looked through before it is sent again."""
    is_for_next_start: bool = False
    """Whether the desk still has it as one to be sent, and cannot be told otherwise any more."""
    kept_id: str = ""
    """Its id on the desk, empty where there is none."""
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")


_KEPT_STATES = {
    Delivery.ACCEPTED: LineState.ACCEPTED,
    Delivery.SEEN: LineState.SENT,
    Delivery.FAILED: LineState.FAILED,
    Delivery.UNKNOWN: LineState.UNKNOWN,
}
_STATES_KEPT = {
    LineState.QUEUED: Delivery.QUEUED,
    LineState.SENDING: Delivery.QUEUED,
    LineState.ACCEPTED: Delivery.ACCEPTED,
    LineState.FAILED: Delivery.FAILED,
    LineState.UNKNOWN: Delivery.UNKNOWN,
}


class SendingClient(Protocol):
    """What sending needs of a client."""

    transport: Transport

    @property
    def id(self) -> str: ...

    async def append(
        self,
        process_id: str,
        channel: str,
        sequence: int,
        payload: bytes | str,
        *,
        in_reply_to: int | None = None,
        type: str = EntryType.DATA,
    ) -> None: ...

    async def read_channel(
        self, process_id: str, channel: str, *, after_index: int = 0, limit: int = 0
    ) -> tuple[ChannelEntry, ...]: ...

    async def read_pages(self, process_id: str, channel: str) -> list[ChannelEntry]: ...


class ChatSession:
    """The lines that one identity sends to one channel.

    The follower reads first and goes on reading, so that the sequence is above all seen and every line is looked
    for where it must appear. :meth:`run` sends; lines given before or meanwhile wait.

    Args:
        desk: where lines are kept until they stand in the log, so that none is lost or sent twice however this
            program ends; what was left there by a program that is gone is sent on.
        on_change: called whenever a line's state changes.
    """

    def __init__(
        self,
        client: SendingClient,
        follower: ChannelFollower,
        *,
        desk: Desk | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._follower = follower
        self._desk = desk
        self._on_change = on_change
        self._queue: deque[Line] = deque()
        self._news = asyncio.Event()
        self._last_sequence = 0
        self._epoch = follower.log.epoch
        self.lines: list[Line] = []
        """All lines given, in order; those that are seen stay until the log shows them."""
        self._restore()
        follower.on_change(self._on_log)
        follower.tracked.on_change(self._on_process)

    def _restore(self) -> None:
        """Take up what the desk holds of this channel: what may have left is looked for before it is sent again."""
        if self._desk is None:
            return
        for kept in self._desk.lines(self._follower.log.process_id, self._follower.channel):
            if kept.sender_id != self._client.id or kept.state is LineState.SENT:
                continue
            state = _STATES_KEPT[kept.state]
            line = Line(kept.payload, kept.in_reply_to, kept.type, kept.sequence, state, kept.error, kept_id=kept.id)
            line.is_doubtful = kept.state in (LineState.SENDING, LineState.ACCEPTED)
            line.was_accepted = kept.state is LineState.ACCEPTED
            self.lines.append(line)
            if not state.is_settled:
                self._queue.append(line)
            self._last_sequence = max(self._last_sequence, kept.sequence or 0)

    @property
    def is_executor(self) -> bool:
        """Whether the identity is the assigned executor and not the submitter."""
        process = self._follower.tracked.process
        return self._client.id == process.executor_id and self._client.id != process.initiator_id

    @property
    def pending(self) -> list[Line]:
        """Lines that do not stand in the log yet, in order."""
        return [line for line in self.lines if line.state not in (Delivery.SEEN, Delivery.ANSWERED)]

    def state_of(self, entry: ChannelEntry) -> Delivery | None:
        """The state of the line that an entry of ours came from; ``None`` for others."""
        for line in reversed(self.lines):
            if _is_same(line, entry, self._client.id):
                return line.state
        return None

    def send(self, payload: bytes, in_reply_to: int | None = None, type: str = EntryType.DATA) -> Line:
        """Give a line to be sent."""
        line = Line(payload, in_reply_to, type)
        if self._desk is not None:
            where = (self._follower.log.process_id, self._follower.channel, self._client.id)
            line.kept_id = self._desk.keep_line(*where, payload, in_reply_to=in_reply_to, type=type).id
        self.lines.append(line)
        self._queue.append(line)
        self._news.set()
        self._on_change()
        return line

    def retry(self, line: Line) -> None:
        """Give a failed or unknown line to be sent again, as a new one."""
        if line.state in (Delivery.FAILED, Delivery.UNKNOWN) and not line.is_for_next_start:
            self.drop(line)
            self.send(line.payload, line.in_reply_to, line.type)

    def drop(self, line: Line) -> None:
        """Forget a line that failed, is unknown or has not been sent."""
        if line in self.lines and line.state in (Delivery.FAILED, Delivery.UNKNOWN, Delivery.QUEUED):
            self.lines.remove(line)
            if self._desk is not None:
                self._desk.drop(line.kept_id)
            if line in self._queue:
                self._queue.remove(line)
            self._on_change()

    async def run(self) -> None:
        """Send lines as they come, until cancelled.

        A line in flight is then left as it is known; running again goes on with it, after a look into the log.
        """
        while True:
            while not self._queue:
                self._news.clear()
                await self._news.wait()
            line = self._queue[0]
            if await self._may_send(line):
                await self._deliver(line)
            # It may have been dropped meanwhile.
            if self._queue and self._queue[0] is line:
                self._queue.popleft()

    async def _may_send(self, line: Line) -> bool:
        """Wait until the process runs and its log was read; whether the line can be sent at all."""
        tracked = self._follower.tracked
        while line in self._queue and not line.state.is_settled:
            process = tracked.process
            if (tracked.is_gone or process.state.is_closed) and line.was_accepted:
                line.settled.set()
                return False
            if tracked.is_gone or process.state.is_closed:
                state = Delivery.UNKNOWN if line.is_doubtful else Delivery.FAILED
                self._settle(line, state, f"the process has ended ({process.state.word})")
                return False
            if process.state is not ProcessState.RUNNING:
                await tracked.wait_change(process)
            elif self._follower.has_read or self._follower.log.condition.is_settled:
                return True
            else:
                self._news.clear()
                await self._news.wait()
        return False

    def _next_sequence(self) -> int:
        """Above all seen and sent; odd for the submitter, even for the executor (TUTORIAL, "Best Practices")."""
        seen = (entry.sequence for entry in self._follower.log if entry.sequence < FORGED_SEQUENCE)
        highest = max(max(seen, default=0), self._last_sequence, 0)
        parity = 0 if self.is_executor else 1
        return highest + 1 + ((highest + 1) % 2 != parity)

    async def _deliver(self, line: Line) -> None:
        while True:
            try:
                if line.is_doubtful and await self._stands_in_log(line):
                    self._accept(line)
                    return
                if line.state.is_settled:
                    return
                if line.was_accepted:
                    self._settle(line, Delivery.UNKNOWN, "the server lost its log after it took the line")
                    return
                if not await self._claim(line):
                    return
                self._turn(line, Delivery.SENDING, line.error)
                await self._append(line)
                self._accept(line)
                return
            except RateLimited:
                await asyncio.sleep(RATE_PAUSE_S)
            except (ConnectError, ProtocolError) as error:
                if not line.state.is_settled:
                    self._turn(line, Delivery.SENDING, str(error))
                await self._client.transport.link.wait(LINK_PAUSE_S)
            except Refused as error:
                self._refused(line, error)
                return

    async def _claim(self, line: Line) -> bool:
        """Choose its sequence and write down that it is about to leave; whether it may."""
        if line.sequence is None:
            line.sequence = self._last_sequence = self._next_sequence()
        if self._desk is None:
            return True
        try:
            is_ours = await self._desk.claim(line.kept_id, line.sequence)
        except ArchiveError as error:
            if not self._desk.is_over:
                self._turn(line, Delivery.QUEUED, str(error))
                await asyncio.sleep(LOCK_PAUSE_S)
                return await self._claim(line)
            # On disk it stays as one to be sent: sent now as well, it would go out twice.
            line.is_for_next_start = True
            self._settle(line, Delivery.FAILED, f"kept, and sent at the next start, since now it cannot be: {error}")
            return False
        if not is_ours:
            self.lines.remove(line)
            self._on_change()
        return is_ours

    async def _append(self, line: Line) -> None:
        """Append it; from here on it is doubtful, unless the server said no or cannot have seen it."""
        assert line.sequence is not None
        was_doubtful, line.is_doubtful = line.is_doubtful, True
        try:
            await self._client.append(
                self._follower.log.process_id,
                self._follower.channel,
                line.sequence,
                line.payload,
                in_reply_to=line.in_reply_to,
                type=line.type,
            )
        except ConnectError as error:
            line.is_doubtful = was_doubtful or not error.is_unsent
            raise
        except Refused:
            line.is_doubtful = was_doubtful
            raise

    async def _stands_in_log(self, line: Line) -> bool:
        """Whether a line whose reply was lost has arrived: in what is held, else in what the server has now.

        Raises:
            NotFound: the channel is gone with its process.
        """
        if any(_is_same(line, entry, self._client.id) for entry in self._follower.log):
            return True
        process = await self._follower.tracked.fetch()
        if process.state.is_closed:
            raise NotFound(404, "the process has ended")
        entries = await self._read_log()
        return any(_is_same(line, entry, self._client.id) for entry in entries)

    async def _read_log(self) -> Sequence[ChannelEntry]:
        """The whole log at once: pages may skip an entry while others append."""
        where = (self._follower.log.process_id, self._follower.channel)
        try:
            return await self._client.read_channel(*where)
        except ReplyTooLarge:
            return await self._client.read_pages(*where)

    def _refused(self, line: Line, error: Refused) -> None:
        if line.state.is_settled:
            return
        if line.is_doubtful and not isinstance(error, ChannelFull):
            self._settle(line, Delivery.UNKNOWN, "the link broke while it was sent, and the channel is gone")
        elif isinstance(error, NotFound):
            self._settle(line, Delivery.FAILED, "the channel is closed")
        else:
            self._settle(line, Delivery.FAILED, error.reason)

    def _accept(self, line: Line) -> None:
        if not line.state.is_settled:
            self._turn(line, Delivery.ACCEPTED)
            if any(_is_same(line, entry, self._client.id) for entry in self._follower.log):
                self._settle(line, Delivery.SEEN)

    def _on_log(self, change: LogChange) -> None:
        self._news.set()
        if self._follower.log.epoch != self._epoch:
            self._epoch = self._follower.log.epoch
            self._lose_accepted()
        for entry in change.added:
            for line in self.lines:
                if _is_same(line, entry, self._client.id):
                    self._settle(line, Delivery.SEEN)
                elif line.state is Delivery.SEEN and _answers(entry, line, self._client.id):
                    self._turn(line, Delivery.ANSWERED)

    def _lose_accepted(self) -> None:
        """The server has forgotten its log: what it took and nobody saw is known to nobody."""
        for line in self.lines:
            if line.state is Delivery.ACCEPTED:
                self._settle(line, Delivery.UNKNOWN, "the server lost its log after it took the line")

    def _on_process(self, process: Process) -> None:
        """No line can be seen any more that was not by now; what the server took stays accepted."""
        self._news.set()
        if process.state.is_closed:
            for line in self.lines:
                if line.state is Delivery.ACCEPTED:
                    line.settled.set()

    def _settle(self, line: Line, state: Delivery, error: str = "") -> None:
        self._turn(line, state, error)
        line.settled.set()

    def _turn(self, line: Line, state: Delivery, error: str = "") -> None:
        line.state, line.error = state, error
        if self._desk is not None and state in _KEPT_STATES:
            self._desk.settle(line.kept_id, _KEPT_STATES[state], error)
        self._on_change()


def _is_same(line: Line, entry: ChannelEntry, sender_id: str) -> bool:
    return (
        line.sequence is not None
        and entry.sequence == line.sequence
        and entry.sender_id == sender_id
        and entry.payload == line.payload
    )


def _answers(entry: ChannelEntry, line: Line, sender_id: str) -> bool:
    return entry.in_reply_to == line.sequence and entry.sequence != line.sequence and entry.type != EntryType.ERROR
