"""Assigning and its waiting, deadlines and what a process goes through when it misses them."""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.field import Field, until_state
from tests.conformance.parties import Party

WAITING, RUNNING, SUCCESS, FAILED, CANCELLED = range(5)
UNSET = ("0001-01-01T", "0000-12-31T")


async def test_assign_waits_for_a_process(field: Field, alice: Party, bot: Party) -> None:
    waiting = asyncio.create_task(bot.assign(10))
    # The submission may come before or behind the wait: both must do.
    await field.stranger().ask("versionmsg")
    process = await alice.submit(bot.executor_type)
    assigned = await waiting
    assert (assigned["processid"], assigned["state"], assigned["assignedexecutorid"]) == (
        process["processid"],
        RUNNING,
        bot.id,
    )


async def test_assign_that_hears_nothing_ends_in_a_404(field: Field, bot: Party) -> None:
    refusal = await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=1)
    assert refusal == (404, "No process available for assignment")


async def test_assign_without_a_time_limit_is_a_400(field: Field, bot: Party) -> None:
    assert (await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=0))[0] == 400


async def test_assign_by_a_user_is_a_500_and_by_a_stranger_a_403(field: Field, alice: Party) -> None:
    refusal = await alice.refused("assignprocessmsg", colonyname=alice.colony_name, timeout=1)
    assert refusal == (500, "Failed to assign process, executor not found")
    assert (await field.stranger().refused("assignprocessmsg", colonyname=alice.colony_name, timeout=1))[0] == 403


async def test_an_executor_gets_only_its_type_and_its_name(field: Field, alice: Party, bot: Party) -> None:
    await alice.submit(field.unused_name("other"))
    spec = alice.spec(bot.executor_type)
    spec["conditions"]["executornames"] = ["nobody"]
    await alice.get("submitfuncspecmsg", spec=spec)
    assert (await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=1))[0] == 404
    spec["conditions"]["executornames"] = [bot.name]
    named = await alice.get("submitfuncspecmsg", spec=spec)
    assert (await bot.assign())["processid"] == named["processid"]


async def test_every_one_of_several_waiting_executors_gets_a_process(field: Field, alice: Party, bot: Party) -> None:
    bots = [bot, await field.executor(bot.executor_type), await field.executor(bot.executor_type)]
    waiting = [asyncio.create_task(one.assign(10)) for one in bots]
    submitted = {(await alice.submit(bot.executor_type))["processid"] for _ in bots}
    assert {process["processid"] for process in await asyncio.gather(*waiting)} == submitted


async def test_a_missed_execution_deadline_puts_back_and_counts(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    waiting = await until_state(alice, process_id, WAITING)
    assert (waiting["retries"], waiting["isassigned"]) == (1, False)
    # While it runs again, its end and deadline are still the attempt's before; the start is the new one's.
    ended = waiting["endtime"]
    again = await bot.assign()
    assert again["processid"] == process_id
    running = await alice.process(process_id)
    assert (running["state"], running["endtime"]) == (RUNNING, ended)


async def test_used_up_retries_end_in_failure(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=1, maxretries=0)
    process = await until_state(alice, process_id, FAILED)
    assert process["errors"] == ["Maximum execution time limit exceeded"]


@pytest.mark.parametrize("changes", [{"maxexectime": 0}, {"maxexectime": None}])
async def test_an_execution_time_of_zero_or_none_is_put_back_at_once(
    field: Field, alice: Party, bot: Party, changes: dict[str, int | None]
) -> None:
    given = {name: value for name, value in changes.items() if value is not None}
    spec = alice.spec(bot.executor_type)
    del spec["maxexectime"]
    await alice.get("submitfuncspecmsg", spec=spec | given)
    process_id = (await bot.assign())["processid"]
    assert (await until_state(alice, process_id, WAITING))["retries"] == 1


async def test_minus_one_means_no_limit(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=-1, maxwaittime=-1)
    short = await field.running(alice, bot, maxexectime=1)
    await until_state(alice, short, WAITING)
    assert (await alice.process(process_id))["state"] == RUNNING


async def test_a_missed_wait_deadline_ends_in_failure_and_zero_means_none(
    field: Field, alice: Party, bot: Party
) -> None:
    patient = (await alice.submit(bot.executor_type, maxwaittime=0))["processid"]
    hasty = (await alice.submit(bot.executor_type, maxwaittime=1))["processid"]
    process = await until_state(alice, hasty, FAILED)
    assert process["errors"] == ["Maximum waiting time limit exceeded"]
    assert (await alice.process(patient))["state"] == WAITING


async def test_an_executor_that_is_removed_is_put_back_and_refused(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await field.owner.get("removeexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    waiting = await until_state(alice, process_id, WAITING)
    # Unlike a missed deadline this does not count as a retry, and the start is unset again.
    assert (waiting["isassigned"], waiting["retries"]) == (False, 0)
    assert waiting["starttime"].startswith(UNSET)
    assert (await bot.append(process_id, 1)).refusal[0] == 403
    assert (await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=1))[0] == 403
    assert (await bot.refused("getcolonymsg", colonyname=bot.colony_name))[0] == 403
    listed = await alice.get("getexecutorsmsg", colonyname=bot.colony_name)
    assert [found["state"] for found in listed if found["executorid"] == bot.id] == [3]


async def test_a_removed_executor_can_be_registered_again(field: Field, alice: Party, bot: Party) -> None:
    await field.owner.get("removeexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    await field.register(bot)
    await field.owner.get("approveexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    await field.running(alice, bot)
