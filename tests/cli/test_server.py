"""``server``: the environment that it prints leads to it, in this terminal and in others."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest

from colony_tui.wire.keys import Identity, generate_private_key
from tests.cli.terminal import COMMAND, clean_environment

pytestmark = pytest.mark.e2e


async def start(*arguments: str, settings: dict[str, str] | None = None) -> Process:
    return await start_command("server", *arguments, settings=settings or {})


async def start_command(*arguments: str, settings: dict[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env=clean_environment(settings), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )


async def run(*arguments: str, settings: dict[str, str]) -> tuple[int | None, str, str]:
    program = await start_command(*arguments, settings=settings)
    out, err = await program.communicate()
    return program.returncode, out.decode(), err.decode()


def exported(text: str) -> dict[str, str]:
    """The variables of ``export`` lines whose values need no quotes."""
    pairs = [line.removeprefix("export ").split("=", 1) for line in text.splitlines()]
    return {name: value for name, value in pairs}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_is_printed_leads_to_it(number: signal.Signals) -> None:
    server = await start("--colony", "mine")
    assert server.stdout is not None and server.stderr is not None
    # The pipe ends while the server runs, so that a shell's $(…) can go on.
    settings = exported((await server.stdout.read()).decode())
    assert server.returncode is None
    assert settings["COLONIES_COLONY_NAME"] == "mine"
    assert settings["COLONIES_COLONY_ID"] == Identity(settings["COLONIES_COLONY_PRVKEY"]).id
    assert settings["COLONY_TUI_SERVER_PID"] == str(server.pid)
    code, out, _ = await run("whoami", settings=settings)
    assert (code, Identity(settings["COLONIES_PRVKEY"]).id in out, "member  yes" in out) == (0, True, True)
    server.send_signal(number)
    assert await server.wait() == 0
    assert b"Traceback" not in await server.stderr.read()
    assert (await run("ps", settings=settings))[0] == 3


async def test_bots_live_on_it_until_it_stops() -> None:
    server = await start("--bots", "--colony", "mine", "--host", "0.0.0.0")
    assert server.stdout is not None and server.stderr is not None
    settings = exported((await server.stdout.read()).decode())
    code, out, _ = await run("ps", "--json", "--mine", settings=settings)
    processes = {record["function"]: record["process_id"] for record in map(json.loads, out.splitlines())}
    assert code == 0 and {"chat", "long-task", "report"} <= processes.keys()
    following = await start_command("tail", "-f", processes["chat"], settings=settings)
    assert following.stdout is not None
    first = await following.stdout.readline()
    assert (await run("send", processes["chat"], "chat", "bye", settings=settings))[0] == 0
    rest, notes = await following.communicate()
    assert first.endswith(b": Hello\n") and b"Goodbye! Have a great day!" in rest
    assert (following.returncode, b"ended: success" in notes) == (0, True)
    server.terminate()
    assert await server.wait() == 0
    err = (await server.stderr.read()).decode()
    assert "The demo's bots are on it" in err and "Traceback" not in err


async def test_given_keys_are_kept_and_the_file_is_private(tmp_path: Path) -> None:
    names = ("COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_PRVKEY")
    keys = {name: generate_private_key() for name in names}
    path = tmp_path / "colony.env"
    path.write_text("old")
    path.chmod(0o644)
    server = await start("--env-file", str(path), settings=keys)
    assert server.stdout is not None
    printed = (await server.stdout.read()).decode()
    assert path.read_text() == printed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert exported(printed).items() >= keys.items()
    server.terminate()
    assert await server.wait() == 0
    assert os.listdir(tmp_path) == ["colony.env"]


async def test_a_shell_evaluates_it() -> None:
    script = """
        eval "$("$PYTHON" -m colony_tui server --colony "it's mine" &)"
        "$PYTHON" -m colony_tui whoami && kill "$COLONY_TUI_SERVER_PID"
    """
    shell = await asyncio.create_subprocess_exec(
        "sh", "-c", script, env=clean_environment({"PYTHON": COMMAND[0]}), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    out, err = await shell.communicate()
    assert (shell.returncode, "colony  it's mine" in out.decode()) == (0, True), err


async def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = await run("server", "--port", str(port), settings={})
    assert (code, out) == (1, "")
    assert err == f"colony-tui: 127.0.0.1:{port} is in use: choose another --port, or 0 for a free one\n"


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "words"),
    [
        ((), {"COLONIES_PRVKEY": "12"}, 2, "COLONIES_PRVKEY must be 64"),
        ((), {"COLONIES_PRVKEY": "1" * 64, "COLONIES_COLONY_PRVKEY": "1" * 64}, 2, "must be different keys"),
        (("--host", "192.0.2.1"), {}, 1, "Nothing can be served on 192.0.2.1"),
        (("--host", ""), {}, 2, "host from --host is empty"),
        (("--colony", "a\udcff"), {}, 2, "colony from --colony holds characters that cannot be printed"),
        (("--env-file", "/nowhere/at/all"), {}, 1, "cannot be written to /nowhere/at/all"),
    ],
)
async def test_what_cannot_be_is_said(
    arguments: tuple[str, ...], settings: dict[str, str], code: int, words: str
) -> None:
    found, out, err = await run("server", *arguments, settings=settings)
    assert (found, out, words in err, "Traceback" in err) == (code, "", True, False)
