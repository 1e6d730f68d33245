"""The JSON objects of the wire as typed structs, and their way to and from the model.

Owns the spelling of every field. Decoding tolerates what servers do: unknown fields, ``null`` for empty lists,
missing fields, unset times of both kinds. Encoding writes what a server of v1.9.12 writes.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from colony_tui.errors import ProtocolError
from colony_tui.model import (
    Attribute,
    ChannelEntry,
    Colony,
    Executor,
    ExecutorState,
    Function,
    FunctionArg,
    FunctionSpec,
    LogLine,
    Process,
    ProcessState,
    Statistics,
    User,
)
from colony_tui.wire.times import UNSET, format_time, parse_time

_StateT = TypeVar("_StateT", ProcessState, ExecutorState)


class ColonyShape(msgspec.Struct):
    colonyid: str = ""
    name: str = ""

    def to_model(self) -> Colony:
        return Colony(self.colonyid, self.name)


class UserShape(msgspec.Struct):
    colonyname: str = ""
    userid: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""

    def to_model(self) -> User:
        return User(self.userid, self.name, self.colonyname, self.email, self.phone)

    @classmethod
    def from_model(cls, user: User) -> UserShape:
        return cls(user.colony, user.id, user.name, user.email, user.phone)


class ExecutorShape(msgspec.Struct):
    executorid: str = ""
    executortype: str = ""
    executorname: str = ""
    colonyname: str = ""
    state: int = 0
    requirefuncreg: bool = False
    commissiontime: str = UNSET
    lastheardfromtime: str = UNSET
    capabilities: Any = None
    allocations: Any = None

    def to_model(self) -> Executor:
        return Executor(
            id=self.executorid,
            name=self.executorname,
            type=self.executortype,
            colony=self.colonyname,
            state=_state(ExecutorState, self.state, "executor"),
            registered_ns=parse_time(self.commissiontime),
            last_heard_ns=parse_time(self.lastheardfromtime),
        )

    @classmethod
    def from_model(cls, executor: Executor) -> ExecutorShape:
        return cls(
            executorid=executor.id,
            executortype=executor.type,
            executorname=executor.name,
            colonyname=executor.colony,
            state=int(executor.state),
            commissiontime=format_time(executor.registered_ns, digits=6),
            lastheardfromtime=format_time(executor.last_heard_ns, digits=6),
        )


class ArgShape(msgspec.Struct, omit_defaults=True):
    name: str = ""
    type: str = ""
    description: str = ""
    required: bool = False
    enum: list[str] | None = None


class FunctionShape(msgspec.Struct):
    functionid: str = ""
    executorname: str = ""
    executortype: str = ""
    colonyname: str = ""
    funcname: str = ""
    description: str | msgspec.UnsetType = msgspec.UNSET
    args: list[ArgShape] | msgspec.UnsetType | None = msgspec.UNSET
    counter: int = 0
    minwaittime: float = 0.0
    maxwaittime: float = 0.0
    minexectime: float = 0.0
    maxexectime: float = 0.0
    avgwaittime: float = 0.0
    avgexectime: float = 0.0

    def to_model(self) -> Function:
        return Function(
            name=self.funcname,
            executor_name=self.executorname,
            executor_type=self.executortype,
            colony=self.colonyname,
            id=self.functionid,
            description=self.description or "",
            args=tuple(
                FunctionArg(arg.name, arg.type, arg.description, arg.required, tuple(arg.enum or ()))
                for arg in self.args or ()
            ),
            call_count=self.counter,
            average_wait_s=self.avgwaittime,
            average_exec_s=self.avgexectime,
        )

    @classmethod
    def from_model(cls, function: Function) -> FunctionShape:
        return cls(
            functionid=function.id,
            executorname=function.executor_name,
            executortype=function.executor_type,
            colonyname=function.colony,
            funcname=function.name,
            description=function.description or msgspec.UNSET,
            args=[
                ArgShape(arg.name, arg.type, arg.description, arg.is_required, list(arg.choices) or None)
                for arg in function.args
            ]
            or msgspec.UNSET,
        )


class GpuShape(msgspec.Struct):
    name: str = ""
    mem: str = "0Mi"
    count: int = 0
    nodecount: int = 0


class ConditionsShape(msgspec.Struct):
    colonyname: str = ""
    executornames: list[str] | None = None
    executortype: str = ""
    dependencies: list[str] | None = None
    nodes: int = 0
    cpu: str = "0m"
    processes: int = 0
    processespernode: int = 0
    mem: str = "0Mi"
    storage: str = "0Mi"
    gpu: GpuShape = msgspec.field(default_factory=GpuShape)
    walltime: int = 0


class FilesShape(msgspec.Struct):
    mount: str = ""
    snapshots: Any = None
    dirs: Any = None


class SpecShape(msgspec.Struct):
    nodename: str = ""
    funcname: str = ""
    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    priority: int = 0
    maxwaittime: int = 0
    maxexectime: int = 0
    maxretries: int = 0
    conditions: ConditionsShape = msgspec.field(default_factory=ConditionsShape)
    label: str = ""
    fs: FilesShape = msgspec.field(default_factory=FilesShape)
    env: dict[str, str] | None = None
    channels: list[str] | msgspec.UnsetType | None = msgspec.UNSET

    def to_model(self) -> FunctionSpec:
        conditions = self.conditions
        return FunctionSpec(
            function=self.funcname,
            colony=conditions.colonyname,
            executor_type=conditions.executortype,
            executor_names=tuple(conditions.executornames or ()),
            channels=tuple(self.channels or ()),
            args=tuple(self.args or ()),
            kwargs=self.kwargs or {},
            priority=self.priority,
            max_wait_time=self.maxwaittime,
            max_exec_time=self.maxexectime,
            max_retries=self.maxretries,
            label=self.label,
            node_name=self.nodename,
            env=self.env or {},
        )

    @classmethod
    def from_model(cls, spec: FunctionSpec) -> SpecShape:
        return cls(
            nodename=spec.node_name or spec.function,
            funcname=spec.function,
            args=list(spec.args),
            kwargs=dict(spec.kwargs),
            priority=spec.priority,
            maxwaittime=spec.max_wait_time,
            maxexectime=spec.max_exec_time,
            maxretries=spec.max_retries,
            conditions=ConditionsShape(
                colonyname=spec.colony,
                executornames=list(spec.executor_names),
                executortype=spec.executor_type,
                dependencies=[],
            ),
            label=spec.label,
            env=dict(spec.env),
            channels=list(spec.channels) or msgspec.UNSET,
        )


class AttributeShape(msgspec.Struct):
    attributeid: str = ""
    targetid: str = ""
    targetcolonyname: str = ""
    targetprocessgraphid: str = ""
    state: int = 0
    attributetype: int = 0
    key: str = ""
    value: str = ""

    def to_model(self) -> Attribute:
        return Attribute(self.key, self.value, self.attributeid)


class ProcessShape(msgspec.Struct, rename={"input": "in"}):
    processid: str
    state: int
    initiatorid: str = ""
    initiatorname: str = ""
    assignedexecutorid: str = ""
    isassigned: bool = False
    prioritytime: int = 0
    submissiontime: str = UNSET
    starttime: str = UNSET
    endtime: str = UNSET
    waitdeadline: str = UNSET
    execdeadline: str = UNSET
    retries: int = 0
    attributes: list[AttributeShape] | None = None
    spec: SpecShape = msgspec.field(default_factory=SpecShape)
    waitforparents: bool = False
    parents: list[str] | None = None
    children: list[str] | None = None
    processgraphid: str = ""
    input: list[Any] | None = None
    out: list[Any] | None = None
    errors: list[str] | None = None

    def to_model(self) -> Process:
        return Process(
            id=self.processid,
            state=_state(ProcessState, self.state, "process"),
            spec=self.spec.to_model(),
            initiator_id=self.initiatorid,
            initiator_name=self.initiatorname,
            executor_id=self.assignedexecutorid,
            submitted_ns=parse_time(self.submissiontime) or 0,
            started_ns=parse_time(self.starttime),
            ended_ns=parse_time(self.endtime),
            wait_deadline_ns=parse_time(self.waitdeadline),
            exec_deadline_ns=parse_time(self.execdeadline),
            priority_time=self.prioritytime,
            retries=self.retries,
            attributes=tuple(attribute.to_model() for attribute in self.attributes or ()),
            input=tuple(self.input or ()),
            output=tuple(self.out or ()),
            errors=tuple(self.errors or ()),
            parents=tuple(self.parents or ()),
            children=tuple(self.children or ()),
            waits_for_parents=self.waitforparents,
            graph_id=self.processgraphid,
        )


class LogShape(msgspec.Struct):
    processid: str = ""
    colonyname: str = ""
    executorname: str = ""
    message: str = ""
    timestamp: int = 0

    def to_model(self) -> LogLine:
        return LogLine(self.processid, self.executorname, self.message, self.timestamp)


class StatisticsShape(msgspec.Struct):
    colonies: int = 0
    executors: int = 0
    activeexecutors: int | None = None
    unregisteredexecutors: int = 0
    waitingprocesses: int = 0
    runningprocesses: int = 0
    successfulprocesses: int = 0
    failedprocesses: int = 0
    cancelledprocesses: int | None = None
    waitingworkflows: int = 0
    runningworkflows: int = 0
    successfulworkflows: int = 0
    failedworkflows: int = 0
    cancelledworkflows: int = 0

    def to_model(self) -> Statistics:
        return Statistics(
            waiting=self.waitingprocesses,
            running=self.runningprocesses,
            success=self.successfulprocesses,
            failed=self.failedprocesses,
            cancelled=self.cancelledprocesses,
            executors=self.executors,
            active_executors=self.activeexecutors,
        )


Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class EntryShape(msgspec.Struct, gc=False):
    sequence: Int64 = 0
    inreplyto: Int64 | None = None
    timestamp: str = UNSET
    senderid: str = ""
    payload: bytes | None = None
    type: str = ""
    error: str = ""


class EntryReplyShape(msgspec.Struct, gc=False):
    """An entry as a server writes it: ``inreplyto``, ``type``, ``error`` only when there is one, ``payload`` always."""

    sequence: int
    timestamp: str
    senderid: str
    payload: bytes | None
    type: str | msgspec.UnsetType = msgspec.UNSET
    inreplyto: int | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def from_model(cls, entry: ChannelEntry) -> EntryReplyShape:
        return cls(
            entry.sequence,
            format_time(entry.timestamp_ns),
            entry.sender_id,
            entry.payload,
            entry.type,
            entry.in_reply_to or msgspec.UNSET,
        )


def _state(kind: type[_StateT], number: int, what: str) -> _StateT:
    try:
        return kind(number)
    except ValueError:
        raise ProtocolError(
            f"The server sent state {number} of a {what}; this version knows 0 to {len(kind) - 1}"
        ) from None
