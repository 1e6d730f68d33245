"""A WebSocket whose messages and pongs come out in the order in which they arrived.

The library resolves a pong's future as soon as the pong is parsed, also while earlier messages still wait in its queue.
For a channel's subscription the order is the meaning (PROTOCOL.md, "Following a channel", 7), so it is kept here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidURI, WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from colony_tui.client.address import ServerAddress
from colony_tui.client.failures import failure_of, in_words
from colony_tui.client.replies import MAX_REPLY_BYTES, USER_AGENT, FrameTooLarge, Pong
from colony_tui.errors import ColonyError, ConnectError, ProtocolError

OPEN_TIME_S = 5.0

MAX_FRAGMENTS = 20_000
"""Fragments of one message; the largest reply in pieces of 4 KiB has fewer. Empty ones count towards no other limit."""

_STARTS = (Opcode.TEXT, Opcode.BINARY)


class FrameSocket(ClientConnection):
    """A client connection with :meth:`next_item`. Not for use with ``recv`` at the same time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun = 0
        self._arrived = 0
        self._taken = 0
        self._fragments = 0
        self._pongs: deque[tuple[int, Pong]] = deque()
        self._activity = asyncio.Event()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            if event.opcode in (*_STARTS, Opcode.CONT):
                self._count(event)
                self._activity.set()
            elif event.opcode is Opcode.PONG:
                self._pongs.append((self._arrived, Pong(bytes(event.data))))
                self._activity.set()
        super().process_event(event)

    def _count(self, frame: Frame) -> None:
        self._begun += frame.opcode in _STARTS
        self._arrived += frame.fin
        self._fragments = 0 if frame.fin else self._fragments + 1
        if self._fragments > MAX_FRAGMENTS:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.protocol.state in (State.CLOSING, State.CLOSED):
            # Nothing more can come; whoever sent a close frame need not be waited for to hang up.
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._activity.set()

    async def next_item(self) -> str | bytes | Pong:
        """The next message or pong, in order of arrival. Safe to cancel.

        Raises:
            ConnectError: the connection is over and everything before has been taken.
            FrameTooLarge, ProtocolError: it was ended because of what the server sent.
        """
        while True:
            if self._pongs and self._pongs[0][0] <= self._taken:
                return self._pongs.popleft()[1]
            # A message is fetched as soon as it has begun: the library stops reading when many of its pieces wait.
            if self._taken < self._begun or self.connection_lost_waiter.done():
                message = await self._receive()
                self._taken += 1
                return message
            self._activity.clear()
            await self._activity.wait()

    async def send_text(self, text: str) -> None:
        """Send a text frame. Raises what :meth:`next_item` does."""
        try:
            await self.send(text)
        except ConnectionClosed as error:
            raise _why_closed(error) from None

    async def send_ping(self, payload: bytes) -> None:
        """Send a ping; its pong is an item. Raises what :meth:`next_item` does."""
        try:
            await self.ping(payload)
        except ConnectionClosed as error:
            raise _why_closed(error) from None

    async def _receive(self) -> str | bytes:
        try:
            return await self.recv()
        except ConnectionClosed as error:
            if self._fragments > MAX_FRAGMENTS:
                raise ProtocolError("The server sends a frame in pieces without an end; it was not taken") from None
            raise _why_closed(error) from None

    async def end(self) -> None:
        """Drop the connection at once: the server reads no close frame while a subscription runs."""
        self.transport.abort()
        await self.wait_closed()


def _why_closed(error: ConnectionClosed) -> ColonyError:
    """Who ended the connection, and why."""
    if error.sent is not None and not error.rcvd_then_sent:
        if error.sent.code == CloseCode.MESSAGE_TOO_BIG:
            return FrameTooLarge(f"The server sent a frame that is too large and was not taken ({error.sent.reason})")
        return ProtocolError(f"The server broke the rules of WebSockets ({error.sent.reason or error.sent.code})")
    if error.rcvd is not None:
        return ConnectError(f"The server dropped the subscription ({error.rcvd})")
    return ConnectError("The server dropped the subscription without a word")


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(
    address: ServerAddress, *, tls: ssl.SSLContext | None, proxy: str | None, cookies: str | None
) -> FrameSocket:
    """Open a socket without keep-alive pings, which a server in a subscription does not answer.

    Raises:
        ConnectError: it cannot be opened.
        ProtocolError: what answers there is no WebSocket.
    """
    try:
        connection = await _Connect(
            address.websocket_url,
            create_connection=FrameSocket,
            ssl=tls,
            proxy=proxy,
            additional_headers={"Cookie": cookies} if cookies else None,
            user_agent_header=USER_AGENT,
            compression=None,
            open_timeout=OPEN_TIME_S,
            ping_interval=None,
            close_timeout=0.5,
            max_size=MAX_REPLY_BYTES,
        )
    except (InvalidHandshake, InvalidURI) as error:
        if isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError):
            raise failure_of(error.__cause__, address.authority) from None
        raise ProtocolError(f"{address.authority} did not open a WebSocket: {in_words(error)}") from None
    except (OSError, WebSocketException, TimeoutError, EOFError, UnicodeError) as error:
        raise failure_of(error, address.authority) from None
    assert isinstance(connection, FrameSocket)
    return connection
