"""Strict mode tells of everything that would harm a real server, and of nothing that a good client does."""

from __future__ import annotations

import httpx
import pytest

from colony_tui.errors import StrictViolation
from colony_tui.server import EmbeddedColony, ManualClock
from tests.colony import until
from tests.conformance.parties import Party
from tests.conformance.sockets import Socket
from tests.server.conftest import Parties


async def run(alice: Party, bot: Party) -> str:
    process_id: str = (await alice.submit("bot", maxexectime=-1))["processid"]
    await bot.assign()
    return process_id


async def begun(colony: EmbeddedColony, process_id: str, frames: int = 1) -> None:
    """Waits until a channel subscription runs and so many frames have come."""
    await until(lambda: colony.subscribers(process_id, "a") == 1 and colony.counts["subscribe_frames"] >= frames)


async def frames_came(colony: EmbeddedColony, number: int) -> None:
    """Waits until so many subscriptions have been asked for."""
    await until(lambda: colony.counts["subscribe_frames"] == number)


def only_violation(colony: EmbeddedColony) -> str:
    """The one violation, taken away."""
    (violation,) = colony.violations
    with pytest.raises(StrictViolation, match="Harmful to a real server"):
        colony.check()
    colony.check()
    return violation


async def test_a_follower_that_renews_in_the_last_second_is_good(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=20)
        for renewals in range(1, 4):
            await begun(timed_colony, process_id, renewals)
            await manual_clock.advance(19.2)
            await socket.subscribe_channel(alice, process_id, seconds=20)
            await frames_came(timed_colony, renewals + 1)
            await manual_clock.advance(1)
            assert await socket.entries() == []
            await socket.pong()
        await begun(timed_colony, process_id)
        await bot.close(process_id)
        await socket.pong()
    assert timed_colony.violations == []


