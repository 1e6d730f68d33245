"""Processes: submission, lists and their order, closing, cancelling, removing, outputs, logs."""

from __future__ import annotations

import pytest

from tests.conformance.field import Field
from tests.conformance.parties import Json, Party

WAITING, RUNNING, SUCCESS, FAILED, CANCELLED = range(5)


def ids(processes: list[Json]) -> list[str]:
    """Process ids in their order."""
    return [process["processid"] for process in processes]


async def test_a_minimal_spec_is_enough(field: Field, alice: Party, bot: Party) -> None:
    process = await alice.submit(bot.executor_type)
    assert (process["state"], process["isassigned"], process["assignedexecutorid"]) == (WAITING, False, "")
    assert process["spec"]["channels"] == ["a"]
    assert (process["initiatorid"], process["initiatorname"]) == (alice.id, alice.name)
    assert len(process["processid"]) == 64


async def test_an_executor_may_submit_too(field: Field, bot: Party) -> None:
    process = await bot.submit(bot.executor_type)
    assert (process["initiatorid"], process["initiatorname"]) == (bot.id, bot.name)


async def test_owners_and_strangers_can_neither_submit_nor_read(field: Field, alice: Party, bot: Party) -> None:
    process = await alice.submit(bot.executor_type)
    others = [field.owner, field.stranger()]
    if field.ground.server_key is not None:
        others.append(field.server_owner())
    refusal = (403, f"Access denied, not a member of Colony with name <{alice.colony_name}>")
    for other in others:
        assert await other.refused("submitfuncspecmsg", spec=other.spec(bot.executor_type)) == refusal
        assert await other.refused("getprocessmsg", processid=process["processid"]) == refusal
        listing = {"count": 1, "state": 0, "executortype": "", "label": "", "initiator": ""}
        assert await other.refused("getprocessesmsg", colonyname=alice.colony_name, **listing) == refusal


@pytest.mark.parametrize("priority", [50001, -50001])
async def test_a_priority_out_of_range_is_a_400(field: Field, alice: Party, priority: int) -> None:
    refusal = await alice.refused("submitfuncspecmsg", spec=alice.spec("x", priority=priority))
    assert refusal == (400, "Failed to submit function spec, priority outside range [-50000, 50000]")


async def test_unset_times_are_year_one_or_zero(field: Field, alice: Party, bot: Party) -> None:
    process = await alice.submit(bot.executor_type)
    for name in ("starttime", "endtime", "execdeadline"):
        assert process[name].startswith(("0001-01-01T", "0000-12-31T")), name
    assert not process["submissiontime"].startswith("000")
    assert not process["waitdeadline"].startswith("000")


async def test_the_start_comes_in_nanoseconds_from_assign_and_in_microseconds_later(
    field: Field, alice: Party, bot: Party
) -> None:
    await alice.submit(bot.executor_type)
    assigned = await bot.assign()
    stored = await alice.process(assigned["processid"])
    assert len(_fraction(stored["starttime"])) <= 6
    assert abs(_nanoseconds(assigned["starttime"]) - _nanoseconds(stored["starttime"])) <= 1000


def _fraction(text: str) -> str:
    """The digits of a time's fraction of a second."""
    return text[19:].rstrip("Z").partition("+")[0].partition("-")[0].lstrip(".")


def _nanoseconds(text: str) -> int:
    """Seconds of the minute and their fraction, in nanoseconds."""
    return int(text[17:19]) * 10**9 + int(_fraction(text).ljust(9, "0"))


async def test_waiting_comes_by_priority_then_oldest_first(field: Field, alice: Party, bot: Party) -> None:
    low, first, second, high = [
        (await alice.submit(bot.executor_type, priority=priority))["processid"] for priority in (-1, 0, 0, 1)
    ]
    listed = await alice.processes(WAITING, executortype=bot.executor_type)
    assert ids(listed) == [high, first, second, low]
    assert ids(await alice.processes(WAITING, count=2, executortype=bot.executor_type)) == [high, first]


