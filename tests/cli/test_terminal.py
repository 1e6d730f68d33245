"""The whole program in a terminal: nothing hostile reaches it, and it ends as it should."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Mapping

import pytest

from colony_tui.client import ColonyClient
from colony_tui.model import FunctionSpec
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import EXECUTOR_TYPE, chat, running, variables
from tests.cli.terminal import COMMAND, Shown, clean_environment, run_in_terminal
from tests.colony import until
from tests.text.corpus import HOSTILE, offence

pytestmark = pytest.mark.e2e

OWN_COLORS = re.compile(r"\x1b\[[0-9;]*m")
"""The only control sequences that the package writes (colony_tui.text.printing)."""
LIST_LIMIT = 60
"""Processes that one list of hostile names is spread over."""


def harmless(written: bytes) -> None:
    """Fails when something in a terminal's input is not ours to write."""
    text = OWN_COLORS.sub("", written.decode("utf-8").replace("\r\n", "\n"))
    assert offence(text) is None, offence(text)


async def in_terminal(arguments: tuple[str, ...], settings: Mapping[str, str]) -> Shown:
    return await asyncio.to_thread(run_in_terminal, arguments, settings)


def named(payload: bytes) -> str:
    """A hostile payload as a name: text that JSON can carry."""
    return payload[:200].decode("utf-8", "replace")


async def test_no_payload_reaches_the_terminal(colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    for number, payload in enumerate(HOSTILE.values(), 1):
        kind = named(payload)[:40] if number % 5 == 0 else "data"
        await alice.append(process.id, "chat", 2 * number - 1, payload, type=kind or "data")
    settings = variables(colony, colony.user_key)
    shown = await in_terminal(("tail", process.id), settings)
    assert shown.code == 0
    assert shown.written.count(b"alice ") >= len(HOSTILE)
    harmless(shown.written)
    as_json = await in_terminal(("tail", process.id, "--json"), settings)
    assert as_json.code == 0
    assert as_json.written.replace(b"\r\n", b"").decode("ascii").isprintable()


async def test_no_name_or_error_reaches_the_terminal(
    colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    names = [named(payload) for payload in HOSTILE.values()]
    address = alice.transport.address
    for number, name in enumerate(names[:LIST_LIMIT]):
        key = colony.add_user(f"{name}{number}")
        async with ColonyClient.connect(address, key, colony.colony) as user:
            spec = FunctionSpec(function=name, executor_type=EXECUTOR_TYPE, channels=(name[:50] or "c",))
            await user.submit(spec)
            taken = await bot.assign(5)
            await bot.fail(taken.id, [name])
    async with ColonyClient.connect(address, colony.add_executor(names[0] + "e", "odd"), colony.colony) as odd:
        await alice.submit(chat(executor_type="odd"))
        await odd.assign(5)
    settings = variables(colony, colony.user_key)
    for arguments in (("ps", "--all"), ("ps", "--all", "--json"), ("tail", "-f", taken.id)):
        shown = await in_terminal(arguments, settings)
        assert shown.code == (4 if "tail" in arguments else 0), shown.written
        harmless(shown.written)


async def test_what_somebody_else_says_as_a_server_is_harmless() -> None:
    """An HTTP server that is no colony, and says so with control sequences."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: \x1b]0;pwned\x07\x1b[2J\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = str(server.sockets[0].getsockname()[1])
        settings = {
            "COLONIES_SERVER_HOST": "127.0.0.1",
            "COLONIES_SERVER_PORT": port,
            "COLONIES_TLS": "false",
            "COLONIES_COLONY_NAME": "dev",
            "COLONIES_PRVKEY": "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05",
        }
        shown = await in_terminal(("ps",), settings)
    assert shown.code in (1, 3)
    harmless(shown.written)


async def test_ctrl_c_ends_with_130(colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    await alice.append(process.id, "chat", 1, "Hello")

    def interrupt(written: bytes, program: subprocess.Popen[bytes], terminal: int) -> None:
        if written.endswith(b"Hello\r\n"):
            program.send_signal(signal.SIGINT)

    shown = await asyncio.to_thread(
        run_in_terminal, ("tail", "-f", process.id), variables(colony, colony.user_key), on_output=interrupt
    )
    assert shown.code == 130
    assert b"Traceback" not in shown.written


async def test_a_reader_that_has_enough_is_no_error(
    colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient
) -> None:
    process = await running(alice, bot)
    await alice.append(process.id, "chat", 1, "first")
    program = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("tail", "-f", process.id),
        env=clean_environment(variables(colony, colony.user_key)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None and program.stderr is not None
    assert b"first" in await program.stdout.readline()
    program.stdout._transport.close()  # type: ignore[attr-defined]  # nothing public closes the reading end
    await until(lambda: colony.subscribers(process.id, "chat") == 1)
    await alice.append(process.id, "chat", 3, "second")
    assert await program.wait() == 0
    assert await program.stderr.read() == b""


async def test_the_app_needs_a_terminal(colony: EmbeddedColony) -> None:
    for arguments in (("demo",), ()):
        program = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            env=clean_environment(variables(colony, colony.user_key)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await program.communicate()
        assert (program.returncode, out) == (2, b"")
        assert b"needs a terminal" in err


async def test_a_key_can_be_typed(colony: EmbeddedColony) -> None:
    settings = variables(colony, colony.user_key)
    key = settings.pop("COLONIES_PRVKEY")
    is_typed = False

    def answer(written: bytes, program: subprocess.Popen[bytes], terminal: int) -> None:
        nonlocal is_typed
        if b"Private key" in written and not is_typed:
            is_typed = True
            os.write(terminal, f"{key}\n".encode())

    shown = await asyncio.to_thread(run_in_terminal, ("whoami",), settings, on_output=answer)
    assert shown.code == 0
    assert colony.user_id.encode() in shown.written
    assert key.encode() not in shown.written
