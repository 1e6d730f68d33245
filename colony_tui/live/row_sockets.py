"""Process subscriptions for rows: one socket each, within a budget, the most wanted first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from colony_tui.client.events import Ended, Moved, ProcessEvent, Reached, RefusedBy
from colony_tui.client.process_subscription import ProcessSubscription
from colony_tui.model import Process, ProcessState

Wish = tuple[str, ProcessState]
"""A process and a state that it is not in."""

AWAITED = {
    ProcessState.WAITING: (ProcessState.RUNNING,),
    ProcessState.RUNNING: (ProcessState.SUCCESS, ProcessState.FAILED),
}
"""What is subscribed to of a process, by its state; other changes are rare and found by polling."""


REFUSED_S = 60.0
"""How long a subscription that was refused is not asked for again."""


class SubscribingClient(Protocol):
    """What subscribing needs of a client."""

    def subscribe_process(
        self, process_id: str, state: ProcessState, *, time_limit: float = 120.0
    ) -> ProcessSubscription: ...


class RowSockets:
    """Holds the subscriptions that are wished for, and hands over every newer snapshot that they bring.

    Args:
        budget: how many sockets may be open at a time.
        on_process: called with a fetched process, or with its id alone when it is gone.
        on_mishap: told of what nobody thought of.
    """

    def __init__(
        self,
        client: SubscribingClient,
        on_process: Callable[[str, Process | None], None],
        *,
        budget: int = 16,
        on_mishap: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._client = client
        self._on_process = on_process
        self._tasks: dict[Wish, asyncio.Task[None]] = {}
        self._wanted: dict[str, Process] = {}
        """The latest snapshots of the processes of the rows, the most wanted first."""
        self._resting: dict[Wish, float] = {}
        """When a wish that was refused may be tried again."""
        self._on_mishap = on_mishap
        self._is_suspended = False
        self.budget = budget

    def __len__(self) -> int:
        """How many sockets are open or being opened."""
        return len(self._tasks)

    def want(self, processes: Sequence[Process]) -> None:
        """Hold subscriptions for these unfinished processes, the most wanted first, and for no others."""
        self._wanted = {process.id: process for process in processes}
        self._reconcile()

    def note(self, process: Process) -> None:
        """Take in a newer snapshot: what is wished for follows the state of a process that is wanted."""
        known = self._wanted.get(process.id)
        if known is not None:
            self._wanted[process.id] = process
            if process.state is not known.state:
                self._reconcile()

    def note_gone(self, process_id: str) -> None:
        """The server does not know it any more."""
        if self._wanted.pop(process_id, None) is not None:
            self._reconcile()

    def allow(self, budget: int) -> None:
        """Hold so many sockets at most from now on."""
        if budget != self.budget:
            self.budget = budget
            self._reconcile()

    async def suspend(self) -> None:
        """Close all sockets until :meth:`resume`: a client that does not read can stop the whole colony."""
        self._is_suspended = True
        tasks = list(self._tasks.values())
        self._reconcile()
        await asyncio.gather(*tasks, return_exceptions=True)

    def resume(self) -> None:
        """Open again what is wished for."""
        self._is_suspended = False
        self._reconcile()

    async def end(self) -> None:
        """Close all sockets for good."""
        self._wanted = {}
        await self.suspend()

    def _reconcile(self) -> None:
        now = asyncio.get_running_loop().time()
        self._resting = {wish: until for wish, until in self._resting.items() if until > now}
        wishes = [(each.id, state) for each in self._wanted.values() for state in AWAITED.get(each.state, ())]
        possible = [wish for wish in wishes if wish not in self._resting]
        wanted = [] if self._is_suspended else possible[: self.budget]
        for wish in [wish for wish in self._tasks if wish not in wanted]:
            self._tasks.pop(wish).cancel()
        for wish in wanted:
            if wish not in self._tasks:
                task = asyncio.create_task(self._hold(wish), name=f"row {wish[0][:8]} {wish[1].word}")
                self._tasks[wish] = task
                task.add_done_callback(lambda done, wish=wish: self._forget(wish, done))  # type: ignore[misc]

    def _forget(self, wish: Wish, task: asyncio.Task[None]) -> None:
        if self._tasks.get(wish) is task:
            del self._tasks[wish]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._rest(wish)
            self._on_mishap(error)

    def _rest(self, wish: Wish) -> None:
        self._resting[wish] = asyncio.get_running_loop().time() + REFUSED_S

    async def _hold(self, wish: Wish) -> None:
        process_id, state = wish
        async with self._client.subscribe_process(process_id, state) as subscription:
            async for event in subscription:
                if isinstance(event, RefusedBy):
                    # Polls see the process change; another state of it is another wish.
                    self._rest(wish)
                self._hand_over(process_id, event)

    def _hand_over(self, process_id: str, event: ProcessEvent) -> None:
        match event:
            case Reached(process) | Moved(process):
                self._on_process(process_id, process)
            case Ended(process):
                self._on_process(process_id, process)
