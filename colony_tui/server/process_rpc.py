"""RPCs about processes: submit, assign, look, close, and their logs, channels and attributes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from colony_tui.errors import Refused
from colony_tui.model import ExecutorState, ProcessState
from colony_tui.server.channels import Channel
from colony_tui.server.clock import Alarm
from colony_tui.server.processes import ProcessRecord
from colony_tui.server.registry import ExecutorRecord
from colony_tui.server.replies import EMPTY_BODY, listed
from colony_tui.server.state import ServerState
from colony_tui.wire import requests as ask
from colony_tui.wire.shapes import AttributeShape, EntryReplyShape, ProcessShape, StatisticsShape


def _process(state: ServerState, sender_id: str, process_id: str, status: int, words: str) -> ProcessRecord:
    """A process that a member asks for; refused with ``status`` and ``words`` when there is none."""
    process = state.processes.get(process_id)
    if process is None:
        raise Refused(status, words)
    state.registry.require_member(sender_id, process.colony)
    return process


def submit(state: ServerState, sender_id: str, request: ask.Submit) -> ProcessShape:
    spec = request.spec
    state.registry.require_member(sender_id, spec.conditions.colonyname)
    limit = state.limits.priority
    if abs(spec.priority) > limit:
        raise Refused(400, f"Failed to submit function spec, priority outside range [{-limit}, {limit}]")
    name = state.registry.name_of(spec.conditions.colonyname, sender_id)
    return state.processes.submit(spec, sender_id, name).shape()


async def assign(state: ServerState, sender_id: str, request: ask.Assign) -> ProcessShape:
    """Waits for a process that the executor may take; only this counts as being heard from."""
    state.registry.require_member(sender_id, request.colony)
    if request.time_limit == 0:
        raise Refused(400, "Invalid timeout value, timeout cannot be zero")
    executor = state.registry.executor_by_id(sender_id)
    if executor is None:
        raise Refused(500, "Failed to assign process, executor not found")
    alarm = Alarm(state.clock, max(0, request.time_limit))
    try:
        while True:
            process = await _next_process(state, executor, request, alarm)
            if process is not None:
                return state.processes.assign(process, executor)
            if request.time_limit < 0 or alarm.is_over:
                raise Refused(404, "No process available for assignment")
    finally:
        alarm.cancel()


async def _next_process(
    state: ServerState, executor: ExecutorRecord, request: ask.Assign, alarm: Alarm
) -> ProcessRecord | None:
    """One look into the queue; without a find, returns when it is this executor's turn again or time is up."""
    state.registry.hear(executor)
    if request.colony in state.registry.paused:
        if request.time_limit < 0:
            raise Refused(503, "No processes available: colony assignments are paused")
        await state.wait_for_resumption(alarm)
        if alarm.is_over:
            raise Refused(408, "Assignment timeout: colony assignments are paused")
        return None
    process = state.processes.select(request.colony, executor)
    if process is None and request.time_limit > 0:
        turn = state.signals.wait_in_line(executor.type)
        try:
            await asyncio.wait({turn, alarm.rung}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            state.signals.leave_line(executor.type, turn)
    return process


def get_process(state: ServerState, sender_id: str, request: ask.GetProcess) -> ProcessShape:
    words = "Failed to get process, process not found"
    process = _process(state, sender_id, request.process_id, 404, words)
    return _shown(state, sender_id, [process])[0]


def get_processes(state: ServerState, sender_id: str, request: ask.GetProcesses) -> Any:
    state.registry.require_member(sender_id, request.colony)
    if request.count > state.limits.listed:
        raise Refused(400, f"Count is larger than MaxCount limit <{state.limits.listed}>")
    if request.initiator and state.registry.user(request.colony, request.initiator) is None:
        raise Refused(400, f"User <{request.initiator}> does not exist")
    if request.state not in list(ProcessState):
        raise Refused(400, "Failed to get processes, invalid msg.State")
    found = state.processes.listed(
        request.colony,
        ProcessState(request.state),
        request.count,
        executor_type=request.executor_type,
        initiator=request.initiator,
        label=request.label,
    )
    return listed(_shown(state, sender_id, found))


def get_recent_processes(state: ServerState, sender_id: str, request: ask.GetRecentProcesses) -> Any:
    try:
        state.registry.require_member(sender_id, request.colony)
    except Refused:
        return EMPTY_BODY
    found = state.processes.recent(request.colony, request.state, request.seconds, request.executor_id)
    return listed(_shown(state, sender_id, found))


def _shown(state: ServerState, sender_id: str, processes: Sequence[ProcessRecord]) -> list[ProcessShape]:
    """Processes as somebody is sent them; from then on he knows which have closed."""
    state.rules.tell(sender_id, processes, state.clock.now_ns())
    return [process.shape() for process in processes]


def close_successful(state: ServerState, sender_id: str, request: ask.CloseSuccessful) -> None:
    process = _process(
        state, sender_id, request.process_id, 500, "Failed to close process as successful, process is nil"
    )
    _require_assigned(process, sender_id, "close process as successful")
    state.processes.succeed(process, request.output)


def close_failed(state: ServerState, sender_id: str, request: ask.CloseFailed) -> None:
    process = _process(state, sender_id, request.process_id, 500, "Failed to close process as failed, process is nil")
    _require_assigned(process, sender_id, "close process as failed")
    state.processes.fail(process, request.errors)


def _require_assigned(process: ProcessRecord, sender_id: str, doing: str) -> None:
    if not process.executor_id:
        raise Refused(403, f"Failed to {doing}, process is not assigned")
    if process.executor_id != sender_id:
        raise Refused(403, f"Failed to {doing}, not allowed to {doing}")


def set_output(state: ServerState, sender_id: str, request: ask.SetOutput) -> None:
    process = _process(state, sender_id, request.process_id, 500, "Failed to set output, process is nil")
    if process.executor_id != sender_id:
        raise Refused(403, "Failed to close process as successful, not allowed to close process as successful")
    _require_running(process, "set output")
    process.output = request.output or process.output


def _require_running(process: ProcessRecord, doing: str) -> None:
    if process.state is not ProcessState.RUNNING:
        raise Refused(403, f"Failed to {doing}, process is not running")


def cancel_process(state: ServerState, sender_id: str, request: ask.CancelProcess) -> None:
    process = _process(state, sender_id, request.process_id, 500, "Failed to cancel process, process is nil")
    state.processes.cancel(process)


def remove_process(state: ServerState, sender_id: str, request: ask.RemoveProcess) -> None:
    process = _process(state, sender_id, request.process_id, 500, "Failed to remove process, process is nil")
    state.processes.remove(process)


def append_entry(state: ServerState, sender_id: str, request: ask.AppendEntry) -> None:
    channel = _channel(state, sender_id, request)
    state.channels.append(
        channel, sender_id, request.sequence, request.in_reply_to, request.payload, request.entry_type
    )


def read_channel(state: ServerState, sender_id: str, request: ask.ReadChannel) -> list[EntryReplyShape]:
    channel = _channel(state, sender_id, request)
    return state.channels.read(channel, sender_id, request.after_index, request.limit)


def _channel(state: ServerState, sender_id: str, request: ask.AppendEntry | ask.ReadChannel) -> Channel:
    process = _process(state, sender_id, request.process_id, 404, "Process not found")
    who = state.registry.name_of(process.colony, sender_id)
    state.rules.check_channel_touch(process, state.clock.now_ns(), sender_id, who, request)
    channel = state.channel(process, request.channel)
    if channel is None:
        raise Refused(404, "Channel not found")
    return channel


def add_log(state: ServerState, sender_id: str, request: ask.AddLog) -> None:
    process = _process(state, sender_id, request.process_id, 500, "Failed to add log, process is nil")
    # The real server's words are those of another request.
    _require_running(process, "set output")
    if process.executor_id != sender_id:
        raise Refused(403, "Failed to add log, not allowed to add log, only the assigned Executor may att logs")
    name = state.registry.name_of(process.colony, sender_id)
    state.logs.add(process.id, process.colony, name, request.message)


def get_logs(state: ServerState, sender_id: str, request: ask.GetLogs) -> Any:
    if request.executor_name:
        executor = state.registry.executor(request.colony, request.executor_name)
        if executor is None:
            raise Refused(500, "Failed to get logs, executor does not exist")
        state.registry.require_member(sender_id, executor.colony)
    else:
        _process(state, sender_id, request.process_id, 500, "Failed to get logs, process does not exist")
    if request.count > state.limits.log_lines:
        raise Refused(403, f"Count exceeds max log count ({state.limits.log_lines})")
    found = state.logs.lines(request.process_id, request.executor_name, request.count, request.since_ns, request.latest)
    return listed(found)


def add_attribute(state: ServerState, sender_id: str, request: ask.AddAttribute) -> AttributeShape:
    attribute = request.attribute
    process = _process(state, sender_id, attribute.targetid, 404, "Failed to add attribute, process not found")
    _require_running(process, "add attribute")
    if process.executor_id != sender_id:
        raise Refused(
            403,
            f"Failed to add attribute, only executor with id <{process.executor_id}> is allowed to set attributes",
        )
    if (attribute.key, attribute.attributetype) in {(one.key, one.attributetype) for one in process.attributes}:
        raise Refused(400, 'pq: duplicate key value violates unique constraint "prod_attributes_pkey"')
    attribute.attributeid = state.make_id()
    attribute.targetprocessgraphid = ""
    process.attributes.append(attribute)
    return attribute


def get_statistics(state: ServerState, sender_id: str, request: ask.GetStatistics) -> Any:
    if request.colony not in state.registry.colonies:
        raise Refused(400, f"Colony with name <{request.colony}> not found")
    try:
        state.registry.require_member(sender_id, request.colony)
    except Refused:
        return EMPTY_BODY
    executors = [executor.state for executor in state.registry.executors(request.colony)]
    counts = {number: state.processes.count(request.colony, number) for number in ProcessState}
    return StatisticsShape(
        colonies=1,
        executors=len(executors),
        activeexecutors=executors.count(ExecutorState.APPROVED),
        unregisteredexecutors=executors.count(ExecutorState.UNREGISTERED),
        waitingprocesses=counts[ProcessState.WAITING],
        runningprocesses=counts[ProcessState.RUNNING],
        successfulprocesses=counts[ProcessState.SUCCESS],
        failedprocesses=counts[ProcessState.FAILED],
        cancelledprocesses=counts[ProcessState.CANCELLED],
    )


HANDLERS: dict[type[ask.Request], Any] = {
    ask.Submit: submit,
    ask.Assign: assign,
    ask.GetProcess: get_process,
    ask.GetProcesses: get_processes,
    ask.GetRecentProcesses: get_recent_processes,
    ask.CloseSuccessful: close_successful,
    ask.CloseFailed: close_failed,
    ask.SetOutput: set_output,
    ask.CancelProcess: cancel_process,
    ask.RemoveProcess: remove_process,
    ask.AppendEntry: append_entry,
    ask.ReadChannel: read_channel,
    ask.AddLog: add_log,
    ask.GetLogs: get_logs,
    ask.AddAttribute: add_attribute,
    ask.GetStatistics: get_statistics,
}
"""Request -> its handler; ``assign`` alone is a coroutine."""
