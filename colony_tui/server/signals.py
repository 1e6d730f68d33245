"""Who is told when a process changes (PROTOCOL.md, "Subscriptions", 1 and 2).

Every listener of that process and state is told; of the executors that wait for any process, one, in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from colony_tui.model import ProcessState
from colony_tui.wire.shapes import ProcessShape

Listener = Callable[[ProcessShape], None]


class Signals:
    """Listeners to single processes, and executors waiting in line for any."""

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, int, str], list[Listener]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    def listen(self, executor_type: str, state: int, process_id: str, listener: Listener) -> Callable[[], None]:
        """Tells ``listener`` of each change to ``state``; the returned call ends that."""
        key = (executor_type, state, process_id)
        self._listeners.setdefault(key, []).append(listener)

        def stop() -> None:
            with suppress(KeyError, ValueError):
                self._listeners[key].remove(listener)
                if not self._listeners[key]:
                    del self._listeners[key]

        return stop

    def wait_in_line(self, executor_type: str) -> asyncio.Future[None]:
        """A future that is done when it is this executor's turn to look for a process; ``leave_line`` ends it."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(executor_type, []).append(turn)
        return turn

    def leave_line(self, executor_type: str, turn: asyncio.Future[None]) -> None:
        line = self._waiting.get(executor_type, [])
        if turn in line:
            line.remove(turn)
        if not line:
            self._waiting.pop(executor_type, None)

    def waiting(self, executor_type: str) -> int:
        """How many executors of that type wait for a process."""
        return len(self._waiting.get(executor_type, ()))

    def tell(self, process: ProcessShape) -> None:
        """A process has changed to the state that the snapshot shows."""
        executor_type = process.spec.conditions.executortype
        for listener in tuple(self._listeners.get((executor_type, process.state, process.processid), ())):
            listener(process)
        if process.state == ProcessState.WAITING:
            self._wake_one(executor_type)

    def _wake_one(self, executor_type: str) -> None:
        """Wakes whoever has waited longest and is not awake yet."""
        for turn in self._waiting.get(executor_type, ()):
            if not turn.done():
                turn.set_result(None)
                return
