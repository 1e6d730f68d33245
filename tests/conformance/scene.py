"""A submitter and an executor as our client makes them, on any server, with a proxy between that breaks links."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field as value
from urllib.parse import urlsplit

import pytest

from colony_tui import ColonyClient, FunctionSpec, ServerAddress
from colony_tui.client import Transport
from colony_tui.model import Process
from tests.conformance.field import Field
from tests.faults.field import Watched, end_all, watch
from tests.faults.proxy import FaultProxy, Script, clean


@dataclass
class Scene:
    """A submitter behind a proxy that breaks links, and an executor that reaches the server directly."""

    me: ColonyClient
    direct: ColonyClient
    """The submitter, without the proxy."""
    bot: ColonyClient
    bot_type: str
    proxy: FaultProxy
    watched: list[Watched] = value(default_factory=list)

    async def running(self, *channels: str, max_exec_time: int = 600, max_retries: int = 1) -> Process:
        submitted = await self.direct.submit(
            FunctionSpec(
                function="work",
                executor_type=self.bot_type,
                channels=channels,
                max_exec_time=max_exec_time,
                max_retries=max_retries,
            )
        )
        taken = await self.bot.assign(10)
        assert taken.id == submitted.id
        return taken

    def follow(self, process: Process, *, time_limit: float = 30.0) -> Watched:
        watched = watch(self.me, process, "out", time_limit=time_limit)
        self.watched.append(watched)
        return watched

    async def held(self, process: Process) -> set[tuple[str, int, int]]:
        """What the server holds."""
        return {entry.identity for entry in await self.bot.read_channel(process.id, "out")}


@asynccontextmanager
async def scene(there: Field, script: Script = clean) -> AsyncIterator[Scene]:
    parts = urlsplit(there.ground.url)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "https" or host not in ("localhost", "127.0.0.1"):
        pytest.skip("the proxy that breaks links speaks to this machine only, and not in TLS")
    alice, bot = await there.user(), await there.executor()
    async with (
        FaultProxy(port, script) as proxy,
        Transport(ServerAddress("127.0.0.1", proxy.port, tls=False)) as broken,
        Transport(ServerAddress("127.0.0.1", port, tls=False)) as direct,
    ):
        colony = alice.colony_name
        me, me_direct = (ColonyClient(transport, alice.identity, colony) for transport in (broken, direct))
        found = Scene(me, me_direct, ColonyClient(direct, bot.identity, colony), bot.executor_type, proxy)
        try:
            yield found
        finally:
            await end_all(found.watched)
