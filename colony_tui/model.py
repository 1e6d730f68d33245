"""Value types of the field: what a colony, a process, a channel's entry *are*, free of how they travel.

Owns immutable values and their plain derivations. Knows no JSON names, no clock, no network.
All times are integers of nanoseconds since 1970 (UTC), as ``*_ns``; an unset time is ``None``. Ids are 64 lower-case
hex characters. Texts come from other people's programs: they are as untrusted as payloads.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

import msgspec

from colony_tui.errors import ColonyError

NANOSECONDS = 1_000_000_000
"""Nanoseconds in a second."""

MAX_ENTRIES = 10_000
"""Entries that a channel holds on the server; further appends fail (PROTOCOL.md, "Channels")."""

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
"""Bytes that one payload may have (PROTOCOL.md, "Channels")."""

SYNC_CHANNEL = "sync"
"""The channel on which a submitter says that it holds all output (TUTORIAL, "Sync Channels")."""

SYNC_ACK = b"ack"
"""The payload that says so."""


class ProcessState(IntEnum):
    """State of a process, with the numbers of the wire."""

    WAITING = 0
    RUNNING = 1
    SUCCESS = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def word(self) -> str:
        """The state in lower-case letters, for sentences."""
        return self.name.lower()

    @property
    def is_closed(self) -> bool:
        """Whether the process has ended; its channels are gone and must not be touched."""
        return self >= ProcessState.SUCCESS


class ExecutorState(IntEnum):
    """State of an executor's registration."""

    PENDING = 0
    APPROVED = 1
    REJECTED = 2
    UNREGISTERED = 3


class EntryType(StrEnum):
    """The types of entries that have a meaning; an entry may carry any other text."""

    DATA = "data"
    END = "end"
    ERROR = "error"


class NoteKind(StrEnum):
    """What can be noted of a channel's log beside its entries: what of it was seen, and what was not."""

    JOINED = "joined"
    """``count`` entries came before the first one seen.

    Nothing that follows by PROTOCOL.md can know it: a log can be read from its beginning as long as a server holds it,
    and one that was lost before it was ever looked at leaves no trace (an attempt without entries proves nothing, nor
    does a reply to a sequence that is not there). It is for records whose maker knew where it came in.
    """
    GAP = "gap"
    """``count`` entries were not seen and cannot be read any more."""
    RESET = "reset"
    """The server's log was found shorter than ours, which was ``count`` long: what follows is a new log."""
    COMPLETE = "complete"
    """The process has ended, and all ``count`` entries of its last log were seen: proven, not supposed."""


