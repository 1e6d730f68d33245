"""A file that another program holds locked for long, and one that ours must not hold."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from colony_tui.archive import Archive, ArchiveReader, Desk, Draft, Note
from colony_tui.archive.database import connect
from colony_tui.archive.schema import ARCHIVE
from colony_tui.errors import ArchiveError
from colony_tui.model import NoteKind
from tests.archive.making import ALICE, Failures, entries, process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "archive.db"


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program is inside a transaction on the file, and ours wait for no more than a moment."""
    connect(path, ARCHIVE).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.archive.archive.connect", lambda *a, **k: connect(*a, **k, wait_s=0.01))
        other.execute("BEGIN IMMEDIATE")
        yield other


async def holds_all(archive: Archive) -> None:
    """What was to be written is on disk, and nothing is wrong any more."""
    assert archive.failure is None
    assert await archive.is_safe(process().id, "chat")
    found = await archive.read(lambda reader: reader.transcript(process().id, "chat"))
    assert found.items == tuple(entries(1_400))


async def test_what_is_recorded_while_another_program_holds_the_file_waits_for_it(path: Path) -> None:
    failures, recovered = Failures(), asyncio.Event()
    with held(path) as other:
        async with Archive(path, on_failure=failures, on_recovery=recovered.set) as archive:
            for first in (1, 701):
                archive.record_entries(process(), "chat", entries(700, first))
                assert not await archive.is_safe(process().id, "chat")
            sentence = f"The archive {path} is held locked by another program: what is to be written waits for it"
            assert await failures.sentence() == sentence == str(archive.failure)
            assert not archive.is_lasting
            other.execute("ROLLBACK")
            await recovered.wait()
            await holds_all(archive)
    assert len(failures.told) == 1


