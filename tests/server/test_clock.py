"""The clock that a test holds in its hands."""

from __future__ import annotations

from colony_tui.server import ManualClock
from colony_tui.server.clock import Alarm


async def test_calls_are_made_in_order_at_their_time() -> None:
    clock = ManualClock(0, step_ns=0)
    made: list[tuple[str, int]] = []
    clock.call_later(2, lambda: made.append(("second", clock.now_ns())))
    clock.call_later(1, lambda: made.append(("first", clock.now_ns())))
    clock.call_later(9, lambda: made.append(("never", clock.now_ns())))
    await clock.advance(5)
    assert made == [("first", 1_000_000_000), ("second", 2_000_000_000)]
    assert clock.now_ns() == 5_000_000_000


async def test_a_call_may_ask_for_another_within_the_same_advance() -> None:
    clock = ManualClock(0, step_ns=0)
    made: list[int] = []

    def again() -> None:
        made.append(clock.now_ns())
        clock.call_later(1, again)

    clock.call_later(1, again)
    await clock.advance(3)
    assert made == [1_000_000_000, 2_000_000_000, 3_000_000_000]


async def test_a_cancelled_call_is_not_made() -> None:
    clock = ManualClock()
    made: list[str] = []
    clock.call_later(1, lambda: made.append("call")).cancel()
    await clock.advance(2)
    assert made == []


async def test_an_alarm_rings_once_its_time_has_come() -> None:
    clock = ManualClock()
    alarm = Alarm(clock, 1.5)
    await clock.advance(1)
    assert not alarm.is_over
    await clock.advance(1)
    assert alarm.is_over


def test_every_look_is_later_than_the_one_before() -> None:
    clock = ManualClock()
    assert clock.now_ns() < clock.now_ns()
