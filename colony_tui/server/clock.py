"""The server's time: what it stamps on things, and what it waits for.

Owns the only two ways in which the embedded colony knows the time, so that a test can hold it in its hands.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

from colony_tui.model import NANOSECONDS


class Timer(Protocol):
    """Something that will be called, unless it is cancelled."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Time as integers of nanoseconds since 1970 (UTC), and calls in the future."""

    def now_ns(self) -> int:
        """The present time."""

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Has ``call`` made in the running loop once ``seconds`` have passed."""


class SystemClock:
    """The machine's own time as it was at first, going on steadily: a clock that is set would end deadlines."""

    def __init__(self) -> None:
        self._start_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        return self._start_ns + time.monotonic_ns()

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, call)


class _ManualTimer:
    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class ManualClock:
    """A clock that stands still until a test moves it.

    Args:
        start_ns: the first time, by default a whole second.
        step_ns: how far each look at the clock moves it, so that two events do not share a time.
    """

    def __init__(self, start_ns: int = 1_800_000_000 * NANOSECONDS, step_ns: int = 1_000) -> None:
        self._now_ns = start_ns
        self._step_ns = step_ns
        self._order = count()
        self._timers: list[tuple[int, int, _ManualTimer]] = []

    def now_ns(self) -> int:
        self._now_ns += self._step_ns
        return self._now_ns

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = _ManualTimer(call)
        heapq.heappush(self._timers, (self._now_ns + round(seconds * NANOSECONDS), next(self._order), timer))
        return timer

    async def advance(self, seconds: float) -> None:
        """Lets time pass: every call that falls due is made at its time, and what it wakes may run before the next."""
        end_ns = self._now_ns + round(seconds * NANOSECONDS)
        while self._timers and self._timers[0][0] <= end_ns:
            due_ns, _, timer = heapq.heappop(self._timers)
            if timer.call is None:
                continue
            self._now_ns = max(self._now_ns, due_ns)
            timer.call()
            await _let_run()
        self._now_ns = max(self._now_ns, end_ns)
        await _let_run()


async def _let_run(turns: int = 5) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


class Alarm:
    """A future that is done once ``seconds`` have passed on ``clock``."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.rung: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer = clock.call_later(seconds, self._ring)

    def _ring(self) -> None:
        if not self.rung.done():
            self.rung.set_result(None)

    @property
    def is_over(self) -> bool:
        return self.rung.done()

    def cancel(self) -> None:
        """Forgets the alarm; the future is never done."""
        self._timer.cancel()
