"""What cannot be kept is said in one sentence, and nothing else fails with it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from colony_tui.archive import Archive, ArchiveReader, Desk, Draft
from colony_tui.archive.database import Schema, _check, connect, connect_to_read
from colony_tui.archive.schema import ARCHIVE
from colony_tui.errors import ArchiveError
from colony_tui.model import NoteKind
from tests.archive.making import Failures, entries, entry, process

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "archive.db"


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """The superuser may write everywhere, so it steps down; anybody else stays."""
    if os.geteuid():
        yield
        return
    for each in (folder, *folder.rglob("*")):
        os.chown(each, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are the present one's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def fails(path: Path, max_bytes: int | None = None) -> str:
    """Use an archive that cannot work as one that does: what is told, once."""
    failures = Failures()
    async with Archive(path, on_failure=failures, max_bytes=max_bytes) as archive:
        for number in range(3):
            archive.record_process(process(number))
            archive.record_entries(process(number), "chat", entries(600))
            archive.record_note(process(number), "chat", NoteKind.GAP, 1)
        assert not await archive.is_safe(process().id, "chat")
        assert not archive.is_lasting
        archive.record_entries(process(), "chat", entries(1))
        assert not await archive.flush()
        sentence = await failures.sentence()
        assert str(archive.failure) == sentence
    assert len(failures.told) == 1
    assert "\n" not in sentence
    assert str(path) in sentence
    return sentence


async def test_the_disk_is_full(path: Path) -> None:
    assert "disk is full" in await fails(path, max_bytes=120_000)
    # What was stored before is there and can be read, also from the archive that failed.
    async with Archive(path, max_bytes=120_000) as archive:
        archive.record_entries(process(9), "chat", [entry(1, b"x" * 200_000)])
        assert not await archive.flush()
        recordings = await archive.read(lambda reader: reader.recordings())
    assert {each.process_id for each in recordings} <= {process(number).id for number in range(3)}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_after_a_full_disk_the_next_start_goes_on(path: Path) -> None:
    assert "disk is full" in await fails(path, max_bytes=120_000)
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(700))
        assert await archive.is_safe(process().id, "chat")
    with ArchiveReader(path) as reader:
        assert reader.transcript(process().id, "chat").entries == tuple(entries(700))


async def test_the_path_is_a_directory(path: Path) -> None:
    os.makedirs(path)
    assert "it is a directory" in await fails(path)


async def test_the_folder_is_a_file(path: Path) -> None:
    path.parent.write_text("no folder")
    assert "cannot be" in await fails(path)


async def test_the_folder_is_read_only(open_folder: Path) -> None:
    async with Archive(open_folder / "warm-up.db"):
        pass  # All that is loaded later is loaded now: somebody else may not read the interpreter's files.
    os.chmod(open_folder, 0o555)
    with as_nobody(open_folder):
        sentence = await fails(open_folder / "archive.db")
    assert "permission denied" in sentence


async def test_the_file_is_read_only(open_folder: Path) -> None:
    path = open_folder / "archive.db"
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(3))
    os.chmod(path, 0o400)
    os.chmod(open_folder, 0o555)
    with as_nobody(open_folder):
        assert "read-only" in await fails(path)
        # What is in it can be read all the same.
        with ArchiveReader(path) as reader:
            assert len(reader.transcript(process().id, "chat").entries) == 3


def content(path: Path) -> bytes:
    return path.read_bytes()


def _text(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)


def _damaged_header(path: Path) -> None:
    path.write_bytes(b"\0" * 16 + content(path)[16:])


def _damaged_schema(path: Path) -> None:
    path.write_bytes(content(path)[:100] + b"\xa5" * 3996 + content(path)[4096:])


def _damaged_inside(path: Path) -> None:
    kept = len(content(path)) // 3
    path.write_bytes(content(path)[:kept] + b"\xa5" * 2 * kept)


def _cut(path: Path) -> None:
    path.write_bytes(content(path)[:6_000])


@pytest.mark.parametrize("harm", [_text, _damaged_header, _damaged_schema, _cut])
async def test_the_file_is_damaged(path: Path, harm: Callable[[Path], None]) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(300))
    harm(path)
    before = content(path)
    sentence = await fails(path)
    assert "damaged" in sentence
    assert "move it away" in sentence
    if harm is not _cut:
        assert content(path) == before


async def test_damage_far_inside_is_told_when_it_is_met(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(5_000))
    _damaged_inside(path)
    with ArchiveReader(path) as reader, pytest.raises(ArchiveError, match="damaged"):
        reader.transcript(process().id, "chat")


async def test_a_snapshot_that_is_none_is_told(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_process(process())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE snapshots SET body = '{}'")
    with ArchiveReader(path) as reader, pytest.raises(ArchiveError, match="cannot be read"):
        reader.snapshots(process().id)


async def test_a_newer_schema_is_left_alone(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(3))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {ARCHIVE.version + 6}")
    before = content(path)
    sentence = await fails(path)
    assert f"newer version of this program (schema {ARCHIVE.version + 6}; this one knows {ARCHIVE.version})" in sentence
    assert content(path) == before
    with pytest.raises(ArchiveError, match="newer version"):
        ArchiveReader(path)


async def test_other_databases_are_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = content(path)
    assert "something else" in await fails(path)
    assert content(path) == before


async def test_a_desk_is_no_archive(path: Path) -> None:
    async with Desk(path):
        pass
    assert "something else" in await fails(path)


def _remove(path: Path) -> None:
    path.unlink()


def _remove_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def _replace(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        other = Path(folder) / "other.db"
        connect(other, ARCHIVE).close()
        other.replace(path)


@pytest.mark.parametrize("harm", [_remove, _remove_log, _replace])
async def test_nothing_is_called_stored_in_a_file_that_is_gone(path: Path, harm: Callable[[Path], None]) -> None:
    failures = Failures()
    async with Archive(path, on_failure=failures) as archive:
        archive.record_entries(process(), "chat", entries(3))
        assert await archive.is_safe(process().id, "chat")
        harm(path)
        archive.record_entries(process(), "chat", entries(3, 4))
        assert not await archive.is_safe(process().id, "chat")
        assert not archive.is_lasting
        assert await failures.sentence() == f"The archive {path} was removed or replaced while it was open"


async def test_a_file_that_is_gone_is_missed_when_nothing_happens_too(path: Path) -> None:
    failures = Failures()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.archive.writer.CHECK_S", 0.01)
        async with Desk(path, on_failure=failures) as desk:
            _remove(path)
            assert await failures.sentence() == f"The desk {path} was removed or replaced while it was open"
            desk.keep_draft(process().id, "chat", "goes on in memory")
            assert desk.draft(process().id, "chat") == Draft("goes on in memory")


async def test_a_reader_needs_a_file(path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        ArchiveReader(path)
    assert not path.parent.exists()


async def test_nothing_is_recorded_after_closing(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(1))
    archive.record_entries(process(), "chat", entries(1, 2))
    assert not await archive.is_safe(process().id, "chat")


# Who may read it


async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "colony-tui"
    before = os.umask(0)
    try:
        async with Archive(folder / "archive.db") as archive, Desk(folder / "desk.db") as desk:
            archive.record_entries(process(), "chat", entries(1))
            desk.keep_draft(process().id, "chat", "secret")
            assert await archive.flush()
            assert await desk.flush()
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"archive.db", "archive.db-wal", "archive.db-shm", "desk.db", "desk.db-wal"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    async with Archive(path):
        pass
    os.chmod(path, 0o644)
    async with Archive(path):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


# Migration

FIRST = ("CREATE TABLE things (name TEXT)",)
SECOND = ("ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7", "CREATE INDEX by_size ON things (size)")


def schema(*migrations: tuple[str, ...]) -> Schema:
    return Schema("test file", 0x54455354, migrations)


def versions(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_file_is_brought_up_to_date_with_what_it_holds(path: Path) -> None:
    with closing(connect(path, schema(FIRST))) as connection:
        connection.execute("INSERT INTO things VALUES ('one')")
    assert versions(path) == 1
    with pytest.raises(ArchiveError, match="older version"):
        connect_to_read(path, schema(FIRST, SECOND))
    for _ in range(2):
        with closing(connect(path, schema(FIRST, SECOND))) as connection:
            assert connection.execute("SELECT * FROM things").fetchall() == [("one", 7)]
    assert versions(path) == 2
    connect_to_read(path, schema(FIRST, SECOND)).close()
    with pytest.raises(ArchiveError, match=r"schema 2; this one knows 1"):
        connect(path, schema(FIRST))


def test_a_migration_that_fails_half_way_changes_nothing(path: Path) -> None:
    with closing(connect(path, schema(FIRST))) as connection:
        connection.execute("INSERT INTO things VALUES ('one')")
    with pytest.raises(ArchiveError):
        connect(path, schema(FIRST, (*SECOND, "CREATE TABLE things (again TEXT)")))
    assert versions(path) == 1
    with closing(connect(path, schema(FIRST))) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one",)]


def test_whose_file_it_is_is_asked_at_one_moment(path: Path) -> None:
    """Another program makes the tables just when everything but them has been looked at."""
    path.parent.mkdir()
    path.touch()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:

        def make(statement: str) -> None:
            if "sqlite_master" in statement:
                connection.set_trace_callback(None)
                with suppress(ArchiveError):
                    connect(path, schema(FIRST), wait_s=0).close()

        connection.set_trace_callback(make)
        assert _check(connection, path, schema(FIRST)) == 0
    connect(path, schema(FIRST)).close()


async def test_many_may_make_the_file_at_once(path: Path) -> None:
    archives = [Archive(path) for _ in range(6)]
    await asyncio.gather(*(archive.__aenter__() for archive in archives))
    for number, archive in enumerate(archives):
        archive.record_entries(process(), "chat", entries(1, number))
    await asyncio.gather(*(archive.close() for archive in archives))
    assert [archive.failure for archive in archives] == [None] * 6
    with ArchiveReader(path) as reader:
        assert len(reader.transcript(process().id, "chat").entries) == 6
