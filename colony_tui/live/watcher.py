"""Watching a colony: which processes there are and how they change, at little cost to the server.

Owns the process table, the registry's facts and the polls; subscriptions of rows are :class:`RowSockets`. Which
processes exist is polled, since the only subscription to lists takes changes away from waiting executors
(PROTOCOL.md, "Subscriptions", 1). Errors of a poll are the link's state, never an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from colony_tui.client.transport import Transport
from colony_tui.errors import ColonyError, NoSuchColony, NotAllowed, NotFound, ProtocolError, Refused
from colony_tui.live.beat import Beat
from colony_tui.live.mishap import mishap_words
from colony_tui.live.names import Directory, NameSource
from colony_tui.live.outlet import Outlet
from colony_tui.live.poll import Poll
from colony_tui.live.recorder import Recorder
from colony_tui.live.row_sockets import RowSockets, SubscribingClient
from colony_tui.model import NANOSECONDS, Function, Process, ProcessState, Statistics
from colony_tui.store.processes import LIST_LIMIT, ProcessChange, ProcessTable

RECENT_S = 600
"""How far back the newest are looked for where a list is full."""

FINISHED_LISTED = 50
"""Finished processes that are asked for, of each state."""

FINISHED_KEPT = 500
"""Finished processes that stay in the table."""

REGISTRY_PAUSE_S = 2.0
"""How long executors are not asked for again although one is missed."""

NEW_S = 30
"""For how long after its submission a process's missing executor may just not be known yet."""

MISHAPS_TOLD = 20
"""Showing one may be what fails, each time in other words."""

FINISHED = (ProcessState.SUCCESS, ProcessState.FAILED, ProcessState.CANCELLED)
UNFINISHED = (ProcessState.WAITING, ProcessState.RUNNING)


class WatchedClient(NameSource, SubscribingClient, Protocol):
    """What watching needs of a client."""

    transport: Transport

    async def get_process(self, process_id: str) -> Process: ...

    async def get_processes(self, state: ProcessState, *, count: int = LIST_LIMIT) -> list[Process]: ...

    async def get_recent_processes(self, state: ProcessState, seconds: int) -> list[Process]: ...

    async def get_statistics(self) -> Statistics: ...

    async def is_paused(self) -> bool: ...

    async def get_functions(self) -> list[Function]: ...


@dataclass(frozen=True, slots=True)
class WatchChange:
    """What is new: ids of rows that came, changed or went, whether facts about the colony changed, and mishaps."""

    process_ids: frozenset[str] = frozenset()
    is_colony: bool = False
    mishap: str = ""
    """What went wrong in this program, in one sentence."""


@dataclass
class Intervals:
    """How often is asked, in seconds (PRODUCT.md, "Main screen" and "States")."""

    unfinished: Beat = field(default_factory=lambda: Beat(3, 6, 15))
    finished: Beat = field(default_factory=lambda: Beat(20, 60, 120))
    statistics: Beat = field(default_factory=lambda: Beat(30, 60, 300))
    registry: Beat = field(default_factory=lambda: Beat(30, 60, 300))
    logs: Beat = field(default_factory=lambda: Beat(3, 10, 30))
    """Log lines of the open process."""
    turns: Beat = field(default_factory=lambda: Beat(15, 30, 60))
    """A channel that is read in turn."""

    def all(self) -> tuple[Beat, ...]:
        return (self.unfinished, self.finished, self.statistics, self.registry, self.logs, self.turns)