async def test_assign_goes_by_priority_then_oldest_first(field: Field, alice: Party, bot: Party) -> None:
    low, first, second, high = [
        (await alice.submit(bot.executor_type, priority=priority))["processid"] for priority in (-1, 0, 0, 1)
    ]
    assert [(await bot.assign())["processid"] for _ in range(4)] == [high, first, second, low]


async def test_running_comes_oldest_first_and_closed_states_newest_first(
    field: Field, alice: Party, bot: Party
) -> None:
    first, second = [await field.running(alice, bot) for _ in range(2)]
    assert ids(await alice.processes(RUNNING, executortype=bot.executor_type)) == [first, second]
    await bot.close(first)
    await bot.close(second)
    assert ids(await alice.processes(SUCCESS, executortype=bot.executor_type)) == [second, first]
    failed = [await field.running(alice, bot) for _ in range(2)]
    for process_id in failed:
        await bot.get("closefailedmsg", processid=process_id, errors=["no"])
    assert ids(await alice.processes(FAILED, executortype=bot.executor_type)) == failed[::-1]
    cancelled = ids([await alice.submit(bot.executor_type) for _ in range(2)])
    for process_id in cancelled:
        await alice.get("cancelprocessmsg", processid=process_id)
    assert ids(await alice.processes(CANCELLED, executortype=bot.executor_type)) == cancelled[::-1]


async def test_a_count_over_100_is_a_400(field: Field, alice: Party) -> None:
    listing = {"state": 0, "executortype": "", "label": "", "initiator": ""}
    refusal = await alice.refused("getprocessesmsg", colonyname=alice.colony_name, count=101, **listing)
    assert refusal == (400, "Count is larger than MaxCount limit <100>")


async def test_an_unknown_state_is_a_400(field: Field, alice: Party) -> None:
    listing = {"executortype": "", "label": "", "initiator": "", "count": 5}
    refusal = await alice.refused("getprocessesmsg", colonyname=alice.colony_name, state=7, **listing)
    assert refusal == (400, "Failed to get processes, invalid msg.State")


async def test_one_filter_applies_executor_type_before_initiator_before_label(
    field: Field, alice: Party, bot: Party
) -> None:
    other = await field.user("carol")
    label = field.unused_name("label")
    mine = (await alice.submit(bot.executor_type))["processid"]
    theirs = (await other.submit(bot.executor_type, label=label))["processid"]
    labelled = (await alice.submit(field.unused_name("type"), label=label))["processid"]
    by_type = await alice.processes(WAITING, executortype=bot.executor_type, initiator=alice.name, label=label)
    assert ids(by_type) == [mine, theirs]
    by_initiator = await alice.processes(WAITING, initiator=alice.name, label=label)
    assert ids(by_initiator) == [mine, labelled]
    assert ids(await alice.processes(WAITING, label=label)) == [theirs, labelled]


async def test_an_initiator_is_a_users_name(field: Field, alice: Party, bot: Party) -> None:
    listing = {"count": 5, "state": 0, "executortype": "", "label": "", "initiator": bot.name}
    refusal = await alice.refused("getprocessesmsg", colonyname=alice.colony_name, **listing)
    assert refusal == (400, f"User <{bot.name}> does not exist")


async def test_history_gives_a_state_of_the_last_seconds_oldest_first(field: Field, alice: Party, bot: Party) -> None:
    mine = [(await alice.submit(bot.executor_type, priority=priority))["processid"] for priority in (0, 9)]
    found = await alice.get("getprocesshistmsg", colonyname=alice.colony_name, executorid="", seconds=60, state=WAITING)
    assert [process for process in ids(found) if process in mine] == mine


async def test_history_has_no_limit_of_100(field: Field, alice: Party, bot: Party) -> None:
    mine = {(await alice.submit(bot.executor_type))["processid"] for _ in range(101)}
    assert len(await alice.processes(WAITING, executortype=bot.executor_type)) == 100
    found = await alice.get(
        "getprocesshistmsg", colonyname=alice.colony_name, executorid="", seconds=300, state=WAITING
    )
    assert mine <= set(ids(found))


