"""RPCs about colonies, users, executors and functions."""

from __future__ import annotations

from typing import Any

from colony_tui.errors import Refused
from colony_tui.model import ExecutorState
from colony_tui.server.replies import PauseReply, listed
from colony_tui.server.state import ServerState
from colony_tui.wire import requests as ask
from colony_tui.wire.shapes import ColonyShape, ExecutorShape, FunctionShape, UserShape


def add_colony(state: ServerState, sender_id: str, request: ask.AddColony) -> ColonyShape:
    state.registry.require_server_owner(sender_id)
    return state.registry.add_colony(request.colony_shape)


def get_colonies(state: ServerState, sender_id: str, request: ask.GetColonies) -> Any:
    state.registry.require_server_owner(sender_id)
    return listed(list(state.registry.colonies.values()))


def remove_colony(state: ServerState, sender_id: str, request: ask.RemoveColony) -> None:
    state.registry.require_server_owner(sender_id)
    state.registry.remove_colony(request.colony)
    state.processes.remove_colony(request.colony)


def get_colony(state: ServerState, sender_id: str, request: ask.GetColony) -> ColonyShape:
    state.registry.require_member(sender_id, request.colony)
    return state.registry.colonies[request.colony]


def add_user(state: ServerState, sender_id: str, request: ask.AddUser) -> UserShape:
    state.registry.known_colony(request.user.colonyname)
    state.registry.require_colony_owner(sender_id, request.user.colonyname)
    return state.registry.add_user(request.user)


def remove_user(state: ServerState, sender_id: str, request: ask.RemoveUser) -> None:
    state.registry.known_colony(request.colony)
    state.registry.require_colony_owner(sender_id, request.colony)
    state.registry.remove_user(request.colony, request.user_name)


def get_users(state: ServerState, sender_id: str, request: ask.GetUsers) -> Any:
    state.registry.known_colony(request.colony)
    state.registry.require_member(sender_id, request.colony, is_approved=False)
    return listed(state.registry.users(request.colony))


def get_user(state: ServerState, sender_id: str, request: ask.GetUser) -> UserShape:
    state.registry.known_colony(request.colony)
    state.registry.require_member(sender_id, request.colony, is_approved=False)
    user = state.registry.user(request.colony, request.user_name)
    if user is None:
        raise Refused(500, "Failed to get user, user is nil")
    return user


def get_user_by_id(state: ServerState, sender_id: str, request: ask.GetUserById) -> UserShape:
    state.registry.known_colony(request.colony)
    state.registry.require_member(sender_id, request.colony, is_approved=False)
    user = state.registry.user_by_id(request.colony, request.user_id)
    if user is None:
        raise Refused(404, "Failed to get user by ID, user is nil")
    return user


def add_executor(state: ServerState, sender_id: str, request: ask.AddExecutor) -> ExecutorShape:
    state.registry.require_colony_owner(sender_id, request.executor.colonyname)
    return state.registry.add_executor(request.executor).shape()


def approve_executor(state: ServerState, sender_id: str, request: ask.ApproveExecutor) -> None:
    executor = state.registry.executor(request.colony, request.executor_name)
    if executor is None:
        raise Refused(500, "Failed to approve executor, executor is nil")
    state.registry.require_colony_owner(sender_id, executor.colony)
    executor.state = ExecutorState.APPROVED


def remove_executor(state: ServerState, sender_id: str, request: ask.RemoveExecutor) -> None:
    executor = state.registry.executor(request.colony, request.executor_name)
    if executor is None:
        raise Refused(500, "Failed to remove executor, executor is nil")
    state.registry.require_colony_owner(sender_id, executor.colony)
    state.registry.unregister(executor)
    state.processes.release(executor)


def get_executors(state: ServerState, sender_id: str, request: ask.GetExecutors) -> Any:
    state.registry.require_member(sender_id, request.colony, is_approved=False)
    return listed([executor.shape() for executor in state.registry.executors(request.colony)])


def get_executor(state: ServerState, sender_id: str, request: ask.GetExecutor) -> ExecutorShape:
    executor = state.registry.executor(request.colony, request.executor_name)
    if executor is None:
        raise Refused(500, "Failed to get executor, executor is nil")
    state.registry.require_member(sender_id, executor.colony)
    return executor.shape()


def get_executor_by_id(state: ServerState, sender_id: str, request: ask.GetExecutorById) -> ExecutorShape:
    executor = state.registry.executor_by_id(request.executor_id)
    if executor is None:
        raise Refused(404, "Failed to get executor by ID, executor is nil")
    state.registry.require_member(sender_id, executor.colony)
    return executor.shape()


def add_function(state: ServerState, sender_id: str, request: ask.AddFunction) -> FunctionShape:
    function = request.function
    state.registry.require_member(sender_id, function.colonyname)
    executor = state.registry.executor(function.colonyname, function.executorname)
    if executor is None:
        raise Refused(400, f"Failed to add function, Executor with name <{function.executorname}> does not exist")
    if executor.id != sender_id:
        raise Refused(403, "Not allowed to add a function to another executor")
    return state.registry.add_function(function)


def get_functions(state: ServerState, sender_id: str, request: ask.GetFunctions) -> Any:
    state.registry.require_member(sender_id, request.colony)
    return listed(state.registry.functions(request.colony, request.executor_name))


def pause_assignments(state: ServerState, sender_id: str, request: ask.PauseAssignments) -> None:
    state.registry.require_colony_owner(sender_id, request.colony)
    state.pause(request.colony)


def resume_assignments(state: ServerState, sender_id: str, request: ask.ResumeAssignments) -> None:
    state.registry.require_colony_owner(sender_id, request.colony)
    state.resume(request.colony)


def get_pause_status(state: ServerState, sender_id: str, request: ask.GetPauseStatus) -> PauseReply:
    state.registry.require_member(sender_id, request.colony, is_approved=False)
    return PauseReply("pausestatusreplymsg", request.colony, request.colony in state.registry.paused)


HANDLERS: dict[type[ask.Request], Any] = {
    ask.AddColony: add_colony,
    ask.GetColonies: get_colonies,
    ask.RemoveColony: remove_colony,
    ask.GetColony: get_colony,
    ask.AddUser: add_user,
    ask.RemoveUser: remove_user,
    ask.GetUsers: get_users,
    ask.GetUser: get_user,
    ask.GetUserById: get_user_by_id,
    ask.AddExecutor: add_executor,
    ask.ApproveExecutor: approve_executor,
    ask.RemoveExecutor: remove_executor,
    ask.GetExecutors: get_executors,
    ask.GetExecutor: get_executor,
    ask.GetExecutorById: get_executor_by_id,
    ask.AddFunction: add_function,
    ask.GetFunctions: get_functions,
    ask.PauseAssignments: pause_assignments,
    ask.ResumeAssignments: resume_assignments,
    ask.GetPauseStatus: get_pause_status,
}
"""Request -> its handler."""
