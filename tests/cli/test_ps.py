"""``ps``: which processes, in which shape."""

from __future__ import annotations

import pytest

from colony_tui.client import ColonyClient
from colony_tui.client.processes import MAX_LISTED
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import Cli, chat, running


async def test_nothing_is_an_empty_list(cli: Cli) -> None:
    assert (await cli("ps", "--json")).out == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "No process of the colony is waiting or running."),
        (("--mine", "--state", "running"), "No process of mine is running."),
        (("--state", "failed", "--state", "success"), "No process of the colony has ended as failed or success."),
        (("--state", "failed", "--state", "running"), "No process of the colony is running or has ended as failed."),
        (("--all",), "No process of the colony is listed."),
        (("--all", "--mine"), "No process of mine is listed."),
    ],
)
async def test_nothing_is_a_note_that_says_of_what(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    ran = await cli("ps", *arguments)
    assert (ran.code, ran.out, ran.err) == (0, "", f"{words}\n")


async def test_a_state_that_is_named_twice_is_listed_once(cli: Cli, alice: ColonyClient) -> None:
    await alice.submit(chat())
    assert len((await cli("ps", "--json", "--state", "waiting", "--state", "waiting")).records) == 1


async def test_the_living_are_listed_by_name(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    taken = await running(alice, bot, "chat", "log")
    waits = await alice.submit(chat(executor_type="other"))
    ran = await cli("ps")
    head, *rows = [line.split() for line in ran.out.splitlines()]
    assert head == ["PROCESS", "STATE", "FUNCTION", "EXECUTOR", "INITIATOR", "AGE", "TIME", "CHANNELS"]
    assert [row[:5] for row in rows] == [
        [waits.id[:8], "waiting", "chat", "-", "alice"],
        [taken.id[:8], "running", "chat", "bot-1", "alice"],
    ]
    assert rows[1][-1] == "chat,log"


async def test_json_has_every_field(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await bot.fail(process.id, ["no\x7fgood"])
    ran = await cli("ps", "--json", "--state", "failed")
    (record,) = ran.records
    assert ran.out.isascii() and "\x7f" not in ran.out
    assert record | {"submitted": "", "started": "", "ended": ""} == {
        "process_id": process.id,
        "state": "failed",
        "function": "chat",
        "executor_type": "bot",
        "executor_id": bot.id,
        "executor_name": "bot-1",
        "initiator_id": alice.id,
        "initiator_name": "alice",
        "submitted": "",
        "started": "",
        "ended": "",
        "retries": 0,
        "label": "",
        "channels": ["chat"],
        "output": [],
        "errors": ["no\x7fgood"],
    }
    assert record["submitted"] < record["started"] < record["ended"]
    assert len(record["ended"]) == len("2025-01-01T00:00:00.123456789Z")


async def test_ended_ones_are_listed_when_asked_for(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await bot.close(process.id)
    cancelled = await alice.submit(chat())
    await alice.cancel(cancelled.id)
    assert (await cli("ps", "--json")).out == "[]\n"
    assert [record["process_id"] for record in (await cli("ps", "--all", "--json")).records] == [
        process.id,
        cancelled.id,
    ]


async def test_mine_goes_by_id(cli: Cli, alice: ColonyClient, bot: ColonyClient) -> None:
    await bot.submit(chat())
    mine = await alice.submit(chat())
    assert [record["process_id"] for record in (await cli("ps", "--mine", "--json")).records] == [mine.id]


async def test_the_newest_are_listed_though_the_server_leaves_them_out(
    cli: Cli, alice: ColonyClient, colony: EmbeddedColony
) -> None:
    for _ in range(MAX_LISTED + 1):
        newest = await alice.submit(chat())
    ran = await cli("ps", "--json")
    assert len(ran.records) == MAX_LISTED + 1
    assert ran.records[-1]["process_id"] == newest.id
    assert "the first 100 and those of the last hour" in ran.err


async def test_an_older_server_does_not_know_cancelled(cli: Cli, alice: ColonyClient) -> None:
    ran = await cli("ps", "--state", "cancelled", "--json")
    assert (ran.code, ran.out, ran.err) == (0, "[]\n", "")
