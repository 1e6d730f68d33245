"""Where followers hand what they have seen, so that it outlives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from colony_tui.model import ChannelEntry, Executor, LogLine, NoteKind, Process, User


class Recorder(Protocol):
    """Keeps what was seen. Every call may repeat what is kept already; none of them waits or raises."""

    def record_process(self, process: Process) -> None:
        """A snapshot of a process."""
        ...

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        """Entries of a channel, in the order of arrival."""
        ...

    def record_note(self, process: Process, channel: str, kind: NoteKind, at_ns: int, count: int | None = None) -> None:
        """What was learnt of a channel's log at ``at_ns``, behind the entries recorded so far; a gap lies behind
        ``at_ns``, whatever was recorded.

        ``count`` is of entries, as the kind says; ``None`` when nobody can know it.
        """
        ...

    def record_log_lines(self, lines: Sequence[LogLine]) -> None:
        """Lines that executors logged."""
        ...

    def record_names(self, members: Iterable[Executor | User]) -> None:
        """Who ids are."""
        ...

    async def is_safe(self, process_id: str, channel: str) -> bool:
        """Wait until everything recorded of that channel is kept as safely as this recorder can; ``False`` if not."""
        ...

    @property
    def is_lasting(self) -> bool:
        """Whether what is recorded outlives this program."""
        ...


class MemoryRecorder:
    """Keeps nothing beyond what the followers hold in memory themselves."""

    is_lasting = False

    def record_process(self, process: Process) -> None:
        """Nothing to do: the follower holds it."""

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        """Nothing to do: the follower's log holds them."""

    def record_note(self, process: Process, channel: str, kind: NoteKind, at_ns: int, count: int | None = None) -> None:
        """Nothing to do: the follower's log has a mark for it."""

    def record_log_lines(self, lines: Sequence[LogLine]) -> None:
        """Nothing to do: the followed process holds them."""

    def record_names(self, members: Iterable[Executor | User]) -> None:
        """Nothing to do: the directory holds them."""

    async def is_safe(self, process_id: str, channel: str) -> bool:
        return True
