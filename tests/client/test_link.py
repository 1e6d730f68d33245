"""What the link knows of itself: when it is tried again, and that whoever waits goes on once it is up."""

from __future__ import annotations

import asyncio

from colony_tui.client.link import Link
from colony_tui.errors import ConnectError
from tests.colony import until


async def test_the_next_try_is_the_earliest_of_those_that_wait() -> None:
    link, now = Link(), asyncio.get_running_loop().time()
    link.failed(now, ConnectError("refused"))
    assert _seconds(link, now) == []
    waits = [asyncio.create_task(link.wait(seconds)) for seconds in (60.0, 30.0)]
    await until(lambda: len(link._waiters) == 2)
    assert [30 <= seconds < 45 for seconds in _seconds(link, now)] == [True]
    link.heard(now)
    assert await asyncio.gather(*waits) == [True, True]
    assert _seconds(link, now) == []


def _seconds(link: Link, now: float) -> list[float]:
    """How long until the next try, where there is one."""
    at = link.next_try_at
    return [] if at is None else [at - now]
