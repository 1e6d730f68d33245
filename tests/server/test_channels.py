"""Logs, subscribers and limits of channels, without any network."""

from __future__ import annotations

import asyncio

import pytest

from colony_tui.errors import Refused
from colony_tui.server import Limits, ManualClock
from colony_tui.server.channels import TOO_SLOW, Channel, Channels

PROCESS = "p" * 64
USER, BOT = "user", "bot"


def channels(clock: ManualClock, **limits: float) -> Channels:
    return Channels(clock, Limits(**limits))  # type: ignore[arg-type]  # counts are integers, whole ones are both


def append(found: Channels, channel: Channel, sender: str, *sequences: int) -> None:
    for sequence in sequences:
        found.append(channel, sender, sequence, 0, b"x", "")


def order(found: Channels, channel: Channel) -> list[tuple[str, int]]:
    return [(shape.senderid, shape.sequence) for shape in found.read(channel, USER, 0, 0)]


def test_one_sender_stands_by_sequence_and_two_by_time() -> None:
    found = channels(ManualClock())
    channel = found.create(PROCESS, "a", USER, BOT)
    append(found, channel, USER, 3, 1)
    append(found, channel, BOT, 9)
    append(found, channel, USER, 2)
    append(found, channel, BOT, 4, 5)
    # The user's 2 is later than the bot's 9 and never compared with 3; the bot's 4 is held up by it as well.
    assert order(found, channel) == [(USER, 1), (USER, 3), (BOT, 9), (USER, 2), (BOT, 4), (BOT, 5)]


def test_a_late_lower_sequence_shifts_all_positions_behind_it() -> None:
    found = channels(ManualClock())
    channel = found.create(PROCESS, "a", USER, BOT)
    append(found, channel, BOT, 10, 11, 12)
    append(found, channel, BOT, 5)
    assert [shape.sequence for shape in found.read(channel, USER, 3, 0)] == [12]
    assert [shape.sequence for shape in found.read(channel, USER, 2, 2)] == [11, 12]
    assert [shape.sequence for shape in found.read(channel, USER, -7, 1)] == [5]
    assert found.read(channel, USER, 99, 0) == []


def test_only_parties_may_touch() -> None:
    found = channels(ManualClock())
    channel = found.create(PROCESS, "a", USER, BOT)
    with pytest.raises(Refused, match="Not authorized to write to channel"):
        append(found, channel, "other", 1)
    with pytest.raises(Refused, match="Not authorized to read from channel"):
        found.read(channel, "other", 0, 0)
    with pytest.raises(Refused, match="Not authorized to subscribe to channel"):
        found.subscribe(channel, "other")


async def test_the_rate_is_one_bucket_for_a_process_that_time_fills() -> None:
    clock = ManualClock()
    found = channels(clock, append_burst=5, appends_per_s=2)
    one, two = (found.create(PROCESS, name, USER, BOT) for name in "ab")
    append(found, one, USER, 1, 2, 3)
    append(found, two, BOT, 1, 2)
    for channel, sender in ((one, USER), (two, BOT)):
        with pytest.raises(Refused, match="rate limit exceeded"):
            append(found, channel, sender, 9)
    await clock.advance(1)
    append(found, one, USER, 4, 5)
    with pytest.raises(Refused, match="rate limit exceeded"):
        append(found, one, USER, 6)
    await clock.advance(1000)
    append(found, one, USER, *range(6, 11))
    with pytest.raises(Refused, match="rate limit exceeded"):
        append(found, one, USER, 11)


def test_a_full_log_takes_no_more() -> None:
    found = channels(ManualClock(), channel_entries=2)
    channel = found.create(PROCESS, "a", USER, BOT)
    append(found, channel, USER, 1, 2)
    with pytest.raises(Refused, match="channel log is full") as refused:
        append(found, channel, USER, 3)
    assert refused.value.status == 500
    assert len(order(found, channel)) == 2


def test_a_payload_may_have_its_limit_and_not_a_byte_more() -> None:
    found = channels(ManualClock(), payload_bytes=4)
    channel = found.create(PROCESS, "a", USER, BOT)
    found.append(channel, USER, 1, 0, b"1234", "")
    with pytest.raises(Refused, match="message payload exceeds maximum size"):
        found.append(channel, USER, 2, 0, b"12345", "")


def test_the_first_channel_too_many_is_refused_at_first_use() -> None:
    found = channels(ManualClock(), channels=2)
    found.declare(PROCESS, ["a", "b", "b", "c"], USER)
    assert found.find(PROCESS, "b") is not None
    assert found.find(PROCESS, "c") is None
    with pytest.raises(Refused, match="process has too many channels"):
        found.create(PROCESS, "c", USER, BOT)


def test_a_deleted_process_leaves_no_rate_behind() -> None:
    found = channels(ManualClock(), append_burst=1)
    append(found, found.create(PROCESS, "a", USER, BOT), USER, 1)
    found.delete(PROCESS)
    append(found, found.create(PROCESS, "a", USER, BOT), USER, 1)


async def test_a_subscriber_takes_what_waits_after_the_channel_is_deleted() -> None:
    found = channels(ManualClock())
    channel = found.create(PROCESS, "a", USER, BOT)
    subscriber = found.subscribe(channel, USER)
    append(found, channel, BOT, 1)
    found.delete(PROCESS)
    await asyncio.wait_for(subscriber.wait(), 1)
    shape = subscriber.take()
    assert shape is not None and shape.sequence == 1
    assert subscriber.is_closed and subscriber.take() is None
    assert found.find(PROCESS, "a") is None


def test_a_subscriber_too_far_behind_is_told_last_and_cut_off() -> None:
    found = channels(ManualClock(), subscriber_entries=3)
    channel = found.create(PROCESS, "a", USER, BOT)
    subscriber = found.subscribe(channel, USER)
    append(found, channel, BOT, 1, 2, 3, 4)
    assert subscriber.is_closed and channel.subscribers == []
    taken = [subscriber.take() for _ in range(3)]
    assert [shape.sequence for shape in taken if shape] == [2, 3, 0]
    last = taken[-1]
    assert last is not None
    assert (last.error, last.payload, last.timestamp) == (TOO_SLOW, None, "0001-01-01T00:00:00Z")
    assert subscriber.take() is None


def test_a_restart_forgets_logs_and_rates() -> None:
    found = channels(ManualClock(), append_burst=1)
    channel = found.create(PROCESS, "a", USER, BOT)
    append(found, channel, USER, 1)
    found.forget_all()
    assert found.find(PROCESS, "a") is None
    append(found, found.create(PROCESS, "a", USER, BOT), USER, 1)
