"""A TCP proxy that breaks connections when a number of bytes has passed, by a script.

Knows no protocol beyond telling sockets from requests by their first bytes. Faults are counted in bytes and not in
seconds, so that the same script breaks the same place on any machine.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from random import Random
from types import TracebackType
from typing import Self

CHUNK = 65536


class Kind(Enum):
    """What happens to a connection."""

    CUT = "it ends in order on both sides; the bytes behind the place are lost"
    RESET = "both sides are told that it was reset"
    STALL = "it looks open; whatever either side sends is dropped"
    DELAY = "each further piece arrives late, and nothing is lost"


@dataclass(frozen=True, slots=True)
class Fault:
    """Happens as soon as ``after`` bytes have passed towards the client (or the server); a piece is cut there."""

    kind: Kind
    after: int
    is_upward: bool = False
    """Whether bytes towards the server are counted."""
    delay_s: float = 0.02
    """How late each piece is, of a DELAY."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a script is asked about."""

    number: int
    """Of its sort, from 0."""
    is_socket: bool
    """Whether it asks for ``/pubsub``."""


Script = Callable[[Opened], Fault | None]

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves a socket in place of the server; given what the client sent first."""


def clean(_: Opened) -> Fault | None:
    """Nothing happens."""
    return None


def dead(_: Opened) -> Fault | None:
    """Nothing ever comes back."""
    return Fault(Kind.RESET, 0)


def seeded(seed: int, *, sockets: tuple[int, int], requests: tuple[int, int] | None = None, roomy: int = 0) -> Script:
    """Every socket, and every request connection if wanted, breaks at a random place between two byte counts.

    Places are drawn by their logarithm, so that there are many early ones. Half of the requests break on their way to
    the server, the others on the way back.
    Every eighth connection of requests has room for at least ``roomy`` bytes more, so that a whole log can be read.
    """
    random = Random(seed)

    def script(opened: Opened) -> Fault | None:
        if not opened.is_socket and requests is None:
            return None
        low, high = sockets if opened.is_socket or requests is None else requests
        kind = random.choice((Kind.CUT, Kind.RESET))
        is_upward = not opened.is_socket and random.random() < 0.5
        room = roomy if not opened.is_socket and opened.number % 8 == 7 else 0
        return Fault(kind, room + round(low * (high / low) ** random.random()), is_upward)

    return script


class _Connection:
    """One connection through the proxy: two pumps and at most one fault."""

    def __init__(self, proxy: FaultProxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._passed = {False: 0, True: 0}
        self.is_socket = False
        self.fault: Fault | None = None
        self.has_struck = False

    async def run(self, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        first = await from_client.read(CHUNK)
        if not first:
            return
        self.is_socket = first.startswith(b"GET /pubsub")
        self.fault = self._proxy.plan(self.is_socket)
        if self.is_socket and self._proxy.answer is not None:
            await self._proxy.answer(first, from_client, self._client)
            return
        pumps = [
            asyncio.create_task(self._pump(from_client, self._server, first, is_upward=True)),
            asyncio.create_task(self._pump(from_server, self._client, b"", is_upward=False)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, piece: bytes, *, is_upward: bool
    ) -> None:
        while piece := piece or await source.read(CHUNK):
            if not await self._pass(piece, sink, is_upward=is_upward):
                return
            piece = b""

    async def _pass(self, piece: bytes, sink: asyncio.StreamWriter, *, is_upward: bool) -> bool:
        """Pass a piece on as far as the fault allows; whether the connection goes on."""
        fault = self.fault
        room = len(piece)
        if fault is not None and not self.has_struck and fault.is_upward == is_upward:
            room = max(0, fault.after - self._passed[is_upward])
        if self.has_struck and fault is not None and fault.kind is Kind.STALL:
            return True
        if self.has_struck and fault is not None and fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.delay_s)
        sink.write(piece[:room])
        await sink.drain()
        self._passed[is_upward] += min(room, len(piece))
        if room >= len(piece) or fault is None:
            return True
        return await self._strike(fault, piece[room:], sink)

    async def _strike(self, fault: Fault, rest: bytes, sink: asyncio.StreamWriter) -> bool:
        self.has_struck = True
        self._proxy.struck[(fault.kind, self.is_socket)] += 1
        if fault.kind is Kind.RESET:
            self.reset()
        if fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.delay_s)
            sink.write(rest)
        return fault.kind in (Kind.STALL, Kind.DELAY)

    def stall(self) -> None:
        """From now on whatever comes is dropped."""
        self.fault, self.has_struck = Fault(Kind.STALL, 0), True

    def delay(self, seconds: float) -> None:
        """From now on whatever comes is late."""
        self.fault, self.has_struck = Fault(Kind.DELAY, 0, delay_s=seconds), True

    def reset(self) -> None:
        """Closing tells both sides of a reset."""
        for side in (self._client, self._server):
            side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        for side in (self._client, self._server):
            side.close()


class FaultProxy:
    """Listens on ``port`` and connects to ``upstream``; closed with its context.

    ``struck`` counts faults by kind and whether a socket met them, ``opened`` connections by whether they are sockets.
    """

    def __init__(self, upstream: int, script: Script = clean, *, answer: Answer | None = None) -> None:
        self.upstream = upstream
        self.script = script
        self.answer = answer
        self.port = 0
        self.struck: Counter[tuple[Kind, bool]] = Counter()
        self.opened: Counter[bool] = Counter()
        self._alive: dict[_Connection, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._alive.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __str__(self) -> str:
        faults = (
            f"{count} {kind.name} of {'sockets' if of else 'requests'}" for (kind, of), count in self.struck.items()
        )
        return ", ".join(faults) or "no faults"

    @property
    def socket_faults(self) -> int:
        """How many sockets were broken."""
        return sum(count for (_, is_socket), count in self.struck.items() if is_socket)

    @property
    def request_faults(self) -> int:
        """How many connections of requests were broken."""
        return sum(count for (_, is_socket), count in self.struck.items() if not is_socket)

    def plan(self, is_socket: bool) -> Fault | None:
        """What is going to happen to a connection that opens now."""
        number = self.opened[is_socket]
        self.opened[is_socket] += 1
        return self.script(Opened(number, is_socket))

    def stall(self, *, sockets: bool = True, requests: bool = True) -> None:
        """Every present connection of that sort becomes half-open. New ones are as the script has it."""
        for connection in self._alive:
            if sockets if connection.is_socket else requests:
                connection.stall()

    def delay_sockets(self, seconds: float) -> None:
        """From now on every piece on the present sockets is late; requests are not."""
        for connection in self._alive:
            if connection.is_socket:
                connection.delay(seconds)

    def cut(self) -> None:
        """Every present connection is reset."""
        for connection, task in tuple(self._alive.items()):
            connection.reset()
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.close()
            return
        connection = _Connection(self, writer, server)
        task = asyncio.create_task(connection.run(reader, from_server))
        self._alive[connection] = task
        try:
            await asyncio.gather(task, return_exceptions=True)
        finally:
            del self._alive[connection]
            connection.close()
