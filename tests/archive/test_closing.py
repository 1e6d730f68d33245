"""How the files are written, and what is left of them when they are closed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from colony_tui.archive import Archive, ArchiveReader, Desk, Transcript
from colony_tui.archive.database import connect
from colony_tui.errors import ArchiveError
from tests.archive.making import entries, process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "archive.db"


async def test_what_is_called_stored_outlives_a_loss_of_power(path: Path) -> None:
    """No test can cut the power: the settings that make it so, as the connection that writes has them."""
    full = 2

    def settings(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    async with Archive(path) as archive, Desk(path.with_name("desk.db")) as desk:
        assert await archive._writer.ask(settings) == ["wal", full]
        assert await desk._writer.ask(settings) == ["wal", full]


async def transcript(archive: Archive) -> Transcript:
    return await archive.read(lambda reader: reader.transcript(process().id, "chat"))


async def test_closing_leaves_the_one_file(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(3))
        assert len((await transcript(archive)).entries) == 3
    assert os.listdir(path.parent) == [path.name]
    with pytest.raises(ArchiveError, match="is closed"):
        await transcript(archive)
    assert os.listdir(path.parent) == [path.name]


async def test_closing_puts_everything_into_the_file_although_others_still_read(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(3))
        assert await archive.flush()
        with ArchiveReader(path) as other:
            assert len(other.transcript(process().id, "chat").entries) == 3
            archive.record_entries(process(), "chat", entries(1, 4))
            await archive.close()
            copy = path.with_name("copy.db")
            shutil.copy(path, copy)
            with ArchiveReader(copy) as reader:
                assert len(reader.transcript(process().id, "chat").entries) == 4


async def test_closing_waits_for_nobody_who_reads(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colony_tui.archive.archive.connect", lambda *a, **k: connect(*a, **k, wait_s=3_600))
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(3))
        assert await archive.flush()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            assert other.execute("SELECT count(*) FROM entries").fetchone() == (3,)
            archive.record_entries(process(), "chat", entries(1, 4))
            await archive.close()
    with ArchiveReader(path) as reader:
        assert len(reader.transcript(process().id, "chat").entries) == 4
