"""What a subscription tells, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass

from colony_tui.errors import ColonyError, Refused
from colony_tui.model import ChannelEntry, Process


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of the server's present log that were not delivered before, in the order of arrival."""

    entries: tuple[ChannelEntry, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The log was read, ``count`` entries are held, and the subscription was sent; nothing has proven it yet."""

    count: int


@dataclass(frozen=True, slots=True)
class Proven:
    """The server has proven that the subscription is active and that all ``count`` entries of its log are held."""

    count: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The server holds more than was delivered, although all was proven to be held; the log is read until it is."""


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """The subscription's time limit passed and the next one takes over. Nothing is lost."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The server cut us off for slowness; the log is read again."""

    reason: str


@dataclass(frozen=True, slots=True)
class LogReset:
    """The server's log is shorter than what was delivered: it was restarted, or is another one.

    Entries that follow belong to a new log; the ``held`` ones before are recorded only.
    """

    held: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The link is lost; the next try is in ``retry_in_s`` seconds, or earlier when requests succeed again."""

    error: ColonyError
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class Restored:
    """The link is back after a :class:`Lost`."""


@dataclass(frozen=True, slots=True)
class RefusedBy:
    """The server refuses the subscription for good. The last event."""

    error: Refused
    process: Process | None
    """The process at that time, ``None`` when it is unknown to the server."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The process is closed or gone. The last event."""

    process: Process | None
    """Its last snapshot, ``None`` when it was removed."""
    is_complete: bool
    """Whether every entry of the log was delivered before it went."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The process is in the state that was subscribed to. The last event."""

    process: Process


@dataclass(frozen=True, slots=True)
class Moved:
    """The process changed, to another state than the one subscribed to."""

    process: Process


ChannelEvent = (
    Asked | Entries | Proven | Missing | LimitPassed | CutOff | LogReset | Lost | Restored | RefusedBy | Ended
)
ProcessEvent = Reached | Moved | Lost | Restored | RefusedBy | Ended
