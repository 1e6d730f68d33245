"""How fast the bots work: every wait of the demo goes through here, so that tests need not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Pace:
    """Waits, scaled.

    Args:
        speed: how many times faster than designed; 0 for no waits at all.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed

    async def rest(self, seconds: float) -> None:
        """Wait that long at a speed of 1."""
        await asyncio.sleep(seconds / self.speed if self.speed else 0)

    async def ticks(self, count: int, rate: float) -> AsyncIterator[int]:
        """The numbers from 0 to ``count`` (exclusive), ``rate`` of them a second; a late one is made up for."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(count):
            due = began + (number / (rate * self.speed) if self.speed and rate > 0 else 0)
            await asyncio.sleep(max(0.0, due - loop.time()))
            yield number
