"""When what was lost is back, and for how long it was away: told once, however many streams come back with it.

Owns what counts as one outage. It begins with the first sign of loss and lasts until the link and the open stream have
been well for a while, so that a link that flaps is one outage. Says nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colony_tui.client.link import Link
from colony_tui.model import duration_s
from colony_tui.store.condition import ChannelCondition, ConditionKind

CALM_S = 1.0
"""How long all must be well before an outage counts as over."""


class Outage:
    """One outage after another. Pure: seconds of one clock are passed in."""

    def __init__(self, calm_s: float = CALM_S) -> None:
        self._calm_s = calm_s
        self._since: float | None = None
        self._well_since: float | None = None

    def lose(self, at: float) -> None:
        """Something is lost, since ``at``; said again while it lasts, it changes nothing."""
        self._since = at if self._since is None else min(self._since, at)
        self._well_since = None

    def doubt(self) -> None:
        """Nothing is lost, but neither is it proven that all is well."""
        self._well_since = None

    def return_(self, now: float) -> None:
        """All is well."""
        if self._since is not None and self._well_since is None:
            self._well_since = now

    @property
    def over_at(self) -> float | None:
        """When the outage will be over if nothing is lost until then; ``None``: there is none, or it goes on."""
        return None if self._well_since is None else self._well_since + self._calm_s

    def end(self, now: float) -> float | None:
        """How long an outage has lasted that is over by now; each is told once."""
        if self._since is None or self._well_since is None or now < self._well_since + self._calm_s:
            return None
        lasted = self._well_since - self._since
        self._since = self._well_since = None
        return lasted


class Recovery:
    """Watches a link and whatever stream is open.

    Args:
        condition: of the open stream, ``None`` where none is open.
        now_ns: the clock of the conditions' times.
        announce: told how many seconds an outage has lasted, once for each.
    """

    def __init__(
        self,
        link: Link,
        condition: Callable[[], ChannelCondition | None],
        now_ns: Callable[[], int],
        announce: Callable[[float], None],
    ) -> None:
        self._link = link
        self._condition = condition
        self._now_ns = now_ns
        self._announce = announce
        self._outage = Outage(CALM_S)
        self._was_well = False
        self._due: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """The link, the open stream or its condition is another one."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        condition = self._condition()
        lost_at = self._link.down_since
        if lost_at is None and condition is not None and condition.kind is ConditionKind.LOST:
            lost_at = now - duration_s(condition.since_ns, self._now_ns())
        if lost_at is not None:
            # What never was well does not come back: the top line tells how it begins.
            if self._was_well:
                self._outage.lose(lost_at)
        elif not self._link.is_up or (condition is not None and _is_open_question(condition)):
            self._outage.doubt()
        else:
            self._was_well = True
            self._outage.return_(now)
        self.stop()
        if self._outage.over_at is not None:
            self._due = loop.call_at(self._outage.over_at, self._end)

    def stop(self) -> None:
        """Announce nothing more, unless :meth:`look` is called again."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _end(self) -> None:
        self._due = None
        # A timer may come a little before its time.
        lasted = self._outage.end(max(asyncio.get_running_loop().time(), self._outage.over_at or 0))
        if lasted is not None:
            self._announce(lasted)


def _is_open_question(condition: ChannelCondition) -> bool:
    """Whether the server is still to prove that all is held."""
    is_unproven = condition.kind is ConditionKind.IDLE and condition.checked_ns is None
    return is_unproven or condition.kind is ConditionKind.CATCHING_UP
