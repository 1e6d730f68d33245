"""Embedded colonies as fixtures for all tests, always in strict mode.

Import what a folder needs into its conftest: ``from tests.colony import colony as colony``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from colony_tui.server import EmbeddedColony, ManualClock

PATIENCE_S = 20.0


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop run until the condition holds; fails when it still does not after a long while."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.001)


@asynccontextmanager
async def beside(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Runs it meanwhile, and cancels it in the end."""
    task = asyncio.create_task(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def colony() -> AsyncIterator[EmbeddedColony]:
    """A colony on the system's clock; the test fails when it was treated as no real server should be."""
    async with EmbeddedColony(strict=True) as colony:
        yield colony
        colony.check()


@pytest.fixture
def manual_clock() -> ManualClock:
    """The clock of ``timed_colony``."""
    return ManualClock()


@pytest.fixture
async def timed_colony(manual_clock: ManualClock) -> AsyncIterator[EmbeddedColony]:
    """A colony whose time only passes by ``await manual_clock.advance(seconds)``."""
    async with EmbeddedColony(strict=True, clock=manual_clock) as colony:
        yield colony
        colony.check()
