"""The desk: what is ours alone and no server knows, kept from one start of the program to the next.

Owns drafts, lines until they stand in the log, what was sent, read positions, which processes we submitted and which
we acknowledged, and how the screen was left. Decides nothing about when a line is sent: it only says whether it may be,
and by whom.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from colony_tui.archive.database import connect, failure, fit
from colony_tui.archive.desk_tables import (
    DESK,
    DeskState,
    Draft,
    EntryIdentity,
    KeptLine,
    claim_ack,
    claim_line,
    load,
    take_over,
)
from colony_tui.archive.line_state import LineState
from colony_tui.archive.owner import Owner
from colony_tui.archive.writer import WINDOW_S, Writer
from colony_tui.errors import ArchiveError

SENT_KEPT = 500
"""Sent lines that stay to be recalled, of all channels together."""

Statement = tuple[str, tuple[object, ...]]


class Desk:
    """Local state in one file, held in memory while it is open. Several programs may share the file.

    Reads come from memory and calls that keep something never wait: :meth:`flush` does. A line belongs to the program
    that it was typed in, as long as that lives; then to the first one that takes it over. Where the file cannot be
    used, :attr:`failure` says why, ``on_failure`` is called once, and the desk goes on in memory alone.

    Sending one line, so that it is never sent twice::

        line = desk.keep_line(process_id, "chat", sender_id, payload)
        if await desk.claim(line.id, sequence):
            ...  # append it
            desk.settle(line.id, LineState.SENT)
    """

    def __init__(
        self,
        path: Path,
        *,
        on_failure: Callable[[ArchiveError], None] = lambda error: None,
        on_recovery: Callable[[], None] = lambda: None,
        window_s: float = WINDOW_S,
    ) -> None:
        self.path = path
        self._owner = Owner(path)
        self._state = DeskState()
        self._lines: dict[str, KeptLine] = {}
        self._unwritten: set[str] = set()
        """Lines that were given after the file had failed: they are in memory alone."""
        self._held: set[str] = set()
        """Lines that are or were ours: what memory says of them is newer than the file."""
        self._puts = 0
        self._is_loaded = False
        self._on_recovery = on_recovery
        self._recovering: set[asyncio.Task[None]] = set()
        self._writer: Writer[Statement] = Writer(
            self._connect,
            _store,
            lambda error: failure(error, path, DESK, doing="written"),
            on_failure=on_failure,
            on_recovery=self._recovered,
            window_s=window_s,
        )

    async def __aenter__(self) -> Self:
        await self._writer.start()
        await self.refresh()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Write what waits and close the file; unfinished lines are free for others."""
        for task in self._recovering:
            task.cancel()
        await asyncio.gather(*self._recovering, return_exceptions=True)
        await self._writer.close()
        # Not with a failure of the file: until here this program may be sending what it owns.
        await asyncio.to_thread(self._owner.release)

    async def flush(self) -> bool:
        """Wait until everything kept is on disk; ``False`` when it cannot be."""
        try:
            await self._writer.ask(None)
        except ArchiveError:
            return False
        return True

    async def refresh(self) -> None:
        """Take in what other programs have kept since."""
        while True:
            puts = self._puts
            try:
                state = await self._writer.ask(lambda connection: load(connection, SENT_KEPT))
            except ArchiveError:
                return
            if puts == self._puts:
                self._state, self._is_loaded = state, True
                return
            # Something was kept while this was asked for: it would be missing.

    @property
    def failure(self) -> ArchiveError | None:
        """Why nothing is kept on disk any more; ``None`` while all is well."""
        return self._writer.failure

    @property
    def is_over(self) -> bool:
        """Whether nothing will be kept on disk any more; else a failure passes with the lock of another program."""
        return self._writer.is_over

    async def suspend(self) -> None:
        """Before this program is stopped: write what waits, and begin nothing before :meth:`resume`."""
        await self._writer.suspend()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        self._writer.resume()

    @property
    def is_loaded(self) -> bool:
        """Whether what was kept earlier is known; not where another program has held the file since the start."""
        return self._is_loaded

    @property
    def is_lasting(self) -> bool:
        """Whether what is kept outlives this program."""
        return self.failure is None

    # Drafts

    def draft(self, process_id: str, channel: str) -> Draft | None:
        """What was typed last and not sent."""
        return self._state.drafts.get((process_id, channel))

    def keep_draft(self, process_id: str, channel: str, text: str, in_reply_to: int | None = None) -> None:
        """Keep what is typed; an empty text forgets it."""
        place = (process_id, channel)
        if text:
            self._state.drafts[place] = Draft(text, in_reply_to)
            self._put("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)", *place, text, in_reply_to)
        elif self._state.drafts.pop(place, None) is not None:
            self._put("DELETE FROM drafts WHERE process_id = ? AND channel = ?", *place)

    # Lines

    def keep_line(
        self,
        process_id: str,
        channel: str,
        sender_id: str,
        payload: bytes,
        *,
        in_reply_to: int | None = None,
        type: str = "data",
    ) -> KeptLine:
        """Keep a line that is to be sent, before anything is done about it."""
        line = KeptLine(secrets.token_hex(8), process_id, channel, sender_id, payload, in_reply_to, type)
        self._lines[line.id] = line
        self._held.add(line.id)
        if self.is_over:
            self._unwritten.add(line.id)
        self._put(
            "INSERT INTO lines (id, owner, process_id, channel, sender_id, payload, in_reply_to, type, state, error) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            *(line.id, self._owner.id, process_id, channel, sender_id, payload, in_reply_to, type, line.state),
        )
        return line

    def lines(self, process_id: str, channel: str) -> tuple[KeptLine, ...]:
        """Our lines to that channel which do not stand in its log yet, in the order in which they were given."""
        return tuple(line for line in self._lines.values() if line.place == (process_id, channel))

    async def take_over(self, sender_id: str | None = None) -> tuple[KeptLine, ...]:
        """Take over the unfinished lines of programs that are gone; all that are ours now, of every channel.

        ``sender_id``: only lines of that identity, whose key is at hand to send them; all of them when ``None``.

        A line in :attr:`LineState.SENDING` may have arrived: look for it in the log before sending it again.
        """
        owner = self._owner
        try:
            held = await self._writer.ask(lambda connection: take_over(connection, owner.id, owner.is_alive, sender_id))
        except ArchiveError:
            return tuple(self._lines.values())
        taken = {line.id: line for line in held if line.id not in self._held}
        self._held.update(taken)
        self._lines = {**taken, **self._lines}
        return tuple(self._lines.values())

    async def claim(self, line_id: str, sequence: int) -> bool:
        """Whether the line may be sent now, with that sequence: it is ours, and on disk it counts as sent already.

        Claiming it again, to repeat it, is allowed.

        Raises:
            ArchiveError: that cannot be written, and the file may still have it as one to be sent at the next start.
        """
        line = self._lines.get(line_id)
        if line is None:
            return False
        owner = self._owner.id
        try:
            is_ours = await self._writer.ask(lambda connection: claim_line(connection, owner, line_id, sequence))
        except ArchiveError:
            if line_id not in self._unwritten and line.state is not LineState.SENDING:
                raise
            is_ours = True  # By memory alone, or as it was written before: nobody takes it while this program lives.
        if not is_ours:
            self._lines.pop(line_id, None)
        elif line_id in self._lines:
            self._lines[line_id] = replace(line, sequence=sequence, state=LineState.SENDING, error="")
        return is_ours

    def settle(self, line_id: str, state: LineState, error: str = "") -> None:
        """Keep how far a line has come."""
        line = self._lines.get(line_id)
        if line is None:
            return
        line = self._lines[line_id] = replace(line, state=state, error=error)
        if state is LineState.SENT:
            del self._lines[line_id]
            self._state.sent.append(line)
            del self._state.sent[:-SENT_KEPT]
        self._put("UPDATE lines SET state = ?, error = ? WHERE id = ?", state, error, line_id)

    def drop(self, line_id: str) -> None:
        """Forget a line."""
        if self._lines.pop(line_id, None) is not None:
            self._put("DELETE FROM lines WHERE id = ?", line_id)

    def sent(self, process_id: str, channel: str) -> tuple[KeptLine, ...]:
        """What was sent to that channel, oldest first, as far as it is kept."""
        return tuple(line for line in self._state.sent if line.place == (process_id, channel))

    # Reading

    def read_position(self, process_id: str, channel: str) -> EntryIdentity | None:
        """The identity of the last entry that was read; ``None`` when nothing was."""
        return self._state.read_positions.get((process_id, channel))

    def keep_read_position(self, process_id: str, channel: str, identity: EntryIdentity | None) -> None:
        """Keep up to where was read; ``None`` makes everything unread."""
        place = (process_id, channel)
        if identity is None:
            self._state.read_positions.pop(place, None)
            self._put("DELETE FROM read_positions WHERE process_id = ? AND channel = ?", *place)
        elif self._state.read_positions.get(place) != identity:
            self._state.read_positions[place] = identity
            sender_id, sequence, timestamp_ns = identity
            values = (*place, sender_id, fit(sequence), fit(timestamp_ns))
            self._put("INSERT OR REPLACE INTO read_positions VALUES (?, ?, ?, ?, ?)", *values)

    # Whatever else is to be as it was

    def remembered(self, name: str) -> str | None:
        """What was kept under that name; ``None`` when nothing was."""
        return self._state.remembered.get(name)

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name, in place of the one before."""
        if self._state.remembered.get(name) != value:
            self._state.remembered[name] = value
            self._put("INSERT OR REPLACE INTO remembered VALUES (?, ?)", name, value)

    # Submissions and acknowledgements

    @property
    def submitted(self) -> frozenset[str]:
        """Ids of processes that were submitted from this desk."""
        return frozenset(self._state.submitted)

    @property
    def acked(self) -> frozenset[str]:
        """Ids of processes that were acknowledged from this desk."""
        return frozenset(self._state.acked)

    def keep_submitted(self, process_id: str) -> None:
        """Keep that a process is ours to acknowledge."""
        self._state.submitted.add(process_id)
        self._put("INSERT OR IGNORE INTO submitted VALUES (?)", process_id)

    async def claim_ack(self, process_id: str) -> bool:
        """Whether the acknowledgement may be sent now: nobody has, and no other living program is about to."""
        owner = self._owner
        if process_id in self._state.acked:
            return False
        try:
            return await self._writer.ask(
                lambda connection: claim_ack(connection, owner.id, process_id, owner.is_alive)
            )
        except ArchiveError:
            return self.is_over  # While a lock is held nobody may: whoever asks again is told.

    def keep_acked(self, process_id: str) -> None:
        """Keep that a process was acknowledged, by whomever."""
        self._state.acked.add(process_id)
        self._put("INSERT OR REPLACE INTO acks VALUES (?, ?, 1)", process_id, self._owner.id)

    # Inside

    def _put(self, query: str, *values: object) -> None:
        self._puts += 1
        self._writer.put((query, values))

    def _recovered(self) -> None:
        task = asyncio.create_task(self._recover(), name="desk is free")
        self._recovering.add(task)
        task.add_done_callback(self._recovering.discard)

    async def _recover(self) -> None:
        """What was held from the start on has not been looked at yet."""
        if not self._is_loaded:
            await self.refresh()
        self._on_recovery()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.path, DESK)
        try:
            self._owner.take()
        except BaseException:
            connection.close()
            raise
        return connection


def _store(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    for query, values in statements:
        connection.execute(query, values)
