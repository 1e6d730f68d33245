"""Strict mode: what a client must never do to a real server, told with the frame or request that did it.

Owns the rules and their record, decides nothing about replies. Sources: PROTOCOL.md, "Subscriptions" 1, 3, 5 and
"Following a channel" 1, 2, 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from colony_tui.errors import StrictViolation
from colony_tui.model import NANOSECONDS
from colony_tui.wire.requests import Request, SubscribeChannel, SubscribeProcess, SubscribeProcesses

_LONGEST = 300
_HIDDEN = frozenset({"payload", "spec"})


class ClosedProcess(Protocol):
    """What the rules look at of a process."""

    @property
    def id(self) -> str: ...

    @property
    def closed_ns(self) -> int | None: ...


@dataclass(kw_only=True)
class Rules:
    """What is a violation, and those that were seen."""

    is_on: bool = False
    renewal_s: float = 1.5
    """A renewal may be queued this long before the end of the running channel subscription: a second, and latency."""
    late_s: float = 1.0
    """How long after somebody was told that a process has closed he may still touch its channels: what he sent before
    may have been on its way."""
    unknown_s: float = 60.0
    """How long who was never told may touch them. Nobody can know at once, and on a busy machine not soon either."""
    violations: list[str] = field(default_factory=list)
    _told: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """When somebody was first told of a process that it has closed."""

    def tell(self, who_id: str, processes: Iterable[ClosedProcess], now_ns: int) -> None:
        """Somebody is sent these processes as they are now. Who ends one may be another program with the same key."""
        if self.is_on:
            for process in processes:
                if process.closed_ns is not None:
                    self._told.setdefault((who_id, process.id), now_ns)

    def report(self, what: str, who: str, request: Request | None = None) -> None:
        """Records a violation when strict mode is on."""
        if self.is_on:
            self.violations.append(f"{what}: {describe(request)} by {who}" if request else f"{what}, by {who}")

    def check(self) -> None:
        """Raises when something was seen, and forgets it.

        Raises:
            StrictViolation: with every violation, one a line.
        """
        seen, self.violations[:] = tuple(self.violations), []
        if seen:
            raise StrictViolation("Harmful to a real server:\n" + "\n".join(seen))

    def check_channel_touch(
        self, process: ClosedProcess, touched_ns: int, who_id: str, who: str, request: Request
    ) -> None:
        """A channel is touched, perhaps of a process that has closed."""
        if process.closed_ns is None:
            return
        told_ns = self._told.get((who_id, process.id))
        since_ns, patience_s = (told_ns, self.late_s) if told_ns is not None else (process.closed_ns, self.unknown_s)
        if touched_ns - since_ns > patience_s * NANOSECONDS:
            late_s = (touched_ns - process.closed_ns) / NANOSECONDS
            self.report(f"channel of a process that closed {late_s:.3f} s before", who, request)


def describe(request: Request) -> str:
    """A request as one line, without the contents of payloads."""
    fields = msgspec.to_builtins(request, builtin_types=(bytes,))
    shown = {name: "…" if name in _HIDDEN else value for name, value in fields.items()}
    return msgspec.json.encode(shown).decode()[:_LONGEST]


@dataclass(slots=True)
class _Subscription:
    """A subscription from its frame's arrival to its end; ``ends_ns`` is a guess until it has begun."""

    request: SubscribeChannel | SubscribeProcess
    ends_ns: int


class SocketWatch:
    """Watches one WebSocket's frames in the order in which they arrive, before anything is done about them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._alive: list[_Subscription] = []
        self._may_ping = False

    def ping(self, who: str) -> None:
        """A ping came: only the one right behind a channel subscription is meant to."""
        if not self._may_ping:
            self._rules.report("ping that is not the one behind a channel subscription", who)
        self._may_ping = False

    def subscribe(self, request: Request | None, now_ns: int, limit_s: float, who: str) -> None:
        """A frame with a request came; ``limit_s`` is how long its subscription is going to live."""
        self._may_ping = isinstance(request, SubscribeChannel)
        if isinstance(request, SubscribeProcesses):
            self._rules.report(
                "subscription to lists of processes, which is taken from waiting executors", who, request
            )
        if not isinstance(request, SubscribeChannel | SubscribeProcess):
            return
        if self._alive and not self._is_renewal(request, now_ns):
            running = describe(self._alive[0].request)
            self._rules.report(f"second subscription on a socket that has {running}", who, request)
        self._alive.append(_Subscription(request, now_ns + round(limit_s * NANOSECONDS)))

    def begun(self, request: Request, now_ns: int, limit_s: float) -> None:
        """A subscription has begun, so that its end is known."""
        for subscription in self._alive:
            if subscription.request is request:
                subscription.ends_ns = now_ns + round(limit_s * NANOSECONDS)

    def over(self, request: Request) -> None:
        """A subscription has ended or was refused."""
        self._alive = [subscription for subscription in self._alive if subscription.request is not request]

    def _is_renewal(self, request: SubscribeChannel | SubscribeProcess, now_ns: int) -> bool:
        if len(self._alive) != 1 or not isinstance(request, SubscribeChannel):
            return False
        running = self._alive[0]
        return (
            isinstance(running.request, SubscribeChannel)
            and (running.request.process_id, running.request.channel) == (request.process_id, request.channel)
            and running.ends_ns - now_ns <= self._rules.renewal_s * NANOSECONDS
        )
