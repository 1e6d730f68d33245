"""Where followers hand what they have seen, so that it outlives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from colony_tui.model import ChannelEntry, Process


class Recorder(Protocol):
    """Keeps what was seen. Every call may repeat what is kept already."""

    def record_process(self, process: Process) -> None:
        """A snapshot of a process."""
        ...

    def record_entries(self, process: Process, channel: str, entries: Sequence[ChannelEntry]) -> None:
        """Entries of a channel, in the order of arrival."""
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

    async def is_safe(self, process_id: str, channel: str) -> bool:
        return True
