"""Which snapshot is the latest, and which attempts were seen."""

from __future__ import annotations

from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import ProcessState
from tests.members import members


async def test_a_removed_executors_process_waits_again_although_no_retry_is_counted() -> None:
    async with members() as people:
        process = await people.running("out")
        tracked = TrackedProcess(people.me, process)
        await people.owner.remove_executor("worker-1")
        back = await tracked.fetch()
        assert (back.state, back.retries) == (ProcessState.WAITING, 0)
        other = people.client(people.colony.add_executor("worker-2", "bot"))
        again = await other.assign(5)
        assert tracked.update(again)
        assert len(tracked.starts_ns) == 2 and tracked.latest_attempt == 2
        assert tracked.executor_ids == (people.bot.id, other.id)
        assert not tracked.update(back), "an older snapshot that comes late changes nothing"
