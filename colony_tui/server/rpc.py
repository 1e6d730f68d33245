"""From an HTTP body to a reply: opens envelopes, recovers who signed, calls the handler, seals what comes back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from colony_tui.errors import KeyFormatError, Refused
from colony_tui.server import process_rpc, registry_rpc
from colony_tui.server.replies import EMPTY_BODY, BackendReply, InfoReply, VersionReply, seal_refusal
from colony_tui.server.state import ServerState
from colony_tui.wire import requests as ask
from colony_tui.wire.envelope import (
    UNREADABLE,
    SignedEnvelope,
    inner_message_type,
    open_envelope,
    open_request,
    seal_reply,
)
from colony_tui.wire.requests import Request

HANDLERS: dict[type[Request], Any] = {**registry_rpc.HANDLERS, **process_rpc.HANDLERS}

_REPLY_TYPES: dict[type[Request], str] = {ask.GetPauseStatus: "pausestatusreplymsg"}

_WORDS = {
    ask.GetUserById: ("get user by ID", "get user by ID"),
    ask.GetExecutorById: ("get executor by ID", "get executor by ID"),
    ask.GetFunctions: ("get function", "get function"),
    ask.Submit: ("submit process", "submit process spec"),
    ask.GetRecentProcesses: ("get process hist", "get process history"),
    ask.CloseSuccessful: ("close successful", "close process as successful"),
    ask.CloseFailed: ("close failed", "close process as failed"),
    ask.AppendEntry: ("append to channel", "append to channel"),
    ask.ReadChannel: ("read from channel", "read from channel"),
    ask.GetStatistics: ("get colony statistics", "get colony statistics"),
    ask.GetVersion: ("get server version", "get server version"),
    ask.AddColony: ("add colony", "add colony"),
    ask.GetColonies: ("get colonies", "get colonies"),
    ask.RemoveColony: ("remove colony", "remove colony"),
    ask.GetColony: ("get colony", "get colony"),
    ask.AddUser: ("add user", "add user"),
    ask.RemoveUser: ("remove user", "remove user"),
    ask.GetUsers: ("get users", "get users"),
    ask.GetUser: ("get user", "get user"),
    ask.AddExecutor: ("add executor", "add executor"),
    ask.ApproveExecutor: ("approve executor", "approve executor"),
    ask.RemoveExecutor: ("remove executor", "remove executor"),
    ask.GetExecutors: ("get executors", "get executors"),
    ask.GetExecutor: ("get executor", "get executor"),
    ask.AddFunction: ("add function", "add function"),
    ask.Assign: ("assign process", "assign process"),
    ask.GetProcess: ("get process", "get process"),
    ask.GetProcesses: ("get processes", "get processes"),
    ask.SetOutput: ("set output", "set output"),
    ask.CancelProcess: ("cancel process", "cancel process"),
    ask.RemoveProcess: ("remove process", "remove process"),
    ask.AddLog: ("add log", "add log"),
    ask.GetLogs: ("get logs", "get logs"),
    ask.AddAttribute: ("add attribute", "add attribute"),
    ask.PauseAssignments: ("pause assignments", "pause assignments"),
    ask.ResumeAssignments: ("resume assignments", "resume assignments"),
    ask.GetPauseStatus: ("get pause status", "get pause status"),
}
"""Request -> what failed, in the real server's words: when its JSON is bad, and when its type is not the envelope's."""

_ELSEWHERE = frozenset(
    f"{verb}{noun}msg"
    for verb, nouns in {
        "add": "blueprint blueprintdefinition child cron executorlog file generator location",
        "cancel": "processgraph",
        "change": "colonyid executorid serverid userid",
        "create": "snapshot",
        "get": "attribute blueprint blueprintdefinition blueprintdefinitions blueprinthistory blueprints cluster cron "
        "crons file filelabels files generator generators location locations node nodes nodesbylocation processgraph "
        "processgraphs snapshot snapshots statistics",
        "pack": "generator",
        "reconcile": "blueprint",
        "reject": "executor",
        "remove": "allprocesses allprocessgraphs allsnapshots blueprint blueprintdefinition cron file function "
        "generator location processgraph snapshot",
        "report": "allocation",
        "resolve": "generator",
        "run": "cron",
        "search": "logs",
        "submit": "workflowspec",
        "update": "blueprint blueprintstatus executor",
    }.items()
    for noun in nouns.split()
)
"""Message types that a real server knows and the embedded colony does not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and body."""

    status: int
    body: bytes


async def answer(state: ServerState, body: bytes, count: Callable[[str], None]) -> Answer:
    """The answer to one HTTP request; ``count`` is told its message type."""
    try:
        return await _answer(state, body, count)
    except Refused as refused:
        return Answer(refused.status, seal_refusal(refused))


async def _answer(state: ServerState, body: bytes, count: Callable[[str], None]) -> Answer:
    try:
        envelope = open_envelope(body)
    except UNREADABLE as error:
        raise Refused(400, str(error)) from None
    count(envelope.payloadtype)
    if envelope.payloadtype in ("versionmsg", "getserverinfomsg"):
        return Answer(200, seal_reply(envelope.payloadtype, _about(state, envelope)))
    sender_id = recover(envelope)
    request = read(envelope)
    result = HANDLERS[type(request)](state, sender_id, request)
    if inspect.isawaitable(result):
        result = await result
    if result is EMPTY_BODY:
        return Answer(200, b"")
    reply_type = _REPLY_TYPES.get(type(request), envelope.payloadtype)
    return Answer(200, seal_reply(reply_type, {} if result is None else result))


def recover(envelope: SignedEnvelope) -> str:
    """The id of whoever signed.

    Raises:
        Refused: 403, the signature cannot be read.
    """
    try:
        return envelope.sender_id()
    except KeyFormatError as error:
        raise Refused(403, str(error)) from None


def read(envelope: SignedEnvelope) -> Request:
    """The request inside.

    Raises:
        Refused: unknown here, or not readable.
    """
    name = envelope.payloadtype
    kind = ask.REQUESTS.get(name)
    if name in _ELSEWHERE:
        raise Refused(501, f"The embedded colony does not do {name}; a ColonyOS server does")
    if kind not in HANDLERS:
        raise Refused(403, f"invalid rpcMsg.PayloadType: {name or 'empty'}")
    try:
        request = open_request(envelope)
    except UNREADABLE:
        request = None
    if request is None:
        bad_json, other_type = _WORDS[kind]
        inner = inner_message_type(envelope)
        if inner is not None and inner != name:
            raise Refused(400, f"Failed to {other_type}, msg.MsgType does not match payloadType")
        raise Refused(400, f"Failed to {bad_json}, invalid JSON")
    return request


def _about(state: ServerState, envelope: SignedEnvelope) -> VersionReply | InfoReply:
    if envelope.payloadtype == "versionmsg":
        return VersionReply(state.version, "", envelope.payloadtype)
    host, port = state.address
    return InfoReply(state.version, "", [BackendReply("http", port, host)])
