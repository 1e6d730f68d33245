"""Processes: their states, queue, deadlines and put-backs (PROTOCOL.md, "Limits of a process").

Changes of state tell :class:`Signals` and end channels. Quirks of the real server are kept: what a changed process
looks like to its listeners is often older than what a later look gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from colony_tui.errors import Refused
from colony_tui.model import NANOSECONDS, ProcessState, duration_s
from colony_tui.server.channels import Channels
from colony_tui.server.clock import Clock
from colony_tui.server.registry import ExecutorRecord, Registry
from colony_tui.server.signals import Signals
from colony_tui.wire.shapes import AttributeShape, ProcessShape, SpecShape
from colony_tui.wire.times import format_time

PRIORITY_NS = 24 * 3600 * NANOSECONDS
"""How much earlier one step of priority stands in the queue: a day."""

ENV_ATTRIBUTE = 3
"""Type of the attributes that hold a specification's environment."""


@dataclass(slots=True)
class ProcessRecord:
    """A process as it is stored. Times in nanoseconds, written in microseconds as the real database holds them."""

    id: str
    spec: SpecShape
    initiator_id: str
    initiator_name: str
    submitted_ns: int
    state: ProcessState = ProcessState.WAITING
    executor_id: str = ""
    is_assigned: bool = False
    started_ns: int | None = None
    ended_ns: int | None = None
    closed_ns: int | None = None
    """When it was closed; unlike the end never that of a put-back."""
    wait_deadline_ns: int | None = None
    exec_deadline_ns: int | None = None
    retries: int = 0
    attributes: list[AttributeShape] = field(default_factory=list)
    output: list[object] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def colony(self) -> str:
        return self.spec.conditions.colonyname

    @property
    def executor_type(self) -> str:
        return self.spec.conditions.executortype

    @property
    def priority_time(self) -> int:
        return self.submitted_ns - self.spec.priority * PRIORITY_NS

    def shape(self) -> ProcessShape:
        """A snapshot that later changes leave alone."""
        return ProcessShape(
            processid=self.id,
            state=int(self.state),
            initiatorid=self.initiator_id,
            initiatorname=self.initiator_name,
            assignedexecutorid=self.executor_id,
            isassigned=self.is_assigned,
            prioritytime=self.priority_time,
            submissiontime=stored_time(self.submitted_ns),
            starttime=stored_time(self.started_ns),
            endtime=stored_time(self.ended_ns),
            waitdeadline=stored_time(self.wait_deadline_ns),
            execdeadline=stored_time(self.exec_deadline_ns),
            retries=self.retries,
            attributes=[_copy(attribute) for attribute in self.attributes],
            spec=self.spec,
            parents=[],
            children=[],
            input=[],
            out=list(self.output),
            errors=list(self.errors),
        )

    def set_attribute_states(self, state: int) -> None:
        for attribute in self.attributes:
            attribute.state = state


