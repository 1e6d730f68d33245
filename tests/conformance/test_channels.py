"""Channels over HTTP: who may touch them, what is kept, in which order, up to which limits, and for how long."""

from __future__ import annotations

import asyncio
import base64

import pytest

from colony_tui.server import Limits
from tests.conformance.field import Field, until, until_state
from tests.conformance.parties import Party, sequences

MAX_PAYLOAD = 10 * 1024 * 1024
SUCCESS, FAILED, CANCELLED = 2, 3, 4


async def test_an_append_answers_with_an_empty_object_and_no_timestamp(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    reply = await alice.append(process_id, 1)
    assert (reply.status, reply.payload_type, reply.payload) == (200, "channelappendmsg", {})


async def test_an_entry_carries_the_sender_of_the_signature(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 1, senderid="0" * 64)
    await bot.say(process_id, 1)
    assert [entry["senderid"] for entry in await alice.read(process_id)] == [alice.id, bot.id]


async def test_an_entry_has_the_fields_of_the_recordings(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.append(process_id, 7, b"\xff\x00", inreplyto=3)
    (entry,) = await bot.read(process_id)
    assert entry.pop("timestamp")
    assert entry == {"sequence": 7, "inreplyto": 3, "senderid": alice.id, "payload": "/wA=", "type": "data"}


async def test_inreplyto_zero_or_absent_is_left_out(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 1, inreplyto=0)
    reply = await alice.ask("channelappendmsg", processid=process_id, name="a", sequence=2, payload="eA==")
    assert reply.payload == {}
    assert ["inreplyto" in entry for entry in await alice.read(process_id)] == [False, False]


async def test_a_type_of_any_text_is_kept_and_absent_is_data(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    for sequence, kind in enumerate(["", "data", "end", "error", "weird \x1b[31m"], start=1):
        await bot.say(process_id, sequence, payloadtype=kind)
    types = [entry["type"] for entry in await alice.read(process_id)]
    assert types == ["data", "data", "end", "error", "weird \x1b[31m"]


async def test_an_append_without_a_payload_reads_as_null(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.get("channelappendmsg", processid=process_id, name="a", sequence=1, inreplyto=0, payloadtype="end")
    (entry,) = await alice.read(process_id)
    assert entry["payload"] is None


async def test_entries_may_follow_an_end(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1, payloadtype="end")
    await bot.say(process_id, 2)
    assert sequences(await alice.read(process_id)) == [1, 2]


async def test_reused_negative_and_late_sequences_are_all_kept(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 5, 3, 5, -4, 0)
    entries = await alice.read(process_id)
    assert sequences(entries) == [-4, 0, 3, 5, 5]


async def test_the_largest_and_smallest_sequences_are_int64(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 2**63 - 1, -(2**63))
    assert sequences(await alice.read(process_id)) == [-(2**63), 2**63 - 1]
    reply = await alice.append(process_id, 2**63)
    assert reply.refusal[0] == 400


async def test_different_senders_stand_by_time(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 9)
    await bot.say(process_id, 1)
    await alice.say(process_id, 10)
    assert sequences(await bot.read(process_id)) == [9, 1, 10]


async def test_afterseq_is_a_position_and_no_sequence(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 10, 20, 30)
    assert sequences(await alice.read(process_id, after=1)) == [20, 30]
    assert sequences(await alice.read(process_id, after=-5)) == [10, 20, 30]
    assert await alice.read(process_id, after=3) == []
    assert await alice.read(process_id, after=10) == []
    assert sequences(await alice.read(process_id, after=1, limit=1)) == [20]


async def test_a_late_lower_sequence_shifts_the_positions_behind_it(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 10, 11, 12, 5)
    assert sequences(await alice.read(process_id, after=3)) == [12]


async def test_one_entry_after_n_minus_one_means_complete_two_mean_one_missing_none_a_shorter_log(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    await alice.say(process_id, 1, 2, 3)
    assert [len(await alice.read(process_id, after=held - 1, limit=2)) for held in (2, 3, 4)] == [2, 1, 0]


async def test_a_channel_can_be_used_from_submission_on(field: Field, alice: Party, bot: Party) -> None:
    process_id = (await alice.submit(bot.executor_type))["processid"]
    await alice.say(process_id, 1)
    assert sequences(await alice.read(process_id)) == [1]
    await bot.assign()
    assert sequences(await bot.read(process_id)) == [1]


async def test_an_empty_channel_reads_as_an_empty_list(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    assert await alice.read(process_id) == []


async def test_only_the_submitter_and_the_assigned_executor_are_let_in(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    for other in (await field.user("mallory"), await field.executor(bot.executor_type)):
        reading = await other.refused("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
        assert reading == (403, "Not authorized to read from channel")
        assert (await other.append(process_id, 1)).refusal == (403, "Not authorized to write to channel")
    assert await alice.read(process_id) == []


async def test_strangers_and_owners_are_no_members(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    for other in (field.stranger(), field.owner):
        status, message = (await other.append(process_id, 1)).refusal
        assert (status, "not a member" in message) == (403, True)


async def test_a_channel_never_declared_is_not_found(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    for kind, more in (("channelreadmsg", {"afterseq": 0, "limit": 0}), ("channelappendmsg", {"sequence": 1})):
        refusal = await alice.refused(kind, processid=process_id, name="nope", **more)
        assert refusal == (404, "Channel not found")


async def test_channel_names_may_be_empty_doubled_or_odd(field: Field, alice: Party, bot: Party) -> None:
    names = ("", "with space/slash", "b", "b")
    process_id = await field.running(alice, bot, names)
    for name in ("", "with space/slash", "b"):
        await bot.say(process_id, 1, name=name)
        assert sequences(await alice.read(process_id, name=name)) == [1]


async def test_channels_of_one_process_are_apart(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, ("a", "b"))
    await bot.say(process_id, 1)
    await bot.say(process_id, 2, name="b")
    assert sequences(await alice.read(process_id)) == [1]
    assert sequences(await alice.read(process_id, name="b")) == [2]


async def test_a_channel_is_gone_when_its_process_succeeds(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    await bot.close(process_id)
    await _is_gone(alice, process_id)


async def test_a_channel_is_gone_when_its_process_fails(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    assert await bot.get("closefailedmsg", processid=process_id, errors=["no"]) == {}
    await _is_gone(alice, process_id)


async def _is_gone(alice: Party, process_id: str) -> None:
    """Reads a finished process's channel, which costs a server nothing after a success or a failure."""
    refusal = await alice.refused("channelreadmsg", processid=process_id, name="a", afterseq=0, limit=0)
    assert refusal == (404, "Channel not found")


async def test_a_cancelled_process_makes_its_channel_again_empty(field: Field, alice: Party, bot: Party) -> None:
    if not field.ground.is_embedded:
        pytest.skip("nothing frees the channel that the server makes again")
    process_id = await field.running(alice, bot)
    await bot.say(process_id, 1)
    await alice.get("cancelprocessmsg", processid=process_id)
    assert await alice.read(process_id) == []


async def test_payloads_up_to_10_mib_are_kept_whole_and_larger_ones_refused(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot)
    reply = await alice.append(process_id, 1, b"x" * MAX_PAYLOAD)
    assert reply.payload == {}
    reply = await alice.append(process_id, 2, b"x" * (MAX_PAYLOAD + 1))
    assert (reply.status, reply.refusal) == (500, (500, "message payload exceeds maximum size"))
    (entry,) = await bot.read(process_id)
    assert len(base64.b64decode(entry["payload"])) == MAX_PAYLOAD


# Of its own colony the bucket fills slowly, so that the burst is used up on the slowest machine too.
@pytest.mark.parametrize("limits", [Limits(appends_per_s=10)], ids=["10 a second"])
async def test_appends_beyond_the_burst_are_refused_for_both_parties_and_pass_again(
    limits: Limits, field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot, ("a", "b"))
    accepted, refused = await _burst(alice, process_id, 3000)
    assert accepted >= 500
    assert refused == {(500, "rate limit exceeded")}
    # The bucket is the process's: neither the other party nor the other channel has one of its own.
    others, refused = await _burst(bot, process_id, 500, name="b")
    assert others < 500
    assert refused == {(500, "rate limit exceeded")}
    assert len(await alice.read(process_id)) == accepted

    async def passes() -> bool:
        return not (await alice.append(process_id, 1)).is_error

    await until(passes)


async def _burst(party: Party, process_id: str, most: int, name: str = "a") -> tuple[int, set[tuple[int, str]]]:
    """Appends, 50 at a time, until one is refused: how many were accepted, and the refusals."""
    accepted = 0
    for start in range(0, most, 50):
        several = (party.append(process_id, start + number, name=name) for number in range(50))
        replies = await asyncio.gather(*several)
        accepted += sum(not reply.is_error for reply in replies)
        refused = {reply.refusal for reply in replies if reply.is_error}
        if refused:
            break
    return accepted, refused


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_the_10_001st_entry_is_refused(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=300)
    await fill(alice, process_id, 10_000)


async def fill(party: Party, process_id: str, entries: int) -> None:
    """Appends at the pace of the rate limit until the channel is full, which it must be at ``entries``."""
    held = 0
    while True:
        several = (party.append(process_id, held + number) for number in range(50))
        replies = await asyncio.gather(*several)
        held += sum(not reply.is_error for reply in replies)
        refused = {reply.refusal for reply in replies if reply.is_error}
        assert refused <= {(500, "rate limit exceeded"), (500, "channel log is full")}
        if (500, "channel log is full") in refused:
            break
        assert held < entries + 1
        if refused:
            await asyncio.sleep(0.4)
    assert held == entries
    assert len(await party.read(process_id)) == entries


async def test_the_101st_channel_is_refused_at_its_first_use(field: Field, alice: Party, bot: Party) -> None:
    names = tuple(f"c{number}" for number in range(101))
    process_id = await field.running(alice, bot, names)
    await alice.say(process_id, 1, name="c99")
    reply = await alice.append(process_id, 1, name="c100")
    assert reply.refusal == (500, "process has too many channels")


async def test_the_old_executor_can_still_append_while_the_process_waits_again(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    await bot.say(process_id, 1)
    waiting = await until_state(alice, process_id, 0)
    assert waiting["retries"] == 1
    await bot.say(process_id, 2)
    assert sequences(await alice.read(process_id)) == [1, 2]


async def test_an_executor_that_takes_it_again_may_start_its_sequences_again(
    field: Field, alice: Party, bot: Party
) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    await bot.say(process_id, 1, 2)
    await until_state(alice, process_id, 0)
    assert (await bot.assign())["processid"] == process_id
    await bot.say(process_id, 1)
    assert sequences(await alice.read(process_id)) == [1, 1, 2]


async def test_the_next_executor_takes_over_the_channel(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot, maxexectime=1)
    await bot.say(process_id, 1)
    await until_state(alice, process_id, 0)
    second = await field.executor(bot.executor_type)
    assert (await second.assign())["processid"] == process_id
    await second.say(process_id, 1)
    assert (await bot.append(process_id, 2)).refusal == (403, "Not authorized to write to channel")
    assert [entry["senderid"] for entry in await alice.read(process_id)] == [bot.id, second.id]
