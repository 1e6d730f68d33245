"""Rows: what a view of a channel shows, in order, and how that list changes.

A view of a log (threads, time, raw) is a list of rows and a sequence of operations on it. Whoever draws keeps its own
list of heights in step by applying the operations one after the other; it never needs to build everything again.
Pure values; times in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from colony_tui.model import ChannelEntry


class Parent(Enum):
    """What is known of the entry that a row answers."""

    NONE = "answers nothing"
    FOUND = "answers an entry that is here"
    AMBIGUOUS = "answers one of several entries of that sequence"
    MISSING = "answers an entry that never arrived"


class FoldState(Enum):
    """How far the reply that a row shows has come (ARCHITECTURE.md, "Folds")."""

    SINGLE = "one entry, complete as it is"
    GROWING = "more may come"
    ENDED = "ended by its sender"
    FAILED = "ended with an error"
    CLOSED = "the process ended before the reply did"


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast a reply came. Times are the server's."""

    first_after_ns: int | None
    """From the answered entry to the first of the reply; ``None`` when it answers nothing that is here."""
    duration_ns: int
    """From the reply's earliest entry to its latest, closing entry included."""
    count: int
    """Content entries (tokens)."""


RowKey = tuple[str, int, int, str]
"""Sender, sequence and time of a row's first entry, and its kind. A row whose first entry becomes another one (a late
token, a fold, a split) has another key; a view finds the row of a former key by its entry."""


@dataclass(slots=True, eq=False)
class EntryRow:
    """One entry, or a reply folded of several. The same object lives on while the reply grows; ``version`` counts."""

    key: RowKey
    entries: list[ChannelEntry]
    """At least one, in order; the closing ``end`` or ``error`` of a fold is among them."""
    index: int = 0
    """Position in the log of its first entry, in the log's order, from 0."""
    attempt: int = 1
    depth: int = 0
    """Replies above it, 0 for a root. In views without threads always 0."""
    parent: Parent = Parent.NONE
    parent_key: RowKey | None = None
    asked_ns: int | None = None
    """Time of the very entry that it answers, which may stand in the middle of its parent."""
    candidates: int = 0
    """How many entries the answered sequence may mean, when ambiguous."""
    fold: FoldState = FoldState.SINGLE
    version: int = 0
    """Grows whenever anything about the row changes, so that what was painted of it can be kept until then."""

    @property
    def first(self) -> ChannelEntry:
        return self.entries[0]

    @property
    def last(self) -> ChannelEntry:
        return self.entries[-1]

    @property
    def sender_id(self) -> str:
        return self.entries[0].sender_id

    @property
    def payload(self) -> bytes:
        """The content: the plain concatenation of the payloads, without an ``error``'s."""
        return b"".join(entry.payload for entry in self.entries if entry.type != "error" or len(self.entries) == 1)

    @property
    def error(self) -> bytes | None:
        """What the error says that closes a reply of several entries; an error that stands alone is the content."""
        return self.entries[-1].payload if len(self.entries) > 1 and self.entries[-1].type == "error" else None

    @property
    def written(self) -> bytes:
        """All that its sender wrote: the content, and a closing error from a new line on."""
        payload, error = self.payload, self.error
        if not error:
            return payload
        return payload + b"\n" + error if payload and not payload.endswith(b"\n") else payload + error

    @property
    def timing(self) -> Timing:
        """How fast it came."""
        times = [entry.timestamp_ns for entry in self.entries]
        began = min(times)
        return Timing(
            first_after_ns=None if self.asked_ns is None else max(0, began - self.asked_ns),
            duration_ns=max(times) - began,
            count=sum(entry.type not in ("end", "error") for entry in self.entries),
        )


class MarkKind(Enum):
    """What a line with words between entries tells."""

    ATTEMPT = "another attempt begins"
    PUT_BACK = "the attempt is over without an end; the process waits to be taken again"
    ENDED_BY_SENDER = "the sender ended the stream; the process still runs"
    GAP = "entries were not seen"
    RESET = "the server's log is shorter than ours: it was restarted"
    JOINED = "what came before was not seen"
    CLOSED = "the process ended"


@dataclass(slots=True, eq=False)
class MarkRow:
    """A line with words, as facts: the view finds the words."""

    key: RowKey
    kind: MarkKind
    timestamp_ns: int | None = None
    sender_id: str = ""
    """Who ended the stream, or the executor of the attempt."""
    attempt: int = 1
    count: int | None = None
    """How many entries a gap has, or were held at a reset; ``None`` when nobody can know."""
    version: int = 0


Row = EntryRow | MarkRow


class OpKind(Enum):
    INSERT = "insert"
    REMOVE = "remove"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Op:
    """``count`` rows at ``index`` were inserted, removed or updated; indexes hold at that moment of the sequence."""

    kind: OpKind
    index: int
    count: int = 1


class RowView(Protocol):
    """A list of rows that tells how it changed."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Row: ...

    def between(self, start: int, stop: int) -> Sequence[Row]:
        """The rows of that range (0 or more), cut to what there is: less work than one after the other."""
        ...

    def index_of(self, key: RowKey) -> int | None:
        """Where the row of that key stands now, else the one that shows the entry it began with."""
        ...


Change = Sequence[Op]
