"""What is read back from an archive: a channel with what is known of its wholeness, and a process in a list.

Pure values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from colony_tui.model import ChannelEntry, Colony, NoteKind, Process


@dataclass(frozen=True, slots=True)
class Note:
    """What was learnt of a channel's log, beside its entries."""

    kind: NoteKind
    at_ns: int
    """When it was learnt, by the server's clock as far as it was known; of a gap, behind which time it lies."""
    count: int | None = None
    """Of entries, as the kind says; ``None`` when nobody could know."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a channel was recorded, and what is known to be missing."""

    held: int
    """Entries recorded, of all logs that the channel had."""
    total: int | None
    """Entries that the last log had in the end, where that was proven."""
    joined: Note | None
    gaps: tuple[Note, ...]
    """Those that nothing filled later."""
    resets: tuple[Note, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every entry that the channel ever had is proven to be held."""
        return self.total is not None and self.held >= self.total and not (self.joined or self.gaps or self.resets)

    def words(self, clock: Callable[[int], str]) -> str:
        """What is held, for a person, e.g. ``214 of 214`` or ``joined at entry 57, gap at 12:04:11``.

        ``clock`` writes a time given in nanoseconds.
        """
        if self.total is None:
            parts = [f"{self.held} recorded, the end not seen"]
        elif self.resets:
            # What a restarted server still had counts for both logs, so that what is held may be more.
            parts = [f"{min(self.held, self.total)} of {self.total} since the restart, {self.held} in all"]
        else:
            parts = [f"{min(self.held, self.total)} of {self.total}"]
        if self.joined is not None:
            count = self.joined.count
            parts.append("joined late" if count is None else f"joined at entry {count + 1}")
        for gap in self.gaps:
            parts.append(f"gap {'' if gap.count is None else f'of {gap.count} '}at {clock(gap.at_ns)}")
        parts.extend(f"server restarted at {clock(reset.at_ns)}" for reset in self.resets)
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A channel as it was recorded."""

    process: Process | None
    """The last snapshot; ``None`` when none was taken."""
    process_id: str
    channel: str
    items: tuple[ChannelEntry | Note, ...]
    """Entries and notes in the order in which they were recorded: giving them to a log again makes the same log."""

    @property
    def entries(self) -> tuple[ChannelEntry, ...]:
        return tuple(item for item in self.items if isinstance(item, ChannelEntry))

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(item for item in self.items if isinstance(item, Note))

    @property
    def coverage(self) -> Coverage:
        resets: list[Note] = []
        gaps: list[Note] = []
        earlier_gaps: list[Note] = []
        joined = complete = None
        held = 0
        for item in self.items:
            if isinstance(item, ChannelEntry):
                held += 1
            elif item.kind is NoteKind.RESET:
                resets.append(item)
                earlier_gaps, gaps, complete = earlier_gaps + gaps, [], None
            elif item.kind is NoteKind.GAP:
                gaps.append(item)
            elif item.kind is NoteKind.JOINED:
                joined = joined or item
            else:
                complete = item
        total = complete.count if complete is not None else None
        if total is not None and held >= total:
            gaps = []  # Whatever one program missed, another one saw.
            joined = joined if resets else None
        return Coverage(held, total, joined, (*earlier_gaps, *gaps), tuple(resets))


@dataclass(frozen=True, slots=True)
class Recording:
    """A process of which something was recorded."""

    process_id: str
    process: Process | None
    """The last snapshot; ``None`` when none was taken."""
    colony: Colony | None
    server: str
    """The server's address as it was recorded; empty when unknown."""
    counts: dict[str, int]
    """Entries recorded, by channel."""


@dataclass(frozen=True, slots=True)
class Name:
    """Who an id is."""

    name: str
    executor_type: str | None
    """``None`` for users."""
