"""Which snapshot is the latest, and which attempts were seen."""

from __future__ import annotations

import msgspec

from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import ProcessState
from colony_tui.server.clock import ManualClock
from tests.members import members


def attempt(tracked: TrackedProcess) -> tuple[int | None, bool]:
    """Number of the latest attempt, and whether it was put back."""
    return tracked.latest_attempt, tracked.is_put_back


async def test_a_removed_executors_process_waits_again_although_no_retry_is_counted() -> None:
    async with members() as people:
        process = await people.running("out")
        tracked = TrackedProcess(people.me, process)
        await people.owner.remove_executor("worker-1")
        back = await tracked.fetch()
        assert (back.state, back.retries) == (ProcessState.WAITING, 0)
        assert attempt(tracked) == (1, True)
        other = people.client(people.colony.add_executor("worker-2", "bot"))
        again = await other.assign(5)
        assert tracked.update(again)
        assert len(tracked.starts_ns) == 2 and attempt(tracked) == (2, False)
        assert tracked.executor_ids == (people.bot.id, other.id)
        assert not tracked.update(back), "an older snapshot that comes late changes nothing"


async def test_what_ends_while_it_waits_again_began_no_other_attempt() -> None:
    clock = ManualClock()
    async with members(clock=clock) as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        tracked = TrackedProcess(people.me, process)
        assert attempt(tracked) == (1, False)
        await clock.advance(3)
        back = await tracked.fetch()
        assert (back.state, back.retries) == (ProcessState.WAITING, 1)
        assert attempt(tracked) == (1, True) and tracked.put_back_ns == back.ended_ns is not None
        await people.me.cancel(process.id)
        await tracked.fetch()
        assert attempt(tracked) == (1, True)
        assert tracked.put_back_ns == back.ended_ns, "the end of the process is another time"


async def test_when_the_attempt_before_was_put_back_says_nothing_of_the_next_one() -> None:
    clock = ManualClock()
    async with members(clock=clock) as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        tracked = TrackedProcess(people.me, process)
        await clock.advance(3)
        await tracked.fetch()
        tracked.update(await people.bot.assign(5))
        assert attempt(tracked) == (2, False)
        await clock.advance(3)
        await people.me.cancel(process.id)
        await tracked.fetch()
        assert attempt(tracked) == (2, True) and tracked.put_back_ns is None


async def test_a_process_that_waits_for_the_first_time_was_not_put_back() -> None:
    async with members() as people:
        tracked = TrackedProcess(people.me, await people.me.submit(people.spec("out")))
        assert attempt(tracked) == (None, False)


async def test_starts_that_were_seen_earlier_are_attempts_too_each_once() -> None:
    async with members() as people:
        process = await people.running("out")
        start = process.started_ns
        assert start is not None
        tracked = TrackedProcess(people.me, msgspec.structs.replace(process, retries=2))
        tracked.take_starts({start - 9_000_000: "", start - 5_000_000: "another", start + 400: "a guess"})
        assert tracked.starts_ns == (start - 9_000_000, start - 5_000_000, start)
        assert tracked.executor_ids == ("", "another", people.bot.id)
        assert tracked.latest_attempt == 3
