"""Waiting for a process to reach a state on a WebSocket. One subscription a socket, everywhere in this file."""

from __future__ import annotations

import time

import pytest

from tests.conformance.field import Field, until_state
from tests.conformance.parties import Party
from tests.conformance.sockets import Socket

WAITING, RUNNING, SUCCESS, FAILED, CANCELLED = range(5)


async def test_every_listener_of_the_process_and_state_is_told(field: Field, alice: Party, bot: Party) -> None:
    process_id = (await alice.submit(bot.executor_type))["processid"]
    async with Socket(field.ground.url) as one, Socket(field.ground.url) as two:
        await one.subscribe_process(alice, process_id, RUNNING)
        await two.subscribe_process(bot, process_id, RUNNING, executor_type=bot.executor_type)
        for socket in (one, two):
            await socket.ping(b"fence")
            await socket.pong(b"fence")
        await bot.assign()
        for socket in (one, two):
            process = await socket.process()
            assert (process["processid"], process["state"]) == (process_id, RUNNING)


async def test_a_state_that_it_is_in_already_is_told_at_once(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, RUNNING)
        assert (await socket.process())["state"] == RUNNING


@pytest.mark.parametrize(
    ("kind", "state"), [("closesuccessfulmsg", SUCCESS), ("closefailedmsg", FAILED), ("cancelprocessmsg", CANCELLED)]
)
async def test_each_end_is_told(field: Field, alice: Party, bot: Party, kind: str, state: int) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, state)
        await socket.ping(b"fence")
        await socket.pong(b"fence")
        await bot.get(kind, processid=process_id, out=[], errors=["no"])
        assert (await socket.process())["state"] == state


async def test_pings_are_answered_while_it_runs(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, SUCCESS)
        for number in (b"1", b"2"):
            await socket.ping(number)
            await socket.pong(number)


async def test_an_empty_executor_type_is_filled_in(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, SUCCESS, executor_type="")
        await socket.ping(b"fence")
        await socket.pong(b"fence")
        await bot.close(process_id)
        assert (await socket.process())["state"] == SUCCESS


async def test_a_wrong_executor_type_never_hears_anything(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, SUCCESS, seconds=1, executor_type="another")
        await socket.ping(b"fence")
        await socket.pong(b"fence")
        await bot.close(process_id)
        await socket.dropped()


async def test_at_its_limit_the_connection_is_dropped_without_a_close_frame(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        started = time.monotonic()
        await socket.subscribe_process(alice, process_id, SUCCESS, seconds=1)
        await socket.dropped()
        assert 0.9 < time.monotonic() - started < 5


async def test_a_limit_of_zero_drops_it_at_once(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        started = time.monotonic()
        await socket.subscribe_process(alice, process_id, SUCCESS, seconds=0)
        await socket.dropped()
        assert time.monotonic() - started < 1


async def test_on_a_put_back_its_frame_is_older_than_the_process(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, process_id, WAITING)
        told = await socket.process()
        assert (told["processid"], told["state"], told["assignedexecutorid"]) == (process_id, WAITING, bot.id)
        assert told["retries"] == 0
    process = await until_state(alice, process_id, WAITING)
    assert (process["retries"], process["assignedexecutorid"]) == (1, "")


async def test_an_unknown_process_is_an_error_frame_403(field: Field, alice: Party) -> None:
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(alice, "0" * 64, RUNNING)
        assert await socket.refusal() == (403, f"Invalid process with Id {'0' * 64}")
        await socket.ping(b"fence")
        await socket.pong(b"fence")


async def test_membership_is_not_checked(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_process(field.stranger(), process_id, RUNNING)
        assert (await socket.process())["processid"] == process_id


async def test_subscriptions_on_many_sockets_are_all_told_and_wake_no_executor_less(
    field: Field, alice: Party, bot: Party
) -> None:
    first = (await alice.submit(bot.executor_type))["processid"]
    sockets = [Socket(field.ground.url) for _ in range(20)]
    try:
        for socket in sockets:
            await socket.__aenter__()
            await socket.subscribe_process(alice, first, RUNNING)
            await socket.ping(b"fence")
            await socket.pong(b"fence")
        assert (await bot.assign())["processid"] == first
        assert {(await socket.process())["processid"] for socket in sockets} == {first}
    finally:
        for socket in sockets:
            await socket.__aexit__(None, None, None)
