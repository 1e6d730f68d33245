"""Values into the archive's tables: runs in the writer's thread, inside its transactions.

Owns which rows a value becomes, and that storing it again changes nothing. Decides nothing about when.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from colony_tui.archive.database import fit
from colony_tui.model import ChannelEntry, Colony, EntryType, Executor, LogLine, NoteKind, Process, User

SAME_NOTE_NS = 60_000_000_000
"""Notes of two programs that differ in nothing but this much time are of one thing that both saw."""

EntryRow = tuple[int, int, int, int, int, int | None, str | None, bytes]

INSERT_ENTRY = "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

# While a process waits again, the start is still the last attempt's, but its executor is not told any more.
INSERT_START = """INSERT INTO starts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET executor_id = excluded.executor_id
    WHERE excluded.executor_id != ''"""


@dataclass(frozen=True, slots=True)
class RecordedEntries:
    process_id: str
    channel: str
    entries: Sequence[ChannelEntry]


@dataclass(frozen=True, slots=True)
class RecordedNote:
    process_id: str
    channel: str
    kind: NoteKind
    at_ns: int
    count: int | None


@dataclass(frozen=True, slots=True)
class RecordedProcess:
    process: Process


@dataclass(frozen=True, slots=True)
class RecordedLines:
    lines: Sequence[LogLine]


@dataclass(frozen=True, slots=True)
class RecordedNames:
    members: Iterable[Executor | User]


@dataclass(frozen=True, slots=True)
class RecordedColony:
    colony: Colony
    server: str


Recorded = RecordedEntries | RecordedNote | RecordedProcess | RecordedLines | RecordedNames | RecordedColony


@dataclass(slots=True)
class _Batch:
    """What has been collected of one batch."""

    rows: list[EntryRow] = field(default_factory=list)
    arrivals: dict[int, int] = field(default_factory=dict)
    """By channel, the number that its next entry or note gets."""


class Tables:
    """Knows the numbers of processes, channels and senders that it has met."""

    def __init__(self) -> None:
        self._recorder = secrets.randbits(62)
        self._colony: int | None = None
        self._processes: dict[str, int] = {}
        self._channels: dict[tuple[str, str], int] = {}
        self._senders: dict[str, int] = {}

    def store(self, connection: sqlite3.Connection, items: Sequence[Recorded]) -> None:
        """Write a batch; entries and notes of a channel are numbered in the order in which they come."""
        batch = _Batch()
        for item in items:
            match item:
                case RecordedEntries(process_id, channel, entries):
                    self._collect(connection, batch, self._channel(connection, process_id, channel), entries)
                case RecordedNote():
                    self._note(connection, batch, item)
                case RecordedProcess(process):
                    self._snapshot(connection, process)
                case RecordedLines(lines):
                    self._log_lines(connection, lines)
                case RecordedNames(members):
                    _names(connection, members)
                case RecordedColony(colony, server):
                    self._colony = _colony(connection, colony, server)
        self._insert(connection, batch)
        for channel_row, arrival in batch.arrivals.items():
            connection.execute("UPDATE channels SET arrivals = ? WHERE id = ?", (arrival, channel_row))

    def _collect(
        self, connection: sqlite3.Connection, batch: _Batch, channel: int, entries: Sequence[ChannelEntry]
    ) -> None:
        arrival = _next_arrival(connection, batch, channel)
        senders, rows = self._senders, batch.rows
        for entry in entries:
            sender = senders.get(entry.sender_id)
            if sender is None:
                sender = self._sender(connection, entry.sender_id)
            kind = entry.type
            rows.append(
                (
                    channel,
                    sender,
                    entry.sequence,
                    entry.timestamp_ns,
                    arrival,
                    entry.in_reply_to,
                    None if kind == EntryType.DATA else kind,
                    entry.payload,
                )
            )
            arrival += 1
        batch.arrivals[channel] = arrival

    def _insert(self, connection: sqlite3.Connection, batch: _Batch) -> None:
        try:
            connection.executemany(INSERT_ENTRY, batch.rows)
        except OverflowError:
            # A number that no honest server sends does not fit; the other entries must not go with it.
            for row in batch.rows:
                try:
                    connection.execute(INSERT_ENTRY, row)
                except OverflowError:
                    self._put_note(connection, batch, row[0], NoteKind.GAP, fit(row[3]), 1)

    def _note(self, connection: sqlite3.Connection, batch: _Batch, note: RecordedNote) -> None:
        channel = self._channel(connection, note.process_id, note.channel)
        at_ns, count = fit(note.at_ns), None if note.count is None else fit(note.count)
        if note.kind is NoteKind.COMPLETE:
            # Proven for the last log alone: what was proven before, it replaces.
            connection.execute("DELETE FROM notes WHERE channel = ? AND kind = ?", (channel, note.kind))
        elif self._is_noted(connection, channel, note.kind, at_ns, count):
            return
        self._put_note(connection, batch, channel, note.kind, at_ns, count)

    def _is_noted(
        self, connection: sqlite3.Connection, channel: int, kind: NoteKind, at_ns: int, count: int | None
    ) -> bool:
        noted = connection.execute(
            "SELECT at_ns, recorder FROM notes WHERE channel = ? AND kind = ? AND count IS ?", (channel, kind, count)
        )
        return any(
            at_ns == other_ns or (recorder != self._recorder and abs(at_ns - other_ns) <= SAME_NOTE_NS)
            for other_ns, recorder in noted
        )

    def _put_note(
        self, connection: sqlite3.Connection, batch: _Batch, channel: int, kind: NoteKind, at_ns: int, count: int | None
    ) -> None:
        arrival = _next_arrival(connection, batch, channel)
        batch.arrivals[channel] = arrival + 1
        connection.execute(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)", (channel, arrival, kind, at_ns, count, self._recorder)
        )

    def _snapshot(self, connection: sqlite3.Connection, process: Process) -> None:
        row = self._process(connection, process.id)
        connection.execute(
            "UPDATE processes SET submitted_ns = ?, colony = coalesce(?, colony) WHERE id = ?",
            (fit(process.submitted_ns), self._colony, row),
        )
        connection.execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)",
            (row, fit(process.retries), process.state, msgspec.json.encode(process)),
        )
        if process.started_ns is not None:
            connection.execute(INSERT_START, (row, fit(process.started_ns), process.executor_id))

    def _log_lines(self, connection: sqlite3.Connection, lines: Sequence[LogLine]) -> None:
        connection.executemany(
            "INSERT OR IGNORE INTO log_lines VALUES (?, ?, ?, ?)",
            [
                (self._process(connection, line.process_id), fit(line.timestamp_ns), line.executor_name, line.message)
                for line in lines
            ],
        )

    def _process(self, connection: sqlite3.Connection, process_id: str) -> int:
        row = self._processes.get(process_id)
        if row is None:
            connection.execute("INSERT OR IGNORE INTO processes (process_id) VALUES (?)", (process_id,))
            row = _one(connection, "SELECT id FROM processes WHERE process_id = ?", process_id)
            self._processes[process_id] = row
        return row

    def _channel(self, connection: sqlite3.Connection, process_id: str, name: str) -> int:
        row = self._channels.get((process_id, name))
        if row is None:
            process = self._process(connection, process_id)
            connection.execute("INSERT OR IGNORE INTO channels (process, name) VALUES (?, ?)", (process, name))
            row = _one(connection, "SELECT id FROM channels WHERE process = ? AND name = ?", process, name)
            self._channels[process_id, name] = row
        return row

    def _sender(self, connection: sqlite3.Connection, sender_id: str) -> int:
        connection.execute("INSERT OR IGNORE INTO senders (sender_id) VALUES (?)", (sender_id,))
        row = self._senders[sender_id] = _one(connection, "SELECT id FROM senders WHERE sender_id = ?", sender_id)
        return row


def _next_arrival(connection: sqlite3.Connection, batch: _Batch, channel: int) -> int:
    # Read anew in each transaction: another program may record the same channel.
    arrival = batch.arrivals.get(channel)
    return _one(connection, "SELECT arrivals FROM channels WHERE id = ?", channel) if arrival is None else arrival


def _names(connection: sqlite3.Connection, members: Iterable[Executor | User]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO names VALUES (?, ?, ?)",
        [(member.id, member.name, member.type if isinstance(member, Executor) else None) for member in members],
    )


def _colony(connection: sqlite3.Connection, colony: Colony, server: str) -> int:
    values = (colony.id, colony.name, server)
    connection.execute("INSERT OR IGNORE INTO colonies (colony_id, name, server) VALUES (?, ?, ?)", values)
    return _one(connection, "SELECT id FROM colonies WHERE colony_id = ? AND name = ? AND server = ?", *values)


def _one(connection: sqlite3.Connection, query: str, *values: object) -> int:
    (number,) = connection.execute(query, values).fetchone()
    return int(number)
