"""Users, executors, functions, colonies: who may add them, how they are found, and what an unknown one gives."""

from __future__ import annotations

import pytest

from tests.conformance.field import Field
from tests.conformance.parties import Party

NOBODY = "0" * 64
PENDING, APPROVED, REJECTED, UNREGISTERED = 0, 1, 2, 3


async def test_a_user_is_found_by_name_and_by_id_and_listed(field: Field, alice: Party) -> None:
    colony = {"colonyname": alice.colony_name}
    by_name = await alice.get("getusermsg", name=alice.name, **colony)
    by_id = await alice.get("getuserbyidmsg", userid=alice.id, **colony)
    assert by_name == by_id == {**colony, "userid": alice.id, "name": alice.name, "email": "", "phone": ""}
    assert by_name in await alice.get("getusersmsg", **colony)


async def test_an_executor_is_found_by_name_and_by_id_and_listed(field: Field, alice: Party, bot: Party) -> None:
    colony = {"colonyname": alice.colony_name}
    by_name = await alice.get("getexecutormsg", executorname=bot.name, **colony)
    by_id = await alice.get("getexecutorbyidmsg", executorid=bot.id, **colony)
    assert by_name == by_id
    assert (by_name["executorid"], by_name["executortype"], by_name["state"]) == (bot.id, bot.executor_type, APPROVED)
    assert by_name in await alice.get("getexecutorsmsg", **colony)


async def test_an_unknown_name_is_a_500_and_an_unknown_id_a_404(field: Field, alice: Party) -> None:
    colony = {"colonyname": alice.colony_name}
    assert await alice.refused("getusermsg", name="nobody", **colony) == (500, "Failed to get user, user is nil")
    assert await alice.refused("getexecutormsg", executorname="nobody", **colony) == (
        500,
        "Failed to get executor, executor is nil",
    )
    assert await alice.refused("getuserbyidmsg", userid=NOBODY, **colony) == (
        404,
        "Failed to get user by ID, user is nil",
    )
    assert await alice.refused("getexecutorbyidmsg", executorid=NOBODY, **colony) == (
        404,
        "Failed to get executor by ID, executor is nil",
    )


