"""One way to one server: requests over HTTP and sockets, with one decision about trust, proxy and cookies.

Owns connections and turns every failure of theirs into our errors. Knows no identity and no RPC.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import httpx
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidURI, WebSocketException

from colony_tui import __version__
from colony_tui.client.address import ServerAddress
from colony_tui.client.clock import ServerClock
from colony_tui.client.link import Link
from colony_tui.client.socket import FrameSocket, open_socket
from colony_tui.errors import ConnectError, NotAllowed, ProtocolError, TrustError
from colony_tui.wire.envelope import Reply, open_reply

MAX_REPLY_BYTES = 64 * 1024 * 1024
"""Largest reply or frame that is taken: three payloads of the largest size, twice in base64."""

CONNECT_TIME_S = 5.0
REPLY_TIME_S = 20.0
"""How long a reply may be silent, at its start and between its parts."""

WHOLE_REPLY_S = 120.0
"""How long a reply may take altogether, however steadily it drips."""

USER_AGENT = f"colony-tui/{__version__}"


class ReplyTooLarge(ProtocolError):
    """A reply is larger than :data:`MAX_REPLY_BYTES`; asking for fewer entries may help."""


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
        self._http = self._new_pool()
        self._under_way: Counter[httpx.AsyncClient] = Counter()

    def _new_pool(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.address.http_url,
            verify=self._tls if self._tls is not None else False,
            proxy=self._proxy,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
            timeout=httpx.Timeout(REPLY_TIME_S, connect=CONNECT_TIME_S),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the pooled connections. Open sockets belong to whoever opened them."""
        for pool in {self._http, *self._under_way}:
            await pool.aclose()

    def renew(self) -> None:
        """Use new connections from now on: the pooled ones may be half open, and each would cost a time limit.

        Requests under way go on where they are.
        """
        former, self._http = self._http, self._new_pool()
        self._http.cookies = former.cookies
        self._under_way.setdefault(former, 0)

    @asynccontextmanager
    async def _pool(self) -> AsyncIterator[httpx.AsyncClient]:
        """The present pool, for one request; one that was left behind is closed after its last."""
        pool = self._http
        self._under_way[pool] += 1
        try:
            yield pool
        finally:
            self._under_way[pool] -= 1
            for idle in [pool for pool, count in self._under_way.items() if not count and pool is not self._http]:
                del self._under_way[idle]
                await idle.aclose()

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
        loop = asyncio.get_running_loop()
        started, sent_ns = loop.time(), self._wall_clock_ns()
        self.requests += 1
        timeout = httpx.Timeout(REPLY_TIME_S + waits_s, connect=CONNECT_TIME_S)
        try:
            async with (
                asyncio.timeout(WHOLE_REPLY_S + waits_s),
                self._pool() as http,
                http.stream("POST", "/api", content=envelope, timeout=timeout) as response,
            ):
                self.clock.observe(response.headers.get("Date"), sent_ns, self._wall_clock_ns())
                body = await _body(response)
        except TimeoutError:
            self.renew()
            failure = ConnectError(f"{self.address.authority} has not answered in time")
            self.link.failed(loop.time(), failure)
            raise failure from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
                self.renew()
            failure = self._failure(error)
            self.link.failed(loop.time(), failure)
            raise failure from None
        reply = _open(response, body, self.address)
        self.link.heard(loop.time(), None if waits_s else loop.time() - started)
        return reply

    async def check_health(self) -> None:
        """Ask ``/health``. Raises :class:`ConnectError` or :class:`ProtocolError` when the answer is not 200."""
        loop = asyncio.get_running_loop()
        try:
            response = await self._http.get("/health")
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise self._failure(error) from None
        self.link.heard(loop.time())
        if response.status_code != 200:
            raise ProtocolError(f"{self.address.authority} answers /health with {response.status_code}, not with 200")

    async def connect(self) -> FrameSocket:
        """Open a WebSocket for one subscription. The caller closes it.

        Raises:
            ConnectError: it cannot be opened.
            ProtocolError: what answers there is no WebSocket of a ColonyOS server.
        """
        loop = asyncio.get_running_loop()
        self.handshakes += 1
        try:
            socket = await open_socket(
                self.address.websocket_url,
                tls=self._tls,
                proxy=self._proxy,
                cookies=self._cookie_header(),
                user_agent=USER_AGENT,
                max_size=MAX_REPLY_BYTES,
            )
        except (InvalidHandshake, InvalidURI) as error:
            if isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError):
                failure = self._failure(error.__cause__)
                self.link.failed(loop.time(), failure)
                raise failure from None
            raise ProtocolError(f"{self.address.authority} did not open a WebSocket: {_words(error)}") from None
        except (OSError, WebSocketException, TimeoutError, EOFError) as error:
            failure = self._failure(error)
            self.link.failed(loop.time(), failure)
            raise failure from None
        self.link.heard(loop.time())
        return socket

    def _cookie_header(self) -> str | None:
        """Cookies that HTTP replies set, for a balancer that keeps us at one server by them."""
        request = self._http.build_request("GET", "/pubsub")
        cookie: str | None = request.headers.get("Cookie")
        return cookie

    def _failure(self, error: Exception) -> ConnectError:
        where = self.address.authority
        cause = _root(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TrustError(
                f"The certificate of {where} was not accepted: {cause.verify_message}; "
                "set a certificate authority file, or ask who runs the server"
            )
        if isinstance(cause, ssl.SSLError):
            return TrustError(
                f"TLS with {where} failed ({_words(cause)}); if the server has no TLS, set COLONIES_TLS=false"
            )
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
            return ConnectError(f"{where} has not answered in time")
        if isinstance(error, httpx.ConnectTimeout | TimeoutError):
            return ConnectError(f"{where} cannot be reached: no answer within {CONNECT_TIME_S:g} s", is_unsent=True)
        if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            return ConnectError(f"{where} cannot be reached: {_words(cause)}", is_unsent=True)
        if isinstance(error, httpx.RemoteProtocolError | EOFError):
            return ConnectError(f"{where} closed the connection without an answer")
        return ConnectError(f"The link to {where} broke: {_words(cause)}")


async def _body(response: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_REPLY_BYTES:
            raise ReplyTooLarge(f"The server's reply is larger than {MAX_REPLY_BYTES >> 20} MiB and was not taken")
        parts.append(part)
    return b"".join(parts)


def _open(response: httpx.Response, body: bytes, address: ServerAddress) -> Reply:
    status = response.status_code
    if 300 <= status < 400:
        raise ProtocolError(
            f"{address.authority} redirects to {response.headers.get('Location', 'nowhere')!r}, "
            "which is not followed; set the server's own address"
        )
    if not body and status == 200:
        raise NotAllowed(403, "an empty reply, as to somebody who is not a member of the colony")
    try:
        return open_reply(body)
    except ProtocolError as error:
        raise ProtocolError(
            f"{address.authority} answers with {status}, but not as a ColonyOS server: {error}"
        ) from None


def _root(error: BaseException) -> BaseException:
    """The innermost cause: libraries wrap what the system said."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return error


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
