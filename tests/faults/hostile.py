"""A WebSocket's server side, byte by byte: what no honest server would send."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

from colony_tui.wire.envelope import seal_reply
from tests.faults.proxy import Answer

TEXT, BINARY, CONTINUED, CLOSE, PONG = 1, 2, 0, 8, 10

Talk = Callable[["HostileSocket"], Awaitable[None]]


class HostileSocket:
    """An open socket, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, opcode: int, data: bytes, *, is_final: bool = True, is_masked: bool = False) -> None:
        """One frame of up to 64 KiB."""
        mask = 0x80 if is_masked else 0
        size = bytes([mask | len(data)]) if len(data) < 126 else bytes([mask | 126]) + len(data).to_bytes(2, "big")
        self._writer.write(bytes([opcode | (0x80 if is_final else 0)]) + size + (b"\0\0\0\0" if is_masked else b""))
        self._writer.write(data)
        await self._writer.drain()

    async def send_list(self, value: object, kind: str = "subscribechannelmsg") -> None:
        """A reply's envelope as a text frame."""
        await self.send(TEXT, seal_reply(kind, value))

    async def receive(self) -> tuple[int, bytes]:
        """The next frame of the client: opcode and data."""
        head = await self._reader.readexactly(2)
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
        mask = await self._reader.readexactly(4)
        data = await self._reader.readexactly(size)
        return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))

    async def silence(self) -> None:
        """Wait until the client goes."""
        while await self._reader.read(65536):
            pass


def talking(talk: Talk) -> Answer:
    """Open the socket in order, then do as ``talk`` does."""

    async def answer(first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = first.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        with suppress(OSError, asyncio.IncompleteReadError):
            await talk(HostileSocket(reader, writer))

    return answer


def saying(*frames: tuple[int, bytes]) -> Answer:
    """Once the client has subscribed, send these frames and keep silent."""

    async def talk(socket: HostileSocket) -> None:
        await socket.receive()
        for opcode, data in frames:
            await socket.send(opcode, data)
        await socket.silence()

    return talking(talk)


def instead(reply: bytes) -> Answer:
    """Answer the handshake with these bytes and close."""

    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()

    return answer
