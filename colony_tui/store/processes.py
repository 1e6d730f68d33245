"""The processes of a colony as far as they are known, whatever came in whatever order.

Owns which snapshot of a process is the fresher one, the order of the list, filters, and the plain answers that a row
gives: how long, why it waits. Keeps no clock: ``now_ns`` is the server's time as the caller knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from msgspec.structs import replace

from colony_tui.model import NANOSECONDS, Executor, ExecutorState, Process, ProcessState, Statistics, duration_s

LIST_LIMIT = 100
"""Processes that one list reply holds at most (PROTOCOL.md, "Order and reach")."""

HEARD_WITHIN_S = 600
"""An executor that has not called ``assign`` for so long is removed by the server (PROTOCOL.md)."""


@dataclass(frozen=True, slots=True)
class ProcessChange:
    """What a merge did, as process ids. Nothing in it: nothing that a list shows has changed."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    to_fetch: tuple[str, ...] = ()
    """Held as waiting or running, but a list that should have them has not: only fetching them tells."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.to_fetch)


class WaitKind(Enum):
    """Why a process waits."""

    PAUSED = "assignments are paused in the whole colony"
    PARENTS = "it waits for other processes to end"
    NO_EXECUTOR = "no executor of its type is registered"
    NAMED_MISSING = "the executors that it names are not registered"
    NOT_HEARD = "none of its executors was heard from lately"
    AHEAD = "others of its type are before it"
    NEXT = "it is the next one of its type"


@dataclass(frozen=True, slots=True)
class WaitReason:
    """Why a process waits, with the facts to say it."""

    kind: WaitKind
    executor_type: str = ""
    names: tuple[str, ...] = ()
    """Executors that are missing, or were not heard from."""
    count: int = 0
    """How many are ahead, or how many executors there are."""
    heard_ns: int | None = None
    """When any of its executors was last heard from."""


@dataclass(frozen=True, slots=True)
class ProcessFilter:
    """What a list shows. Empty values let everything through."""

    text: str = ""
    """Words that must all occur, in any case, in function, executor, initiator, id or label."""
    states: frozenset[ProcessState] = frozenset()
    initiator_id: str = ""
    """Only what this member submitted."""

    def admits(self, process: Process, names: Mapping[str, str]) -> bool:
        """Whether a process is shown; ``names`` tells executors' names by id."""
        if self.states and process.state not in self.states:
            return False
        if self.initiator_id and process.initiator_id != self.initiator_id:
            return False
        words = self.text.casefold().split()
        return not words or all(word in _searched(process, names) for word in words)


NO_FILTER = ProcessFilter()


@dataclass(frozen=True, slots=True)
class ProcessGroups:
    """The list, in the order in which it is shown."""

    running: tuple[Process, ...] = ()
    """Oldest start first, so that rows stay where they are."""
    waiting: tuple[Process, ...] = ()
    """As the server will take them."""
    finished: tuple[Process, ...] = ()
    """Newest end first."""

    def __iter__(self) -> Iterator[Process]:
        yield from self.running
        yield from self.waiting
        yield from self.finished

    def __len__(self) -> int:
        return len(self.running) + len(self.waiting) + len(self.finished)


