"""Who gets which process, and when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from colony_tui.server import EmbeddedColony, ManualClock
from tests.colony import until
from tests.conformance.parties import Party, Reply
from tests.server.conftest import Parties


def wait(executor: Party, seconds: int = 60) -> asyncio.Task[Reply]:
    """A long poll in the background."""
    return asyncio.create_task(executor.ask("assignprocessmsg", colonyname=executor.colony_name, timeout=seconds))


async def until_left(polls: list[asyncio.Task[Reply]], number: int) -> None:
    """Waits until all but so many have been answered."""
    await until(lambda: sum(not poll.done() for poll in polls) == number)


async def test_one_waiting_executor_is_woken_for_each_process_in_turn(
    parties: Parties, timed_colony: EmbeddedColony, alice: Party
) -> None:
    bots = [parties.executor(f"bot{number}", "bot") for number in range(3)]
    polls = []
    for bot in bots:
        polls.append(wait(bot))
        await until(lambda: timed_colony.waiting_executors("bot") == len(polls))
    for left in (2, 1, 0):
        await alice.submit("bot")
        await until_left(polls, left)
        assert timed_colony.waiting_executors("bot") == left
    assigned = {(await poll).payload["assignedexecutorid"] for poll in polls}
    assert assigned == {bot.id for bot in bots}


async def test_turns_go_round(parties: Parties, timed_colony: EmbeddedColony, alice: Party) -> None:
    """Two that always wait get every other process."""
    bots = {bot.id: bot for bot in (parties.executor(f"bot{number}", "bot") for number in range(2))}
    polls = {}
    for bot in bots.values():
        polls[bot.id] = wait(bot)
        await until(lambda: timed_colony.waiting_executors("bot") == len(polls))
    taken = []
    for _ in range(4):
        process_id = (await alice.submit("bot"))["processid"]
        await until(lambda: any(poll.done() for poll in polls.values()))
        (winner,) = (bot_id for bot_id, poll in polls.items() if poll.done())
        assert (await polls[winner]).payload["processid"] == process_id
        taken.append(winner)
        polls[winner] = wait(bots[winner])
        await until(lambda: timed_colony.waiting_executors("bot") == 2)
    assert set(taken) == set(bots)
    for poll in polls.values():
        poll.cancel()


async def test_type_and_names_must_match(parties: Parties, alice: Party, bot: Party) -> None:
    other_type, other_name = parties.executor("x", "other"), parties.executor("y", "bot")
    conditions = {"colonyname": "dev", "executortype": "bot", "executornames": ["bot"]}
    process = await alice.submit("bot", conditions=conditions)
    for stranger in (other_type, other_name):
        assert (await stranger.ask("assignprocessmsg", colonyname="dev", timeout=-1)).status == 404
    assert (await bot.assign())["processid"] == process["processid"]


async def test_higher_priority_first_then_the_oldest(alice: Party, bot: Party) -> None:
    submitted = [(await alice.submit("bot", priority=priority))["processid"] for priority in (0, 0, 5, -5)]
    taken = [(await bot.assign())["processid"] for _ in submitted]
    assert taken == [submitted[2], submitted[0], submitted[1], submitted[3]]


async def test_the_poll_ends_at_its_limit(timed_colony: EmbeddedColony, manual_clock: ManualClock, bot: Party) -> None:
    poll = wait(bot, 3)
    await until(lambda: timed_colony.waiting_executors("bot") == 1)
    await manual_clock.advance(2)
    assert not poll.done()
    await manual_clock.advance(1.5)
    assert (await poll).refusal == (404, "No process available for assignment")
    assert timed_colony.waiting_executors("bot") == 0


async def test_an_executor_that_hung_up_gets_nothing(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    poll = wait(bot)
    await until(lambda: timed_colony.waiting_executors("bot") == 1)
    poll.cancel()
    await until(lambda: timed_colony.waiting_executors("bot") == 0)
    process = await alice.submit("bot")
    assert (await alice.process(process["processid"]))["state"] == 0


@pytest.mark.parametrize(("seconds", "status"), [(2, 408), (-1, 503)])
async def test_nothing_is_assigned_while_assignments_are_paused(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party, seconds: int, status: int
) -> None:
    timed_colony.pause_assignments()
    assert (await alice.get("getpausestatusmsg", colonyname="dev"))["ispaused"]
    await alice.submit("bot")
    poll = wait(bot, seconds)
    await until(lambda: timed_colony.counts["assignprocessmsg"] == 1)
    await manual_clock.advance(3)
    reply: Any = (await poll).refusal
    assert reply[0] == status and "paused" in reply[1]


async def test_a_waiting_executor_goes_on_when_assignments_are_resumed(
    parties: Parties, timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    owner = parties.colony_owner()
    assert await alice.refused("pauseassignmentsmsg", colonyname="dev") == (403, "Access denied, not colony owner")
    await owner.get("pauseassignmentsmsg", colonyname="dev")
    process = await alice.submit("bot")
    poll = wait(bot)
    await until(lambda: timed_colony.counts["assignprocessmsg"] == 1)
    await owner.get("resumeassignmentsmsg", colonyname="dev")
    assert (await poll).payload["processid"] == process["processid"]
    assert not (await alice.get("getpausestatusmsg", colonyname="dev"))["ispaused"]