class ChannelEntry(msgspec.Struct, frozen=True, gc=False, order=False):
    """One item of a channel's log, as the server keeps it."""

    sequence: int
    """Chosen by the sender (int64); may repeat, go back or be negative."""
    in_reply_to: int | None
    """A sequence of the other party (or one's own), ``None`` for none."""
    timestamp_ns: int
    """When the server took it."""
    sender_id: str
    """Who signed the append."""
    payload: bytes
    """The content, decoded; empty when the wire said ``null``."""
    type: str = "data"
    """``data``, ``end``, ``error`` or any other text."""

    @property
    def identity(self) -> tuple[str, int, int]:
        """What makes the entry itself within its channel: sender, sequence, time."""
        return (self.sender_id, self.sequence, self.timestamp_ns)


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One line that an executor logged for a process."""

    process_id: str
    executor_name: str
    message: str
    """As logged, a trailing line break included."""
    timestamp_ns: int


class Attribute(msgspec.Struct, frozen=True, gc=False):
    """A key and value that an executor attached to a process."""

    key: str
    value: str
    id: str = ""


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, on which executors, within which limits, with which channels."""

    function: str
    """Name of the function."""
    colony: str = ""
    """Name of the colony; filled in by the client when empty."""
    executor_type: str
    """Which executors may take it."""
    executor_names: tuple[str, ...] = ()
    """Only these executors may take it, when not empty."""
    channels: tuple[str, ...] = ()
    """Names of the channels, declared once and for all."""
    args: tuple[object, ...] = ()
    """Positional arguments, any JSON values."""
    kwargs: Mapping[str, object] = {}
    """Named arguments, any JSON values."""
    priority: int = 0
    """−50,000 to 50,000; higher first."""
    max_wait_time: int = -1
    """Seconds that it may wait; −1 or 0 for ever."""
    max_exec_time: int = -1
    """Seconds of one attempt; −1 for ever. 0 means "put back at once" to the server."""
    max_retries: int = 0
    """How often it may be put back before it fails."""
    label: str = ""
    node_name: str = ""
    env: Mapping[str, str] = {}


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a function specification, as of one reply of the server."""

    id: str
    state: ProcessState
    spec: FunctionSpec
    initiator_id: str
    """Who submitted it: the submitter of its channels."""
    initiator_name: str = ""
    executor_id: str = ""
    """The assigned executor; empty while it waits."""
    submitted_ns: int
    started_ns: int | None = None
    """Start of the present or last attempt."""
    ended_ns: int | None = None
    """End of the last attempt, also of one that was put back."""
    wait_deadline_ns: int | None = None
    exec_deadline_ns: int | None = None
    priority_time: int = 0
    """The server's key of order in its queue: lower first."""
    retries: int = 0
    """How often it was put back."""
    attributes: tuple[Attribute, ...] = ()
    input: tuple[object, ...] = ()
    output: tuple[object, ...] = ()
    errors: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    waits_for_parents: bool = False
    graph_id: str = ""

    @property
    def attempt(self) -> int:
        """Number of the present attempt, from 1; while it waits, of the one to come."""
        return self.retries + 1

    @property
    def channels(self) -> tuple[str, ...]:
        """Declared channels, each name once (a name may have been declared twice)."""
        return tuple(dict.fromkeys(self.spec.channels))

    def may_read_channels(self, member_id: str) -> bool:
        """Whether that member is the submitter or the assigned executor (PROTOCOL.md, "Channels")."""
        return bool(member_id) and member_id in (self.initiator_id, self.executor_id)


class ProcessEnded(ColonyError):
    """The process is closed, so the state that was waited for cannot come. ``process`` is its last snapshot."""

    def __init__(self, process: Process, waited_for: str) -> None:
        self.process = process
        super().__init__(f"Process {process.id[:8]} ended as {process.state.word} before it was {waited_for}")


class Colony(msgspec.Struct, frozen=True):
    """A named group of executors and users; ``id`` is its owner's."""

    id: str
    name: str


class User(msgspec.Struct, frozen=True):
    """A person's key in a colony."""

    id: str
    name: str
    colony: str
    email: str = ""
    phone: str = ""


class Executor(msgspec.Struct, frozen=True, kw_only=True):
    """A program that takes processes of its type."""

    id: str
    name: str
    type: str
    colony: str
    state: ExecutorState = ExecutorState.PENDING
    registered_ns: int | None = None
    last_heard_ns: int | None = None
    """Its latest ``assign``; nothing else counts as being heard from."""


class FunctionArg(msgspec.Struct, frozen=True):
    """One argument of a registered function."""

    name: str
    type: str = ""
    description: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function that an executor registered. Channels are not part of it."""

    name: str
    executor_name: str
    executor_type: str
    colony: str = ""
    id: str = ""
    description: str = ""
    args: tuple[FunctionArg, ...] = ()
    call_count: int = 0
    average_wait_s: float = 0.0
    average_exec_s: float = 0.0


class Statistics(msgspec.Struct, frozen=True):
    """Counts of a colony; ``cancelled`` is ``None`` on servers before 1.9.12."""

    waiting: int
    running: int
    success: int
    failed: int
    cancelled: int | None
    executors: int
    active_executors: int | None = None


class ServerInfo(msgspec.Struct, frozen=True):
    """What the server says of itself; both may be empty."""

    version: str
    built: str


def duration_s(start_ns: int | None, end_ns: int | None) -> float:
    """Seconds from one time to another, never negative; 0 when either is unknown."""
    if start_ns is None or end_ns is None:
        return 0.0
    return max(0, end_ns - start_ns) / NANOSECONDS
