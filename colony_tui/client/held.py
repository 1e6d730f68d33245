"""What is held of the server's present log, and what a first frame says about it.

Pure counting by PROTOCOL.md, "Following a channel", 3: positions shift when a late lower sequence arrives, so the log
is compared by the number of its distinct entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from colony_tui.model import ChannelEntry


class Standing(Enum):
    """How what is held compares with the server's log."""

    COMPLETE = "all is held"
    MISSING = "the server has more"
    SHORTER = "the server's log is another, shorter one"


class HeldLog:
    """The distinct entries held of one log of the server."""

    def __init__(self) -> None:
        self._identities: set[tuple[str, int, int]] = set()

    def __len__(self) -> int:
        return len(self._identities)

    def take(self, entries: Iterable[ChannelEntry]) -> tuple[ChannelEntry, ...]:
        """Hold these; returns those that were not held before."""
        fresh = []
        for entry in entries:
            identity = entry.identity
            if identity not in self._identities:
                self._identities.add(identity)
                fresh.append(entry)
        return tuple(fresh)

    def clear(self) -> None:
        self._identities.clear()

    def replace(self, entries: Iterable[ChannelEntry]) -> None:
        """Hold these and nothing else."""
        self._identities = {entry.identity for entry in entries}

    @property
    def next_index(self) -> int:
        """The position to subscribe after: one less than is held, so that the last entry comes back as a proof."""
        return max(0, len(self._identities) - 1)

    def standing(self, length: int) -> Standing:
        """Compare with a log of ``length`` entries."""
        if len(self._identities) == length:
            return Standing.COMPLETE
        return Standing.MISSING if len(self._identities) < length else Standing.SHORTER
