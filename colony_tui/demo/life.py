"""Life on an embedded colony: the demo's bots, and what two users do there when they have come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.demo.bots import all_bots
from colony_tui.demo.offers import Bot
from colony_tui.demo.pace import Pace
from colony_tui.demo.scene import Scene
from colony_tui.server.colony import EmbeddedColony
from colony_tui.wire.keys import Identity, generate_private_key


class Life:
    """An asynchronous context manager; bots and processes appear within moments. Leaving it ends every task and socket.

    Args:
        server: serves until the context has been left; its user is alice.
        address: where it serves.
        has_scene: whether some processes have finished already, and others run and wait.
        make_key: makes private keys of who comes.
    """

    def __init__(
        self,
        server: EmbeddedColony,
        address: ServerAddress,
        *,
        pace: Pace | None = None,
        has_scene: bool = True,
        make_key: Callable[[], str] = generate_private_key,
    ) -> None:
        self._server = server
        self._address = address
        self._pace = pace or Pace()
        self._has_scene = has_scene
        self._make_key = make_key
        self._open = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live(), name="demo")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        # What went wrong in here must not pass unseen.
        failed = self._task.done() and not self._task.cancelled() and self._task.exception() is not None
        self._task.cancel()
        await asyncio.wait({self._task})
        if failed and error is None:
            await self._task

    async def wait_until_open(self) -> None:
        """Return once all bots are registered and everything is submitted. Raises what went wrong in here."""
        await self.wait_for(self._open)

    async def wait_for(self, event: asyncio.Event) -> None:
        """Return once the event is set. Raises what goes wrong in here before that."""
        assert self._task is not None
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._task.done():
            await self._task

    async def _live(self) -> None:
        async with Transport(self._address) as transport, asyncio.TaskGroup() as tasks:
            owner = self._client(transport, self._server.colony_key)
            alice = self._client(transport, self._server.user_key)
            bob = self._client(transport, self._server.add_user("bob", self._make_key()))
            async with asyncio.TaskGroup() as starts:
                for bot in all_bots(self._pace):
                    starts.create_task(self._start(bot, owner, self._client(transport, self._make_key()), tasks))
            if self._has_scene:
                scene = Scene(alice, bob, self._pace)
                await scene.open(tasks)
                await scene.seed_history()
            self._open.set()
            # Until the context is left.
            await asyncio.get_running_loop().create_future()

    async def _start(self, bot: Bot, owner: ColonyClient, client: ColonyClient, tasks: asyncio.TaskGroup) -> None:
        await bot.register(owner, client)
        tasks.create_task(bot.runner(client).serve(), name=bot.name)

    def _client(self, transport: Transport, private_key: str) -> ColonyClient:
        return ColonyClient(transport, Identity(private_key), self._server.colony)
