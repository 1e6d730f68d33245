"""HTTP to one server: pooled connections, exchanged when they went stale, and their failures as our errors.

Knows nothing of envelopes. Loads the library of HTTP; the transport loads it with the first request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx

from colony_tui.client.address import ServerAddress
from colony_tui.client.failures import CONNECT_TIME_S, failure_of
from colony_tui.client.replies import MAX_REPLY_BYTES, USER_AGENT, Answer, ReplyTooLarge
from colony_tui.errors import ConnectError, SettingsError

REPLY_TIME_S = 20.0
"""How long a reply may be silent, at its start and between its parts."""


class _Stream(Protocol):
    """An open connection as the library of HTTP hands it to its trace."""

    async def aclose(self) -> None: ...

    def get_extra_info(self, info: str) -> Any: ...


class Pool:
    """Connections for requests, opened as they are needed."""

    def __init__(self, address: ServerAddress, *, tls: ssl.SSLContext | None, proxy: str | None) -> None:
        self._address = address
        self._tls = tls
        self._proxy = proxy
        self._http = self._new_client()
        self._under_way: Counter[httpx.AsyncClient] = Counter()
        self._limits: set[asyncio.Timeout] = set()
        self._ended = asyncio.Event()
        self._is_closed = False
        self._closing: set[asyncio.Task[None]] = set()
        self._opened: dict[httpx.AsyncClient, list[_Stream]] = {}

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url(),
            verify=self._tls if self._tls is not None else False,
            proxy=self._proxy,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
            timeout=httpx.Timeout(REPLY_TIME_S, connect=CONNECT_TIME_S),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30),
        )

    def _url(self) -> httpx.URL:
        try:
            return httpx.URL(self._address.http_url)
        except httpx.InvalidURL:
            raise SettingsError(f"{self._address.host!r} is no host: give a name or an address") from None

    async def close(self) -> None:
        """Close all connections. Requests under way, and later ones, end with :class:`ConnectError`."""
        self._is_closed = True
        # First the requests: a connection that opens behind the close would belong to nobody.
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())
        while self._limits:
            self._ended.clear()
            await self._ended.wait()
        for client in {self._http, *self._under_way}:
            self._end(client)
        while self._closing:
            await asyncio.shield(asyncio.gather(*self._closing))

    def _end(self, client: httpx.AsyncClient) -> None:
        """Close connections whatever becomes of the caller: a close that is cancelled leaves the rest of them open."""
        closing = asyncio.get_running_loop().create_task(self._close(client))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close(self, client: httpx.AsyncClient) -> None:
        await client.aclose()
        for stream in self._opened.pop(client, ()):
            await stream.aclose()

    def _trace(self, client: httpx.AsyncClient) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
        """Notes connections as they are opened.

        The library closes several that the server has dropped within the next request, and forgets those that are left
        when that request is cancelled meanwhile.
        """

        async def note(name: str, info: dict[str, Any]) -> None:
            if name.endswith(("connect_tcp.complete", "start_tls.complete")):
                known = self._opened.get(client, [])
                still_open = [stream for stream in known if stream.get_extra_info("socket").fileno() >= 0]
                self._opened[client] = [*still_open, info["return_value"]]

        return note

    def renew(self) -> None:
        """Use new connections from now on, with the cookies of the former; requests under way go on where they are."""
        former, self._http = self._http, self._new_client()
        self._http.cookies = former.cookies
        self._under_way.setdefault(former, 0)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        """The present connections, for one request; those that were left behind are closed after their last."""
        if self._is_closed:
            raise ConnectError(f"The connections to {self._address.authority} are closed", is_unsent=True)
        client = self._http
        self._under_way[client] += 1
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits.add(limit)
                try:
                    yield client
                finally:
                    self._limits.discard(limit)
                    self._ended.set()
        except TimeoutError:
            if limit.expired():
                raise ConnectError(f"The connections to {self._address.authority} were closed") from None
            raise
        finally:
            self._under_way[client] -= 1
            for idle in [idle for idle, count in self._under_way.items() if not count and idle is not self._http]:
                del self._under_way[idle]
                self._end(idle)

    async def post(self, body: bytes, *, waits_s: float, on_date: Callable[[str | None], None]) -> Answer:
        """Post to ``/api``.

        Args:
            body: JSON.
            waits_s: seconds for which the server may hold the request back by intention.
            on_date: is called with the answer's ``Date`` as soon as its head is there.

        Raises:
            ConnectError: no answer came. After a silent one, new connections are used.
            TimeoutError: the system gave the connection up.
            ReplyTooLarge: it is larger than :data:`MAX_REPLY_BYTES`.
        """
        timeout = httpx.Timeout(REPLY_TIME_S + waits_s, connect=CONNECT_TIME_S)
        try:
            async with (
                self._client() as http,
                http.stream(
                    "POST", "/api", content=body, timeout=timeout, extensions={"trace": self._trace(http)}
                ) as response,
            ):
                on_date(response.headers.get("Date"))
                return Answer(response.status_code, response.headers.get("Location"), await _read(response))
        except (httpx.ReadTimeout, httpx.WriteTimeout) as error:
            self.renew()
            raise failure_of(error, self._address.authority) from None
        except TimeoutError:
            raise  # The system's, which is an OSError too: for the caller it is like a time limit of its own.
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise failure_of(error, self._address.authority) from None

    async def get_status(self, path: str) -> int:
        """Get a path and return the answer's status. Raises :class:`ConnectError`."""
        try:
            async with self._client() as http:
                return (await http.get(path, extensions={"trace": self._trace(http)})).status_code
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise failure_of(error, self._address.authority) from None

    def cookies(self, path: str) -> str | None:
        """The ``Cookie`` header for a path, for a balancer that keeps us at one server by it."""
        cookie: str | None = self._http.build_request("GET", path).headers.get("Cookie")
        return cookie


async def _read(response: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_REPLY_BYTES:
            raise ReplyTooLarge(f"The server's reply is larger than {MAX_REPLY_BYTES >> 20} MiB and was not taken")
        parts.append(part)
    return b"".join(parts)
