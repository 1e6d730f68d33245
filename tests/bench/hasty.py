"""An event loop whose time passes many times as fast: what is asked in ten minutes can be counted in half of one."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable

from colony_tui.model import NANOSECONDS


class _HastySelector(selectors.DefaultSelector):
    def __init__(self, faster: float) -> None:
        super().__init__()
        self._faster = faster

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / self._faster if timeout else timeout)


class HastyLoop(asyncio.SelectorEventLoop):
    """Everything that waits for a time waits so many times less; nothing else is changed."""

    def __init__(self, faster: float) -> None:
        self._faster = faster
        super().__init__(_HastySelector(faster))

    def time(self) -> float:
        return time.monotonic() * self._faster


class LoopClock:
    """The time of an embedded colony on that loop."""

    def now_ns(self) -> int:
        return 1_800_000_000 * NANOSECONDS + round(asyncio.get_running_loop().time() * NANOSECONDS)

    def call_later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, call)
