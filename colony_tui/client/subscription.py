"""The frame that all subscriptions share: a task of its own that produces events, and an iterator that hands them out.

The task always reads its socket, however slowly its events are taken.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import Generic, Self, TypeVar

from colony_tui.client.events import Lost, Restored
from colony_tui.client.link import Link
from colony_tui.client.patience import Patience
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError, UsageError

EventT = TypeVar("EventT")

GRACE_S = 5.0
"""How late the end of a time limit may come before the connection counts as half-open."""

BREATH_S = 2.0
"""How long an answer that must come may take before it is asked for in another way."""


def wire_seconds(time_limit: float) -> int:
    """A time limit in the whole seconds that the wire knows, at least 1 (0 would mean 30)."""
    return max(1, round(time_limit))


class Subscription(ABC, Generic[EventT]):
    """An asynchronous iterator of events that is also a context manager.

    Iterating starts it; leaving the context, or :meth:`end`, closes its socket. It reconnects by itself; the link's
    loss and return are events among the others. The iterator stops after the last event. Events that were not taken
    yet survive the end of the task, not :meth:`end`.
    """

    def __init__(self, link: Link, retry: RetryPolicy) -> None:
        self._link = link
        self._patience = Patience(link, retry)
        self._events: deque[EventT | Lost | Restored] = deque()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventT | Lost | Restored:
        """The next event. Safe to cancel.

        Raises:
            UsageError: what is to be followed cannot even be asked for.
        """
        self._start()
        while not self._events:
            if self._task is None or self._task.done():
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._events.popleft()

    def pending(self) -> list[EventT | Lost | Restored]:
        """Take all events that have queued up, without waiting."""
        events = list(self._events)
        self._events.clear()
        return events

    async def end(self) -> None:
        """Stop and close the socket. May be called at any time, also twice."""
        if self._task is not None:
            self._task.cancel()
            # Waiting for it in this way lets through that the caller itself is cancelled.
            await asyncio.wait({self._task})
        self._events.clear()

    @abstractmethod
    async def _run(self) -> bool:
        """One connection, from opening to its end: whether the subscription is over.

        Raises:
            ColonyError: the link was lost; it will be tried again.
        """

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._keep_running(), name=f"subscription {self!r}")
            self._task.add_done_callback(lambda _: self._news.set())

    def _emit(self, event: EventT | Lost | Restored) -> None:
        self._events.append(event)
        self._news.set()

    def _restored(self) -> None:
        """To be called as soon as a connection has proven itself."""
        if self._patience.restored():
            self._emit(Restored())

    async def _keep_running(self) -> None:
        try:
            while True:
                try:
                    if await self._run():
                        return
                except UsageError:
                    raise  # It would be the same at every try.
                except ColonyError as error:
                    await self._pause(error)
        except Exception as error:  # noqa: BLE001 - handed to whoever iterates, not swallowed
            self._failure = error

    async def _pause(self, error: ColonyError) -> None:
        delay = self._patience.delay()
        self._emit(Lost(error, delay))
        await self._patience.wait(delay)


def silence(what: str) -> ConnectError:
    """The error for a connection that looks open and says nothing."""
    return ConnectError(f"The {what} has given no sign of life; the link seems to be half open")
