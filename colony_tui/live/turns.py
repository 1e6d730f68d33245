"""Reading channels that no socket follows: one at a time, the one that was looked at longest ago first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from colony_tui.client.link import Link
from colony_tui.client.patience import Patience
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError
from colony_tui.live.beat import Beat

PACE_S = 1.0
"""Between two channels, however many wait for their turn."""

GLANCE_S = 5.0
"""How long the pace may stay as it was when somebody comes back to the screen."""


class Checked(Protocol):
    """A channel that can be read once."""

    async def check(self) -> bool: ...


class Turns:
    """Checks what is wanted while :meth:`run` runs; each as often as the beat says at most.

    Args:
        link: waited for while it is down.
        beat: how long a channel rests after it was read.
    """

    def __init__(self, link: Link, beat: Beat) -> None:
        self._patience = Patience(link, RetryPolicy(first=PACE_S))
        self._beat = beat
        self._wanted: list[Checked] = []
        self._read_at: dict[Checked, float] = {}
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """How many channels take turns."""
        return len(self._wanted)

    def want(self, channels: Sequence[Checked]) -> None:
        """Read these in turn, and no others; new ones come first, in this order."""
        if list(channels) == self._wanted:
            return
        self._wanted = list(channels)
        self._read_at = {channel: at for channel, at in self._read_at.items() if channel in self._wanted}
        self._news.set()

    async def run(self) -> None:
        """Read until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wait_s = self._wait_s(loop.time())
            if wait_s is None or wait_s > 0:
                await self._rest(wait_s)
                continue
            await self._check(min(self._wanted, key=self._last))
            await asyncio.sleep(PACE_S)

    def _last(self, channel: Checked) -> float:
        return self._read_at.get(channel, float("-inf"))

    def _wait_s(self, now: float) -> float | None:
        """How long nothing is due; ``None`` when nothing is wanted."""
        if not self._wanted:
            return None
        return min(map(self._last, self._wanted)) + self._beat.interval(now) - now

    async def _rest(self, seconds: float | None) -> None:
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else min(seconds, GLANCE_S)):
                await self._news.wait()

    async def _check(self, channel: Checked) -> None:
        try:
            if await channel.check():
                self._beat.note_change()
        except ConnectError:
            # It keeps its place, so that it is the first one when the link is back.
            await self._patience.wait(self._patience.delay())
            return
        except ColonyError:
            pass  # Its condition says so; others have their turn before it is tried again.
        self._patience.restored()
        self._read_at[channel] = asyncio.get_running_loop().time()
