"""The whole program with its files: what a kill leaves, what the demo leaves, and what is no archive."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import pytest

from colony_tui.archive import ArchiveReader
from colony_tui.client import ColonyClient
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import Cli, running, variables
from tests.cli.terminal import run_in_terminal
from tests.colony import until

SCREEN = {"COLUMNS": "120", "LINES": "40"}


class Typist:
    """Types what is to be typed once words stand on the screen, each in its turn; called with every output."""

    def __init__(self, *turns: tuple[bytes, bytes]) -> None:
        self._turns = list(turns)
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, written: bytes, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        while self._turns and self._turns[0][0] in written:
            os.write(terminal, self._turns.pop(0)[1])

    @property
    def is_done(self) -> bool:
        return not self._turns


def drafts(desk: Path) -> list[str]:
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"{desk.as_uri()}?mode=ro", uri=True)) as file:
        return [text for (text,) in file.execute("SELECT text FROM drafts")]
    return []


def left_in(folder: Path) -> list[str]:
    return os.listdir(folder)


@pytest.mark.e2e
async def test_what_was_typed_and_seen_survives_a_kill(
    colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient, tmp_path: Path
) -> None:
    process = await running(alice, bot)
    await bot.append(process.id, "chat", 2, b"seen before the kill")
    settings = variables(colony, colony.user_key) | SCREEN | {"XDG_DATA_HOME": str(tmp_path)}
    folder = tmp_path / "colony-tui"
    typist = Typist((b"seen before the kill", b"i"), (b"Enter sends", b"half a thought"))
    first = asyncio.create_task(
        asyncio.to_thread(run_in_terminal, (process.id[:12], "chat"), settings, on_output=typist)
    )
    await until(lambda: drafts(folder / "desk.db") == ["half a thought"])
    assert typist.process is not None
    typist.process.kill()
    assert (await first).code == -9
    with ArchiveReader(folder / "archive.db") as reader:
        assert [entry.payload for entry in reader.transcript(process.id, "chat").entries] == [b"seen before the kill"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    again = await asyncio.to_thread(
        run_in_terminal, (), settings, on_output=Typist((b"half a thought", b"\x03"), (b"Ctrl+C again", b"\x03"))
    )
    assert again.code == 0
    assert drafts(folder / "desk.db") == ["half a thought"]


@pytest.mark.e2e
async def test_the_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, data = tmp_path / "temporary", tmp_path / "data"
    folder.mkdir()
    settings = SCREEN | {"TMPDIR": str(folder), "XDG_DATA_HOME": str(data)}
    turns = Typist((b"chatbot", b"q"))

    def quit_once_it_records(written: bytes, process: subprocess.Popen[bytes], terminal: int) -> None:
        if len(list(folder.rglob("*.db"))) == 2:
            turns(written, process, terminal)

    shown = await asyncio.to_thread(run_in_terminal, ("demo",), settings, on_output=quit_once_it_records)
    assert shown.code == 0 and turns.is_done
    assert left_in(folder) == [] and not data.exists()


@pytest.mark.e2e
async def test_a_demo_whose_terminal_goes_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = SCREEN | {"TMPDIR": str(tmp_path)}

    def hang_up(written: bytes, process: subprocess.Popen[bytes], terminal: int) -> None:
        if len(list(tmp_path.rglob("*.db"))) == 2:
            process.send_signal(signal.SIGHUP)

    shown = await asyncio.to_thread(run_in_terminal, ("demo",), settings, on_output=hang_up)
    assert shown.code == -signal.SIGHUP
    assert left_in(tmp_path) == []


async def test_a_folder_is_no_archive(cli: Cli, tmp_path: Path) -> None:
    for place in (("--archive", str(tmp_path)), ("open", "--archive", str(tmp_path))):
        ran = await cli(*place)
        assert ran.code == 2
        assert len(ran.err.splitlines()) == 1 and "which is a folder; name a file in it" in ran.err
