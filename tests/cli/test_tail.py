"""``tail``: what is there, what comes, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from colony_tui.archive import Archive
from colony_tui.cli import find
from colony_tui.client import ColonyClient
from colony_tui.errors import ConnectError
from colony_tui.model import ChannelEntry, FunctionSpec, NoteKind, Process, User
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import Cli, Ran, chat, running
from tests.colony import until

End = Callable[[ColonyClient, str], Coroutine[Any, Any, None]]


async def fail(bot: ColonyClient, process_id: str) -> None:
    await bot.fail(process_id, ["out of \x1b[31mmemory"])


async def close(bot: ColonyClient, process_id: str) -> None:
    await bot.close(process_id, ["done"])


async def cancel(bot: ColonyClient, process_id: str) -> None:
    await bot.cancel(process_id)


async def insist(call: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A call over a connection that may have been cut before."""
    try:
        await call()
    except ConnectError:
        await call()


async def test_what_is_there_is_printed_in_order(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await alice.append(process.id, "chat", 1, "Hello")
    await bot.append(process.id, "chat", 2, "one\ntwo", in_reply_to=1)
    await bot.append(process.id, "chat", 4, "", in_reply_to=1, type="end")
    ran = await cli("tail", process.id[:6])
    assert ran.code == 0
    assert [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in ran.out.splitlines()] == [
        "alice 1: Hello",
        "bot-1 2 re 1: one",
        "    two",
        "bot-1 4 re 1 (end):",
    ]


async def test_where_there_is_nothing_it_is_said_why(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await alice.submit(chat("chat"))
    ran = await cli("tail", process.id)
    assert (ran.code, ran.out) == (0, "")
    assert f"{process.id[:8]} waits for an executor of type bot" in ran.err
    await bot.assign(5)
    ran = await cli("tail", process.id, "--json")
    assert (ran.code, ran.out, ran.err) == (0, "[]\n", "Nothing was said on chat yet.\n")


async def test_following_what_waits_says_so(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await alice.submit(chat("chat"))
    following = asyncio.create_task(cli("tail", "-f", process.id))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await bot.assign(5)
    await bot.append(process.id, "chat", 2, "here I am")
    await bot.close(process.id)
    ran = await following
    assert ran.code == 0 and "here I am" in ran.out
    assert f"{process.id[:8]} waits for an executor of type bot" in ran.err


async def test_json_is_an_object_a_line(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    assert (await cli("tail", process.id, "chat", "--json")).out == "[]\n"
    await alice.append(process.id, "chat", 1, "å\u202e\x1b\x7f")
    await bot.append(process.id, "chat", 2, b"\xff\x00", in_reply_to=1, type="error")
    ran = await cli("tail", process.id, "chat", "--json")
    assert ran.out.isascii() and ran.out.replace("\n", "").isprintable()
    (first, second), entries = ran.records, await alice.read_channel(process.id, "chat")
    assert first.pop("timestamp").replace("Z", "")[-9:] == f"{entries[0].timestamp_ns:09d}"[-9:]
    assert list(first) == ["process_id", "channel", "sequence", "in_reply_to", "sender_id", "type", "payload"]
    assert list(first.values()) == [process.id, "chat", 1, None, alice.id, "data", "å\u202e\x1b\x7f"]
    assert (second["in_reply_to"], second["type"], second["payload_base64"]) == (1, "error", "/wA=")
    assert "payload" not in second


@pytest.mark.parametrize(
    ("end", "code", "word"), [(close, 0, "success"), (fail, 4, "failed"), (cancel, 5, "cancelled")]
)
async def test_following_ends_with_the_process(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient, end: End, code: int, word: str
) -> None:
    process = await running(alice, bot)
    await bot.append(process.id, "chat", 2, "early")
    following = asyncio.create_task(cli("tail", "-f", process.id))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await bot.append(process.id, "chat", 4, "late")
    await end(bot, process.id)
    ran = await following
    assert ran.code == code
    assert [line.split(": ")[1] for line in ran.out.splitlines()] == ["early", "late"]
    assert f"ended: {word} after" in ran.err
    if word == "failed":
        assert "out of ␛[31mmemory" in ran.err


async def test_a_lost_link_is_told_and_nothing_is_lost(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await running(alice, bot)
    await bot.append(process.id, "chat", 2, "early")
    following = asyncio.create_task(cli("tail", "-f", process.id))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    colony.drop_connections()
    await insist(lambda: bot.append(process.id, "chat", 4, "meanwhile"))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await bot.close(process.id)
    ran = await following
    assert [line.split(": ")[1] for line in ran.out.splitlines()] == ["early", "meanwhile"]
    assert "Link lost, trying again: " in ran.err and "Link restored.\n" in ran.err


async def test_a_restarted_server_is_told(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await running(alice, bot)
    await bot.append(process.id, "chat", 2, "early")
    following = asyncio.create_task(cli("tail", "-f", process.id))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await colony.restart()
    await insist(lambda: bot.append(process.id, "chat", 4, "one"))
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await bot.append(process.id, "chat", 6, "two")
    await until(lambda: colony.counts["channelreadmsg"] >= 2)
    await bot.close(process.id)
    ran = await following
    assert [line.split(": ")[1] for line in ran.out.splitlines()] == ["early", "one", "two"]
    assert "lost its log of 1 entries" in ran.err


async def finished(alice: ColonyClient, bot: ColonyClient, end: End) -> str:
    process = await running(alice, bot)
    await end(bot, process.id)
    return process.id


@pytest.mark.parametrize(("end", "once", "follow"), [(close, 1, 0), (fail, 4, 4), (cancel, 5, 5)])
async def test_channels_of_ended_processes_are_left_alone(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient, end: End, once: int, follow: int
) -> None:
    process_id = await finished(alice, bot, end)
    for arguments, code in ((("tail", process_id), once), (("tail", "-f", process_id), follow)):
        ran: Ran = await cli(*arguments)
        assert (ran.code, ran.out) == (code, "")
        assert "keeps no channels of ended processes" in ran.err
    assert colony.counts["channelreadmsg"] == colony.counts["handshakes"] == 0


async def test_a_bystander_is_told_before_the_server_is_asked(
    cli: Cli, colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await running(alice, bot)
    monkeypatch.setenv("COLONIES_PRVKEY", colony.add_user("bystander"))
    ran = await cli("tail", process.id)
    assert ran.code == 1
    assert "Only the submitter and the assigned executor" in ran.err
    assert colony.counts["channelreadmsg"] == 0


async def test_channels_are_named_where_one_must_be_chosen(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    several = await running(alice, bot, "out", "log", "sync")
    ran = await cli("tail", several.id)
    assert (ran.code, "declared are: out, log, sync" in ran.err) == (2, True)
    ran = await cli("tail", several.id, "nope")
    assert (ran.code, "has no channel 'nope'" in ran.err) == (2, True)
    one = await running(alice, bot, "out", "sync")
    assert (await cli("tail", one.id)).code == 0


async def test_a_process_without_channels_is_said_to_have_none(cli: Cli, alice: ColonyClient) -> None:
    process = await alice.submit(FunctionSpec(function="work", executor_type="bot"))
    ran = await cli("tail", process.id)
    assert (ran.code, ran.err) == (2, f"colony-tui: Process {process.id[:8]} declares no channels\n")
    ran = await cli("tail", process.id, "chat")
    assert (ran.code, "has no channel 'chat'; it declares none" in ran.err) == (2, True)


async def test_ids_may_be_short_where_they_are_unambiguous(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    ids = [(await alice.submit(chat())).id for _ in range(17)]
    shared = next(first for first in "0123456789abcdef" if sum(one.startswith(first) for one in ids) > 1)
    ran = await cli("tail", shared)
    assert (ran.code, "give more of it" in ran.err) == (2, True)
    assert (await cli("tail", ids[0][:16].upper())).code == 0
    assert (await cli("tail", "0" * 63)).code == 1
    assert (await cli("tail", "0" * 64)).code == 1
    assert (await cli("tail", "xyz")).code == 2
    assert (await cli("tail", "0" * 65)).code == 2


# What was recorded


async def recorded(bare: Path, process: Process, *payloads: str, notes: tuple[NoteKind, ...] = ()) -> Path:
    """An archive where the app keeps it, with what the bot said on ``chat``."""
    path = bare.parent / "data" / "colony-tui" / "archive.db"
    async with Archive(path) as archive:
        archive.record_process(process)
        archive.record_names([User("e" * 64, "eve", "dev")])
        entries = [
            ChannelEntry(2 * at, None, (process.started_ns or 0) + at, sender, payload.encode())
            for at, (sender, payload) in enumerate(zip(cycle([process.executor_id, "e" * 64]), payloads), 1)
        ]
        archive.record_entries(process, "chat", entries)
        for kind in notes:
            archive.record_note(process, "chat", kind, 0, len(entries))
    return path


@pytest.mark.parametrize(("end", "code"), [(close, 0), (fail, 4), (cancel, 5)])
@pytest.mark.parametrize("flag", [(), ("-f",)])
async def test_of_an_ended_process_what_was_recorded_is_printed(
    cli: Cli,
    colony: EmbeddedColony,
    alice: ColonyClient,
    bot: ColonyClient,
    bare: Path,
    end: End,
    code: int,
    flag: tuple[str, ...],
) -> None:
    process = await running(alice, bot)
    await recorded(bare, process, "one", "two", notes=(NoteKind.COMPLETE,))
    await end(bot, process.id)
    ran = await cli("tail", *flag, process.id[:8])
    assert ran.code == code
    assert [line.split(" ", 1)[1] for line in ran.out.splitlines()] == ["bot-1 2: one", "eve 4: two"]
    assert "From the record: 2 of 2.\n" in ran.err and " ended: " in ran.err
    ran = await cli("tail", *flag, process.id, "--json")
    assert [record["payload"] for record in ran.records] == ["one", "two"]
    assert colony.counts["channelreadmsg"] == 0


async def test_a_record_elsewhere_is_read_where_that_is_said(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, bare: Path, tmp_path: Path
) -> None:
    process = await running(alice, bot)
    await recorded(bare, process, "one")
    await bot.close(process.id)
    there = tmp_path / "elsewhere.db"
    ran = await cli("tail", process.id, "--archive", str(there))
    assert (ran.code, ran.err.count(f"Note: There is no record in {there}.\n")) == (1, 1)
    (bare.parent / "data" / "colony-tui" / "archive.db").rename(there)
    for arguments in (("tail", process.id, "--archive", str(there)), ("--archive", str(there), "tail", process.id)):
        ran = await cli(*arguments)
        assert (ran.code, ran.out.endswith(" bot-1 2: one\n")) == (0, True)
    ran = await cli("--archive", str(there), "tail", process.id, "--no-archive")
    assert (ran.code, "contradict" in ran.err) == (2, True)
    there.rename(bare.parent / "data" / "colony-tui" / "archive.db")
    ran = await cli("tail", process.id, "--no-archive")
    assert (ran.code, ran.out, "keeps no channels" in ran.err) == (1, "", True)


@pytest.mark.parametrize(("flag", "code"), [((), 0), (("-f",), 1)])
async def test_of_a_removed_process_what_was_recorded_is_printed(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, bare: Path, flag: tuple[str, ...], code: int
) -> None:
    process = await running(alice, bot)
    await recorded(bare, process, "one")
    await bot.close(process.id)
    await alice.remove_process(process.id)
    for text in (process.id, process.id[:10].upper()):
        ran = await cli("tail", *flag, text)
        assert (ran.code, ran.out.endswith(" bot-1 2: one\n")) == (code, True)
        assert (
            ran.err
            == f"The server has no process {process.id[:8]} any more.\nFrom the record: 1 recorded, the end not seen.\n"
        )
    nothing = await cli("tail", *flag, process.id, "log")
    assert (nothing.code, "has no channel 'log'" in nothing.err) == (2, True)


async def test_what_was_not_recorded_is_told_as_without_a_record(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, bare: Path
) -> None:
    process = await running(alice, bot, "chat", "log")
    await recorded(bare, process, "one")
    await bot.close(process.id)
    ran = await cli("tail", process.id, "log")
    assert (ran.code, ran.out, "keeps no channels of ended processes" in ran.err) == (1, "", True)
    await alice.remove_process(process.id)
    ran = await cli("tail", process.id, "log")
    assert (ran.code, ran.err) == (1, f"colony-tui: The server has no process {process.id}\n")


async def test_a_short_id_that_is_listed_no_more_is_found_by_the_record(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await running(alice, bot)
    await recorded(bare, process, "one")
    await bot.close(process.id)
    monkeypatch.setattr(find, "_CLOSED", ())
    ran = await cli("tail", process.id[:8])
    assert (ran.code, "ended: success" in ran.err, "no process" in ran.err) == (0, True, False)
    other = msgspec.structs.replace(process, id=process.id[:10] + "f" * 54)
    await recorded(bare, other, "two")
    ran = await cli("tail", process.id[:8])
    assert (ran.code, "is the beginning of 2 process ids" in ran.err) == (2, True)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
async def test_a_record_that_is_broken_changes_nothing(
    cli: Cli, alice: ColonyClient, bot: ColonyClient, bare: Path, content: bytes
) -> None:
    process = await running(alice, bot)
    await bot.fail(process.id, [])
    path = bare.parent / "data" / "colony-tui" / "archive.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    ran = await cli("tail", process.id)
    assert (ran.code, ran.out) == (4, "")
    assert f"Note: The archive {path}" in ran.err and "keeps no channels of ended processes" in ran.err
    assert path.read_bytes() == content and os.listdir(path.parent) == ["archive.db"]
    (bare / "config.toml").write_text("[profiles.default]\narchive = false\n")
    assert "Note" not in (await cli("tail", process.id)).err
