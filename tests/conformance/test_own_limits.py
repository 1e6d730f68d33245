"""Rules whose limits are out of reach on a real server, on an embedded colony with small ones."""

from __future__ import annotations

import asyncio

import pytest

from colony_tui.server import EmbeddedColony, Limits
from tests.conformance.field import Field, until, until_state
from tests.conformance.parties import Party
from tests.conformance.sockets import Socket
from tests.conformance.test_channels import fill

WAITING = 0
UNREGISTERED = 3


@pytest.fixture
def limits() -> Limits:
    """Small ones."""
    return Limits(channel_entries=120, subscriber_entries=40)


DROPS_SOON = pytest.mark.parametrize("limits", [Limits(unheard_s=4.0, unheard_sweep_s=0.2)], ids=["4 s"])
"""Executors are dropped soon; not so soon that a slow machine drops one that calls each second."""


async def test_a_full_channel_takes_no_more(embedded: EmbeddedColony, field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await fill(alice, process_id, 120)
    assert (await bot.append(process_id, 1)).refusal == (500, "channel log is full")


@DROPS_SOON
async def test_an_executor_that_does_not_assign_is_removed_and_its_process_put_back(
    limits: Limits, embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    never_heard = await field.executor()
    process_id = await field.running(alice, bot)
    waiting = await until_state(alice, process_id, WAITING)
    assert waiting["retries"] == 0
    assert (await bot.append(process_id, 1)).refusal[0] == 403
    states = {
        found["executorid"]: found["state"]
        for found in await alice.get("getexecutorsmsg", colonyname=alice.colony_name)
    }
    # Who never called is not silent yet.
    assert (states[bot.id], states[never_heard.id]) == (UNREGISTERED, 1)


@DROPS_SOON
async def test_an_executor_that_goes_on_assigning_keeps_its_process(
    limits: Limits, embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    quiet = await field.executor()
    abandoned = await field.running(alice, quiet)

    async def keep_assigning() -> None:
        while True:
            await bot.ask("assignprocessmsg", colonyname=bot.colony_name, timeout=1)
            await bot.append(process_id, 1)

    task = asyncio.create_task(keep_assigning())
    await until_state(alice, abandoned, WAITING)
    task.cancel()
    assert (await alice.process(process_id))["state"] == 1
    assert (await bot.append(process_id, 2)).payload == {}


async def test_a_subscriber_that_is_too_far_behind_is_cut_off(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 0)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        assert len(await socket.entries()) == 1
        # Nothing is read while big entries pile up: the socket's own buffers are full long before the log is.
        for sequence in range(1, 120):
            assert (await bot.append(process_id, sequence, b"x" * 400_000)).payload == {}
            if not embedded.subscribers(process_id, "a"):
                break
        while not (entry := (await socket.entries())[0]).get("error"):
            pass
        assert entry["error"] == "subscriber disconnected: buffer full"
        assert (entry["sequence"], entry["payload"]) == (0, None)
        await socket.pong()


async def test_a_paused_colony_assigns_nothing_and_says_so(
    embedded: EmbeddedColony, field: Field, alice: Party, bot: Party
) -> None:
    embedded.pause_assignments()
    assert (await alice.get("getpausestatusmsg", colonyname=alice.colony_name))["ispaused"] is True
    await alice.submit(bot.executor_type)
    waiting = asyncio.create_task(bot.assign(10))

    async def is_waiting() -> bool:
        return embedded.counts["assignprocessmsg"] > 0

    await until(is_waiting)
    assert not waiting.done()
    embedded.resume_assignments()
    assert (await waiting)["assignedexecutorid"] == bot.id