class ColonyWatcher:
    """The processes of a colony as a table that keeps itself up to date while :meth:`run` runs.

    ``changes`` tells a screen what to draw again; listeners get every newer snapshot of a process.
    """

    def __init__(
        self,
        client: WatchedClient,
        *,
        sockets: int = 16,
        intervals: Intervals | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._client = client
        self.intervals = intervals or Intervals()
        self._listeners: list[Callable[[str, Process | None], None]] = []
        self._return_listeners: list[Callable[[], None]] = []
        self.table = ProcessTable()
        self.changes: Outlet[WatchChange] = Outlet()
        self.rows = RowSockets(client, self._on_row, budget=sockets, on_mishap=self.tell_mishap)
        self.directory = Directory(client, recorder=recorder, on_change=self._tell_colony)
        self.statistics: Statistics | None = None
        """Counts as of ``counted_ns`` by the server's clock; ``None`` until known."""
        self.counted_ns = 0
        self.is_paused = False
        self.refusal: NotAllowed | None = None
        """Why the colony does not answer us, ``None`` while it does."""
        self.listed_ns: int | None = None
        """When the lists of unfinished processes were read last, by the server's clock; ``None``: never yet."""
        self.is_told = False
        """Whether the server has answered for what waits and runs, be it with an error: until then parts are known."""
        self._asked_registry_at: float | None = None
        self._finished_due: list[ProcessState] = []
        self._mishaps: set[str] = set()
        self.kept: set[str] = set()
        """Finished processes that stay in the table however old they are."""
        self._was_lost = False
        client.transport.link.on_change(self._on_link)

    def on_process(self, listener: Callable[[str, Process | None], None]) -> None:
        """Call ``listener`` with each newer snapshot, or with ``None`` for a process that is gone."""
        self._listeners.append(listener)

    def on_return(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when the colony answers us again after it had refused."""
        self._return_listeners.append(listener)

    @property
    def is_member(self) -> bool:
        """Whether the colony answers us; the owners' keys are no members."""
        return self.refusal is None

    @property
    def has_colony(self) -> bool:
        """Whether the server has the colony, as far as it told."""
        return not isinstance(self.refusal, NoSuchColony)

    @property
    def has_listed(self) -> bool:
        """Whether the lists have been read at least once."""
        return self.listed_ns is not None

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks; polls are seldom while nobody does."""
        return self.intervals.unfinished.is_watched

    @is_watched.setter
    def is_watched(self, value: bool) -> None:
        for beat in self.intervals.all():
            if value and not beat.is_watched:
                beat.hurry()
            beat.is_watched = value

    def hurry(self) -> None:
        """Poll everything but the counts at once."""
        self.intervals.unfinished.hurry()
        self.intervals.finished.hurry()

    async def run(self) -> None:
        """Watch until cancelled; all sockets are closed then."""
        beats = self.intervals
        try:
            async with asyncio.TaskGroup() as group:
                for name, beat, ask in (
                    ("unfinished", beats.unfinished, self._poll_unfinished),
                    ("finished", beats.finished, self._poll_finished),
                    ("statistics", beats.statistics, self._poll_statistics),
                    ("registry", beats.registry, self._poll_registry),
                ):
                    group.create_task(self.poll(beat, ask).run(), name=f"poll {name}")
        finally:
            await self.rows.end()
            await self.directory.end()

    async def functions(self) -> list[Function]:
        """Registered functions, asked for anew; raises what the client does."""
        return await self._client.get_functions()

    async def fetch(self, process_id: str) -> Process | None:
        """Ask for one process; ``None`` when the server does not know it. Raises what the client does otherwise."""
        asked = _now()
        try:
            process = await self._client.get_process(process_id)
        except NotFound:
            self.drop(process_id)
            return None
        self.take([process], asked)
        return process

    def take(self, processes: Iterable[Process], asked: float | None = None) -> None:
        """Take in snapshots from wherever they came; ``asked`` is the loop's time at which they were asked for."""
        self._tell(self.table.merge(processes, asked=asked, now=_now()))

    def drop(self, process_id: str) -> None:
        """The server does not know it."""
        self._on_row(process_id, None)

    def _tell(self, change: ProcessChange) -> None:
        for process_id in (*change.added, *change.changed):
            process = self.table.get(process_id)
            if process is not None:
                self.rows.note(process)
                self.directory.learn_user(process.initiator_id, process.initiator_name)
                self.directory.learn_executor(process.executor_id)
                for listener in self._listeners:
                    listener(process_id, process)
        for process_id in change.removed:
            self.rows.note_gone(process_id)
            for listener in self._listeners:
                listener(process_id, None)
        ids = frozenset((*change.added, *change.changed, *change.removed))
        if ids:
            self.intervals.unfinished.note_change()
            self.changes.put(WatchChange(ids))

    def poll(self, beat: Beat, ask: Callable[[], Awaitable[None]]) -> Poll:
        """A poll over this watcher's link."""

        def note(error: ColonyError) -> None:
            # An owner's key is refused some of it. Whether one is a member is what the lists tell.
            if beat is self.intervals.unfinished:
                if isinstance(error, NotAllowed):
                    self._note_refusal(error)
                self._note_told()

        return Poll(self._client.transport.link, beat, ask, on_error=note, on_mishap=self.tell_mishap)

    async def _poll_unfinished(self) -> None:
        for state in UNFINISHED:
            asked = _now()
            found = await self._client.get_processes(state)
            change = self.table.merge_list(found, state, asked=asked, now=_now())
            self._tell(change)
            if len(found) >= LIST_LIMIT:
                self.take(await self._client.get_recent_processes(state, RECENT_S))
            # Rows that left a list have moved on or are gone.
            for process_id in change.to_fetch:
                await self.fetch(process_id)
        self._note_refusal(None)
        self._miss_executors()
        is_first, self.listed_ns = not self.has_listed, self._client.transport.server_time_ns()
        self.is_told = True
        if is_first:
            self._tell_colony()

    def _note_told(self) -> None:
        was_told, self.is_told = self.is_told, True
        if not was_told:
            self._tell_colony()

    def _note_refusal(self, refusal: NotAllowed | None) -> None:
        before, self.refusal = self.refusal, refusal
        if type(before) is not type(refusal):
            self._tell_colony()
            for listener in self._return_listeners if refusal is None else ():
                listener()

    def _miss_executors(self) -> None:
        """Ask for executors anew when a new process waits for a type that none is known of: it may have come since."""
        known = {executor.type for executor in self.directory.executors.values()}
        since_ns = self._client.transport.server_time_ns() - NEW_S * NANOSECONDS
        new = (each for each in self.table if each.state is ProcessState.WAITING and each.submitted_ns > since_ns)
        asked_at = self._asked_registry_at
        is_due = asked_at is not None and asyncio.get_running_loop().time() - asked_at >= REGISTRY_PAUSE_S
        if is_due and any(process.spec.executor_type not in known for process in new):
            self.intervals.registry.hurry()

    async def _poll_finished(self) -> None:
        """Ask for every finished state; after a broken link only for those that are still to come."""
        self._finished_due = self._finished_due or list(FINISHED)
        while self._finished_due:
            state, asked = self._finished_due[0], _now()
            # What is refused waits for the next round: older servers know no cancelled state, others are in trouble.
            with suppress(Refused, ProtocolError):
                found = await self._client.get_processes(state, count=FINISHED_LISTED)
                self._tell(self.table.merge_list(found, state, FINISHED_LISTED, asked=asked, now=_now()))
            self._finished_due.remove(state)
        self._tell(self.table.trim(FINISHED_KEPT, self.kept))

    async def _poll_statistics(self) -> None:
        counted_ns = self._client.transport.server_time_ns()
        statistics = await self._client.get_statistics()
        self.counted_ns = counted_ns
        if statistics != self.statistics:
            self.statistics = statistics
            self._tell_colony()

    async def _poll_registry(self) -> None:
        self._asked_registry_at = asyncio.get_running_loop().time()
        await (self.directory.refresh_executors() if self.directory.users else self.directory.refresh())
        is_paused = await self._client.is_paused()
        if is_paused != self.is_paused:
            self.is_paused = is_paused
            self._tell_colony()

    def _on_link(self) -> None:
        """A server that comes back may have lost what had ended, and its counts; nothing else asks for them soon."""
        is_up = self._client.transport.link.is_up
        if is_up and self._was_lost:
            self.intervals.finished.hurry()
            self.intervals.statistics.hurry()
        self._was_lost = not is_up

    def _on_row(self, process_id: str, process: Process | None) -> None:
        if process is not None:
            self.take([process])
        else:
            self._tell(self.table.remove([process_id]))

    def tell_mishap(self, error: Exception) -> None:
        """Have it shown that something went wrong in a way that nobody thought of; each once."""
        words = mishap_words(error)
        if words not in self._mishaps and len(self._mishaps) < MISHAPS_TOLD:
            self._mishaps.add(words)
            self.changes.put(WatchChange(mishap=words))

    def _tell_colony(self) -> None:
        self.changes.put(WatchChange(is_colony=True))


def _now() -> float:
    return asyncio.get_running_loop().time()
