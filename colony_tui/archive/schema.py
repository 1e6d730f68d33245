"""The tables of an archive.

Every change is one more migration at the end; those that were ever released stay as they are.
"""

from __future__ import annotations

from colony_tui.archive.database import Schema

_FIRST = (
    """CREATE TABLE colonies (
        id INTEGER PRIMARY KEY, colony_id TEXT NOT NULL, name TEXT NOT NULL, server TEXT NOT NULL,
        UNIQUE (colony_id, name, server))""",
    # A process's id is unique by itself; its colony is an attribute, and unknown when only its entries were seen.
    """CREATE TABLE processes (
        id INTEGER PRIMARY KEY, process_id TEXT NOT NULL UNIQUE, submitted_ns INTEGER,
        colony INTEGER REFERENCES colonies)""",
    "CREATE INDEX processes_by_time ON processes (submitted_ns)",
    # The latest snapshot in each state of each attempt, as JSON of the model's value.
    """CREATE TABLE snapshots (
        process INTEGER NOT NULL REFERENCES processes, retries INTEGER NOT NULL, state INTEGER NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (process, retries, state)) WITHOUT ROWID""",
    # arrivals: the number that the next entry or note of the channel gets.
    """CREATE TABLE channels (
        id INTEGER PRIMARY KEY, process INTEGER NOT NULL REFERENCES processes, name TEXT NOT NULL,
        arrivals INTEGER NOT NULL DEFAULT 0, UNIQUE (process, name))""",
    "CREATE TABLE senders (id INTEGER PRIMARY KEY, sender_id TEXT NOT NULL UNIQUE)",
    # type: NULL is 'data', as nearly all are.
    """CREATE TABLE entries (
        channel INTEGER NOT NULL REFERENCES channels, sender INTEGER NOT NULL REFERENCES senders,
        sequence INTEGER NOT NULL, timestamp_ns INTEGER NOT NULL, arrival INTEGER NOT NULL,
        in_reply_to INTEGER, type TEXT, payload BLOB NOT NULL,
        PRIMARY KEY (channel, sender, sequence, timestamp_ns)) WITHOUT ROWID""",
    # recorder: a number of the program that noted it, so that two that saw the same thing note it once.
    """CREATE TABLE notes (
        channel INTEGER NOT NULL REFERENCES channels, arrival INTEGER NOT NULL, kind TEXT NOT NULL,
        at_ns INTEGER NOT NULL, count INTEGER, recorder INTEGER NOT NULL,
        PRIMARY KEY (channel, arrival)) WITHOUT ROWID""",
    """CREATE TABLE log_lines (
        process INTEGER NOT NULL REFERENCES processes, timestamp_ns INTEGER NOT NULL, executor_name TEXT NOT NULL,
        message TEXT NOT NULL, PRIMARY KEY (process, timestamp_ns, executor_name, message)) WITHOUT ROWID""",
    # executor_type: NULL for users.
    "CREATE TABLE names (member_id TEXT PRIMARY KEY, name TEXT NOT NULL, executor_type TEXT) WITHOUT ROWID",
)

_SECOND = (
    # Every start that was seen: snapshots keep one alone of attempts that no retry tells apart. The id of who took it
    # is empty when unknown.
    """CREATE TABLE starts (
        process INTEGER NOT NULL REFERENCES processes, started_ns INTEGER NOT NULL, executor_id TEXT NOT NULL,
        PRIMARY KEY (process, started_ns)) WITHOUT ROWID""",
)

ARCHIVE = Schema("archive", 0x434F4C41, (_FIRST, _SECOND))
"""The file that holds what was seen of processes."""
