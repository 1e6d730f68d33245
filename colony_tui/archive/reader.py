"""Reading an archive: what was recorded, while it is written or long after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from colony_tui.archive.database import connect_to_read, failure
from colony_tui.archive.schema import ARCHIVE
from colony_tui.archive.transcript import Name, Note, Recording, Transcript
from colony_tui.model import ChannelEntry, Colony, LogLine, NoteKind, Process

_process = msgspec.json.Decoder(Process)

_ENTRIES = """SELECT
    e.arrival, e.sequence, e.in_reply_to, e.timestamp_ns, s.sender_id, e.payload, coalesce(e.type, 'data')
    FROM entries e JOIN senders s ON s.id = e.sender WHERE e.channel = ?"""

# An attempt's states follow each other, attempts are counted, and an end is final.
_SNAPSHOTS = """SELECT body FROM snapshots WHERE process = (SELECT id FROM processes WHERE process_id = ?)
    ORDER BY state >= 2, retries, state"""

_STARTS = "SELECT started_ns, executor_id FROM starts WHERE process = (SELECT id FROM processes WHERE process_id = ?)"

_RECORDINGS = """SELECT p.process_id, p.id, c.colony_id, c.name, c.server
    FROM processes p LEFT JOIN colonies c ON c.id = p.colony"""


class ArchiveReader:
    """A connection that reads. Every method may block for the disk; each raises :class:`ArchiveError` only.

    Used by one thread at a time, whichever it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_to_read(path, ARCHIVE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def transcript(self, process_id: str, channel: str) -> Transcript:
        """What was recorded of a channel; without items when nothing was."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT c.id FROM channels c JOIN processes p ON p.id = c.process WHERE process_id = ? AND name = ?",
                (process_id, channel),
            ).fetchone()
            items = _items(connection, row[0]) if row else ()
            snapshots = _snapshots(connection, process_id)
        return Transcript(snapshots[-1] if snapshots else None, process_id, channel, items)

    def snapshots(self, process_id: str) -> tuple[Process, ...]:
        """The latest snapshot in each state of each attempt, in order; the last one is the last that was seen."""
        with self._reading() as connection:
            return _snapshots(connection, process_id)

    def starts(self, process_id: str) -> dict[int, str]:
        """When each attempt began that was seen, with who took it, empty where that is unknown; in order.

        A start may be there twice, in the two precisions in which servers tell it.
        """
        with self._reading() as connection:
            # Files of the first version had snapshots alone.
            seen = [(each.started_ns, each.executor_id) for each in _snapshots(connection, process_id)]
            seen.extend(connection.execute(_STARTS, (process_id,)))
        starts: dict[int, str] = {}
        for start, executor_id in sorted((start, executor_id) for start, executor_id in seen if start is not None):
            starts[start] = executor_id or starts.get(start, "")
        return starts

    def log_lines(self, process_id: str) -> tuple[LogLine, ...]:
        """Log lines of a process by time."""
        with self._reading() as connection:
            rows = connection.execute(
                """SELECT executor_name, message, timestamp_ns FROM log_lines
                WHERE process = (SELECT id FROM processes WHERE process_id = ?) ORDER BY timestamp_ns, executor_name""",
                (process_id,),
            )
            return tuple(LogLine(process_id, *row) for row in rows)

    def names(self) -> dict[str, Name]:
        """Everybody whose name was recorded, by id."""
        with self._reading() as connection:
            rows = connection.execute("SELECT member_id, name, executor_type FROM names")
            return {member_id: Name(name, executor_type) for member_id, name, executor_type in rows}

    def recording(self, process_id: str) -> Recording | None:
        """What is there of one process."""
        with self._reading() as connection:
            row = connection.execute(f"{_RECORDINGS} WHERE process_id = ?", (process_id,)).fetchone()
            return _recording(connection, *row) if row else None

    def recordings(self, limit: int = 100, before_ns: int | None = None) -> tuple[Recording, ...]:
        """The latest processes by submission, newest first; ``before_ns`` continues behind the last one's time."""
        with self._reading() as connection:
            rows = connection.execute(
                f"""{_RECORDINGS} WHERE p.submitted_ns IS NOT NULL AND (?1 IS NULL OR p.submitted_ns < ?1)
                ORDER BY p.submitted_ns DESC LIMIT ?2""",
                (before_ns, limit),
            ).fetchall()
            return tuple(_recording(connection, *row) for row in rows)

    def find(self, prefix: str, limit: int = 10) -> tuple[str, ...]:
        """Ids of processes that begin so."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT process_id FROM processes WHERE process_id >= ?1 AND process_id < ?1 || char(0x10FFFF) "
                "ORDER BY process_id LIMIT ?2",
                (prefix, limit),
            )
            return tuple(process_id for (process_id,) in rows)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for all queries within, and every error as a sentence."""
        connection = self._connection
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
        except (sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
            raise failure(error, self._path, ARCHIVE, doing="read") from None


def _items(connection: sqlite3.Connection, channel: int) -> tuple[ChannelEntry | Note, ...]:
    items: list[tuple[int, ChannelEntry | Note]] = []
    with closing(connection.execute(_ENTRIES, (channel,))) as rows:
        for arrival, sequence, in_reply_to, timestamp_ns, sender_id, payload, kind in rows:
            entry = ChannelEntry(sequence, in_reply_to, timestamp_ns, sender_id, payload, kind)
            items.append((arrival, entry))
    notes = connection.execute("SELECT arrival, kind, at_ns, count FROM notes WHERE channel = ?", (channel,))
    items.extend((arrival, Note(NoteKind(kind), at_ns, count)) for arrival, kind, at_ns, count in notes)
    items.sort(key=lambda item: item[0])
    return tuple(item for _, item in items)


def _snapshots(connection: sqlite3.Connection, process_id: str) -> tuple[Process, ...]:
    return tuple(_process.decode(body) for (body,) in connection.execute(_SNAPSHOTS, (process_id,)))


def _recording(
    connection: sqlite3.Connection,
    process_id: str,
    row: int,
    colony_id: str | None,
    colony: str | None,
    server: str | None,
) -> Recording:
    snapshots = _snapshots(connection, process_id)
    counts = connection.execute(
        "SELECT name, (SELECT count(*) FROM entries WHERE channel = channels.id) FROM channels WHERE process = ?",
        (row,),
    )
    return Recording(
        process_id,
        snapshots[-1] if snapshots else None,
        Colony(colony_id, colony) if colony_id is not None and colony is not None else None,
        server or "",
        dict(counts.fetchall()),
    )
