"""A strict embedded colony with two clients on it: a user and an executor. For tests that speak through our client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.model import FunctionSpec, Process
from colony_tui.server.clock import Clock
from colony_tui.server.colony import EmbeddedColony
from colony_tui.server.limits import Limits
from colony_tui.wire.keys import Identity


@dataclass
class Members:
    """The colony and those who use it."""

    colony: EmbeddedColony
    transport: Transport
    me: ColonyClient
    bot: ColonyClient
    owner: ColonyClient

    def client(self, private_key: str) -> ColonyClient:
        """One more client on the same transport."""
        return ColonyClient(self.transport, Identity(private_key), self.colony.colony)

    def spec(self, *channels: str, **more: object) -> FunctionSpec:
        """A specification for the executor."""
        values: dict[str, object] = {"function": "work", "executor_type": "bot", "max_exec_time": 600, **more}
        return FunctionSpec(channels=channels, **values)  # type: ignore[arg-type]  # the caller names fields

    async def running(self, *channels: str, **more: object) -> Process:
        """A process that the executor has taken."""
        submitted = await self.me.submit(self.spec(*channels, **more))
        taken = await self.bot.assign(5)
        assert taken.id == submitted.id
        return taken


def address_of(colony: EmbeddedColony) -> ServerAddress:
    return ServerAddress(colony.host, colony.port, tls=colony.is_tls)


@asynccontextmanager
async def members(
    *,
    limits: Limits | None = None,
    clock: Clock | None = None,
    port: int | None = None,
    strict: bool = True,
    user_key: str | None = None,
) -> AsyncIterator[Members]:
    """The colony, served; at the end it must not have seen anything harmful.

    ``port``: where clients connect. ``user_key``: of the user, who was in another colony before.
    """
    async with EmbeddedColony(strict=strict, limits=limits, clock=clock, user_key=user_key) as colony:
        bot_key = colony.add_executor("worker-1", "bot")
        async with Transport(ServerAddress(colony.host, port or colony.port, tls=False)) as transport:
            keys = (colony.user_key, bot_key, colony.colony_key)
            me, bot, owner = (ColonyClient(transport, Identity(key), colony.colony) for key in keys)
            yield Members(colony, transport, me, bot, owner)
        colony.check()