async def test_a_new_executor_is_pending_until_approved(field: Field, alice: Party) -> None:
    bot = await field.executor(is_approved=False)
    state = await alice.get("getexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    assert state["state"] == PENDING
    refusal = await bot.refused("assignprocessmsg", colonyname=bot.colony_name, timeout=1)
    assert refusal[0] == 403
    await field.owner.get("approveexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    state = await alice.get("getexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
    assert state["state"] == APPROVED


async def test_only_the_owner_registers(field: Field, alice: Party) -> None:
    colony = alice.colony_name
    user = {"colonyname": colony, "userid": field.stranger().id, "name": field.unused_name("eve")}
    executor = {"executorname": "eve", "executorid": field.stranger().id, "colonyname": colony, "executortype": "x"}
    for other in (alice, field.stranger()):
        assert (await other.refused("addusermsg", user=user))[0] == 403
        assert (await other.refused("addexecutormsg", executor=executor))[0] == 403
        assert (await other.refused("removeusermsg", colonyname=colony, name=alice.name))[0] == 403


async def test_a_users_name_is_taken_but_an_id_may_have_two(field: Field, alice: Party) -> None:
    colony = alice.colony_name
    taken = {"colonyname": colony, "userid": field.stranger().id, "name": alice.name, "email": "", "phone": ""}
    refusal = await field.owner.refused("addusermsg", user=taken)
    assert refusal == (400, f"A user with name <{alice.name}> already exists in Colony with name <{colony}>")
    second = taken | {"userid": alice.id, "name": field.unused_name("second")}
    assert await field.owner.get("addusermsg", user=second) == second
    await field.owner.get("removeusermsg", colonyname=colony, name=second["name"])


async def test_a_removed_user_is_a_stranger(field: Field) -> None:
    mallory = await field.user("mallory")
    await field.owner.get("removeusermsg", colonyname=mallory.colony_name, name=mallory.name)
    refusal = await mallory.refused("getcolonymsg", colonyname=mallory.colony_name)
    assert refusal == (403, f"Access denied, not a member of Colony with name <{mallory.colony_name}>")


async def test_a_colony_is_told_to_members_only(field: Field, alice: Party) -> None:
    colony = await alice.get("getcolonymsg", colonyname=alice.colony_name)
    assert colony == {"colonyid": field.owner.id, "name": alice.colony_name}
    refusal = await field.stranger().refused("getcolonymsg", colonyname=alice.colony_name)
    assert refusal == (403, f"Access denied, not a member of Colony with name <{alice.colony_name}>")
    refusal = await alice.refused("getcolonymsg", colonyname=field.unused_name("nowhere"))
    assert refusal[0] == 403


@pytest.mark.parametrize("kind", ["getexecutorsmsg", "getusersmsg", "getpausestatusmsg", "getfunctionsmsg"])
async def test_lists_are_refused_to_strangers(field: Field, kind: str) -> None:
    stranger = field.stranger()
    refusal = await stranger.refused(kind, colonyname=stranger.colony_name, executorname="")
    assert refusal == (403, f"Access denied, not a member of Colony with name <{stranger.colony_name}>")


async def test_the_pause_status_is_told_under_another_name(field: Field, alice: Party) -> None:
    reply = await alice.ask("getpausestatusmsg", colonyname=alice.colony_name)
    assert reply.payload_type == "pausestatusreplymsg"
    assert reply.payload["ispaused"] is False


async def test_statistics_count_processes_by_state_and_executors(field: Field, alice: Party, bot: Party) -> None:
    before = await alice.get("getcolonystatsmsg", colonyname=alice.colony_name)
    await alice.submit(bot.executor_type)
    await field.executor()
    after = await alice.get("getcolonystatsmsg", colonyname=alice.colony_name)
    assert after["waitingprocesses"] >= before["waitingprocesses"] + 1
    assert after["executors"] >= before["executors"] + 1
    named = {"runningprocesses", "successfulprocesses", "failedprocesses", "cancelledprocesses", "activeexecutors"}
    assert named <= set(after)


async def test_functions_have_arguments_and_a_second_registration_makes_a_second(
    field: Field, alice: Party, bot: Party
) -> None:
    arguments = [
        {"name": "topic", "type": "string", "description": "what to explain", "required": True},
        {"name": "level", "type": "string", "enum": ["easy", "hard"]},
    ]
    function = {
        "executorname": bot.name,
        "executortype": bot.executor_type,
        "colonyname": bot.colony_name,
        "funcname": "explain",
        "description": "explains a topic",
        "args": arguments,
    }
    added = await bot.get("addfunctionmsg", fun=function)
    assert (added["funcname"], added["executorname"], added["counter"]) == ("explain", bot.name, 0)
    await bot.get("addfunctionmsg", fun=function | {"args": [], "description": ""})
    listed = await alice.get("getfunctionsmsg", colonyname=bot.colony_name, executorname=bot.name)
    by_shape = {("args" in entry, "description" in entry): entry for entry in listed}
    assert set(by_shape) == {(True, True), (False, False)}
    assert by_shape[True, True]["args"] == arguments
    everything = await alice.get("getfunctionsmsg", colonyname=bot.colony_name, executorname="")
    assert {entry["functionid"] for entry in listed} <= {entry["functionid"] for entry in everything}


async def test_only_the_server_owner_has_to_do_with_colonies(field: Field, alice: Party) -> None:
    for other in (alice, field.owner, field.stranger()):
        assert await other.refused("getcoloniesmsg") == (403, "Access denied, not server owner")
        colony = {"colonyid": field.stranger().id, "name": field.unused_name("colony")}
        assert (await other.refused("addcolonymsg", colony=colony))[0] == 403


async def test_the_server_owner_adds_lists_and_removes_a_colony(field: Field, alice: Party) -> None:
    if field.ground.server_key is None:
        pytest.skip("the server owner's key is not known")
    owner = field.server_owner()
    colony = {"colonyid": field.stranger().id, "name": field.unused_name("second")}
    assert await owner.get("addcolonymsg", colony=colony) == colony
    assert colony in await owner.get("getcoloniesmsg")
    taken = await owner.refused("addcolonymsg", colony=colony)
    assert taken == (400, f"A Colony with name <{colony['name']}> already exists")
    refusal = await alice.refused("getcolonymsg", colonyname=colony["name"])
    assert refusal == (403, f"Access denied, not a member of Colony with name <{colony['name']}>")
    assert await owner.get("removecolonymsg", colonyname=colony["name"]) == {}
    assert colony not in await owner.get("getcoloniesmsg")


async def test_only_assigning_counts_as_being_heard_from(field: Field, alice: Party, bot: Party) -> None:
    async def heard() -> str:
        found = await alice.get("getexecutormsg", colonyname=bot.colony_name, executorname=bot.name)
        return str(found["lastheardfromtime"])

    unset = await heard()
    assert unset.startswith(("0001-", "0000-"))
    await bot.get("getcolonymsg", colonyname=bot.colony_name)
    assert await heard() == unset
    await field.running(alice, bot)
    assert not (await heard()).startswith(("0001-", "0000-"))
