"""What a restart of the server takes away: channel logs, and nothing that is stored."""

from __future__ import annotations

from tests.conformance.field import Field
from tests.conformance.parties import Party, sequences
from tests.conformance.sockets import Closed, Socket

RUNNING = 1


async def test_a_restart_loses_the_channel_logs_and_keeps_the_process_running(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1, 2, 3)
    await field.restart()
    assert (await alice.process(process_id))["state"] == RUNNING
    # No error: a log that is shorter than what was held is the only sign.
    assert await alice.read(process_id, after=2, limit=2) == []
    assert await alice.read(process_id) == []
    await bot.say(process_id, 4)
    assert sequences(await alice.read(process_id)) == [4]
    await bot.close(process_id)


async def test_a_restart_ends_every_connection(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as following, Socket(field.ground.url) as waiting:
        await following.subscribe_channel(alice, process_id)
        await waiting.subscribe_process(alice, process_id, 2)
        await field.restart()
        for socket in (following, waiting):
            assert isinstance(await socket.next(), Closed)
        async with Socket(field.ground.url) as again:
            await again.subscribe_channel(alice, process_id)
            await bot.say(process_id, 1)
            assert sequences(await again.entries()) == [1]
        await bot.close(process_id)


async def test_members_logs_and_outputs_survive_a_restart(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.get("addlogmsg", processid=process_id, message="kept")
    await bot.get("setoutputmsg", processid=process_id, out=["kept"])
    await field.restart()
    assert (await alice.process(process_id))["out"] == ["kept"]
    lines = await alice.get(
        "getlogsmsg", colonyname=alice.colony_name, processid=process_id, executorname="", count=9, since=0
    )
    assert [line["message"] for line in lines] == ["kept"]
    assert await alice.get("getexecutorbyidmsg", colonyname=alice.colony_name, executorid=bot.id)
