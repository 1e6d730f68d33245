"""``send``: sequences, delivery, and what is refused before anything is sent."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from pathlib import Path

import pytest

from colony_tui.client import ColonyClient
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import Cli, chat, running
from tests.colony import until


async def test_a_line_is_seen_before_the_command_ends(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    ran = await cli("send", process.id[:8], "chat", "Hello")
    assert (ran.code, ran.out, ran.err) == (0, "", "Seen in the log as entry 1.\n")
    (entry,) = await bot.read_channel(process.id, "chat")
    assert (entry.payload, entry.sequence, entry.in_reply_to) == (b"Hello", 1, None)


async def test_sequences_are_odd_and_above_all_seen(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await alice.append(process.id, "chat", 7, "mine")
    await bot.append(process.id, "chat", 12, "bot's")
    ran = await cli("send", process.id, "chat", "next", "--reply-to", "12", "--json")
    (record,) = ran.records
    assert (record["sequence"], record["in_reply_to"], record["payload"]) == (13, 12, "next")


async def test_what_answers_no_entry_of_the_other_party_is_sent_with_a_note(
    cli: Cli, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await running(alice, bot)
    await alice.append(process.id, "chat", 1, "mine")
    await bot.append(process.id, "chat", 2, "bot's")
    for sequence, is_noted in (("1", True), ("2", False), ("999", True), ("0", False)):
        ran = await cli("send", process.id, "chat", "so", "--reply-to", sequence)
        assert ran.code == 0
        assert (f"No entry {sequence} of the other party is known" in ran.err) is is_noted
    entries = await bot.read_channel(process.id, "chat")
    assert [entry.in_reply_to for entry in entries if entry.payload == b"so"] == [1, 2, 999, None]
    assert (await cli("send", process.id, "chat", "so", "--reply-to", str(2**63))).code == 2


async def test_where_both_speak_with_one_key_an_own_entry_may_be_answered(
    cli: Cli, colony: EmbeddedColony, bot: ColonyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONIES_PRVKEY", colony.add_executor("bot-2", "own"))
    async with ColonyClient.connect(bot.transport.address, os.environ["COLONIES_PRVKEY"], colony.colony) as own:
        process = await own.submit(chat(executor_type="own"))
        await own.assign(5)
        await own.append(process.id, "chat", 1, "Hello")
    ran = await cli("send", process.id, "chat", "Hi", "--reply-to", "1")
    assert (ran.code, "No entry" in ran.err) == (0, False)


async def test_the_executor_sends_even_ones(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = colony.add_executor("bot-2", "own")
    monkeypatch.setenv("COLONIES_PRVKEY", key)
    process = await alice.submit(chat(executor_type="own"))
    async with ColonyClient.connect(alice.transport.address, key, colony.colony) as own:
        await own.assign(5)
    await alice.append(process.id, "chat", 1, "Hello")
    assert (await cli("send", process.id, "chat", "Hi", "--json")).records[0]["sequence"] == 2


async def test_standard_input_is_sent_without_its_last_line_break(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await running(alice, bot)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\xff\n\n")))
    assert (await cli("send", process.id, "chat", "-")).code == 0
    (entry,) = await bot.read_channel(process.id, "chat")
    assert entry.payload == b"one\ntwo\xff\n"


async def test_bytes_of_an_argument_that_are_no_text_are_sent_as_they_are(
    cli: Cli, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await running(alice, bot)
    assert (await cli("send", process.id, "chat", os.fsdecode(b"a\xff"))).code == 0
    (entry,) = await bot.read_channel(process.id, "chat")
    assert entry.payload == b"a\xff"
    ran = await cli("send", process.id, os.fsdecode(b"chat\xff"), "text")
    assert (ran.code, r"has no channel 'chat\udcff'" in ran.err) == (2, True)


async def test_a_waiting_process_is_waited_for(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await alice.submit(chat())
    sending = asyncio.create_task(cli("send", process.id, "chat", "Hello"))
    await until(lambda: colony.counts["subscribe_frames"] == 1)
    assert not await alice.read_channel(process.id, "chat")
    await bot.assign(5)
    ran = await sending
    assert ran.code == 0
    assert "waits for an executor" in ran.err
    assert len(await alice.read_channel(process.id, "chat")) == 1


async def test_a_process_that_has_ended_tells_by_the_code(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await bot.fail(process.id, [])
    ran = await cli("send", process.id, "chat", "Hello")
    assert (ran.code, "ended as failed" in ran.err) == (4, True)
    waiting = await alice.submit(chat())
    await alice.cancel(waiting.id)
    assert (await cli("send", waiting.id, "chat", "Hello")).code == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("send", "ab", "chat", ""), "the text is empty"),
        (("send", "ab", "chat"), "Missing argument 'TEXT'"),
        (("--read-only", "send", "ab", "chat", "x"), "--read-only"),
    ],
)
async def test_what_makes_no_sense_is_not_tried(
    cli: Cli, colony: EmbeddedColony, arguments: tuple[str, ...], words: str
) -> None:
    ran = await cli(*arguments)
    assert (ran.code, words in ran.err) == (2, True)
    assert colony.counts["requests"] == 0


async def test_text_may_begin_with_a_dash(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    assert (await cli("send", process.id, "chat", "-v is a flag")).code == 0
    assert (await cli("send", process.id, "chat", "--", "--json")).code == 0
    assert [entry.payload for entry in await bot.read_channel(process.id, "chat")] == [b"-v is a flag", b"--json"]


async def test_a_read_only_profile_sends_nothing(cli: Cli, colony: EmbeddedColony, bare: Path) -> None:
    (bare / "config.toml").write_text("[profiles.default]\nread_only = true\n")
    ran = await cli("send", "ab", "chat", "x")
    assert (ran.code, "read-only" in ran.err) == (2, True)
    assert colony.counts["requests"] == 0
