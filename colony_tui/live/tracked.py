"""One process as it goes on: its latest snapshot and the attempts seen of it, for whoever follows its channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from colony_tui.model import Process, ProcessState
from colony_tui.store.order import Attempts
from colony_tui.store.processes import is_fresher


class ProcessSource(Protocol):
    """The RPC that keeping track needs."""

    @property
    def id(self) -> str: ...

    async def get_process(self, process_id: str) -> Process: ...


class TrackedProcess:
    """The latest known snapshot of a process.

    A snapshot older than the known one is ignored.
    """

    def __init__(self, source: ProcessSource, process: Process) -> None:
        self._source = source
        self._starts: dict[int, str] = {}
        self._listeners: list[Callable[[Process], None]] = []
        self._changed = asyncio.Event()
        self.process = process
        self.is_gone = False
        """Whether the server does not know it any more."""
        self.put_back_ns: int | None = None
        """When the last attempt was put back, as far as the server tells."""
        self._note(process)

    @property
    def id(self) -> str:
        return self.process.id

    @property
    def starts_ns(self) -> tuple[int, ...]:
        """Starts of the attempts that were seen, ascending."""
        return tuple(sorted(self._starts))

    @property
    def executor_ids(self) -> tuple[str, ...]:
        """Who took each attempt of :attr:`starts_ns`; empty where it was not seen."""
        return tuple(self._starts[start] for start in self.starts_ns)

    @property
    def latest_attempt(self) -> int | None:
        """Number of the attempt of the last start, ``None`` before the first."""
        if not self._starts:
            return None
        # A process that is put back because its executor was removed counts no retry.
        return max(len(self._starts), self.process.retries + _is_taken(self.process))

    @property
    def is_put_back(self) -> bool:
        """Whether it was taken before, and waits to be taken again or ended while it did."""
        return bool(self._starts) and not _is_taken(self.process)

    def take_starts(self, starts: Mapping[int, str]) -> None:
        """Take in starts that were seen earlier, each with who took the attempt, empty where that is unknown."""
        for start, executor_id in starts.items():
            known = self._nearest(start)
            self._starts[known] = self._starts.get(known) or executor_id

    def on_change(self, listener: Callable[[Process], None]) -> None:
        """Call ``listener`` with each newer snapshot."""
        self._listeners.append(listener)

    def off_change(self, listener: Callable[[Process], None]) -> None:
        """Undo :meth:`on_change`."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def update(self, process: Process, *, is_newer: bool = False) -> bool:
        """Take in a snapshot; whether it is newer than the known one, by itself or because the caller knows it."""
        if process == self.process or not (is_newer or is_fresher(process, self.process)):
            return False
        self.process = process
        self._note(process)
        self._tell()
        return True

    def recall(self, snapshots: Iterable[Process]) -> None:
        """Take in the attempts that earlier snapshots tell of, oldest first."""
        for process in (*snapshots, self.process):
            self._note(process)

    def mark_gone(self) -> None:
        """The server does not know it any more."""
        if not self.is_gone:
            self.is_gone = True
            self._tell()

    async def fetch(self) -> Process:
        """Ask the server; raises what :meth:`ColonyClient.get_process` does."""
        known = self.process
        process = await self._source.get_process(self.id)
        # What was asked for after everything known had come is newer, even where it looks like an earlier state.
        self.update(process, is_newer=self.process is known and not known.state.is_closed)
        return self.process

    async def wait_change(self, known: Process) -> Process:
        """Wait until the latest snapshot is another one than ``known``, or the process is gone."""
        while self.process is known and not self.is_gone:
            self._changed.clear()
            await self._changed.wait()
        return self.process

    def _tell(self) -> None:
        self._changed.set()
        for listener in list(self._listeners):
            listener(self.process)

    def _note(self, process: Process) -> None:
        if not process.state.is_closed:
            # While it runs again, the server still tells the end of the attempt before.
            self.put_back_ns = process.ended_ns if process.state is ProcessState.WAITING else None
        start = process.started_ns
        if start is None:
            return
        known = self._nearest(start)
        # While it waits again, the start is still the last attempt's, but its executor is not told any more.
        self._starts[known] = process.executor_id or self._starts.get(known, "")

    def _nearest(self, start: int) -> int:
        """The start as it is known, else itself."""
        return next((at for at in self._starts if abs(at - start) <= Attempts.SAME_START_NS), start)


def _is_taken(process: Process) -> bool:
    """Whether an executor has it, or had it when it ended: one that ends while it waits has none."""
    return process.state is not ProcessState.WAITING and bool(process.executor_id)