@contextmanager
def held_before_it_is_made(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    """Another program holds the file before anything is in it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, pytest.MonkeyPatch.context() as patch:
        for module in ("archive", "desk"):
            patch.setattr(f"colony_tui.archive.{module}.connect", lambda *a, **k: connect(*a, **k, wait_s=0.01))
        other.execute(f"BEGIN {how}")
        yield other


@pytest.mark.parametrize("how", ["EXCLUSIVE", "IMMEDIATE"])
async def test_a_file_that_is_held_while_it_is_first_made_is_made_later(path: Path, how: str) -> None:
    failures, recovered = Failures(), asyncio.Event()
    with held_before_it_is_made(path, how) as other:
        async with Archive(path, on_failure=failures, on_recovery=recovered.set) as archive:
            sentence = f"The archive {path} is held locked by another program: what is to be written waits for it"
            assert await failures.sentence() == sentence == str(archive.failure)
            archive.record_entries(process(), "chat", entries(1_400))
            assert not await archive.is_safe(process().id, "chat")
            other.execute("ROLLBACK")
            await recovered.wait()
            await holds_all(archive)
    assert len(failures.told) == 1


async def test_a_desk_that_is_held_while_it_is_first_made_keeps_what_was_typed(path: Path) -> None:
    failures, recovered = Failures(), asyncio.Event()
    with held_before_it_is_made(path, "EXCLUSIVE") as other:
        async with Desk(path, on_failure=failures, on_recovery=recovered.set) as desk:
            await failures.sentence()
            desk.keep_draft(process().id, "chat", "typed meanwhile")
            line = desk.keep_line(process().id, "chat", ALICE, b"sent meanwhile")
            with pytest.raises(ArchiveError, match="held locked"):
                await desk.claim(line.id, 1)
            other.execute("ROLLBACK")
            await recovered.wait()
            assert await desk.claim(line.id, 1)
    async with Desk(path) as desk:
        assert desk.draft(process().id, "chat") == Draft("typed meanwhile")
        (taken,) = await desk.take_over()
        assert (taken.payload, taken.sequence) == (b"sent meanwhile", 1)


async def test_a_desk_that_is_held_at_the_start_is_read_when_it_is_free(path: Path) -> None:
    async with Desk(path) as desk:
        desk.keep_draft(process().id, "chat", "typed in the last run")
        desk.remember("reading since", "7")
    failures, recovered = Failures(), asyncio.Event()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.archive.desk.connect", lambda *a, **k: connect(*a, **k, wait_s=0.01))
        other.execute("BEGIN IMMEDIATE")
        async with Desk(path, on_failure=failures, on_recovery=recovered.set) as desk:
            await failures.sentence()
            assert desk.draft(process().id, "chat") is None
            desk.keep_draft(process().id, "sync", "typed meanwhile")
            other.execute("ROLLBACK")
            await recovered.wait()
            assert desk.is_loaded and desk.remembered("reading since") == "7"
            assert desk.draft(process().id, "chat") == Draft("typed in the last run")
            assert desk.draft(process().id, "sync") == Draft("typed meanwhile")


async def test_a_file_that_is_held_to_the_end_was_never_made(path: Path) -> None:
    failures = Failures()
    with held_before_it_is_made(path, "EXCLUSIVE"):
        async with Archive(path, on_failure=failures) as archive:
            archive.record_entries(process(), "chat", entries(1))
            await failures.sentence()
        assert str(archive.failure) == f"The archive {path} is held locked by another program"
        assert not archive.is_lasting and not await archive.flush()


async def test_a_lock_that_is_gone_is_noticed_although_nothing_waits(path: Path) -> None:
    failures, recovered = Failures(), asyncio.Event()
    with held(path) as other:
        async with Archive(path, on_failure=failures, on_recovery=recovered.set) as archive:
            archive.record_entries(process(), "chat", entries(1))
            assert not await archive.flush()
            other.execute("ROLLBACK")
            await recovered.wait()
            assert await archive.flush()


async def test_the_file_is_still_locked_in_the_end(path: Path) -> None:
    failures = Failures()
    with held(path):
        async with Archive(path, on_failure=failures) as archive:
            archive.record_entries(process(), "chat", entries(1))
            await failures.sentence()
        assert not await archive.flush()
        assert str(archive.failure) == f"The archive {path} is held locked by another program"


@pytest.mark.parametrize(("bound", "most"), [("HELD_ITEMS", 6), ("HELD_BYTES", 49)])
async def test_what_is_too_much_to_wait_is_a_gap(path: Path, bound: str, most: int) -> None:
    failures, recovered = Failures(), asyncio.Event()
    with held(path) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"colony_tui.archive.writer.{bound}", most)
        async with Archive(path, on_failure=failures, on_recovery=recovered.set) as archive:
            archive.record_entries(process(), "sync", entries(1))
            await failures.sentence()
            archive.record_entries(process(), "chat", entries(6))
            for first in (7, 9):
                archive.record_entries(process(), "chat", entries(2, first))
            archive.record_note(process(), "chat", NoteKind.RESET, 77, 10)
            other.execute("ROLLBACK")
            await recovered.wait()
            assert await archive.flush()
            archive.record_entries(process(), "chat", entries(1, 11))
            assert await archive.is_safe(process().id, "sync")
            assert not await archive.is_safe(process().id, "chat")
            found = await archive.read(lambda reader: reader.transcript(process().id, "chat"))
    gap = Note(NoteKind.GAP, entries(1, 7)[0].timestamp_ns)
    assert found.items == (*entries(6), gap, Note(NoteKind.RESET, 77, 10), *entries(1, 11))


async def test_nothing_is_written_while_the_program_is_suspended(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(1))
        await archive.suspend()
        with ArchiveReader(path) as reader:
            assert len(reader.transcript(process().id, "chat").entries) == 1
            archive.record_entries(process(), "chat", entries(600, 2))
            flushing = asyncio.ensure_future(archive.flush())
            assert await asyncio.wait({flushing}, timeout=0.1) == (set(), {flushing})
            with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
            archive.resume()
            assert await flushing
            assert len(reader.transcript(process().id, "chat").entries) == 601
        await archive.suspend()
        archive.record_entries(process(), "chat", entries(1, 700))
    with ArchiveReader(path) as reader:
        assert len(reader.transcript(process().id, "chat").entries) == 602