@dataclass(slots=True)
class ProcessTable:
    """Processes by id. Replies may be merged in any order and any number of times.

    Where a snapshot alone does not tell whether it is newer (a process that is put back because its executor was
    removed looks like one that was never taken), ``asked`` decides: the moment at which it was asked for, in any unit
    that grows. What was asked for after the held snapshot had been asked for and taken in is newer.
    """

    _held: dict[str, Process] = field(default_factory=dict)
    _taken: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, process_id: str) -> bool:
        return process_id in self._held

    def __iter__(self) -> Iterator[Process]:
        return iter(self._held.values())

    def get(self, process_id: str) -> Process | None:
        """What is held of that process."""
        return self._held.get(process_id)

    def find(self, prefix: str) -> tuple[Process, ...]:
        """Processes whose id begins so; one, where a short id is not ambiguous."""
        return tuple(each for each in self._held.values() if each.id.startswith(prefix))

    def merge(
        self, processes: Iterable[Process], *, asked: float | None = None, now: float | None = None
    ) -> ProcessChange:
        """Take snapshots in at the moment ``now``; those older than what is held are ignored."""
        added: list[str] = []
        changed: list[str] = []
        for process in processes:
            held = self._held.get(process.id)
            if held is None:
                added.append(process.id)
            elif process == held or not (is_fresher(process, held) or self._is_newer(held, asked)):
                continue
            elif process.id not in added and process.id not in changed:
                changed.append(process.id)
            self._held[process.id] = process
            if now is not None:
                self._taken[process.id] = now
        return ProcessChange(tuple(added), tuple(changed))

    def _is_newer(self, held: Process, asked: float | None) -> bool:
        if asked is None or held.state.is_closed:
            return False
        taken = self._taken.get(held.id)
        return taken is not None and asked > taken

    def merge_list(
        self,
        processes: Iterable[Process],
        state: ProcessState,
        limit: int = LIST_LIMIT,
        *,
        asked: float | None = None,
        now: float | None = None,
    ) -> ProcessChange:
        """Take in the reply to a list of one state, not filtered otherwise, that was asked for with ``limit``.

        What is held in that state, unfinished, and should stand in the reply but does not, is to be fetched: it has
        changed, or was removed. A full reply tells nothing of what sorts behind its last process.

        An end is final: what was known to have ended before ``asked`` and does not stand in a reply that is not full
        was removed, and is forgotten. A full reply of a closed state tells nothing of what is missing.
        """
        came = list(processes)
        change = self.merge(came, asked=asked, now=now)
        there = {process.id for process in came}
        if state.is_closed:
            gone = self._known_before(asked, state) - there if len(came) < limit else ()
            return ProcessChange(change.added, change.changed, self.remove(gone).removed)
        sort_key = _SORT_KEYS[state]
        reach = max(map(sort_key, came)) if came and len(came) >= limit else None
        missing = (
            process.id
            for process in self._held.values()
            if process.state is state and process.id not in there and (reach is None or sort_key(process) < reach)
        )
        return ProcessChange(change.added, change.changed, to_fetch=tuple(sorted(missing)))

    def _known_before(self, asked: float | None, state: ProcessState) -> set[str]:
        """Processes that were known to be in that state when something was asked for."""
        if asked is None:
            return set()
        held = (process.id for process in self._held.values() if process.state is state)
        return {process_id for process_id in held if self._taken.get(process_id, asked) < asked}

    def remove(self, process_ids: Iterable[str]) -> ProcessChange:
        """Forget processes that the server no longer knows; ids that are not held are ignored."""
        gone = tuple(process_id for process_id in dict.fromkeys(process_ids) if process_id in self._held)
        for process_id in gone:
            del self._held[process_id]
            self._taken.pop(process_id, None)
        return ProcessChange(removed=gone)

    def trim(self, finished: int, keep: Iterable[str] = ()) -> ProcessChange:
        """Forget finished processes but the newest so many and those to ``keep``."""
        kept = set(keep)
        surplus = self.groups().finished[finished:]
        return self.remove(process.id for process in surplus if process.id not in kept)

    def groups(self, only: ProcessFilter = NO_FILTER, names: Mapping[str, str] | None = None) -> ProcessGroups:
        """What the list shows, in order; ``names`` tells executors' names by id, for the filter's words."""
        shown = [process for process in self._held.values() if only.admits(process, names or {})]

        def sorted_in(*states: ProcessState) -> tuple[Process, ...]:
            found = (process for process in shown if process.state in states)
            return tuple(sorted(found, key=_SORT_KEYS[states[0]]))

        return ProcessGroups(
            sorted_in(ProcessState.RUNNING),
            sorted_in(ProcessState.WAITING),
            sorted_in(ProcessState.SUCCESS, ProcessState.FAILED, ProcessState.CANCELLED),
        )

    def counts(self, counted: Statistics, counted_ns: int) -> Statistics:
        """The server's counts, brought up to date with what was seen since they were taken at ``counted_ns``."""
        ended = [
            each.state for each in self._held.values() if each.state.is_closed and (each.ended_ns or 0) > counted_ns
        ]
        states = [each.state for each in self._held.values()]
        waiting, running = states.count(ProcessState.WAITING), states.count(ProcessState.RUNNING)
        cancelled = counted.cancelled
        return replace(
            counted,
            waiting=waiting if waiting < LIST_LIMIT else counted.waiting,
            running=running if running < LIST_LIMIT else counted.running,
            success=counted.success + ended.count(ProcessState.SUCCESS),
            failed=counted.failed + ended.count(ProcessState.FAILED),
            cancelled=cancelled + ended.count(ProcessState.CANCELLED) if cancelled is not None else None,
        )

    def ahead_of(self, process: Process) -> int:
        """How many that are known to wait for the same type of executor will be taken before it."""
        mine = _queue_key(process)
        return sum(
            other.state is ProcessState.WAITING
            and not other.waits_for_parents
            and other.spec.executor_type == process.spec.executor_type
            and _queue_key(other) < mine
            for other in self._held.values()
        )

    def why_waits(
        self, process: Process, executors: Iterable[Executor], *, is_paused: bool, now_ns: int
    ) -> WaitReason | None:
        """Why a process waits; ``None`` when it does not. ``executors`` are all that the colony lists."""
        if process.state is not ProcessState.WAITING:
            return None
        kind, wanted = process.spec.executor_type, process.spec.executor_names
        if is_paused:
            return WaitReason(WaitKind.PAUSED, kind)
        if process.waits_for_parents:
            return WaitReason(WaitKind.PARENTS, kind, count=len(process.parents))
        able = [each for each in executors if each.state is ExecutorState.APPROVED and each.type == kind]
        if not able:
            return WaitReason(WaitKind.NO_EXECUTOR, kind, wanted)
        named = [each for each in able if not wanted or each.name in wanted]
        if not named:
            return WaitReason(WaitKind.NAMED_MISSING, kind, wanted)
        heard_ns = max((each.last_heard_ns for each in named if each.last_heard_ns is not None), default=None)
        if heard_ns is None or now_ns - heard_ns > HEARD_WITHIN_S * NANOSECONDS:
            names = tuple(sorted(each.name for each in named))
            return WaitReason(WaitKind.NOT_HEARD, kind, names, len(named), heard_ns)
        ahead = self.ahead_of(process)
        return WaitReason(WaitKind.AHEAD if ahead else WaitKind.NEXT, kind, count=ahead, heard_ns=heard_ns)


