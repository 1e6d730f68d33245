"""Commands run in this process against an embedded colony, with two parties to act beside them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from colony_tui.cli.main import run
from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.model import FunctionSpec, Process
from colony_tui.server import EmbeddedColony
from tests.colony import colony as colony

EXECUTOR_TYPE = "bot"


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Coroutine[Any, Any, Ran]]


async def in_thread(work: Callable[[], int]) -> int:
    """The result of ``work``; a test that fails meanwhile does not wait for its end."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[int] = loop.create_future()

    def tell(code: int, error: BaseException | None) -> None:
        if not result.done():
            result.set_result(code) if error is None else result.set_exception(error)

    def call() -> None:
        code, problem = 0, None
        try:
            code = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            problem = error
        with suppress(RuntimeError):  # The loop of a test that failed is closed.
            loop.call_soon_threadsafe(tell, code, problem)

    Thread(target=call, daemon=True).start()
    return await result


def variables(colony: EmbeddedColony, private_key: str) -> dict[str, str]:
    """The environment of somebody who uses the colony."""
    return {
        "COLONIES_SERVER_HOST": colony.host,
        "COLONIES_SERVER_PORT": str(colony.port),
        "COLONIES_TLS": "false",
        "COLONIES_COLONY_NAME": colony.colony,
        "COLONIES_PRVKEY": private_key,
    }


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without any settings; the folder in which profiles are looked for."""
    for name in [name for name in os.environ if name.startswith(("COLONIES_", "COLONY_TUI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "colony-tui"
    folder.mkdir()
    return folder


@pytest.fixture
def cli(colony: EmbeddedColony, bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command as alice, in a thread with an event loop of its own."""
    for name, value in variables(colony, colony.user_key).items():
        monkeypatch.setenv(name, value)

    async def run_command(*arguments: str) -> Ran:
        code = await in_thread(lambda: run(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run_command


@pytest.fixture
async def alice(colony: EmbeddedColony) -> AsyncIterator[ColonyClient]:
    """The submitter."""
    address = ServerAddress(colony.host, colony.port, tls=False)
    async with ColonyClient.connect(address, colony.user_key, colony.colony) as client:
        yield client


@pytest.fixture
async def bot(colony: EmbeddedColony) -> AsyncIterator[ColonyClient]:
    """An approved executor."""
    address = ServerAddress(colony.host, colony.port, tls=False)
    key = colony.add_executor("bot-1", EXECUTOR_TYPE)
    async with ColonyClient.connect(address, key, colony.colony) as client:
        yield client


def chat(*channels: str, function: str = "chat", executor_type: str = EXECUTOR_TYPE) -> FunctionSpec:
    """A process with channels."""
    return FunctionSpec(function=function, executor_type=executor_type, channels=channels or ("chat",))


async def running(alice: ColonyClient, bot: ColonyClient, *channels: str) -> Process:
    """A process of alice's that the bot has taken."""
    submitted = await alice.submit(chat(*channels))
    process = await bot.assign(10)
    assert process.id == submitted.id
    return process