async def test_history_of_one_executor_is_what_it_was_assigned(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.submit(bot.executor_type)
    found = await alice.get(
        "getprocesshistmsg", colonyname=alice.colony_name, executorid=bot.id, seconds=60, state=RUNNING
    )
    assert ids(found) == [process_id]


async def test_a_success_keeps_the_output_and_unassigns_nothing(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    assert await bot.get("closesuccessfulmsg", processid=process_id, out=["x", 2, {"k": None}]) == {}
    process = await alice.process(process_id)
    assert (process["state"], process["out"], process["assignedexecutorid"]) == (SUCCESS, ["x", 2, {"k": None}], bot.id)
    assert not process["endtime"].startswith("000")


async def test_set_output_before_an_empty_close_is_kept(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    assert await bot.get("setoutputmsg", processid=process_id, out=["early"]) == {}
    assert (await alice.process(process_id))["out"] == ["early"]
    await bot.close(process_id)
    assert (await alice.process(process_id))["out"] == ["early"]


async def test_a_failure_is_final_and_keeps_its_errors(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxretries=5)
    assert await bot.get("closefailedmsg", processid=process_id, errors=["one", "two"]) == {}
    process = await alice.process(process_id)
    assert (process["state"], process["errors"], process["retries"]) == (FAILED, ["one", "two"], 0)
    refusal = await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=1)
    assert refusal == (404, "No process available for assignment")


async def test_only_the_assigned_executor_closes_and_sets_output(field: Field, alice: Party, bot: Party) -> None:
    waiting = (await alice.submit(field.unused_name("nobody")))["processid"]
    running = await field.running(alice, bot)
    other = await field.executor(bot.executor_type)
    for process_id, who in ((waiting, bot), (running, other), (running, alice)):
        assert (await who.refused("closesuccessfulmsg", processid=process_id, out=[]))[0] == 403
        assert (await who.refused("closefailedmsg", processid=process_id, errors=["x"]))[0] == 403
        assert (await who.refused("setoutputmsg", processid=process_id, out=["x"]))[0] == 403
    assert (await alice.process(running))["state"] == RUNNING


async def test_any_member_may_cancel_what_waits_or_runs(field: Field, alice: Party, bot: Party) -> None:
    other = await field.user("carol")
    waiting = (await alice.submit(field.unused_name("nobody")))["processid"]
    running = await field.running(alice, bot)
    for process_id in (waiting, running):
        assert await other.get("cancelprocessmsg", processid=process_id) == {}
        assert (await alice.process(process_id))["state"] == CANCELLED
    assert (await field.stranger().refused("cancelprocessmsg", processid=waiting))[0] == 403


@pytest.mark.parametrize(
    ("ending", "word"), [("closesuccessfulmsg", "successful"), ("closefailedmsg", "failed"), ("cancelprocessmsg", "")]
)
async def test_what_has_ended_neither_fails_nor_is_cancelled(
    field: Field, alice: Party, bot: Party, ending: str, word: str
) -> None:
    process_id = await field.running(alice, bot)
    await bot.get(ending, processid=process_id, out=[], errors=["no"])
    state = (await alice.process(process_id))["state"]
    cancelling = await alice.refused("cancelprocessmsg", processid=process_id)
    assert cancelling == (
        400,
        f"Tried to cancel {word} process" if word else "Tried to cancel already cancelled process",
    )
    failing = await bot.refused("closefailedmsg", processid=process_id, errors=["late"])
    assert failing == (400, f"Tried to set {word or 'cancelled'} process as failed")
    refusal = (403, "Failed to set output, process is not running")
    assert await bot.refused("setoutputmsg", processid=process_id, out=["late"]) == refusal
    process = await alice.process(process_id)
    assert (process["state"], process["out"]) == (state, [])


@pytest.mark.parametrize(("ending", "word"), [("closefailedmsg", "failed"), ("cancelprocessmsg", "cancelled")])
async def test_what_failed_or_was_cancelled_does_not_succeed(
    field: Field, alice: Party, bot: Party, ending: str, word: str
) -> None:
    process_id = await field.running(alice, bot)
    await bot.get(ending, processid=process_id, errors=[])
    refusal = await bot.refused("closesuccessfulmsg", processid=process_id, out=[])
    assert refusal == (400, f"Tried to set {word} process as successful")


async def test_a_success_may_be_closed_again_and_takes_the_newer_output(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    for output in (["first"], ["second"]):
        assert await bot.get("closesuccessfulmsg", processid=process_id, out=output) == {}
    assert (await alice.process(process_id))["out"] == ["second"]


async def test_a_running_process_cannot_be_removed_others_can(field: Field, alice: Party, bot: Party) -> None:
    other = await field.user("carol")
    running = await field.running(alice, bot)
    assert (await alice.refused("removeprocessmsg", processid=running, all=False))[0] == 400
    await bot.close(running)
    waiting = (await alice.submit(bot.executor_type))["processid"]
    for process_id in (running, waiting):
        assert await other.get("removeprocessmsg", processid=process_id, all=False) == {}
        assert (await alice.refused("getprocessmsg", processid=process_id))[0] == 404


UNKNOWN = "0" * 64


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("getprocessmsg", {}),
        ("channelreadmsg", {"name": "a", "afterseq": 0, "limit": 0}),
        ("channelappendmsg", {"name": "a", "sequence": 1, "payload": "eA=="}),
    ],
)
async def test_an_unknown_process_is_a_404_for_get_read_and_append(
    field: Field, alice: Party, kind: str, more: Json
) -> None:
    status, message = await alice.refused(kind, processid=UNKNOWN, **more)
    assert (status, "not found" in message) == (404, True)


@pytest.mark.parametrize(
    ("kind", "more", "ending"),
    [
        ("cancelprocessmsg", {}, "process is nil"),
        ("removeprocessmsg", {"all": False}, "process is nil"),
        ("closesuccessfulmsg", {"out": []}, "process is nil"),
        ("closefailedmsg", {"errors": []}, "process is nil"),
        ("setoutputmsg", {"out": ["x"]}, "process is nil"),
        ("addlogmsg", {"message": "x"}, "process is nil"),
        ("getlogsmsg", {"executorname": "", "count": 1, "since": 0}, "process does not exist"),
    ],
)
async def test_an_unknown_process_is_a_500_for_the_others(
    field: Field, alice: Party, kind: str, more: Json, ending: str
) -> None:
    status, message = await alice.refused(kind, processid=UNKNOWN, colonyname=alice.colony_name, **more)
    assert status == 500
    assert message.endswith(ending)


async def test_attributes_are_part_of_the_process(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    attribute = {"targetid": process_id, "targetcolonyname": bot.colony_name, "key": "k", "value": "v"}
    added = await bot.get("addattributemsg", attribute=attribute | {"attributetype": 1})
    assert (added["key"], added["value"]) == ("k", "v")
    attributes = (await alice.process(process_id))["attributes"]
    assert [(found["key"], found["value"]) for found in attributes] == [("k", "v")]


async def test_an_attribute_is_set_once_and_only_by_the_assigned_executor(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    attribute = {"targetid": process_id, "targetcolonyname": bot.colony_name, "key": "k", "attributetype": 1}
    assert (await alice.refused("addattributemsg", attribute=attribute | {"value": "hers"}))[0] == 403
    await bot.get("addattributemsg", attribute=attribute | {"value": "first"})
    assert (await bot.refused("addattributemsg", attribute=attribute | {"value": "second"}))[0] == 400
    assert [found["value"] for found in (await alice.process(process_id))["attributes"]] == ["first"]


async def test_a_spec_without_channels_comes_back_without_them(field: Field, alice: Party, bot: Party) -> None:
    process = await alice.submit(bot.executor_type, ())
    assert "channels" not in process["spec"]
    assert "channels" not in (await alice.process(process["processid"]))["spec"]
