"""The program in the README does what it says."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path

import pytest

from colony_tui.demo.colony import Demo
from tests.cli.terminal import COMMAND, clean_environment

ROOT = Path(__file__).parents[2]


SAID = ["Hello", "Hello! How can I help you?", "Goodbye", "Goodbye! Have a great day!", "success"]


async def run_example(settings: Mapping[str, str]) -> tuple[int | None, bytes, list[str]]:
    """The README's example word by word: exit code, errors, and what was said."""
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    environment = clean_environment(settings) | {"PYTHONPATH": str(ROOT)}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await running.communicate()
    said = [line.partition(" ")[2] for line in out.decode().splitlines()]
    return running.returncode, err, [line for line in said if line]


@pytest.mark.e2e
async def test_the_library_example_talks_to_the_chat_bot_and_ends() -> None:
    async with Demo(speed=0, is_seeded_history=False, strict=True) as demo:
        await demo.wait_until_open()
        ran = await run_example(
            {
                "COLONIES_SERVER_HOST": demo.address.host,
                "COLONIES_SERVER_PORT": str(demo.address.port),
                "COLONIES_COLONY_NAME": demo.colony,
                "COLONIES_PRVKEY": demo.private_key,
            }
        )
        demo.server.check()
    assert ran == (0, b"", SAID)


@pytest.mark.e2e
async def test_the_example_runs_against_the_server_that_the_readme_starts(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "colony-tui server --bots --env-file colony.env" in readme
    server = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("server", "--bots", "--env-file", "colony.env"),
        cwd=tmp_path,
        env=clean_environment({}) | {"PYTHONPATH": str(ROOT)},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert server.stdout is not None and server.stderr is not None
    printed = (await server.stdout.read()).decode()
    assert (tmp_path / "colony.env").read_text() == printed
    settings = dict(line.removeprefix("export ").split("=", 1) for line in printed.splitlines())
    assert await run_example(settings) == (0, b"", SAID)
    server.terminate()
    assert (await server.wait(), b"Traceback" in await server.stderr.read()) == (0, False)
