"""Connections are closed whatever happens to the requests on them: none is left to the garbage collector."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from colony_tui.client import ServerAddress
from colony_tui.client.pool import Pool
from colony_tui.errors import ConnectError
from tests.colony import until

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

REQUESTS = 3


class Listener:
    """A server that counts its open connections and answers each request at once, or never."""

    def __init__(self, answers: bool) -> None:
        self.answers = answers
        self.open = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self.asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self._writers.add(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n{}"):
                self.asked.set()
                if self.answers:
                    writer.write(ANSWER)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self.open -= 1

    def hang_up(self) -> None:
        """End every connection, as a server does that starts anew."""
        for writer in self._writers:
            writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Pool]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield Pool(ServerAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=False), tls=None, proxy=None)


async def post(pool: Pool) -> None:
    await pool.post(b"{}", waits_s=0, on_date=lambda _: None)


async def steps(count: int) -> None:
    """Lets the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def settled(listener: Listener) -> None:
    """Until the server has no connection any more; one that was forgotten stays for as long as the loop."""
    await until(lambda: not listener.open)


async def renewing(pool: Pool) -> None:
    """Requests beside each other, on new connections each time."""
    while True:
        await asyncio.gather(*(post(pool) for _ in range(REQUESTS)))
        pool.renew()


async def test_a_cancel_at_any_moment_leaves_no_connection() -> None:
    listener = Listener(answers=True)
    async with listener.listening() as pool:
        for count in range(60):
            work = asyncio.create_task(renewing(pool))
            await steps(count)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        await pool.close()
        await settled(listener)


async def test_requests_at_any_moment_end_when_the_connections_are_closed() -> None:
    listener = Listener(answers=False)
    async with listener.listening() as first:
        for count in range(60):
            pool = Pool(first._address, tls=None, proxy=None)
            work = asyncio.create_task(post(pool))
            await steps(count)
            await pool.close()
            with pytest.raises(ConnectError, match="closed"):
                await work
            await settled(listener)


async def test_a_close_that_is_cancelled_goes_on() -> None:
    listener = Listener(answers=True)
    for count in range(1, 8):
        async with listener.listening() as pool:
            await asyncio.gather(*(post(pool) for _ in range(REQUESTS)))
            work = asyncio.create_task(pool.close())
            await steps(count)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            await settled(listener)


def open_to(port: int) -> list[asyncio.Transport]:
    """The ends of connections to a port that nobody has closed."""
    # By the type itself: what only stands for another thing may stand for one that is gone.
    transports = [thing for thing in gc.get_objects() if issubclass(type(thing), asyncio.Transport)]
    return [
        transport
        for transport in transports
        if not transport.is_closing() and transport.get_extra_info("peername") == ("127.0.0.1", port)
    ]


async def test_a_cancel_amid_the_clearing_away_of_what_the_server_dropped_leaves_none() -> None:
    for count in range(1, 25):
        listener = Listener(answers=True)
        async with listener.listening() as pool:
            await asyncio.gather(*(post(pool) for _ in range(REQUESTS)))
            listener.hang_up()
            await settled(listener)
            work = asyncio.create_task(post(pool))
            await steps(count)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            await pool.close()
            assert open_to(pool._address.port) == []
