"""What is known of the way to the server: up or down since when, and how long a round trip takes.

Every request and subscription of a transport reports here, and waits here for the way to be open again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from statistics import median

from colony_tui.errors import ColonyError


class Link:
    """State of one transport's link. Times are those of the event loop, in seconds."""

    def __init__(self) -> None:
        self._trips: deque[float] = deque(maxlen=9)
        self._waiters: dict[asyncio.Future[None], float] = {}
        self._listeners: list[Callable[[], None]] = []
        self.error: ColonyError | None = None
        """Why the link is down; ``None`` while it is up or was never tried."""
        self.down_since: float | None = None
        self.last_heard: float | None = None

    @property
    def is_up(self) -> bool:
        return self.error is None and self.last_heard is not None

    @property
    def next_try_at(self) -> float | None:
        """When the way is tried again; ``None`` while nobody waits to."""
        return min(self._waiters.values(), default=None)

    @property
    def round_trip_s(self) -> float | None:
        """Median of the latest quick requests, in seconds."""
        return median(self._trips) if self._trips else None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever the link goes up or down."""
        self._listeners.append(listener)

    def off_change(self, listener: Callable[[], None]) -> None:
        """Undo :meth:`on_change`."""
        self._listeners.remove(listener)

    def heard(self, now: float, trip_s: float | None = None) -> None:
        """A reply came."""
        if trip_s is not None:
            self._trips.append(trip_s)
        was_up = self.is_up
        self.last_heard, self.error, self.down_since = now, None, None
        if not was_up:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._tell()

    def failed(self, now: float, error: ColonyError) -> None:
        """A request or connection failed for want of a link, or what answered was no server of a colony."""
        changed = self.error is None
        self.error = error
        if self.down_since is None:
            self.down_since = now
        if changed:
            self._tell()

    async def wait(self, seconds: float) -> bool:
        """Wait that long, or until the link comes up again if that is earlier; whether it did."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters[waiter] = loop.time() + seconds
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter
                return True
            return False
        finally:
            self._waiters.pop(waiter, None)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
