"""What would harm or leak on a real server: the embedded colony answers as the real one would, and reports the caller.

Sources: PROTOCOL.md, "Subscriptions" 1, 3 and 5, and "Following a channel" 1, 2 and 5. Never sent to a real server.
"""

from __future__ import annotations

import pytest

from colony_tui.errors import StrictViolation
from colony_tui.server import EmbeddedColony
from tests.conformance.field import Field
from tests.conformance.parties import Party, sequences
from tests.conformance.sockets import Socket

SUCCESS = 2


@pytest.fixture
def is_strict() -> bool:
    """Reports are what these tests are about."""
    return True


def reported(embedded: EmbeddedColony, *words: str) -> None:
    """Exactly one report, which names what was done; it is forgotten then."""
    with pytest.raises(StrictViolation) as violation:
        embedded.check()
    lines = str(violation.value).splitlines()[1:]
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0]


async def test_the_orderly_ways_are_not_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as following, Socket(field.ground.url) as waiting:
        await waiting.subscribe_process(alice, process_id, SUCCESS)
        await following.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await following.entries()) == [1]
        await following.subscribe_channel(alice, process_id)
        assert await following.entries() == []
        await following.pong()
        assert sequences(await following.entries()) == [1]
        await bot.close(process_id)
        await following.pong()
        assert (await waiting.process())["state"] == SUCCESS
    embedded.check()


async def test_a_subscription_to_lists_is_reported_and_refused_to_users(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    async with Socket(field.ground.url) as socket:
        fields = {"colonyname": alice.colony_name, "executortype": bot.executor_type, "state": 0, "timeout": 1}
        await socket.send(alice, "subscribeprocessesmsg", **fields)
        assert await socket.refusal() == (403, "executor not found")
    reported(embedded, "subscribeprocessesmsg", alice.name)


async def test_two_process_subscriptions_on_a_socket_are_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, SUCCESS)
        await socket.subscribe_process(alice, process_id, 3)
        await bot.close(process_id)
        assert (await socket.process())["state"] == SUCCESS
    reported(embedded, "second subscription on a socket", "subscribeprocessmsg", alice.name)


async def test_a_channel_behind_another_channel_is_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot, ("a", "b"))
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await socket.entries()) == [1]
        await socket.subscribe_channel(alice, process_id, name="b", seconds=1)
        assert await socket.entries() == []
    reported(embedded, "second subscription on a socket", '"b"')


async def test_a_renewal_that_is_queued_early_is_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await socket.subscribe_channel(alice, process_id, seconds=20)
        assert sequences(await socket.entries()) == [1]
        await alice.get("cancelprocessmsg", processid=process_id)
        await socket.pong()
    reported(embedded, "second subscription on a socket", "subscribechannelmsg", process_id)


async def test_a_keep_alive_ping_is_reported(embedded: EmbeddedColony, field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await socket.entries()) == [1]
        await socket.ping(b"alive?")
        assert await socket.entries() == []
        await socket.pong()
        await socket.pong(b"alive?")
    reported(embedded, "ping")


@pytest.mark.parametrize("late_s", [0.0])
@pytest.mark.parametrize("ending", ["closesuccessfulmsg", "closefailedmsg", "cancelprocessmsg"])
@pytest.mark.parametrize("touch", ["read", "append", "subscribe"])
async def test_touching_a_channel_of_an_ended_process_is_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party, ending: str, touch: str
) -> None:
    process_id = await field.running(alice, bot)
    await bot.get(ending, processid=process_id, out=[], errors=[])
    assert (await alice.process(process_id))["state"] >= 2
    if touch == "read":
        await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
        message = "channelreadmsg"
    elif touch == "append":
        await alice.append(process_id, 1)
        message = "channelappendmsg"
    else:
        message = "subscribechannelmsg"
        async with Socket(field.ground.url) as socket:
            await socket.subscribe_channel(alice, process_id, seconds=1)
            await socket.frame()
    reported(embedded, message, process_id, alice.name)


async def test_a_follower_that_could_not_know_is_not_reported(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=1)
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await socket.entries()) == [1]
        await bot.close(process_id)
        await socket.pong()
        assert await socket.refusal() == (404, "Channel not found")
    embedded.check()
