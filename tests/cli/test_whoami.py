"""``whoami``: users, executors, the owner and strangers."""

from __future__ import annotations

from typing import Any

import pytest

from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.model import Colony
from colony_tui.server import EmbeddedColony
from colony_tui.wire.keys import Identity, generate_private_key
from tests.cli.conftest import Cli


async def test_a_user(cli: Cli, colony: EmbeddedColony) -> None:
    ran = await cli("whoami")
    assert ran.code == 0
    assert [line.split(maxsplit=1) for line in ran.out.splitlines()] == [
        ["id", colony.user_id],
        ["name", "alice"],
        ["kind", "user"],
        ["colony", "dev"],
        ["server", f"127.0.0.1:{colony.port} (not encrypted, loopback)"],
        ["member", "yes"],
    ]
    assert ran.err == ""


@pytest.mark.parametrize("who", ["user", "executor", "server owner", "stranger"])
async def test_a_colony_that_is_not_there(
    cli: Cli, colony: EmbeddedColony, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    keys = {"user": colony.user_key, "server owner": colony.server_key, "stranger": generate_private_key()}
    monkeypatch.setenv("COLONIES_PRVKEY", keys.get(who) or colony.add_executor("bot-1", "bot"))
    ran = await cli("--colony", "other", "whoami")
    assert (ran.code, "member  no" in ran.out) == (1, True)
    assert ran.err.startswith("The server has no colony other: check the name")
    (record,) = (await cli("--colony", "other", "whoami", "--json")).records
    assert (record["is_member"], record["has_colony"]) == (False, False)


async def test_an_executor_of_another_colony(cli: Cli, colony: EmbeddedColony, monkeypatch: pytest.MonkeyPatch) -> None:
    address = ServerAddress(colony.host, colony.port, tls=False)
    async with ColonyClient.connect(address, colony.server_key, colony.colony) as owner:
        await owner.add_colony(Colony(id=Identity(generate_private_key()).id, name="other"))
    monkeypatch.setenv("COLONIES_PRVKEY", colony.add_executor("bot-1", "bot"))
    ran = await cli("--colony", "other", "whoami")
    assert (ran.code, "member  no" in ran.out) == (1, True)
    assert ran.err == "This executor is one of colony dev.\n"


@pytest.mark.parametrize(
    ("who", "expected", "words"),
    [
        ("executor", {"kind": "executor", "is_member": True, "name": "bot-1", "executor_type": "bot"}, "10 minutes"),
        ("server owner", {"kind": "server owner", "is_member": False, "name": None}, "administrates"),
        ("owner", {"kind": "unknown", "is_member": False, "name": None}, "no member either"),
        ("stranger", {"kind": "unknown", "is_member": False, "name": None}, "neither as a user nor"),
    ],
)
async def test_others(
    cli: Cli,
    colony: EmbeddedColony,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    expected: dict[str, Any],
    words: str,
) -> None:
    keys = {
        "server owner": colony.server_key,
        "owner": colony.colony_key,
        "stranger": generate_private_key(),
    }
    key = keys.get(who) or colony.add_executor("bot-1", "bot")
    monkeypatch.setenv("COLONIES_PRVKEY", key)
    ran = await cli("whoami", "--json")
    (record,) = ran.records
    assert ran.code == (0 if expected["is_member"] else 1)
    assert record["id"] == Identity(key).id
    assert record | expected == record
    assert words in (await cli("whoami")).err
