"""What counts as one outage, and that each is told once."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.client.link import Link
from colony_tui.errors import ConnectError
from colony_tui.model import NANOSECONDS
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.tui.recovery import Outage, Recovery

GONE = ConnectError("gone")


def told(outage: Outage, now: float) -> float | None:
    """What is told when the time has come to ``now``."""
    return outage.end(now) if outage.over_at is not None and outage.over_at <= now else None


def test_an_outage_is_over_when_all_has_been_well_for_a_while() -> None:
    outage = Outage(calm_s=1)
    outage.lose(10)
    assert told(outage, 100) is None
    outage.return_(22)
    assert told(outage, 22.9) is None
    assert told(outage, 23) == 12
    assert told(outage, 24) is None


def test_what_was_never_lost_does_not_come_back() -> None:
    outage = Outage()
    outage.doubt()
    outage.return_(5)
    assert told(outage, 100) is None


def test_a_stream_that_is_still_read_again_is_not_back() -> None:
    outage = Outage(calm_s=1)
    outage.lose(10)
    outage.return_(12)
    outage.doubt()
    assert told(outage, 100) is None
    outage.return_(15)
    assert told(outage, 16) == 5


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=30))
def test_a_link_that_flaps_is_one_outage(spans: list[float]) -> None:
    outage, now = Outage(calm_s=1), 0.0
    for span in spans:
        outage.lose(now)
        now += span
        outage.return_(now)
        last = now
        now += span
        assert told(outage, now) is None
    assert told(outage, last + 1) == last
    assert told(outage, last + 1_000) is None


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(1.1, 1e4)), max_size=20))
def test_each_outage_is_told_once(spans: list[tuple[float, float]]) -> None:
    outage, now, count = Outage(calm_s=1), 0.0, 0
    for lost, well in spans:
        outage.lose(now)
        now += lost
        outage.return_(now)
        now += well
        count += told(outage, now) is not None
        assert told(outage, now) is None
    assert count == len(spans)


class Watched:
    """A recovery of a link and a stream that a test sets."""

    def __init__(self) -> None:
        self.link = Link()
        self.condition: ChannelCondition | None = None
        self.now_ns = 0
        self.told: list[float] = []
        self.news = asyncio.Event()
        self.recovery = Recovery(self.link, lambda: self.condition, lambda: self.now_ns, self._tell)
        self.recovery._outage = Outage(calm_s=0)
        self.link.on_change(self.recovery.look)

    def _tell(self, lasted_s: float) -> None:
        self.told.append(lasted_s)
        self.news.set()

    def turn(self, kind: ConditionKind, since_ns: int = 0) -> None:
        self.condition = ChannelCondition(kind=kind, since_ns=since_ns)
        self.recovery.look()

    def is_pending(self) -> bool:
        """Whether something will be told unless more happens."""
        return self.recovery._due is not None


async def test_a_link_that_comes_up_for_the_first_time_has_not_come_back() -> None:
    watched, now = Watched(), asyncio.get_running_loop().time()
    watched.recovery.look()
    watched.link.failed(now, GONE)
    watched.turn(ConditionKind.LOST)
    watched.link.heard(now)
    watched.turn(ConditionKind.LIVE)
    assert not watched.is_pending()
    watched.link.failed(now, GONE)
    watched.link.heard(now)
    assert watched.is_pending()
    await watched.news.wait()
    assert len(watched.told) == 1


async def test_link_and_stream_are_told_together_once_both_are_back() -> None:
    watched, now = Watched(), asyncio.get_running_loop().time()
    watched.link.heard(now)
    watched.turn(ConditionKind.LIVE)
    watched.link.failed(now - 12, GONE)
    watched.turn(ConditionKind.LOST)
    watched.link.heard(now)
    for kind in (ConditionKind.LOST, ConditionKind.IDLE, ConditionKind.CATCHING_UP):
        watched.turn(kind)
        assert not watched.is_pending()
    watched.turn(ConditionKind.LIVE)
    watched.turn(ConditionKind.LIVE)
    await watched.news.wait()
    assert [round(lasted) for lasted in watched.told] == [12] and not watched.is_pending()


async def test_a_stream_that_was_lost_alone_is_told_too() -> None:
    watched = Watched()
    watched.link.heard(asyncio.get_running_loop().time())
    watched.turn(ConditionKind.LIVE)
    watched.now_ns = 100 * NANOSECONDS
    watched.turn(ConditionKind.LOST, since_ns=70 * NANOSECONDS)
    watched.turn(ConditionKind.LIVE)
    await watched.news.wait()
    assert [round(lasted) for lasted in watched.told] == [30]
