"""The acknowledgement on the sync channel: once, and only where it can lose nobody's data.

By PRODUCT.md: only for processes that this program submitted, never because the submitter's id equals ours, since
scripts, bots and people share keys and a bystander's ``ack`` makes the executor close before its real client has read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import Recorder
from colony_tui.model import SYNC_ACK, SYNC_CHANNEL, EntryType, Process, ProcessState
from colony_tui.store.log import ChannelLog

if TYPE_CHECKING:
    from colony_tui.archive.desk import Desk


class AckClient(Protocol):
    """What acknowledging needs of a client."""

    @property
    def id(self) -> str: ...

    async def append(
        self,
        process_id: str,
        channel: str,
        sequence: int,
        payload: bytes | str,
        *,
        in_reply_to: int | None = None,
        type: str = EntryType.DATA,
    ) -> None: ...


class Acknowledger:
    """Decides when a process's output is safe and says so on ``sync``.

    ``submitted`` are ids of processes that this program submitted; ``acknowledged`` those that it acknowledged.
    """

    def __init__(self, client: AckClient, recorder: Recorder, desk: Desk | None = None) -> None:
        self._client = client
        self._recorder = recorder
        self._desk = desk
        self._submitted: set[str] = set()
        self._acknowledged: set[str] = set()

    @property
    def submitted(self) -> frozenset[str]:
        """Ids of processes that this program submitted, or another one with the same desk."""
        return frozenset(self._submitted) | (self._desk.submitted if self._desk is not None else frozenset())

    @property
    def acknowledged(self) -> frozenset[str]:
        """Ids of processes that were acknowledged by it, or cannot be."""
        return frozenset(self._acknowledged) | (self._desk.acked if self._desk is not None else frozenset())

    def remember(self, process_id: str) -> None:
        """A process was submitted by this program."""
        self._submitted.add(process_id)
        if self._desk is not None:
            self._desk.keep_submitted(process_id)

    def give_up(self, process_id: str) -> None:
        """The server refuses the acknowledgement for good: it is not due any more."""
        self._acknowledged.add(process_id)

    async def look_up(self) -> None:
        """Ask the desk what other programs have submitted and acknowledged since."""
        if self._desk is not None:
            await self._desk.refresh()

    def is_due(self, process: Process, followers: Mapping[str, ChannelFollower]) -> bool:
        """Whether the output has ended, it was submitted here, and the acknowledgement is still to be sent."""
        return process.id in self.submitted and self.is_ready(process, followers)

    def is_ready(self, process: Process, followers: Mapping[str, ChannelFollower]) -> bool:
        """Whether every other channel that has entries was ended by the executor, and nobody here has said so yet."""
        if process.id in self.acknowledged:
            return False
        if process.state is not ProcessState.RUNNING or SYNC_CHANNEL not in process.channels:
            return False
        if SYNC_CHANNEL not in followers or not followers[SYNC_CHANNEL].is_caught_up:
            return False
        others = [name for name in process.channels if name != SYNC_CHANNEL]
        if any(name not in followers or not followers[name].is_caught_up for name in others):
            return False
        logs = [followers[name].log for name in others if len(followers[name].log)]
        return bool(logs) and all(_is_ended_by_executor(log) for log in logs)

    async def acknowledge(self, process: Process, followers: Mapping[str, ChannelFollower]) -> bool:
        """Send the acknowledgement if it is due; whether it was sent.

        Where there is no disk to be safe on, memory must do: :attr:`is_lasting` tells.

        Raises:
            ColonyError: it could not be sent; it stays due.
        """
        if not self.is_due(process, followers):
            return False
        for name in followers:
            if not await self._recorder.is_safe(process.id, name) and self._recorder.is_lasting:
                return False
        sync = followers[SYNC_CHANNEL].log
        if any(entry.payload == SYNC_ACK for entry in sync):
            self._done(process.id)
            return False
        if self._desk is not None and not await self._desk.claim_ack(process.id):
            return False  # Another program is about to. It may end before it does: it stays due.
        sequence = max((entry.sequence for entry in sync if entry.sender_id == self._client.id), default=-1) + 2
        await self._client.append(process.id, SYNC_CHANNEL, sequence, SYNC_ACK)
        self._done(process.id)
        return True

    def _done(self, process_id: str) -> None:
        self._acknowledged.add(process_id)
        if self._desk is not None:
            self._desk.keep_acked(process_id)

    @property
    def is_lasting(self) -> bool:
        """Whether the output is safe on disk when it is acknowledged, and not in memory only."""
        return self._recorder.is_lasting


def _is_ended_by_executor(log: ChannelLog) -> bool:
    """The submitter may end what it says as well, which ends nothing of the output; with one key nobody can tell."""
    return any(log.has_shared_key or not log.is_from_submitter(who) for who in log.ended_by)
