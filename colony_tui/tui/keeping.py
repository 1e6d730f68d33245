"""The files of a session: opened beside its first requests, closed last, written to with a short delay.

Owns what is said when one fails, and what is typed, read and has served until it reaches the desk. Paints nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from colony_tui.errors import ArchiveError
from colony_tui.model import Process
from colony_tui.store.order import Identity
from colony_tui.tui.channel_offer import NEVER, Served, served_by

if TYPE_CHECKING:
    from colony_tui.archive import Archive, Desk

LATER_S = 0.5
"""How long what is typed or read waits for more of it before it is kept."""

Place = tuple[str, str]
"""A process's id and a channel's name."""

Draft = tuple[str, int | None]
"""Text that was typed and not sent, and the sequence that it answers."""

NO_DRAFT: Draft = ("", None)


@dataclass(frozen=True, slots=True)
class Files:
    """Where a session keeps things."""

    archive: Path | None
    """What was seen; ``None``: nowhere."""
    desk: Path
    """What is ours alone."""


_THEME = "theme"


class Keeping:
    """Archive and desk of a session, either of which may be missing or fail: then memory serves.

    Args:
        my_id: Who reads and writes; another identity has another place to return to.
        on_failure: Called with a sentence when one of the files can be used no longer.
        is_read_only: Nothing is sent: lines that other programs left are left to who can.
    """

    def __init__(
        self, files: Files | None, my_id: str, on_failure: Callable[[str], None], *, is_read_only: bool = False
    ) -> None:
        self._is_read_only = is_read_only
        self._files = files
        self._my_id = my_id
        self._on_failure = on_failure
        self._context = Context()
        self._drafts: dict[Place, Draft] = {}
        self._served: dict[str, Served] = {}
        self._later: dict[object, Callable[[Desk], None]] = {}
        self._due: asyncio.TimerHandle | None = None
        self.archive: Archive | None = None
        self.desk: Desk | None = None

    # Opening and closing

    @property
    def has_files(self) -> bool:
        """Whether anything outlives this session."""
        return self._files is not None

    @property
    def has_failed(self) -> bool:
        """Whether nothing is recorded although it should be."""
        return self.archive is not None and self.archive.failure is not None

    @property
    def is_recording(self) -> bool:
        """Whether what is seen is to be recorded at all."""
        return self._files is not None and self._files.archive is not None

    async def open(self) -> None:
        """Open the files. A failure is told, never raised."""
        self._context = copy_context()
        assert self._files is not None
        # Neither the program's start nor its event loop waits for the database to be loaded.
        await asyncio.to_thread(import_module, "colony_tui.archive.archive")
        await asyncio.to_thread(import_module, "colony_tui.archive.desk")
        from colony_tui.archive import Archive, Desk

        self.desk = Desk(self._files.desk, on_failure=self._desk_failed, on_recovery=self._recovered)
        if self._files.archive is not None:
            self.archive = Archive(self._files.archive, on_failure=self._archive_failed, on_recovery=self._recovered)
        files: list[AbstractAsyncContextManager[object]] = [self.desk]
        if self.archive is not None:
            files.append(self.archive)
        await asyncio.gather(*(file.__aenter__() for file in files))
        if not self._is_read_only:
            await self.desk.take_over(self._my_id)
        self.flush()

    async def close(self) -> None:
        """Keep what waits, and close the files."""
        self.flush()
        if self.archive is not None:
            await self.archive.close()
        if self.desk is not None:
            await self.desk.close()

    def _archive_failed(self, error: ArchiveError) -> None:
        what = "recorded or kept" if self.desk is not None and self.desk.failure is not None else "recorded"
        self._say(f"Nothing is {what}: {error}")

    def _desk_failed(self, error: ArchiveError) -> None:
        if self.archive is not None and self.archive.failure is not None:
            self._archive_failed(self.archive.failure)
        else:
            self._say(f"Drafts and read positions are not kept: {error}")

    def _recovered(self) -> None:
        self._say("The file is free again: what waited is kept")

    async def suspend(self) -> None:
        """Before the program is stopped: hand on what waits, and hold no lock that others would wait for."""
        self.flush()
        for file in self._open_files:
            await file.suspend()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        for file in self._open_files:
            file.resume()

    @property
    def _open_files(self) -> list[Archive | Desk]:
        return [file for file in (self.archive, self.desk) if file is not None]

    def _say(self, sentence: str) -> None:
        # The call comes from a file's thread, whose context knows nothing of the app that is to paint it.
        asyncio.get_running_loop().call_soon(self._on_failure, sentence, context=self._context)

    # What is typed

    def draft(self, process_id: str, channel: str) -> Draft:
        """What was typed last and not sent, in this run or an earlier one."""
        place = (process_id, channel)
        if place in self._drafts or self.desk is None:
            return self._drafts.get(place, NO_DRAFT)
        kept = self.desk.draft(process_id, channel)
        return (kept.text, kept.in_reply_to) if kept is not None else NO_DRAFT

    def keep_draft(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> None:
        """Keep what is typed, soon; an empty text forgets it."""
        place, draft = (process_id, channel), (text, in_reply_to)
        if draft == self.draft(*place):
            return
        self._drafts[place] = draft
        self._keep_later(("draft", place), lambda desk: desk.keep_draft(process_id, channel, text, in_reply_to))

    def sent(self, process_id: str, channel: str) -> list[str]:
        """Lines that were sent there, oldest first, those on their way included."""
        if self.desk is None:
            return []
        kept = (*self.desk.sent(process_id, channel), *self.desk.lines(process_id, channel))
        return [line.payload.decode("utf-8", "replace") for line in kept]

    # What is read

    def position(self, process_id: str, channel: str) -> Identity | None:
        """The newest entry that was read; ``None`` when nothing was."""
        return self.desk.read_position(process_id, channel) if self.desk is not None else None

    def keep_position(self, process_id: str, channel: str, identity: Identity) -> None:
        """Keep up to where was read, soon."""
        place = (process_id, channel)
        self._keep_later(("read", place), lambda desk: desk.keep_read_position(process_id, channel, identity))

    def reading_since(self, now_ns: int) -> int:
        """Since when this identity reads here: ``now_ns``, where it never did. What is older is no news to it."""
        if self.desk is None:
            return now_ns
        name = f"reading since/{self._my_id}"
        since = self.desk.remembered(name)
        if since is None and self.desk.is_loaded:
            self.desk.remember(name, str(now_ns))
        return now_ns if since is None else int(since)

    # Where one was

    def place(self) -> Place | None:
        """The process and channel that were open last."""
        text = self.desk.remembered(f"open/{self._my_id}") if self.desk is not None else None
        if text is None:
            return None
        process_id, _, channel = text.partition(" ")
        return process_id, channel

    def keep_place(self, process_id: str, channel: str) -> None:
        """Keep what is open, soon."""
        self._keep_later("open", lambda desk: desk.remember(f"open/{self._my_id}", f"{process_id} {channel}"))

    # How it looks

    def theme(self) -> str:
        """The theme that was chosen last, asked for before the files are opened; empty where none was."""
        if self._files is None or not self._files.desk.exists():
            return ""
        from colony_tui.archive.desk_tables import peek

        return peek(self._files.desk, _THEME) or ""

    def keep_theme(self, name: str) -> None:
        """Keep a choice, soon."""
        self._keep_later(_THEME, lambda desk: desk.remember(_THEME, name))

    # What served

    def served(self, function: str, executor_type: str) -> Served:
        """Channels of the latest own process of that function that succeeded, in this run or an earlier one."""
        name = self._served_name(function, executor_type)
        return max(self._served.get(name, NEVER), _served_before(self.desk, name))

    def keep_served(self, process: Process) -> None:
        """Keep that its channels serve, soon, unless those of a later one are kept."""
        name, served = self._served_name(process.spec.function, process.spec.executor_type), served_by(process)

        def keep(desk: Desk) -> None:
            if self._served[name] > _served_before(desk, name):
                desk.remember(name, msgspec.json.encode(self._served[name]).decode())

        if served[1] and served > self.served(process.spec.function, process.spec.executor_type):
            self._served[name] = served
            self._keep_later(name, keep)

    def _served_name(self, function: str, executor_type: str) -> str:
        return f"channels/{self._my_id}/{executor_type}/{function}"

    # Inside

    def _keep_later(self, key: object, keep: Callable[[Desk], None]) -> None:
        if self._files is None:
            return
        self._later[key] = keep
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(LATER_S, self.flush)

    def flush(self) -> None:
        """Hand what waits to the desk."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self.desk is None:
            return  # It is still being opened.
        later, self._later = self._later, {}
        for keep in later.values():
            keep(self.desk)


def _served_before(desk: Desk | None, name: str) -> Served:
    """What a desk remembers of it."""
    text = desk.remembered(name) if desk is not None else None
    try:
        return msgspec.json.decode(text, type=Served) if text is not None else NEVER
    except msgspec.DecodeError:
        return NEVER
