"""The embedded colony: a server in this process's event loop, on a TCP port like a real one."""

from __future__ import annotations

import os
import secrets
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from types import TracebackType
from typing import Self

from aiohttp import web

from colony_tui.errors import ConnectError
from colony_tui.model import NANOSECONDS, ExecutorState
from colony_tui.server.clock import Clock, SystemClock
from colony_tui.server.limits import Limits
from colony_tui.server.pubsub import PubSubSocket
from colony_tui.server.rpc import answer
from colony_tui.server.state import ServerState
from colony_tui.server.strict import Rules
from colony_tui.wire.keys import Identity, generate_private_key
from colony_tui.wire.shapes import ColonyShape, ExecutorShape, UserShape


def random_id() -> str:
    """64 random hex characters."""
    return secrets.token_hex(32)


class EmbeddedColony:
    """A colony with its owner and one user, served while the context is open.

    Private keys are 64 hex characters; those that are not given are fresh ones. Everything but channel logs survives
    :meth:`restart`; everything at all survives :meth:`stop` and :meth:`start`, which is a link that goes away.

    Args:
        host: where to listen; only this machine can reach the default.
        port: 0 for a free one, kept for as long as the object lives.
        colony: the colony's name.
        user: name of the member.
        server_key, colony_key, user_key: private keys of the server's owner, the colony's owner and the member.
        clock: the server's time.
        limits: what it allows.
        strict: records what would harm or leak on a real server (:meth:`check`).
        renewal_s, late_s: what strict mode tolerates, see :class:`Rules`.
        make_id: makes ids of processes and functions.
        listener: a socket that listens already, to be served by the first ``start`` instead of host and port; who
            connects before that waits. The colony closes it.
        tls: serves HTTPS and secure WebSockets with it.
        version: what it says that it is.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        colony: str = "dev",
        user: str = "alice",
        server_key: str | None = None,
        colony_key: str | None = None,
        user_key: str | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        strict: bool = False,
        renewal_s: float = 1.5,
        late_s: float = 1.0,
        make_id: Callable[[], str] = random_id,
        listener: socket.socket | None = None,
        tls: ssl.SSLContext | None = None,
        version: str = "embedded",
    ) -> None:
        self.host = host
        self.port = port
        self._listener = listener
        self.colony = colony
        self.user = user
        self.server_key = server_key or generate_private_key()
        self.colony_key = colony_key or generate_private_key()
        self.user_key = user_key or generate_private_key()
        self.colony_id = Identity(self.colony_key).id
        self.user_id = Identity(self.user_key).id
        self.clock = clock or SystemClock()
        self.counts: Counter[str] = Counter()
        """``requests``, ``handshakes``, ``subscribe_frames`` and ``pings`` so far, and requests by message type."""
        self.open_sockets = 0
        """WebSockets that are being served just now."""
        self._rules = Rules(is_on=strict, renewal_s=renewal_s, late_s=late_s)
        server_id = Identity(self.server_key).id
        self._state = ServerState(self.clock, limits or Limits(), make_id, server_id, self._rules, version)
        self._state.registry.add_colony(ColonyShape(self.colony_id, colony))
        self._state.registry.add_user(UserShape(colony, self.user_id, user))
        self._tls = tls
        self._runner: web.AppRunner | None = None

    def __repr__(self) -> str:
        return f"EmbeddedColony({self.colony!r} on {self.url})"

    # Where it is

    @property
    def url(self) -> str:
        """``http://host:port``, or ``https``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def is_tls(self) -> bool:
        return self._tls is not None

    @property
    def is_serving(self) -> bool:
        return self._runner is not None

    # Coming and going

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens, on the same port as before.

        Raises:
            ConnectError: the address cannot be had.
        """
        if self._runner is not None:
            return
        app = web.Application(client_max_size=self._state.limits.body_bytes)
        app.router.add_post("/api", self._serve_api)
        app.router.add_get("/pubsub", self._serve_pubsub)
        app.router.add_get("/health", self._serve_health)
        # A request whose client has gone must not be given a process.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._site(runner).start()
        except OSError as error:
            await runner.cleanup()
            raise ConnectError(f"Nothing can be served on {self.host}:{self.port}: {_in_words(error)}") from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        self._state.address = (self.host, self.port)
        self._state.start_sweeps()

    def _site(self, runner: web.AppRunner) -> web.BaseSite:
        if self._listener is None:
            return web.TCPSite(runner, self.host, self.port, ssl_context=self._tls, reuse_address=True)
        listener, self._listener = self._listener, None
        return web.SockSite(runner, listener, ssl_context=self._tls)

    async def stop(self) -> None:
        """Goes away: drops every connection and refuses new ones until ``start``."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        self._state.stop_sweeps()
        for site in tuple(runner.sites):
            await site.stop()
        _abort(runner)
        await runner.cleanup()

    async def restart(self, *, keep_logs: bool = False) -> None:
        """Stops and starts again; as with a real server, channel logs are lost unless told otherwise."""
        await self.stop()
        if not keep_logs:
            self._state.channels.forget_all()
        await self.start()

    def drop_connections(self) -> None:
        """Cuts every connection and goes on serving."""
        if self._runner is not None:
            _abort(self._runner)

    # Strict mode

    @property
    def violations(self) -> list[str]:
        """What would have harmed a real server, one sentence each with the caller and its frame."""
        return self._rules.violations

    def check(self) -> None:
        """Raises when there are violations, and forgets them.

        Raises:
            StrictViolation: with all of them.
        """
        self._rules.check()

    # What would take an owner's request

    def add_user(self, name: str, private_key: str | None = None) -> str:
        """Registers one more member; its private key."""
        key = private_key or generate_private_key()
        self._state.registry.add_user(UserShape(self.colony, Identity(key).id, name))
        return key

    def add_executor(self, name: str, executor_type: str, private_key: str | None = None) -> str:
        """Registers and approves an executor; its private key."""
        key = private_key or generate_private_key()
        executor = self._state.registry.add_executor(ExecutorShape(Identity(key).id, executor_type, name, self.colony))
        executor.state = ExecutorState.APPROVED
        return key

    def pause_assignments(self) -> None:
        """Nothing is assigned until ``resume_assignments``."""
        self._state.pause(self.colony)

    def resume_assignments(self) -> None:
        self._state.resume(self.colony)

    def waiting_executors(self, executor_type: str) -> int:
        """How many executors of a type wait for a process just now."""
        return self._state.signals.waiting(executor_type)

    def subscribers(self, process_id: str, channel: str) -> int:
        """How many subscriptions follow a channel just now."""
        found = self._state.channels.find(process_id, channel)
        return len(found.subscribers) if found else 0

    # Requests

    async def _serve_api(self, http: web.Request) -> web.Response:
        body = await http.read()
        self.counts["requests"] += 1
        reply = await answer(self._state, body, self._count)
        date = formatdate(self.clock.now_ns() / NANOSECONDS, usegmt=True)
        return web.Response(
            status=reply.status, body=reply.body, headers={"Date": date}, content_type="text/plain", charset="utf-8"
        )

    async def _serve_pubsub(self, http: web.Request) -> web.StreamResponse:
        self.counts["handshakes"] += 1
        self.open_sockets += 1
        try:
            return await PubSubSocket(self._state, self._count, http).run()
        finally:
            self.open_sockets -= 1

    async def _serve_health(self, http: web.Request) -> web.Response:
        return web.Response()

    def _count(self, what: str) -> None:
        self.counts[what] += 1


def _in_words(error: OSError) -> str:
    """What the system says; asyncio's words for it repeat the address."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno).lower()


def _abort(runner: web.AppRunner) -> None:
    if runner.server is not None:
        for connection in tuple(runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()
