"""The demo: an embedded colony on a loopback port, with life on it."""

from __future__ import annotations

import random
import socket
from types import TracebackType
from typing import Self

from colony_tui.client import ServerAddress
from colony_tui.demo.life import Life
from colony_tui.demo.pace import Pace
from colony_tui.server.clock import Clock
from colony_tui.server.colony import EmbeddedColony
from colony_tui.server.limits import Limits
from colony_tui.wire.keys import generate_private_key

HOST = "127.0.0.1"
COLONY = "dev"


class Demo:
    """An asynchronous context manager around a living colony. Leaving it ends every task and socket.

    The colony serves as soon as the context is entered; bots and processes appear within moments after
    (:meth:`wait_until_open`).

    Args:
        speed: how many times faster than designed the bots work; 0 for no waits at all.
        seed: makes keys, and so ids of members, the same each time; ``None`` for fresh ones.
        is_seeded_history: whether some processes have finished already, and others run and wait.
        strict: whether the colony records what would harm a real one.
        clock: the colony's time.
        limits: the colony's limits.
        port: where to listen on loopback; 0 for a free port.
        listener: a loopback socket that listens already, instead of ``port``; who connects before waits.
        private_key: of the member alice; a fresh or seeded one by default.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        seed: int | None = None,
        is_seeded_history: bool = True,
        strict: bool = False,
        clock: Clock | None = None,
        limits: Limits | None = None,
        port: int = 0,
        listener: socket.socket | None = None,
        private_key: str | None = None,
    ) -> None:
        self._pace = Pace(speed)
        self._keys = _Keys(seed)
        self._is_seeded_history = is_seeded_history
        self.private_key = private_key or self._keys.next()
        """Of the member alice, for whom the app is opened."""
        self.server = EmbeddedColony(
            host=HOST,
            port=port,
            listener=listener,
            colony=COLONY,
            user_key=self.private_key,
            colony_key=self._keys.next(),
            server_key=self._keys.next(),
            strict=strict,
            clock=clock,
            limits=limits,
        )
        self._life: Life | None = None

    @property
    def colony(self) -> str:
        """The colony's name."""
        return self.server.colony

    @property
    def address(self) -> ServerAddress:
        """Where it serves; its port is known once the context is entered."""
        return ServerAddress(HOST, self.server.port, tls=False)

    async def __aenter__(self) -> Self:
        await self.server.start()
        self._life = Life(
            self.server, self.address, pace=self._pace, has_scene=self._is_seeded_history, make_key=self._keys.next
        )
        await self._life.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._life is not None
        try:
            await self._life.__aexit__(kind, error, trace)
        finally:
            await self.server.stop()

    async def wait_until_open(self) -> None:
        """Return once all bots are registered and everything is submitted. Raises what went wrong in the demo."""
        assert self._life is not None
        await self._life.wait_until_open()


class _Keys:
    """Private keys in a row, from a seed or fresh."""

    def __init__(self, seed: int | None) -> None:
        self._chance = None if seed is None else random.Random(seed)

    def next(self) -> str:
        if self._chance is None:
            return generate_private_key()
        return self._chance.randbytes(32).hex()
