"""Deadlines, put-backs and executors that fell silent, by a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from colony_tui.server import ManualClock
from tests.conformance.parties import Party, sequences
from tests.server.conftest import Parties

UNSET = "0001-01-01T00:00:00Z"


async def run(alice: Party, bot: Party, **changes: Any) -> str:
    """A process of the bot's that runs: its id."""
    process_id: str = (await alice.submit("bot", **changes))["processid"]
    assert (await bot.assign())["processid"] == process_id
    return process_id


@pytest.mark.parametrize("limit", [{"maxexectime": 0}, {}])
async def test_no_execution_limit_means_put_back_after_about_a_second(
    manual_clock: ManualClock, alice: Party, bot: Party, limit: dict[str, int]
) -> None:
    spec = {key: value for key, value in alice.spec("bot").items() if key != "maxexectime"} | limit
    process_id = (await alice.get("submitfuncspecmsg", spec=spec))["processid"]
    await bot.assign()
    await manual_clock.advance(1.1)
    process = await alice.process(process_id)
    assert (process["state"], process["retries"]) == (0, 1)


async def test_minus_one_runs_for_ever(manual_clock: ManualClock, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot, maxexectime=-1, maxwaittime=-1)
    for _ in range(3):
        await manual_clock.advance(500)
        assert (await bot.ask("assignprocessmsg", colonyname="dev", timeout=-1)).status == 404
    assert (await alice.process(process_id))["state"] == 1


async def test_a_put_back_counts_and_keeps_the_last_attempts_times(
    manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot, maxexectime=2)
    running = await alice.process(process_id)
    assert running["execdeadline"] != UNSET and running["endtime"] == UNSET
    await manual_clock.advance(4)
    waiting = await alice.process(process_id)
    assert (waiting["state"], waiting["retries"], waiting["assignedexecutorid"]) == (0, 1, "")
    assert waiting["starttime"] == running["starttime"] and waiting["endtime"] != UNSET
    assert waiting["waitdeadline"] > running["waitdeadline"]
    again = await bot.assign()
    assert again["execdeadline"] == running["execdeadline"] and again["endtime"] == waiting["endtime"]
    assert again["starttime"] > waiting["starttime"]


async def test_when_retries_are_used_up_it_fails(manual_clock: ManualClock, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot, maxexectime=1, maxretries=1)
    await manual_clock.advance(3)
    await bot.assign()
    await manual_clock.advance(3)
    process = await alice.process(process_id)
    assert (process["state"], process["retries"]) == (3, 1)
    assert process["errors"] == ["Maximum execution time limit exceeded"]
    assert process["assignedexecutorid"] == bot.id


async def test_minus_one_retries_are_endless(manual_clock: ManualClock, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot, maxexectime=1, maxretries=-1)
    for _ in range(4):
        await manual_clock.advance(3)
        await bot.assign()
    assert (await alice.process(process_id))["retries"] == 4


@pytest.mark.parametrize(("limit", "state"), [(2, 3), (0, 0), (-1, 0)])
async def test_waiting_too_long_fails_and_no_limit_does_not(
    manual_clock: ManualClock, alice: Party, limit: int, state: int
) -> None:
    process_id = (await alice.submit("bot", maxwaittime=limit))["processid"]
    await manual_clock.advance(4)
    process = await alice.process(process_id)
    assert process["state"] == state
    assert process["errors"] == (["Maximum waiting time limit exceeded"] if state == 3 else [])


async def test_the_old_executor_is_a_party_until_another_takes_it(
    parties: Parties, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    other = parties.executor("other", "bot")
    process_id = await run(alice, bot, maxexectime=1)
    await bot.say(process_id, 1)
    await manual_clock.advance(3)
    await bot.say(process_id, 2)
    assert (await other.assign())["processid"] == process_id
    assert (await bot.append(process_id, 3)).refusal == (403, "Not authorized to write to channel")
    await other.say(process_id, 1)
    assert sequences(await alice.read(process_id)) == [1, 2, 1]


async def test_an_executor_that_does_not_assign_is_removed(manual_clock: ManualClock, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot, maxexectime=-1, maxwaittime=-1)
    await manual_clock.advance(590)
    # Anything but assign does not count as being heard from.
    await bot.say(process_id, 1)
    await manual_clock.advance(80)
    words = (403, "Access denied, not a member of Colony with name <dev>")
    assert (await bot.append(process_id, 2)).refusal == words
    assert await bot.refused("assignprocessmsg", colonyname="dev", timeout=1) == words
    process = await alice.process(process_id)
    assert (process["state"], process["assignedexecutorid"], process["starttime"]) == (0, "", UNSET)
    (executor,) = await alice.get("getexecutorsmsg", colonyname="dev")
    assert executor["state"] == 3


async def test_one_that_polls_or_was_never_heard_stays(
    parties: Parties, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    parties.executor("newcomer", "bot")
    for _ in range(4):
        await bot.ask("assignprocessmsg", colonyname="dev", timeout=-1)
        await manual_clock.advance(500)
    executors = await alice.get("getexecutorsmsg", colonyname="dev")
    assert [executor["state"] for executor in executors] == [1, 1]
