"""A WebSocket whose messages and pongs come out in the order in which they arrived.

The library resolves a pong's future as soon as the pong is parsed, also while earlier messages still wait in its queue.
For a channel's subscription the order is the meaning (PROTOCOL.md, "Following a channel", 7), so it is kept here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

OPEN_TIME_S = 5.0
_MESSAGE_OPCODES = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong, with the payload of its ping."""

    payload: bytes


class FrameSocket(ClientConnection):
    """A client connection with :meth:`next_item`. Not for use with ``recv`` at the same time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrived = 0
        self._taken = 0
        self._pongs: deque[tuple[int, Pong]] = deque()
        self._activity = asyncio.Event()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            if event.opcode in _MESSAGE_OPCODES and event.fin:
                self._arrived += 1
                self._activity.set()
            elif event.opcode is Opcode.PONG:
                self._pongs.append((self._arrived, Pong(bytes(event.data))))
                self._activity.set()
        super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._activity.set()

    async def next_item(self) -> str | bytes | Pong:
        """The next message or pong, in order of arrival. Safe to cancel.

        Raises:
            websockets.exceptions.ConnectionClosed: the connection is over and everything before has been taken.
        """
        while True:
            if self._pongs and self._pongs[0][0] <= self._taken:
                return self._pongs.popleft()[1]
            if self._taken < self._arrived or self._activity.is_set():
                self._activity.clear()
                if self._taken < self._arrived or self.connection_lost_waiter.done():
                    message = await self.recv()
                    self._taken += 1
                    return message
                continue
            await self._activity.wait()

    async def end(self) -> None:
        """Drop the connection at once: the server reads no close frame while a subscription runs."""
        self.transport.abort()
        await self.wait_closed()


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(
    url: str, *, tls: ssl.SSLContext | None, proxy: str | None, cookies: str | None, user_agent: str, max_size: int
) -> FrameSocket:
    """Open a socket without keep-alive pings, which a server in a subscription does not answer.

    Raises:
        OSError, TimeoutError, websockets.exceptions.WebSocketException: as the library does.
    """
    connection = await _Connect(
        url,
        create_connection=FrameSocket,
        ssl=tls,
        proxy=proxy,
        additional_headers={"Cookie": cookies} if cookies else None,
        user_agent_header=user_agent,
        compression=None,
        open_timeout=OPEN_TIME_S,
        ping_interval=None,
        close_timeout=0.5,
        max_size=max_size,
    )
    assert isinstance(connection, FrameSocket)
    return connection