async def test_a_renewal_that_is_queued_early(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await begun(timed_colony, process_id)
        await manual_clock.advance(10)
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await until(lambda: bool(timed_colony.violations))
    violation = only_violation(timed_colony)
    assert violation.startswith("second subscription on a socket that has")
    assert process_id in violation and "by alice on the socket from port" in violation


async def test_a_renewals_own_limit_counts_from_its_beginning(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await begun(timed_colony, process_id)
        await manual_clock.advance(19)
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await frames_came(timed_colony, 2)
        await manual_clock.advance(1.5)
        assert await socket.entries() == []
        await socket.pong()
        await begun(timed_colony, process_id)
        # Two seconds before its end, though only one before the end of what began when its frame came.
        await manual_clock.advance(17.5)
        await socket.subscribe_channel(alice, process_id, seconds=20)
        await until(lambda: bool(timed_colony.violations))
    assert "second subscription" in only_violation(timed_colony)


async def test_two_process_subscriptions_on_a_socket(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 2)
        await socket.subscribe_process(alice, process_id, 3)
        await until(lambda: bool(timed_colony.violations))
    assert '"state":3' in only_violation(timed_colony)


async def test_one_process_subscription_on_each_socket_is_good(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as one, Socket(timed_colony.url) as two:
        await one.subscribe_process(alice, process_id, 2)
        await two.subscribe_process(alice, process_id, 2)
        await frames_came(timed_colony, 2)
        await bot.close(process_id)
        assert (await one.process())["state"] == (await two.process())["state"] == 2
    assert timed_colony.counts["handshakes"] == 2


async def test_a_channel_subscription_behind_a_process_subscription(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 2)
        await socket.subscribe_channel(alice, process_id)
        await until(lambda: bool(timed_colony.violations))
    assert "subscribechannelmsg" in only_violation(timed_colony)


async def test_a_refused_subscription_does_not_count(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id, name="nope")
        assert await socket.refusal() == (404, "Channel not found")
        await socket.pong()
        await socket.subscribe_process(alice, "0" * 64, 1)
        assert (await socket.refusal())[0] == 403
        await socket.subscribe_channel(alice, process_id)
        await begun(timed_colony, process_id)


async def test_a_subscription_to_lists_is_refused_and_told(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    fields = {"colonyname": "dev", "executortype": "bot", "state": 0, "timeout": 5}
    for party, refusal in ((alice, (403, "executor not found")), (bot, (501, None))):
        async with Socket(timed_colony.url) as socket:
            await socket.send(party, "subscribeprocessesmsg", **fields)
            status, words = await socket.refusal()
            assert status == refusal[0] and refusal[1] in (None, words)
        assert "taken from waiting executors" in only_violation(timed_colony)


@pytest.mark.parametrize("ending", ["closesuccessfulmsg", "closefailedmsg", "cancelprocessmsg"])
async def test_a_channel_touched_after_the_end(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party, ending: str
) -> None:
    process_id = await run(alice, bot)
    await bot.get(ending, processid=process_id, out=[], errors=[])
    # Whoever called before the end could be known is not to blame, nor who is told while his call is on its way.
    await manual_clock.advance(30)
    await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    for party in (alice, bot):
        assert (await party.process(process_id))["state"] >= 2
    await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    assert timed_colony.violations == []
    await manual_clock.advance(2)
    await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    assert "channelreadmsg" in only_violation(timed_colony)
    await bot.append(process_id, 2)
    assert "channelappendmsg" in only_violation(timed_colony)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await until(lambda: bool(timed_colony.violations))
    assert "subscribechannelmsg" in only_violation(timed_colony)


async def test_a_channel_touched_long_after_the_end_by_who_never_looked(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    await bot.close(process_id)
    await manual_clock.advance(61)
    await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    assert "channelreadmsg" in only_violation(timed_colony)


@pytest.mark.parametrize("state", [2, 3, 4])
async def test_a_list_tells_of_the_end_as_well(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party, state: int
) -> None:
    process_id = await run(alice, bot)
    ending = {2: "closesuccessfulmsg", 3: "closefailedmsg", 4: "cancelprocessmsg"}[state]
    await bot.get(ending, processid=process_id, out=[], errors=[])
    assert [process["processid"] for process in await alice.processes(state)] == [process_id]
    await manual_clock.advance(2)
    await alice.ask("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    assert "channelreadmsg" in only_violation(timed_colony)


async def test_a_renewal_that_waited_behind_a_running_subscription_is_judged_by_when_it_came() -> None:
    clock = ManualClock()
    async with (
        EmbeddedColony(strict=True, clock=clock, late_s=0) as colony,
        httpx.AsyncClient(base_url=colony.url, trust_env=False) as http,
    ):
        alice = Party(http, "dev", colony.user_key)
        bot = Party(http, "dev", colony.add_executor("bot", "bot"))
        process_id = await run(alice, bot)
        async with Socket(colony.url) as socket:
            await socket.subscribe_channel(alice, process_id, seconds=20)
            await begun(colony, process_id)
            await clock.advance(19.5)
            await socket.subscribe_channel(alice, process_id, seconds=20)
            await until(lambda: colony.counts["pings"] == 2)
            await bot.close(process_id)
            await socket.pong()
            assert await socket.refusal() == (404, "Channel not found")
            await socket.pong()
        colony.check()


async def test_keep_alive_pings(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await begun(timed_colony, process_id)
        assert timed_colony.violations == []
        await socket.ping(b"still there?")
        await until(lambda: bool(timed_colony.violations))
    assert only_violation(timed_colony).startswith("ping that is not the one behind a channel subscription")


async def test_a_ping_behind_a_process_subscription(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_process(alice, process_id, 2)
        await socket.ping(b"over")
        await socket.pong()
    assert "ping" in only_violation(timed_colony)


async def test_payloads_are_not_told(
    parties: Parties, timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    await bot.close(process_id)
    await manual_clock.advance(61)
    await alice.append(process_id, 1, b"between us")
    violation = only_violation(timed_colony)
    assert "…" in violation and "YmV0d2VlbiB1cw" not in violation


async def test_without_strict_mode_nothing_is_recorded() -> None:
    async with EmbeddedColony() as colony, Socket(colony.url) as socket:
        await socket.ping(b"hello")
        await socket.pong(b"hello")
        assert colony.violations == []
        assert colony.counts["pings"] == 1
