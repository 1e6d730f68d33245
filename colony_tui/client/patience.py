"""How long is waited after each loss before the next try: an outage costs little, and its end is seen at once."""

from __future__ import annotations

import asyncio
import random

from colony_tui.client.link import Link
from colony_tui.client.retry import RetryPolicy


class Patience:
    """One who tries again and again. Times are those of the event loop, in seconds."""

    def __init__(self, link: Link, retry: RetryPolicy) -> None:
        self._link = link
        self._retry = retry
        self._lost_at: float | None = None
        self._was_early = False

    def delay(self) -> float:
        """Note a loss, and choose how long to wait for the next try."""
        now = asyncio.get_running_loop().time()
        if self._lost_at is None:
            self._lost_at = now
        return self._retry.delay(now - self._lost_at, random.random())

    async def wait(self, delay: float) -> None:
        """Wait that long, or until requests succeed again; the latter once, not twice in a row.

        Where requests succeed and what is waited for does not, those who wait would go on waking one another.
        """
        if self._was_early:
            self._was_early = False
            await asyncio.sleep(delay)
        else:
            self._was_early = await self._link.wait(delay)

    def restored(self) -> bool:
        """It has succeeded; whether it had been lost."""
        was_lost, self._lost_at, self._was_early = self._lost_at is not None, None, False
        return was_lost
