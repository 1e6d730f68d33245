"""Replies' JSON -> values of the model, one function a kind of reply.

Every function takes the JSON inside a reply and raises :class:`ProtocolError` when it is not what it should be.
``null`` is an empty list; an empty body is a refusal (PROTOCOL.md, "Transport").
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import msgspec

from colony_tui.errors import ProtocolError
from colony_tui.model import (
    Attribute,
    ChannelEntry,
    Colony,
    Executor,
    Function,
    LogLine,
    Process,
    ServerInfo,
    Statistics,
    User,
)
from colony_tui.wire.depth import cut
from colony_tui.wire.envelope import UNREADABLE
from colony_tui.wire.shapes import (
    AttributeShape,
    ColonyShape,
    EntryShape,
    ExecutorShape,
    FunctionShape,
    LogShape,
    ProcessShape,
    StatisticsShape,
    UserShape,
)
from colony_tui.wire.times import parse_time

T = TypeVar("T")
M_co = TypeVar("M_co", covariant=True)


class _Shape(Protocol[M_co]):
    def to_model(self) -> M_co: ...


class _PauseShape(msgspec.Struct):
    ispaused: bool = False


class _InfoShape(msgspec.Struct):
    buildversion: str = ""
    buildtime: str = ""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


_attribute = _decoder(AttributeShape)
_colony, _colonies = _decoder(ColonyShape), _decoder(list[ColonyShape] | None)
_user, _users = _decoder(UserShape), _decoder(list[UserShape] | None)
_executor, _executors = _decoder(ExecutorShape), _decoder(list[ExecutorShape] | None)
_function, _functions = _decoder(FunctionShape), _decoder(list[FunctionShape] | None)
_process, _processes = _decoder(ProcessShape), _decoder(list[ProcessShape] | None)
_entries, _logs = _decoder(list[EntryShape] | None), _decoder(list[LogShape] | None)
_statistics, _pause, _info = _decoder(StatisticsShape), _decoder(_PauseShape), _decoder(_InfoShape)


def _read(decoder: msgspec.json.Decoder[Any], payload: bytes, what: str) -> Any:
    try:
        try:
            return decoder.decode(payload)
        except RecursionError:
            # Of one process among many; the others can be read.
            return decoder.decode(cut(payload))
    except UNREADABLE as error:
        raise ProtocolError(f"The server's {what} cannot be read: {error}") from None


def _one(decoder: msgspec.json.Decoder[Any], payload: bytes, what: str) -> Any:
    return _read(decoder, payload, what).to_model()


def _many(decoder: msgspec.json.Decoder[Any], payload: bytes, what: str) -> list[Any]:
    return [shape.to_model() for shape in _read(decoder, payload, what) or ()]


def process(payload: bytes) -> Process:
    model: Process = _one(_process, payload, "process")
    return model


def processes(payload: bytes) -> list[Process]:
    return _many(_processes, payload, "list of processes")


def colony(payload: bytes) -> Colony:
    model: Colony = _one(_colony, payload, "colony")
    return model


def colonies(payload: bytes) -> list[Colony]:
    return _many(_colonies, payload, "list of colonies")


def user(payload: bytes) -> User:
    model: User = _one(_user, payload, "user")
    return model


def users(payload: bytes) -> list[User]:
    return _many(_users, payload, "list of users")


def executor(payload: bytes) -> Executor:
    model: Executor = _one(_executor, payload, "executor")
    return model


def executors(payload: bytes) -> list[Executor]:
    return _many(_executors, payload, "list of executors")


def function(payload: bytes) -> Function:
    model: Function = _one(_function, payload, "function")
    return model


def functions(payload: bytes) -> list[Function]:
    return _many(_functions, payload, "list of functions")


def attribute(payload: bytes) -> Attribute:
    model: Attribute = _one(_attribute, payload, "attribute")
    return model


def log_lines(payload: bytes) -> list[LogLine]:
    return _many(_logs, payload, "log")


def statistics(payload: bytes) -> Statistics:
    model: Statistics = _one(_statistics, payload, "statistics")
    return model


def is_paused(payload: bytes) -> bool:
    shape: _PauseShape = _read(_pause, payload, "pause status")
    return shape.ispaused


def server_info(payload: bytes) -> ServerInfo:
    shape: _InfoShape = _read(_info, payload, "version")
    return ServerInfo(shape.buildversion, shape.buildtime)


class EntryBatch(msgspec.Struct, frozen=True):
    """A list of entries as it came. An empty one ends a subscription at its limit."""

    entries: tuple[ChannelEntry, ...]
    cut_off: str = ""
    """Why the server cut the subscriber off, if it did (PROTOCOL.md, "Subscriptions", 9)."""


def entries(payload: bytes) -> EntryBatch:
    shapes: list[EntryShape] = _read(_entries, payload, "list of entries") or []
    cut_off = ""
    found = []
    for shape in shapes:
        if shape.error:
            cut_off = shape.error
            continue
        found.append(
            ChannelEntry(
                shape.sequence,
                shape.inreplyto or None,
                parse_time(shape.timestamp) or 0,
                shape.senderid,
                shape.payload or b"",
                shape.type or "data",
            )
        )
    return EntryBatch(tuple(found), cut_off)
