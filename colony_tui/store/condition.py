"""The condition of a channel: what is known of the link to it, as one value that a screen can put into words.

Owns the value and the few transitions between its kinds. Whoever follows the channel sets it, with times of its own
clock; nothing here looks at a clock, a socket or an entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from colony_tui.model import ProcessState


class ConditionKind(Enum):
    """What a channel is to its reader (PRODUCT.md, "States")."""

    WAITING = "opens when an executor takes the process"
    IDLE = "asked for, but nothing has proven yet that it is live"
    LIVE = "the server has shown that whatever comes will be pushed"
    PUT_BACK = "live, but the process was put back and waits to be taken again"
    CATCHING_UP = "entries that the server holds are being read"
    LOST = "the link is down"
    GAP = "live, but entries were missed that nobody can give any more"
    RESET = "live, but the server's log was shorter than ours: a new one has begun"
    ENDED_BY_SENDER = "its sender ended the stream; the process still runs"
    ENDED = "the process has ended, and the channel with it"
    REFUSED = "the server does not let this key read it"
    RECORDED = "what is shown was recorded; nothing is followed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCondition:
    """A kind with its facts; those that a kind does not have are ``None`` or empty."""

    kind: ConditionKind
    since_ns: int | None = None
    """Since when it is so."""
    checked_ns: int | None = None
    """When a channel that is only read in turn was last read in full; ``None`` for one that is followed."""
    round_trip_s: float | None = None
    """How long the server took to prove that the link lives."""
    retry_in_s: float | None = None
    """Seconds from ``since_ns`` or the last try to the next one, while lost."""
    reason: str = ""
    """The error's or refusal's own words: as untrusted as a payload."""
    count: int | None = None
    """Entries missed by a gap, held before a reset, still to read, or recorded."""
    sender_id: str = ""
    """Who ended the stream."""
    outcome: ProcessState | None = None
    """How the process ended."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can come."""
        return self.kind in (ConditionKind.ENDED, ConditionKind.REFUSED, ConditionKind.RECORDED)


class Conditioned:
    """Something with a condition, set by whoever follows it. All times are nanoseconds of the follower's clock."""

    def __init__(self) -> None:
        self.condition = ChannelCondition(kind=ConditionKind.IDLE)

    def mark_waiting(self, now_ns: int) -> None:
        """No executor has taken the process yet."""
        self._turn(ConditionKind.WAITING, now_ns)

    def mark_idle(self, now_ns: int, checked_ns: int | None = None) -> None:
        """Subscribed without proof yet, or (with ``checked_ns``) read in turn instead of followed."""
        self._turn(ConditionKind.IDLE, now_ns, checked_ns=checked_ns)

    def mark_live(self, now_ns: int, round_trip_s: float | None = None) -> None:
        """The server has proven that the subscription is active."""
        self._turn(ConditionKind.LIVE, now_ns, round_trip_s=round_trip_s)

    def mark_put_back(self, now_ns: int) -> None:
        """Live, but no executor has the process just now; one had it before."""
        self._turn(ConditionKind.PUT_BACK, now_ns)

    def mark_catching_up(self, now_ns: int, count: int | None = None) -> None:
        """``count`` entries are still to be read, as far as known."""
        self._turn(ConditionKind.CATCHING_UP, now_ns, count=count)

    def mark_lost(self, now_ns: int, reason: str, retry_in_s: float | None = None) -> None:
        """The link is down. Said again after each failed try, it keeps the time of the first loss."""
        self._turn(ConditionKind.LOST, now_ns, reason=reason, retry_in_s=retry_in_s)

    def mark_ended_by_sender(self, now_ns: int, sender_id: str) -> None:
        """A sender ended the stream, the process runs on."""
        self._turn(ConditionKind.ENDED_BY_SENDER, now_ns, sender_id=sender_id)

    def mark_refused(self, now_ns: int, reason: str) -> None:
        """The server's words of refusal."""
        self._turn(ConditionKind.REFUSED, now_ns, reason=reason)

    def mark_recorded(self, count: int, outcome: ProcessState | None = None, words: str = "") -> None:
        """Opened from a record of ``count`` entries; ``words`` say how much of the channel that is."""
        self.condition = ChannelCondition(kind=ConditionKind.RECORDED, count=count, outcome=outcome, reason=words)

    def _turn(
        self,
        kind: ConditionKind,
        now_ns: int | None,
        *,
        checked_ns: int | None = None,
        round_trip_s: float | None = None,
        retry_in_s: float | None = None,
        reason: str = "",
        count: int | None = None,
        sender_id: str = "",
        outcome: ProcessState | None = None,
    ) -> None:
        """Take the new facts; the time since which it is so stays while the kind does."""
        since = self.condition.since_ns if self.condition.kind is kind else None
        self.condition = ChannelCondition(
            kind=kind,
            since_ns=now_ns if since is None else since,
            checked_ns=checked_ns,
            round_trip_s=round_trip_s,
            retry_in_s=retry_in_s,
            reason=reason,
            count=count,
            sender_id=sender_id,
            outcome=outcome,
        )
