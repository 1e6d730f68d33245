"""Following a channel on a WebSocket: what comes, in which order, how the end is told, and how to go on."""

from __future__ import annotations

import asyncio
import base64
import time

import pytest

from tests.conformance.field import Field, until_state
from tests.conformance.parties import Party, sequences
from tests.conformance.sockets import Socket

WAITING = 0


async def test_an_empty_log_gives_nothing_and_each_entry_comes_as_a_list_of_one(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        # The first frame is the entry: nothing came for the empty log.
        await bot.say(process_id, 1)
        assert sequences(await socket.entries()) == [1]
        await alice.say(process_id, 1)
        assert [entry["senderid"] for entry in await socket.entries()] == [alice.id]
        await bot.close(process_id)


async def test_a_pushed_entry_is_the_entry_that_a_read_gives(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await bot.say(process_id, 4, inreplyto=2, payloadtype="end")
        assert await socket.entries() == await alice.read(process_id)
        await bot.close(process_id)


async def test_the_whole_backlog_after_a_position_comes_as_one_frame(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, *range(1, 41))
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, after=10)
        assert sequences(await socket.entries()) == list(range(11, 41))
        await bot.close(process_id)


async def test_a_subscription_past_the_end_gets_only_what_is_new(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, after=50)
        # Nothing tells when it has begun, so entries are appended until one comes.
        coming = asyncio.create_task(socket.entries())
        newest = 1
        while not coming.done():
            newest += 1
            await bot.say(process_id, newest)
            await asyncio.wait({coming}, timeout=0.05)
        (entry,) = await coming
        assert 1 < entry["sequence"] <= newest
        await bot.close(process_id)


async def test_both_parties_may_follow_and_hear_themselves(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as hers, Socket(field.ground.url) as its:
        await hers.subscribe_channel(alice, process_id)
        await its.subscribe_channel(bot, process_id)
        await alice.say(process_id, 1)
        await bot.say(process_id, 2)
        for socket in (hers, its):
            assert sequences(await socket.collect(2)) == [1, 2]
        await bot.close(process_id)
        await hers.pong()
        await its.pong()


async def test_pings_are_not_answered_while_a_subscription_runs(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.ping(b"before")
        await socket.pong(b"before")
        await socket.subscribe_channel(alice, process_id, seconds=1)
        for sequence in (1, 2, 3):
            await bot.say(process_id, sequence)
            assert sequences(await socket.entries()) == [sequence]
        assert await socket.entries() == []
        await socket.pong()


@pytest.mark.parametrize(
    ("kind", "by_executor"), [("closesuccessfulmsg", True), ("closefailedmsg", True), ("cancelprocessmsg", False)]
)
async def test_the_end_of_a_process_is_told_by_the_pong_behind_the_last_entry(
    field: Field, alice: Party, bot: Party, kind: str, by_executor: bool
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 0)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        assert sequences(await socket.entries()) == [0]
        await bot.say(process_id, 1, 2, 3)
        await (bot if by_executor else alice).get(kind, processid=process_id, out=[], errors=["no"])
        # Every entry comes first, then the pong, and no frame in between.
        assert sequences(await socket.collect(3)) == [1, 2, 3]
        await socket.pong()


async def test_the_limit_is_told_by_an_empty_list_and_the_socket_stays_open(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        started = time.monotonic()
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert await socket.entries() == []
        assert 0.9 < time.monotonic() - started < 5
        await socket.pong()
        await bot.say(process_id, 1)
        await socket.subscribe_channel(alice, process_id)
        assert sequences(await socket.entries()) == [1]
        await bot.close(process_id)
        await socket.pong()


async def test_the_limit_holds_however_busy_the_channel_is(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        started = time.monotonic()
        await socket.subscribe_channel(alice, process_id, seconds=1)
        sequence = 0
        while time.monotonic() - started < 10:
            sequence += 1
            await bot.say(process_id, sequence)
            if await socket.entries() == []:
                break
            # Busy, but within the rate limit.
            await asyncio.sleep(0.01)
        assert 0.9 < time.monotonic() - started < 5


async def test_a_queued_subscription_takes_over_in_the_seam_and_loses_nothing(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await socket.entries()) == [1]
        await socket.subscribe_channel(alice, process_id, after=0)
        assert await socket.entries() == []
        await socket.pong()
        # The echo of the last entry proves that the second subscription is active.
        assert sequences(await socket.entries()) == [1]
        await bot.say(process_id, 2)
        assert sequences(await socket.entries()) == [2]
        await bot.close(process_id)
        await socket.pong()


async def test_a_queued_subscription_of_an_ended_process_is_answered_by_a_404_frame(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await socket.subscribe_channel(alice, process_id)
        assert sequences(await socket.entries()) == [1]
        await bot.close(process_id)
        await socket.pong()
        assert await socket.refusal() == (404, "Channel not found")
        await socket.pong()


async def test_a_late_lower_sequence_makes_a_position_repeat_one_entry_and_miss_another(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 10, 11, 12, 5)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, after=3)
        assert sequences(await socket.entries()) == [12]
        await bot.close(process_id)


async def test_a_late_lower_sequence_is_pushed_like_any_other(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 10)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        assert sequences(await socket.entries()) == [10]
        await bot.say(process_id, 5, 5)
        assert [sequences(await socket.entries()) for _ in range(2)] == [[5], [5]]
        await bot.close(process_id)


async def test_a_put_back_does_not_end_a_subscription(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await until_state(alice, process_id, WAITING)
        assert (await bot.assign())["processid"] == process_id
        await bot.say(process_id, 1)
        assert sequences(await socket.entries()) == [1]
        await bot.close(process_id)
        await socket.pong()


async def test_a_removal_while_it_waits_leaves_the_subscription_to_its_limit(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = (await alice.submit(bot.executor_type))["processid"]
    await alice.say(process_id, 1)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id, seconds=1)
        assert sequences(await socket.entries()) == [1]
        await alice.get("removeprocessmsg", processid=process_id, all=False)
        assert await socket.entries() == []
        await socket.pong()


async def test_a_large_payload_is_one_frame(field: Field, alice: Party, bot: Party) -> None:
    payload = bytes(range(256)) * 16_000
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        assert (await bot.append(process_id, 1, payload)).payload == {}
        (entry,) = await socket.entries()
        assert base64.b64decode(entry["payload"]) == payload
        await bot.close(process_id)


async def test_refusals_come_as_error_frames_and_the_socket_stays_open(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    other = await field.user("mallory")
    async with Socket(field.ground.url) as socket:
        await socket.subscribe_channel(alice, "0" * 64)
        assert await socket.refusal() == (404, "Process not found")
        await socket.pong()
        await socket.subscribe_channel(alice, process_id, name="nope")
        assert await socket.refusal() == (404, "Channel not found")
        await socket.pong()
        await socket.subscribe_channel(other, process_id)
        assert await socket.refusal() == (403, "Not authorized to subscribe to channel")
        await socket.pong()
        await socket.subscribe_channel(field.stranger(), process_id)
        status, message = await socket.refusal()
        assert (status, "not a member" in message) == (403, True)
        await socket.pong()


async def test_an_unknown_message_type_is_met_with_silence(field: Field, alice: Party) -> None:
    async with Socket(field.ground.url) as socket:
        await socket.send(alice, "frobnicatemsg")
        await socket.ping(b"fence")
        await socket.pong(b"fence")


@pytest.mark.parametrize("text", ["nope", "{", ""])
async def test_a_frame_that_is_no_json_drops_the_connection(field: Field, text: str) -> None:
    async with Socket(field.ground.url) as socket:
        await socket.send_text(text)
        await socket.dropped()


async def test_a_signature_that_cannot_be_read_drops_the_connection(field: Field, alice: Party) -> None:
    async with Socket(field.ground.url) as socket:
        text = alice.envelope("subscribechannelmsg", processid="0" * 64, name="a", afterseq=0, timeout=1).decode()
        await socket.send_text(text.replace(text.rpartition('"signature": "')[2][:4], "zzzz"))
        await socket.dropped()


async def test_a_contradicting_message_type_is_an_error_frame(field: Field, alice: Party) -> None:
    async with Socket(field.ground.url) as socket:
        await socket.send(alice, "subscribechannelmsg", msgtype="subscribeprocessmsg", processid="0" * 64)
        refusal = await socket.refusal()
        assert refusal == (400, "Failed to subscribe to channel, msg.MsgType does not match rpcMsg.PayloadType")
        await socket.ping(b"fence")
        await socket.pong(b"fence")


@pytest.mark.long
async def test_a_limit_of_zero_is_thirty_seconds(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    async with Socket(field.ground.url, patience=60) as socket:
        started = time.monotonic()
        await socket.subscribe_channel(alice, process_id, seconds=0)
        assert await socket.entries() == []
        assert 29 < time.monotonic() - started < 40
        await socket.pong()