def stored_time(time_ns: int | None) -> str:
    """A time as the real database gives it back: rounded to microseconds."""
    return format_time(None if time_ns is None else (time_ns + 500) // 1000 * 1000)


def _copy(attribute: AttributeShape) -> AttributeShape:
    return AttributeShape(**{name: getattr(attribute, name) for name in attribute.__struct_fields__})


def _normalised(spec: SpecShape) -> SpecShape:
    """The specification as the server gives it back: lists and units filled in."""
    conditions = spec.conditions
    conditions.cpu = conditions.cpu or "0m"
    conditions.mem = conditions.mem or "0Mi"
    conditions.storage = conditions.storage or "0Mi"
    conditions.gpu.mem = conditions.gpu.mem or "0Mi"
    conditions.dependencies = conditions.dependencies or []
    spec.args = spec.args or []
    spec.kwargs = spec.kwargs or {}
    spec.env = spec.env or {}
    spec.channels = spec.channels or msgspec.UNSET
    return spec


class ProcessTable:
    """All processes of all colonies."""

    def __init__(
        self, clock: Clock, make_id: Callable[[], str], registry: Registry, channels: Channels, signals: Signals
    ) -> None:
        self._clock = clock
        self._make_id = make_id
        self._registry = registry
        self._channels = channels
        self._signals = signals
        self._records: dict[str, ProcessRecord] = {}

    def __iter__(self) -> Iterator[ProcessRecord]:
        return iter(tuple(self._records.values()))

    def get(self, process_id: str) -> ProcessRecord | None:
        return self._records.get(process_id)

    def submit(self, spec: SpecShape, initiator_id: str, initiator_name: str) -> ProcessRecord:
        """A new waiting process with its channels; an executor that waits is woken."""
        now_ns = self._clock.now_ns()
        spec = _normalised(spec)
        process = ProcessRecord(self._make_id(), spec, initiator_id, initiator_name, now_ns)
        process.wait_deadline_ns = _later(now_ns, spec.maxwaittime)
        process.attributes = [
            AttributeShape(self._make_id(), process.id, process.colony, "", 0, ENV_ATTRIBUTE, key, value)
            for key, value in (spec.env or {}).items()
        ]
        self._records[process.id] = process
        self._channels.declare(process.id, spec.channels or [], initiator_id)
        self._signals.tell(process.shape())
        return process

    # The queue

    def select(self, colony: str, executor: ExecutorRecord) -> ProcessRecord | None:
        """The waiting process that an executor gets next."""
        return min(
            (process for process in self if process.colony == colony and _may_take(executor, process)),
            key=lambda process: process.priority_time,
            default=None,
        )

    def assign(self, process: ProcessRecord, executor: ExecutorRecord) -> ProcessShape:
        """Starts an attempt. The snapshot has the start in nanoseconds and the deadline of the attempt before."""
        before = process.shape()
        now_ns = self._clock.now_ns()
        process.state = ProcessState.RUNNING
        process.executor_id = executor.id
        process.is_assigned = True
        process.started_ns = now_ns
        process.exec_deadline_ns = _later(now_ns, process.spec.maxexectime) or process.exec_deadline_ns
        process.set_attribute_states(ProcessState.RUNNING)
        self._channels.assign(process.id, executor.id)
        before.state = int(process.state)
        before.assignedexecutorid = executor.id
        before.isassigned = True
        before.starttime = format_time(now_ns)
        self._signals.tell(before)
        return before

    # Endings

    def succeed(self, process: ProcessRecord, output: list[object]) -> None:
        """Closes a process that ran well. Listeners see no end and output yet, unless its function is registered."""
        before = process.shape()
        if output:
            process.output = output
        if process.state is not ProcessState.SUCCESS:
            self._refuse(process, "set", "as successful", ProcessState.WAITING)
        self._close(process, ProcessState.SUCCESS)
        executor = self._registry.executor_by_id(process.executor_id)
        waited_s = duration_s(process.submitted_ns, process.started_ns)
        ran_s = duration_s(process.started_ns, process.ended_ns)
        is_counted = executor is not None and self._registry.count_call(
            executor, process.spec.funcname, waited_s, ran_s
        )
        before.state = int(process.state)
        self._channels.delete(process.id)
        self._signals.tell(process.shape() if is_counted else before)

    def fail(self, process: ProcessRecord, errors: list[str]) -> None:
        """Closes a process as failed, for good."""
        self._refuse(process, "set", "as failed")
        process.errors = list(errors)
        self._close(process, ProcessState.FAILED)
        self._channels.delete(process.id)
        self._signals.tell(process.shape())

    def cancel(self, process: ProcessRecord) -> None:
        self._refuse(process, "cancel", "")
        self._close(process, ProcessState.CANCELLED)
        self._channels.delete(process.id)
        self._signals.tell(process.shape())

    def _close(self, process: ProcessRecord, state: ProcessState) -> None:
        process.state = state
        process.ended_ns = process.closed_ns = self._clock.now_ns()
        process.set_attribute_states(state)

    def _refuse(self, process: ProcessRecord, verb: str, tail: str, *also: ProcessState) -> None:
        """Refuses what has ended already, in the real server's words."""
        words = {
            ProcessState.WAITING: "waiting process as successful without being running",
            ProcessState.SUCCESS: f"successful process {tail}",
            ProcessState.FAILED: f"failed process {tail}",
            ProcessState.CANCELLED: f"cancelled process {tail}",
        }
        if process.state.is_closed or process.state in also:
            text = words[process.state]
            if verb == "cancel" and process.state is ProcessState.CANCELLED:
                text = f"already {text}"
            raise Refused(400, f"Tried to {verb} {text}".rstrip())

    def put_back(self, process: ProcessRecord) -> None:
        """Ends an attempt: the process waits again. Listeners still see the old executor and retries."""
        before = process.shape()
        now_ns = self._clock.now_ns()
        process.state = ProcessState.WAITING
        process.is_assigned = False
        process.executor_id = ""
        process.ended_ns = now_ns
        process.retries += 1
        process.wait_deadline_ns = _later(now_ns, process.spec.maxwaittime) or process.wait_deadline_ns
        process.set_attribute_states(0)
        before.state = int(process.state)
        before.isassigned = False
        before.endtime = format_time(now_ns)
        self._signals.tell(before)

    def release(self, executor: ExecutorRecord) -> None:
        """Puts back what a removed executor ran: no retry is counted and nobody is told."""
        for process in self:
            if process.executor_id == executor.id and process.state is ProcessState.RUNNING:
                process.state = ProcessState.WAITING
                process.is_assigned = False
                process.executor_id = ""
                process.started_ns = process.ended_ns = None

    def remove(self, process: ProcessRecord) -> None:
        """Forgets a process; its channels stay in memory and nobody is told."""
        if process.state is ProcessState.RUNNING:
            raise Refused(400, "Failed to remove process, cannot remove a running process")
        del self._records[process.id]

    def remove_colony(self, colony: str) -> None:
        self._records = {process.id: process for process in self if process.colony != colony}

    def sweep(self) -> None:
        """Applies the deadlines, which are compared by whole seconds."""
        now_s = self._clock.now_ns() // NANOSECONDS
        for process in self:
            spec = process.spec
            if process.state is ProcessState.RUNNING:
                if spec.maxexectime != -1 and now_s > (process.exec_deadline_ns or 0) // NANOSECONDS:
                    self._end_attempt(process)
            elif process.state is ProcessState.WAITING and _has_waited_too_long(process, now_s):
                self.fail(process, ["Maximum waiting time limit exceeded"])

    def _end_attempt(self, process: ProcessRecord) -> None:
        if -1 < process.spec.maxretries <= process.retries:
            self.fail(process, ["Maximum execution time limit exceeded"])
        else:
            self.put_back(process)

    # Lists

    def listed(self, colony: str, state: ProcessState, count: int, **only: str) -> list[ProcessRecord]:
        """Processes of a state in the server's order; of the filters only the first that is given counts."""
        wanted = next(((name, value) for name, value in only.items() if value), None)
        found = [
            process
            for process in self
            if process.colony == colony
            and process.state is state
            and (wanted is None or _FILTERS[wanted[0]](process) == wanted[1])
        ]
        if state is ProcessState.WAITING:
            found.sort(key=lambda process: process.priority_time)
        elif state is ProcessState.RUNNING:
            found.sort(key=lambda process: process.started_ns or 0)
        else:
            found.sort(key=lambda process: process.ended_ns or 0, reverse=True)
        return found[: max(0, count)]

    def recent(self, colony: str, state: int, seconds: int, executor_id: str) -> list[ProcessRecord]:
        """Processes of a state submitted within the last ``seconds``, oldest first."""
        oldest_ns = self._clock.now_ns() - seconds * NANOSECONDS
        found = [
            process
            for process in self
            if process.colony == colony
            and process.state == state
            and process.submitted_ns >= oldest_ns
            and executor_id in ("", process.executor_id)
        ]
        return sorted(found, key=lambda process: process.submitted_ns)

    def count(self, colony: str, state: ProcessState) -> int:
        return sum(process.colony == colony and process.state is state for process in self)


_FILTERS: dict[str, Callable[[ProcessRecord], str]] = {
    "executor_type": lambda process: process.executor_type,
    "initiator": lambda process: process.initiator_name,
    "label": lambda process: process.spec.label,
}


def _may_take(executor: ExecutorRecord, process: ProcessRecord) -> bool:
    names = process.spec.conditions.executornames
    return (
        process.state is ProcessState.WAITING
        and process.executor_type == executor.type
        and (not names or executor.name in names)
    )


def _has_waited_too_long(process: ProcessRecord, now_s: int) -> bool:
    return process.spec.maxwaittime not in (-1, 0) and now_s > (process.wait_deadline_ns or 0) // NANOSECONDS


def _later(now_ns: int, seconds: int) -> int | None:
    return now_ns + seconds * NANOSECONDS if seconds > 0 else None