def is_fresher(process: Process, held: Process) -> bool:
    """Whether a snapshot is not older than the one held of the same process.

    A process only ever gains attempts, an attempt goes from waiting to running, and the end is final. Between two of
    the same state of the same attempt the one that came last is taken.
    """
    return _progress(process) >= _progress(held)


def _progress(process: Process) -> tuple[bool, int, int]:
    return (process.state.is_closed, process.retries, min(process.state, ProcessState.SUCCESS))


def elapsed_s(process: Process, now_ns: int) -> float:
    """Seconds that it has waited so far, runs so far in this attempt, or took in the end."""
    if process.state is ProcessState.WAITING:
        return duration_s(process.submitted_ns, now_ns)
    began = process.started_ns if process.started_ns is not None else process.submitted_ns
    return duration_s(began, process.ended_ns if process.state.is_closed else now_ns)


def remaining_s(process: Process, now_ns: int) -> float | None:
    """Seconds until it is put back or failed for lateness; ``None`` where nothing limits it."""
    if process.state is ProcessState.WAITING and process.spec.max_wait_time > 0:
        return duration_s(now_ns, process.wait_deadline_ns) if process.wait_deadline_ns is not None else None
    if process.state is not ProcessState.RUNNING or process.started_ns is None or process.spec.max_exec_time <= 0:
        return None
    deadline = process.exec_deadline_ns
    if deadline is None or deadline < process.started_ns:
        # Of a process that runs again the server still tells the former attempt's (PROTOCOL.md, "Limits").
        deadline = process.started_ns + process.spec.max_exec_time * NANOSECONDS
    return duration_s(now_ns, deadline)


def _queue_key(process: Process) -> tuple[int, int, str]:
    return (process.priority_time, process.submitted_ns, process.id)


def _start_key(process: Process) -> tuple[int, int, str]:
    return (process.started_ns or 0, process.submitted_ns, process.id)


def _end_key(process: Process) -> tuple[int, int, str]:
    return (-(process.ended_ns or process.submitted_ns), -process.submitted_ns, process.id)


_SORT_KEYS: dict[ProcessState, Callable[[Process], tuple[int, int, str]]] = {
    ProcessState.WAITING: _queue_key,
    ProcessState.RUNNING: _start_key,
    ProcessState.SUCCESS: _end_key,
}


def _searched(process: Process, names: Mapping[str, str]) -> str:
    spec = process.spec
    executor = names.get(process.executor_id, "")
    who = (executor, spec.executor_type, *spec.executor_names, process.initiator_name, process.initiator_id)
    return "\n".join((spec.function, process.id, spec.label, *who)).casefold()
