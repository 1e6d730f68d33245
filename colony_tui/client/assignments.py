"""The executor's side: processes as they are assigned, one after the other.

Only ``assign`` counts as being heard from (PROTOCOL.md, "RPCs that matter here"), so the polling goes on in a task of
its own while processes are served, and an executor is not removed in the middle of a conversation.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from colony_tui.client.retry import RetryPolicy
from colony_tui.client.transport import Transport
from colony_tui.errors import ColonyError, ConnectError, NotFound, ProtocolError, Refused, UsageError
from colony_tui.model import Process


class Assigner(Protocol):
    """The RPC that assigning needs."""

    transport: Transport

    async def assign(self, time_limit: float = 10.0, *, cpu: str = "", memory: str = "") -> Process: ...


class Assignments:
    """An asynchronous iterator of assigned processes that is also a context manager.

    Every process that it yields runs already: serve each in a task of its own, since the next one may come at once.
    Lost links are waited out. A refusal (the key was dropped, the executor not approved) is raised, and so is what the
    server cannot even be asked.

    Args:
        on_trouble: called with each error that is waited out.
    """

    def __init__(
        self,
        client: Assigner,
        *,
        time_limit: float = 10.0,
        retry: RetryPolicy | None = None,
        on_trouble: Callable[[ColonyError], None] = lambda error: None,
    ) -> None:
        self._client = client
        self._time_limit = time_limit
        self._retry = retry or RetryPolicy()
        self._on_trouble = on_trouble
        self._queue: asyncio.Queue[Process | BaseException] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Process:
        self._start()
        item = await self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    async def end(self) -> None:
        """Stop polling. A process assigned at this very moment stays ours until its deadline."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._poll(), name="assignments")

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        lost_at: float | None = None
        while True:
            try:
                self._queue.put_nowait(await self._client.assign(self._time_limit))
            except NotFound:
                pass
            except (ConnectError, ProtocolError) as error:
                self._on_trouble(error)
                lost_at = lost_at or loop.time()
                await self._client.transport.link.wait(self._retry.delay(loop.time() - lost_at, random.random()))
                continue
            except (Refused, UsageError) as error:
                self._queue.put_nowait(error)
                return
            lost_at = None
