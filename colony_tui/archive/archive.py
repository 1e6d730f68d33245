"""The archive of a running program: records what is seen without ever holding it up, and reads it back.

Joins the writer, the tables and a reader. Satisfies the protocol of recorders by its shape alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

from colony_tui.archive.database import connect, failure
from colony_tui.archive.reader import ArchiveReader
from colony_tui.archive.schema import ARCHIVE
from colony_tui.archive.tables import (
    Recorded,
    RecordedColony,
    RecordedEntries,
    RecordedLines,
    RecordedNames,
    RecordedNote,
    RecordedProcess,
    Tables,
)
from colony_tui.archive.writer import BATCH_LIMIT, WINDOW_S, Writer
from colony_tui.errors import ArchiveError
from colony_tui.model import ChannelEntry, Colony, Executor, LogLine, NoteKind, Process, User

T = TypeVar("T")

_REMEMBERED = 2_000
"""Processes and names whose last record is remembered, so that it is not written again."""


class Archive:
    """Everything that was seen of processes, in one file::

        async with Archive(path, on_failure=show) as archive:
            archive.record_entries(process, "chat", entries)
            if await archive.is_safe(process.id, "chat"):
                ...

    Recording never waits and never raises: when the file cannot be opened or written, :attr:`failure` says why,
    ``on_failure`` is called on the event loop, and what is recorded from then on is dropped. Only while another program
    holds the file locked it waits to be written, within bounds; ``on_recovery`` is called when that is over. Two
    programs may record into one file at once; an entry that both see is stored once. Used from one event loop.

    Args:
        path: the file; it and its folder are made if need be, for their owner alone.
        max_bytes: how large the file may become; as large as the disk allows when ``None``.
        window_s: how long what is recorded may wait to be written together with more.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_failure: Callable[[ArchiveError], None] = lambda error: None,
        on_recovery: Callable[[], None] = lambda: None,
        max_bytes: int | None = None,
        window_s: float = WINDOW_S,
    ) -> None:
        self.path = path
        self._writer: Writer[Recorded] = Writer(
            lambda: connect(path, ARCHIVE, max_bytes=max_bytes),
            Tables().store,
            lambda error: failure(error, path, ARCHIVE, doing="written"),
            on_failure=on_failure,
            on_recovery=on_recovery,
            window_s=window_s,
        )
        self._processes: dict[str, Process] = {}
        self._names: dict[str, Executor | User] = {}
        self._skipping: set[tuple[str, str]] = set()
        """Channels of which nothing is recorded since too much waits."""
        self._has_holes: set[tuple[str, str]] = set()
        """Channels of which something was not recorded."""
        self._reader: ArchiveReader | None = None
        self._reading = Lock()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        await self._writer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Write what waits and close the file."""
        # The reader first: whoever closes last puts everything into the one file, which only the writer can.
        await asyncio.to_thread(self._close_reader)
        await self._writer.close()

    @property
    def failure(self) -> ArchiveError | None:
        """Why nothing is recorded any more, or just now; ``None`` while all is well."""
        return self._writer.failure

    @property
    def is_lasting(self) -> bool:
        """Whether what is recorded outlives this program."""
        return self.failure is None

    # Recording

    def record_colony(self, colony: Colony, server: str) -> None:
        """Where the processes that are recorded from now on live; ``server`` is its address, for people."""
        self._processes.clear()
        self._writer.put(RecordedColony(colony, server))

    def record_process(self, process: Process) -> None:
        """A snapshot of a process; the latest one in each state of each attempt is kept."""
        if self._processes.get(process.id) != process and self._writer.put(RecordedProcess(process)):
            _remember(self._processes, process.id, process)

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        """Entries of a channel, in the order of arrival; those that are stored already change nothing."""
        self._record_unless_known(process)
        for start in range(0, len(entries), BATCH_LIMIT):
            part = tuple(entries[start : start + BATCH_LIMIT])
            recorded = RecordedEntries(process.id, channel, part)
            if self._writer.put(recorded, len(part), sum(len(entry.payload) for entry in part)):
                self._skipping.discard((process.id, channel))
            else:
                self._skip(process.id, channel, part[0].timestamp_ns)

    def record_note(self, process: Process, channel: str, kind: NoteKind, at_ns: int, count: int | None = None) -> None:
        """What was learnt of a channel's log, behind the entries recorded so far."""
        self._record_unless_known(process)
        # Without it, what is recorded before and behind it would be taken for one log.
        self._writer.put(RecordedNote(process.id, channel, kind, at_ns, count), is_needed=True)

    def record_log_lines(self, lines: Sequence[LogLine]) -> None:
        """Lines that executors logged."""
        for start in range(0, len(lines), BATCH_LIMIT):
            part = tuple(lines[start : start + BATCH_LIMIT])
            self._writer.put(RecordedLines(part), len(part))

    def record_names(self, members: Iterable[Executor | User]) -> None:
        """Who ids are; a later name replaces the one before."""
        news = [member for member in members if _name(self._names.get(member.id)) != _name(member)]
        if news and self._writer.put(RecordedNames(news), len(news)):
            for member in news:
                _remember(self._names, member.id, member)

    async def is_safe(self, process_id: str, channel: str) -> bool:
        """Wait until everything recorded of that channel is on disk; ``False`` when it cannot be."""
        return await self.flush() and (process_id, channel) not in self._has_holes

    async def flush(self) -> bool:
        """Wait until everything recorded is on disk; ``False`` when it cannot be."""
        try:
            await self._writer.ask(None)
        except ArchiveError:
            return False
        return True

    async def suspend(self) -> None:
        """Before this program is stopped: write what waits, and begin nothing before :meth:`resume`."""
        await self._writer.suspend()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        self._writer.resume()

    def _skip(self, process_id: str, channel: str, at_ns: int) -> None:
        """Entries are dropped: say so behind those that are not."""
        place = (process_id, channel)
        if place not in self._skipping:
            self._skipping.add(place)
            self._has_holes.add(place)
            self._writer.put(RecordedNote(process_id, channel, NoteKind.GAP, at_ns, None), is_needed=True)

    def _record_unless_known(self, process: Process) -> None:
        if process.id not in self._processes:
            self.record_process(process)

    # Reading back

    async def read(self, query: Callable[[ArchiveReader], T]) -> T:
        """Ask a reader, off the event loop, what was recorded: all that was until now included.

        Works after a failure as well, as far as the file can be read. E.g.
        ``await archive.read(lambda reader: reader.transcript(process_id, "chat"))``.

        Raises:
            ArchiveError: the file cannot be read, or was closed.
        """
        await self.flush()
        return await asyncio.to_thread(self._read, query)

    def _read(self, query: Callable[[ArchiveReader], T]) -> T:
        with self._reading:
            if self._is_closed:
                raise ArchiveError(f"The archive {self.path} is closed")
            if self._reader is None:
                self._reader = ArchiveReader(self.path)
            return query(self._reader)

    def _close_reader(self) -> None:
        with self._reading:
            self._is_closed = True
            if self._reader is not None:
                self._reader.close()
                self._reader = None


def _name(member: Executor | User | None) -> tuple[str, str | None]:
    if member is None:
        return ("", "")
    return (member.name, member.type if isinstance(member, Executor) else None)


def _remember(known: dict[str, T], key: str, value: T) -> None:
    known.pop(key, None)
    known[key] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
