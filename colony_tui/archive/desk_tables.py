"""The tables of the desk and the values in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from colony_tui.archive.database import Schema, connect_to_read
from colony_tui.archive.line_state import LineState
from colony_tui.errors import ArchiveError

_FIRST = (
    """CREATE TABLE drafts (
        process_id TEXT NOT NULL, channel TEXT NOT NULL, text TEXT NOT NULL, in_reply_to INTEGER,
        PRIMARY KEY (process_id, channel)) WITHOUT ROWID""",
    # Numbered in the order in which they were given.
    """CREATE TABLE lines (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, process_id TEXT NOT NULL,
        channel TEXT NOT NULL, sender_id TEXT NOT NULL, payload BLOB NOT NULL, in_reply_to INTEGER,
        type TEXT NOT NULL, sequence INTEGER, state TEXT NOT NULL, error TEXT NOT NULL)""",
    "CREATE INDEX lines_by_state ON lines (state)",
    # The identity of the last entry that was read; without one nothing was.
    """CREATE TABLE read_positions (
        process_id TEXT NOT NULL, channel TEXT NOT NULL, sender_id TEXT NOT NULL, sequence INTEGER NOT NULL,
        timestamp_ns INTEGER NOT NULL, PRIMARY KEY (process_id, channel)) WITHOUT ROWID""",
    "CREATE TABLE submitted (process_id TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE acks (process_id TEXT PRIMARY KEY, owner TEXT NOT NULL, is_sent INTEGER NOT NULL) WITHOUT ROWID",
)

# What else one left as it was, such as which process was open.
_SECOND = ("CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",)

DESK = Schema("desk", 0x434F4C44, (_FIRST, _SECOND))
"""The file that holds what is ours alone and no server knows."""

Place = tuple[str, str]
"""A process's id and a channel's name."""

EntryIdentity = tuple[str, int, int]
"""Sender, sequence and time of an entry."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that was typed and not sent."""

    text: str
    in_reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line that was given to be sent."""

    id: str
    process_id: str
    channel: str
    sender_id: str
    """Whose key it is to be sent with."""
    payload: bytes
    in_reply_to: int | None
    type: str
    sequence: int | None = None
    """Chosen before it was first sent, ``None`` until then."""
    state: LineState = LineState.QUEUED
    error: str = ""
    """Why it failed or is unknown."""

    @property
    def place(self) -> Place:
        return (self.process_id, self.channel)


@dataclass(slots=True)
class DeskState:
    """All of a desk in memory."""

    drafts: dict[Place, Draft] = field(default_factory=dict)
    sent: list[KeptLine] = field(default_factory=list)
    """Oldest first."""
    read_positions: dict[Place, EntryIdentity] = field(default_factory=dict)
    submitted: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    remembered: dict[str, str] = field(default_factory=dict)


_COLUMNS = "id, process_id, channel, sender_id, payload, in_reply_to, type, sequence, state, error"


def load(connection: sqlite3.Connection, sent_limit: int) -> DeskState:
    """Read everything but the lines that are still to be sent, and forget all but the latest that were."""
    connection.execute(
        "DELETE FROM lines WHERE state = ?1 AND number NOT IN "
        "(SELECT number FROM lines WHERE state = ?1 ORDER BY number DESC LIMIT ?2)",
        (LineState.SENT, sent_limit),
    )
    drafts = connection.execute("SELECT process_id, channel, text, in_reply_to FROM drafts")
    positions = connection.execute("SELECT process_id, channel, sender_id, sequence, timestamp_ns FROM read_positions")
    sent = connection.execute(f"SELECT {_COLUMNS} FROM lines WHERE state = ? ORDER BY number", (LineState.SENT,))
    return DeskState(
        {(process_id, channel): Draft(text, reply) for process_id, channel, text, reply in drafts},
        [_line(row) for row in sent],
        {(process_id, channel): (who, sequence, at) for process_id, channel, who, sequence, at in positions},
        {process_id for (process_id,) in connection.execute("SELECT process_id FROM submitted")},
        {process_id for (process_id,) in connection.execute("SELECT process_id FROM acks WHERE is_sent")},
        dict(connection.execute("SELECT name, value FROM remembered").fetchall()),
    )


def peek(path: Path, name: str) -> str | None:
    """What was kept under a name in a desk that is not open; ``None`` when nothing was, or it cannot be read now."""
    if not path.exists():
        return None
    try:
        with closing(connect_to_read(path, DESK, wait_s=0)) as connection:
            row = connection.execute("SELECT value FROM remembered WHERE name = ?", (name,)).fetchone()
    except (ArchiveError, sqlite3.Error):
        return None
    return str(row[0]) if row else None


def take_over(
    connection: sqlite3.Connection, owner: str, is_alive: Callable[[str], bool], sender_id: str | None
) -> list[KeptLine]:
    """Make the unfinished lines of programs that are gone ours; all that are, in the order in which they were given."""
    unfinished = "state != ?"
    owners = connection.execute(f"SELECT DISTINCT owner FROM lines WHERE {unfinished}", (LineState.SENT,)).fetchall()
    for (other,) in owners:
        if other != owner and not is_alive(other):
            connection.execute(
                f"UPDATE lines SET owner = ? WHERE owner = ? AND {unfinished} AND sender_id = ifnull(?, sender_id)",
                (owner, other, LineState.SENT, sender_id),
            )
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM lines WHERE owner = ? AND {unfinished} ORDER BY number", (owner, LineState.SENT)
    )
    return [_line(row) for row in rows]


def claim_line(connection: sqlite3.Connection, owner: str, line_id: str, sequence: int) -> bool:
    """Write down that a line is about to be sent; not when it belongs to another program."""
    claimed = connection.execute(
        "UPDATE lines SET state = ?, sequence = ?, error = '' WHERE id = ? AND owner = ? AND state != ?",
        (LineState.SENDING, sequence, line_id, owner, LineState.SENT),
    )
    return claimed.rowcount == 1


def claim_ack(connection: sqlite3.Connection, owner: str, process_id: str, is_alive: Callable[[str], bool]) -> bool:
    """Write down who acknowledges a process; not when somebody has, or another living program is about to."""
    row = connection.execute("SELECT owner, is_sent FROM acks WHERE process_id = ?", (process_id,)).fetchone()
    if row is not None and (row[1] or (row[0] != owner and is_alive(row[0]))):
        return False
    connection.execute("INSERT OR REPLACE INTO acks VALUES (?, ?, 0)", (process_id, owner))
    return True


def _line(row: Sequence[Any]) -> KeptLine:
    line = KeptLine(*row)
    return replace(line, state=LineState(line.state))
