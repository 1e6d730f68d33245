"""How often something is asked for: quick while things change, slower when nothing does, slower still unwatched."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Beat:
    """Waits between two polls. Times in seconds.

    Args:
        quick: while things change and somebody looks.
        slow: when nothing has changed for ``calm`` seconds.
        unwatched: while the screen has no focus.
    """

    def __init__(self, quick: float, slow: float, unwatched: float, *, calm: float = 30.0) -> None:
        self.quick = quick
        self.slow = slow
        self.unwatched = unwatched
        self.calm = calm
        self.is_watched = True
        self._wake = asyncio.Event()
        self._changed_at: float | None = None

    def interval(self, now: float) -> float:
        """Seconds until the next poll, at a time of the event loop."""
        if not self.is_watched:
            return self.unwatched
        if self._changed_at is None:
            self._changed_at = now
        return self.quick if now - self._changed_at < self.calm else self.slow

    def note_change(self) -> None:
        """Something has changed: be quick for a while."""
        self._changed_at = asyncio.get_running_loop().time()

    def hurry(self) -> None:
        """Poll at once."""
        self._wake.set()

    async def wait(self) -> None:
        """Wait until the next poll is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.interval(asyncio.get_running_loop().time())):
                await self._wake.wait()
        self._wake.clear()
