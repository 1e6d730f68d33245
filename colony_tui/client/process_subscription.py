"""Waiting for one state of one process: harmless to the colony as long as it is one subscription a socket.

The server answers within milliseconds of the change, drops the connection at the limit, and its frame is older than
the process: it wakes us up, and the process is fetched (PROTOCOL.md, "Subscriptions", 2 to 4).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from colony_tui.client.events import Ended, Moved, ProcessEvent, Reached, RefusedBy
from colony_tui.client.replies import Pong
from colony_tui.client.retry import RetryPolicy
from colony_tui.client.subscription import GRACE_S, Subscription, silence, wire_seconds
from colony_tui.client.transport import Transport
from colony_tui.errors import ConnectError, NotFound, ProtocolError, Refused
from colony_tui.model import NANOSECONDS, Process, ProcessState
from colony_tui.wire.envelope import open_reply, seal
from colony_tui.wire.keys import Identity
from colony_tui.wire.requests import SubscribeProcess

if TYPE_CHECKING:
    from colony_tui.client.socket import FrameSocket

IDLE_WAKES = 3
"""How often in a row a socket may wake us although nothing has changed."""


YOUNG_LOOKS_S = (0.03, 0.07, 0.1, 0.1)
"""Pauses before a young process is looked at again, before it is subscribed to."""

OLD_S = 2.0
"""A process that has not changed for so long is not likely to change in this very moment. The server's clock is known
to a second."""


class ProcessReader(Protocol):
    """The RPCs that waiting needs."""

    transport: Transport
    identity: Identity
    colony: str

    async def get_process(self, process_id: str) -> Process: ...


class ProcessSubscription(Subscription[ProcessEvent]):
    """Tells when a process reaches a state; the iterator stops after that, or when it can no longer reach it.

    Args:
        reader: a :class:`ColonyClient` of any member.
        state: the one to wait for. At once :class:`Reached` when the process is in it.
        time_limit: seconds of one subscription on the server; renewed on a new connection.

    Events: :class:`Reached`, :class:`Ended` (closed in another state, or removed), :class:`RefusedBy` are last;
    :class:`Moved`, :class:`Lost` and :class:`Restored` may come before.
    """

    def __init__(
        self,
        reader: ProcessReader,
        process_id: str,
        state: ProcessState,
        *,
        time_limit: float = 120.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        super().__init__(reader.transport.link, retry or RetryPolicy())
        self._reader = reader
        self._process_id = process_id
        self._state = state
        self._seconds = wire_seconds(time_limit)
        self._seen: tuple[ProcessState, int] | None = None
        self._idle_wakes = 0
        self._is_old = False

    def __repr__(self) -> str:
        return f"{self._process_id[:8]} {self._state.word}"

    async def _run(self) -> bool:
        if await self._look() or await self._look_while_young():
            return True
        socket = await self._reader.transport.connect()
        try:
            return await self._listen(socket)
        finally:
            await socket.end()

    async def _listen(self, socket: FrameSocket) -> bool:
        loop = asyncio.get_running_loop()
        request = SubscribeProcess(
            colony=self._reader.colony,
            process_id=self._process_id,
            state=int(self._state),
            time_limit=self._seconds,
        )
        started = loop.time()
        try:
            await socket.send_text(seal(request, self._reader.identity).decode())
            async with asyncio.timeout(self._seconds + GRACE_S):
                frame = await socket.next_item()
        except ConnectError:
            if loop.time() - started < self._seconds - min(1.0, self._seconds / 2):
                raise
            self._idle_wakes = 0
            return False
        except TimeoutError:
            raise silence("subscription") from None
        self._link.heard(loop.time())
        if isinstance(frame, Pong):
            raise ProtocolError("The server sent a pong although nobody had sent a ping")
        reply = open_reply(frame)
        if reply.is_error:
            self._emit(RefusedBy(reply.refusal("subscribe to the process"), None))
            return True
        return await self._look_again()

    async def _look_while_young(self) -> bool:
        """Ask by request while the process has only just changed: whether that was the last event.

        A change in the very moment of subscribing can be missed, or answered twice at once, which a server does not
        survive. The next change is likeliest right behind the last one.
        """
        for pause_s in YOUNG_LOOKS_S:
            if self._is_old:
                return False
            await asyncio.sleep(pause_s)
            if await self._look():
                return True
        return False

    async def _look_again(self) -> bool:
        """Look because a frame told to: whether that was the last event.

        Raises:
            ProtocolError: frames come again and again and nothing has changed.
        """
        before = self._seen
        if await self._look():
            return True
        self._idle_wakes = self._idle_wakes + 1 if self._seen == before else 0
        if self._idle_wakes >= IDLE_WAKES:
            raise ProtocolError("The server tells of changes of the process that it does not show")
        return False

    async def _look(self) -> bool:
        """Fetch the process and tell what is new of it: whether that was the last event."""
        try:
            process = await self._reader.get_process(self._process_id)
        except NotFound:
            self._restored()
            self._emit(Ended(None, True))
            return True
        except Refused as error:
            if error.is_passing:
                raise
            self._restored()
            self._emit(RefusedBy(error, None))
            return True
        self._restored()
        changed_ns = process.started_ns if process.state is ProcessState.RUNNING else process.submitted_ns
        age_ns = self._reader.transport.server_time_ns() - (changed_ns or 0)
        self._is_old = age_ns > OLD_S * NANOSECONDS
        if process.state is self._state:
            self._emit(Reached(process))
            return True
        if process.state.is_closed:
            self._emit(Ended(process, True))
            return True
        now = (process.state, process.retries)
        if self._seen is not None and self._seen != now:
            self._emit(Moved(process))
        self._seen = now
        return False
