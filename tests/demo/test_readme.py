"""The program in the README does what it says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from colony_tui.demo.colony import Demo

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
async def test_the_library_example_talks_to_the_chat_bot_and_ends() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    async with Demo(speed=0, is_seeded_history=False, strict=True) as demo:
        await demo.wait_until_open()
        here = program.replace('"localhost", 50080', f'"{demo.address.host}", {demo.address.port}')
        assert here != program
        settings = os.environ | {"COLONIES_PRVKEY": demo.private_key, "PYTHONPATH": str(ROOT)}
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-c", here, env=settings, stdout=PIPE, stderr=PIPE
        )
        out, err = await running.communicate()
        demo.server.check()
    assert (running.returncode, err) == (0, b"")
    said = [line.partition(" ")[2] for line in out.decode().splitlines()]
    assert [line for line in said if line] == [
        "Hello",
        "Hello! How can I help you?",
        "Goodbye",
        "Goodbye! Have a great day!",
        "success",
    ]
