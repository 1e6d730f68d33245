"""One way to one server: requests over HTTP and sockets, with one decision about trust, proxy and cookies.

Owns what is known of the way: the link, the server's clock, how much was asked. Knows no identity and no RPC.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from colony_tui.client.address import ServerAddress
from colony_tui.client.clock import ServerClock
from colony_tui.client.link import Link
from colony_tui.client.replies import Answer
from colony_tui.errors import ConnectError, NotAllowed, ProtocolError
from colony_tui.wire.envelope import Reply, open_reply

if TYPE_CHECKING:
    # The libraries of HTTP and of WebSockets are loaded with the first request: what has a screen paints it first.
    from colony_tui.client.pool import Pool
    from colony_tui.client.socket import FrameSocket

WHOLE_REPLY_S = 120.0
"""How long a reply may take altogether, however steadily it drips."""


class Transport:
    """Connections to one server, shared by the clients of several identities.

    ``sent_bytes`` and ``received`` are not kept; ``requests``, ``handshakes`` count what was asked of the server.
    """

    def __init__(self, address: ServerAddress, *, wall_clock_ns: Callable[[], int] = time.time_ns) -> None:
        self.address = address
        self.link = Link()
        self.clock = ServerClock()
        self.requests = 0
        self.handshakes = 0
        self._wall_clock_ns = wall_clock_ns
        self._tls = address.tls_context()
        self._proxy = address.proxy()

    @cached_property
    def _pool(self) -> Pool:
        from colony_tui.client.pool import Pool

        return Pool(self.address, tls=self._tls, proxy=self._proxy)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the pooled connections. Open sockets belong to whoever opened them."""
        if "_pool" in vars(self):
            await self._pool.close()

    def renew(self) -> None:
        """Use new connections from now on: the pooled ones may be half open, and each would cost a time limit.

        Requests under way go on where they are.
        """
        self._pool.renew()

    def server_time_ns(self) -> int:
        """The server's time now, in nanoseconds, as far as its replies told."""
        return self.clock.server_time(self._wall_clock_ns())

    async def ask(self, envelope: bytes, *, waits_s: float = 0.0) -> Reply:
        """Send one signed envelope and return the reply's envelope, an error reply included.

        Args:
            envelope: as made by :func:`colony_tui.wire.envelope.seal`.
            waits_s: seconds for which the server may hold the request back by intention (``assign``).

        Raises:
            ConnectError: no reply came; ``is_unsent`` tells whether the server cannot have seen the request.
            NotAllowed: a reply with an empty body.
            ProtocolError: what came is no reply of a ColonyOS server.
        """
        loop, pool = asyncio.get_running_loop(), self._pool
        started, sent_ns = loop.time(), self._wall_clock_ns()
        self.requests += 1

        def observe(date: str | None) -> None:
            self.clock.observe(date, sent_ns, self._wall_clock_ns())

        try:
            async with asyncio.timeout(WHOLE_REPLY_S + waits_s):
                answer = await pool.post(envelope, waits_s=waits_s, on_date=observe)
        except TimeoutError:
            self.renew()
            failure = ConnectError(f"{self.address.authority} has not answered in time")
            self.link.failed(loop.time(), failure)
            raise failure from None
        except ConnectError as failure:
            self.link.failed(loop.time(), failure)
            raise
        try:
            reply = _open(answer, self.address)
        except ProtocolError as failure:
            # Something answers, but not the server: no way leads to it.
            self.link.failed(loop.time(), failure)
            raise
        self.link.heard(loop.time(), None if waits_s else loop.time() - started)
        return reply

    async def check_health(self) -> None:
        """Ask ``/health``. Raises :class:`ConnectError` or :class:`ProtocolError` when the answer is not 200."""
        loop = asyncio.get_running_loop()
        status = await self._pool.get_status("/health")
        self.link.heard(loop.time())
        if status != 200:
            raise ProtocolError(f"{self.address.authority} answers /health with {status}, not with 200")

    async def connect(self) -> FrameSocket:
        """Open a WebSocket for one subscription. The caller closes it.

        Raises:
            ConnectError: it cannot be opened.
            ProtocolError: what answers there is no WebSocket of a ColonyOS server.
        """
        from colony_tui.client.socket import open_socket

        loop = asyncio.get_running_loop()
        self.handshakes += 1
        try:
            socket = await open_socket(
                self.address, tls=self._tls, proxy=self._proxy, cookies=self._pool.cookies("/pubsub")
            )
        except ConnectError as failure:
            self.link.failed(loop.time(), failure)
            raise
        self.link.heard(loop.time())
        return socket


def _open(answer: Answer, address: ServerAddress) -> Reply:
    status = answer.status
    if 300 <= status < 400:
        raise ProtocolError(
            f"{address.authority} redirects to {answer.location or 'nowhere'!r}, "
            "which is not followed; set the server's own address"
        )
    if not answer.body and status == 200:
        raise NotAllowed(403, "an empty reply, as to somebody who is not a member of the colony")
    try:
        return open_reply(answer.body)
    except ProtocolError as error:
        raise ProtocolError(
            f"{address.authority} answers with {status}, but not as a ColonyOS server: {error}"
        ) from None
