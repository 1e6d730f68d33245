"""WebSocket behaviour that depends on time or on limits; the rest is shown by the conformance suite."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from colony_tui.server import EmbeddedColony, Limits, ManualClock
from colony_tui.server.channels import TOO_SLOW
from tests.colony import until
from tests.conformance.parties import Party
from tests.conformance.sockets import Socket


async def run(alice: Party, bot: Party, **changes: Any) -> str:
    process_id: str = (await alice.submit("bot", maxexectime=-1, **changes))["processid"]
    await bot.assign()
    return process_id


async def begun(colony: EmbeddedColony, process_id: str) -> None:
    await until(lambda: colony.subscribers(process_id, "a") == 1)


@pytest.mark.parametrize(("asked", "lives"), [(5, 5), (0, 30)])
async def test_a_channel_subscription_lives_as_long_as_asked_for(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party, asked: int, lives: int
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=asked)
        await begun(timed_colony, process_id)
        await manual_clock.advance(lives - 0.5)
        await bot.say(process_id, 1)
        assert [entry["sequence"] for entry in await socket.entries()] == [1]
        await manual_clock.advance(1)
        assert await socket.entries() == []
        await socket.pong()


async def test_the_process_subscription_ends_with_its_connection(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 2, seconds=5)
        await until(lambda: timed_colony.counts["subscribe_frames"] == 1)
        await manual_clock.advance(6)
        await socket.dropped()


async def test_several_moves_are_told_until_the_limit(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = (await alice.submit("bot", maxexectime=1, maxretries=-1))["processid"]
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 1, seconds=60)
        await until(lambda: timed_colony.counts["subscribe_frames"] == 1)
        for retries in range(3):
            await bot.assign()
            assert (await socket.process())["retries"] == retries
            await manual_clock.advance(3)


async def test_a_state_that_is_there_already_is_told_at_once(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 1)
        assert await socket.process() == await alice.process(process_id)


async def test_a_wrong_executor_type_never_hears(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as deaf, Socket(timed_colony.url) as hears:
        await deaf.subscribe_process(alice, process_id, 2, executor_type="other")
        await hears.subscribe_process(alice, process_id, 2, executor_type="bot")
        await until(lambda: timed_colony.counts["subscribe_frames"] == 2)
        await bot.close(process_id)
        assert (await hears.process())["state"] == 2
        silent = asyncio.ensure_future(deaf.next())
        assert not (await asyncio.wait({silent}, timeout=0.05))[0]
        silent.cancel()


async def test_the_frame_of_a_registered_function_has_end_and_output(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    function = {"executorname": "bot", "executortype": "bot", "colonyname": "dev", "funcname": "work"}
    await bot.get("addfunctionmsg", fun=function)
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 2)
        await until(lambda: timed_colony.counts["subscribe_frames"] == 1)
        await bot.get("closesuccessfulmsg", processid=process_id, out=["4"])
        frame = await socket.process()
    assert frame == await alice.process(process_id)
    (known,) = await alice.get("getfunctionsmsg", colonyname="dev", executorname="bot")
    assert known["counter"] == 1 and known["avgexectime"] == known["maxexectime"] > 0


async def test_a_reader_that_stops_reading_is_cut_off() -> None:
    """With a small buffer: what the network holds comes, then what was buffered, then one entry with an error."""
    limits = Limits(subscriber_entries=5, append_burst=10_000)
    seen: list[dict[str, Any]] = []
    async with (
        EmbeddedColony(limits=limits) as colony,
        httpx.AsyncClient(base_url=colony.url, trust_env=False, timeout=30) as http,
    ):
        alice = Party(http, "dev", colony.user_key)
        bot = Party(http, "dev", colony.add_executor("bot", "bot"))
        process_id = await run(alice, bot)
        async with Socket(colony.url) as socket:
            await socket.subscribe_channel(alice, process_id)
            await begun(colony, process_id)
            sequence = 0
            while colony.subscribers(process_id, "a"):
                sequence += 1
                assert (await bot.append(process_id, sequence, bytes(1_000_000))).status == 200
            while not (seen and seen[-1].get("error")):
                seen += await socket.entries()
            await socket.pong()
    last = seen.pop()
    assert (last["error"], last["sequence"], last["payload"], last["senderid"]) == (TOO_SLOW, 0, None, "")
    assert "type" not in last
    assert [entry["sequence"] for entry in seen] != list(range(1, sequence + 1))
    assert len(seen) >= 5


async def test_messages_of_another_type_or_without_json_are_refused_in_frames(
    timed_colony: EmbeddedColony, alice: Party
) -> None:
    async with Socket(timed_colony.url) as socket:
        await socket.send(alice, "subscribechannelmsg", msgtype="subscribeprocessmsg")
        assert (await socket.refusal())[0] == 400
        await socket.send(alice, "subscribeprocessmsg", msgtype="subscribechannelmsg")
        assert (await socket.refusal())[0] == 403
        await socket.send(alice, "subscribechannelmsg", processid=7)
        assert (await socket.refusal())[0] == 400


async def test_a_close_is_answered_when_nothing_runs(timed_colony: EmbeddedColony) -> None:
    async with Socket(timed_colony.url) as socket:
        await socket._socket.close()
        assert socket._socket.close_code == 1000
