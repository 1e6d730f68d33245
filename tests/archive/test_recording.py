"""What is recorded comes back as it was: values, order, notes and snapshots."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.archive import Archive, ArchiveReader, Name, Transcript
from colony_tui.archive.database import connect
from colony_tui.archive.schema import ARCHIVE
from colony_tui.archive.tables import Recorded, RecordedEntries, Tables
from colony_tui.live.recorder import Recorder
from colony_tui.model import (
    Attribute,
    ChannelEntry,
    Colony,
    Executor,
    FunctionSpec,
    LogLine,
    NoteKind,
    Process,
    ProcessState,
    User,
)
from tests.archive.making import ALICE, BOT, START_NS, entries, entry, process, until

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "archive.db"


async def transcript(archive: Archive, of: Process, channel: str = "chat") -> Transcript:
    return await archive.read(lambda reader: reader.transcript(of.id, channel))


def takes_recorder(recorder: Recorder) -> Recorder:
    """What mypy checks here: an archive is a recorder."""
    return recorder


async def test_satisfies_the_recorder(path: Path) -> None:
    async with Archive(path) as archive:
        recorder = takes_recorder(archive)
        assert recorder.is_lasting
        recorder.record_entries(process(), "chat", entries(3))
        assert await recorder.is_safe(process().id, "chat")


@given(
    st.lists(
        st.builds(
            ChannelEntry,
            sequence=INT64,
            in_reply_to=st.none() | INT64,
            timestamp_ns=INT64,
            sender_id=TEXT,
            payload=st.binary(max_size=40),
            type=st.sampled_from(["data", "end", "error", ""]) | TEXT,
        ),
        max_size=12,
    ),
    TEXT,
)
def test_every_entry_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, recorded: list[ChannelEntry], channel: str
) -> None:
    async def run() -> Transcript:
        async with Archive(tmp_path_factory.mktemp("archive") / "archive.db") as archive:
            archive.record_entries(process(), channel, recorded)
            return await transcript(archive, process(), channel)

    distinct = {each.identity: each for each in reversed(recorded)}
    expected = [each for each in recorded if distinct.get(each.identity) is each]
    assert list(asyncio.run(run()).entries) == expected


async def test_payloads_of_any_bytes_and_size(path: Path) -> None:
    payloads = [b"", bytes(range(256)), b"\0" * 3, b"\xff\xfe", b"x" * (10 * 1024 * 1024)]
    recorded = [entry(number, payload) for number, payload in enumerate(payloads)]
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", recorded)
    with ArchiveReader(path) as reader:
        assert list(reader.transcript(process().id, "chat").entries) == recorded


async def test_a_number_beyond_all_columns_costs_its_entry_alone(path: Path) -> None:
    broken = msgspec.structs.replace(entry(3), sequence=2**63)
    late = msgspec.structs.replace(entry(4), timestamp_ns=2**70)
    async with Archive(path) as archive:
        archive.record_entries(process(retries=2**80), "chat", [*entries(2), broken, late, entry(5)])
        archive.record_note(process(), "chat", NoteKind.COMPLETE, 2**90, 5)
        read = await transcript(archive, process())
        assert archive.failure is None
    assert read.entries == (*entries(2), entry(5))
    assert [note.count for note in read.coverage.gaps] == [1, 1]
    assert not read.coverage.is_whole
    assert read.coverage.words(str).startswith("3 of 5, gap of 1 at ")


async def test_order_of_arrival_is_kept_across_calls_and_starts(path: Path) -> None:
    first, second = [entry(9), entry(2, sender=BOT)], [entry(5), entry(2, sender=BOT), entry(1)]
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", first)
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", second)
        read = await transcript(archive, process())
    assert read.entries == (entry(9), entry(2, sender=BOT), entry(5), entry(1))


async def test_channels_and_processes_are_kept_apart(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(1), "chat", entries(2))
        archive.record_entries(process(2), "chat", entries(3))
        archive.record_entries(process(1), "sync", entries(1))
        counts = [
            len((await transcript(archive, of, channel)).entries)
            for of, channel in ((process(1), "chat"), (process(2), "chat"), (process(1), "sync"), (process(2), "sync"))
        ]
    assert counts == [2, 3, 1, 0]


async def test_large_backlogs_are_written_in_order(path: Path) -> None:
    recorded = entries(2_345)
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", recorded)
        archive.record_note(process(), "chat", NoteKind.COMPLETE, START_NS, 2_345)
        assert archive.failure is None
    with ArchiveReader(path) as reader:
        read = reader.transcript(process().id, "chat")
    assert list(read.entries) == recorded
    assert read.coverage.words(str) == "2345 of 2345"


async def test_two_archives_at_once_store_an_entry_once(path: Path) -> None:
    recorded = entries(1_000)
    async with Archive(path) as one, Archive(path) as other:
        for first in range(0, 1_000, 50):
            one.record_entries(process(), "chat", recorded[first : first + 50])
            other.record_entries(process(), "chat", recorded[::-1][first : first + 50])
            if first % 200 == 0:
                assert await one.is_safe(process().id, "chat")
                assert await other.is_safe(process().id, "chat")
        for each in (one, other):
            each.record_process(process(state=ProcessState.SUCCESS))
            each.record_note(process(), "chat", NoteKind.COMPLETE, START_NS, 1_000)
        assert await one.flush()
        assert await other.flush()
        read = await transcript(one, process())
    assert sorted(read.entries, key=lambda each: each.sequence) == recorded
    assert read.coverage.is_whole
    assert _numbers_of_items(path) == sorted(set(_numbers_of_items(path)))


def _numbers_of_items(path: Path) -> list[int]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT arrival FROM entries UNION ALL SELECT arrival FROM notes ORDER BY 1").fetchall()
    connection.close()
    return [arrival for (arrival,) in rows]


# Notes


async def coverage_words(path: Path, steps: Sequence[int | tuple[NoteKind, int | None]]) -> str:
    """Record so many entries, or a note, step by step; what is said of it."""
    number = 1
    async with Archive(path) as archive:
        for at, step in enumerate(steps):
            if isinstance(step, int):
                archive.record_entries(process(), "chat", entries(step, number))
                number += step
            else:
                archive.record_note(process(), "chat", step[0], at, step[1])
        return (await transcript(archive, process())).coverage.words(lambda at_ns: f"<{at_ns}>")


JOINED, GAP, RESET, COMPLETE = NoteKind.JOINED, NoteKind.GAP, NoteKind.RESET, NoteKind.COMPLETE


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "0 recorded, the end not seen"),
        ([5], "5 recorded, the end not seen"),
        ([214, (COMPLETE, 214)], "214 of 214"),
        ([(JOINED, 56), 4], "4 recorded, the end not seen, joined at entry 57"),
        ([(JOINED, None), 4], "4 recorded, the end not seen, joined late"),
        ([4, (GAP, None)], "4 recorded, the end not seen, gap at <1>"),
        ([4, (GAP, 3), 2], "6 recorded, the end not seen, gap of 3 at <1>"),
        ([4, (GAP, 3), 3, (COMPLETE, 7)], "7 of 7"),
        ([4, (COMPLETE, 7)], "4 of 7"),
        ([4, (RESET, 4), 2, (COMPLETE, 2)], "2 of 2 since the restart, 6 in all, server restarted at <1>"),
        ([4, (COMPLETE, 4), (RESET, 4), 2], "6 recorded, the end not seen, server restarted at <2>"),
        (
            [4, (GAP, 1), (RESET, 4), 2, (COMPLETE, 2)],
            "2 of 2 since the restart, 6 in all, gap of 1 at <1>, server restarted at <2>",
        ),
    ],
)
async def test_what_there_is_is_said(path: Path, steps: list[int | tuple[NoteKind, int | None]], words: str) -> None:
    assert await coverage_words(path, steps) == words


async def test_notes_stand_between_the_entries_where_they_were_made(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_entries(process(), "chat", entries(2))
        archive.record_note(process(), "chat", NoteKind.RESET, START_NS, 2)
        archive.record_entries(process(), "chat", entries(1, 3))
        read = await transcript(archive, process())
    first, second, note, third = read.items
    assert (first, second, third) == tuple(entries(3))
    assert (note,) == read.notes
    assert (read.notes[0].kind, read.notes[0].at_ns, read.notes[0].count) == (NoteKind.RESET, START_NS, 2)


async def test_what_two_programs_note_of_one_thing_is_noted_once(path: Path) -> None:
    async with Archive(path) as one, Archive(path) as other:
        one.record_entries(process(), "chat", entries(2))
        one.record_note(process(), "chat", NoteKind.RESET, START_NS, 2)
        one.record_entries(process(), "chat", entries(1, 3))
        assert await one.flush()
        other.record_note(process(), "chat", NoteKind.RESET, START_NS + 1_000_000, 2)
        assert await other.flush()
        # The same program's own second one is another.
        one.record_note(process(), "chat", NoteKind.RESET, START_NS + 2_000_000, 2)
        one.record_note(process(), "chat", NoteKind.RESET, START_NS + 2_000_000, 2)
        read = await transcript(one, process())
    assert [note.at_ns for note in read.notes] == [START_NS, START_NS + 2_000_000]


# Processes, logs, names


FULL = Process(
    id="f" * 64,
    state=ProcessState.FAILED,
    spec=FunctionSpec(
        function="f",
        colony="dev",
        executor_type="t",
        executor_names=("one", "two"),
        channels=("a", "a", "b"),
        args=(1, 2.5, "x", None, [1, {"k": [True]}], 10**30),
        kwargs={"a": {"b": [1]}, "ü": -(2**63)},
        priority=-50_000,
        max_wait_time=1,
        max_exec_time=2,
        max_retries=3,
        label="l",
        node_name="n",
        env={"A": "B\n\x1b[0m"},
    ),
    initiator_id=ALICE,
    initiator_name="alice",
    executor_id=BOT,
    submitted_ns=START_NS,
    started_ns=None,
    ended_ns=2**63 - 1,
    wait_deadline_ns=-1,
    exec_deadline_ns=3,
    priority_time=-(2**63),
    retries=4,
    attributes=(Attribute("k", "v", "i"),),
    input=("i",),
    output=({"o": [1]}, None),
    errors=("no", "\u202e"),
    parents=("p" * 64,),
    children=("c" * 64,),
    waits_for_parents=True,
    graph_id="g",
)


async def test_a_process_comes_back_whole(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_process(FULL)
        assert (await archive.read(lambda reader: reader.snapshots(FULL.id))) == (FULL,)
        assert (await transcript(archive, FULL)).process == FULL


async def test_a_snapshot_of_each_state_of_each_attempt_is_kept(path: Path) -> None:
    waits, runs = process(state=ProcessState.WAITING, executor_id=""), process()
    later = msgspec.structs.replace(runs, output=("step",))
    waits_again, runs_again = (msgspec.structs.replace(each, retries=1) for each in (waits, runs))
    ended = msgspec.structs.replace(runs_again, state=ProcessState.SUCCESS)
    seen = [waits, runs, later, later, waits_again, runs_again, ended]
    async with Archive(path) as archive:
        for each in seen:
            archive.record_process(each)
        kept = await archive.read(lambda reader: reader.snapshots(runs.id))
        # Seen again in another order, by another program say: nothing changes.
        for each in reversed(seen):
            archive.record_process(each)
        archive.record_process(later)
        assert await archive.read(lambda reader: reader.snapshots(runs.id)) == kept
    assert kept == (waits, later, waits_again, runs_again, ended)


async def test_recordings_are_listed_with_their_colony(path: Path) -> None:
    colony = Colony("d" * 64, "dev")
    async with Archive(path) as archive:
        archive.record_entries(process(1), "chat", entries(2))
        archive.record_colony(colony, "host:50080")
        archive.record_entries(process(2), "chat", entries(3))
        archive.record_process(process(3))
        listed = await archive.read(lambda reader: reader.recordings())
        before_ns = process(3).submitted_ns
        assert await archive.read(lambda reader: reader.recordings(1, before_ns)) == listed[1:2]
        assert await archive.read(lambda reader: reader.recording(process(2).id)) == listed[1]
        assert await archive.read(lambda reader: reader.recording("none")) is None
        assert await archive.read(lambda reader: reader.find("0" * 63)) == tuple(process(n).id for n in (1, 2, 3))
        assert await archive.read(lambda reader: reader.find("0" * 63 + "2")) == (process(2).id,)
        assert await archive.read(lambda reader: reader.find("1")) == ()
    assert [(each.process_id, each.colony, each.counts) for each in listed] == [
        (process(3).id, colony, {}),
        (process(2).id, colony, {"chat": 3}),
        (process(1).id, None, {"chat": 2}),
    ]
    assert [each.server for each in listed] == ["host:50080", "host:50080", ""]


async def test_log_lines_and_names(path: Path) -> None:
    lines = [LogLine(process().id, "bot", f"line {number}\n", START_NS + number) for number in range(3)]
    executor = Executor(id=BOT, name="bot", type="chatty", colony="dev")
    async with Archive(path) as archive:
        archive.record_log_lines(lines[1:])
        archive.record_log_lines(lines)
        archive.record_names([executor, User(ALICE, "alice", "dev")])
        archive.record_names([msgspec.structs.replace(executor, name="botty", last_heard_ns=1)])
        assert await archive.read(lambda reader: reader.log_lines(process().id)) == tuple(lines)
        assert await archive.read(lambda reader: reader.names()) == {
            ALICE: Name("alice", None),
            BOT: Name("botty", "chatty"),
        }


# When it is written


def stored(path: Path) -> int:
    with ArchiveReader(path) as reader:
        return len(reader.transcript(process().id, "chat").entries)


async def test_a_full_batch_does_not_wait(path: Path) -> None:
    async with Archive(path, window_s=3600) as archive:
        archive.record_entries(process(), "chat", entries(499))
        assert stored(path) == 0
        archive.record_entries(process(), "chat", entries(2, 500))
        await until(lambda: stored(path) > 0)
    assert stored(path) == 501


async def test_what_is_little_is_written_when_the_window_has_passed(path: Path) -> None:
    async with Archive(path, window_s=0.05) as archive:
        archive.record_entries(process(), "chat", entries(1))
        await until(lambda: stored(path) == 1)


async def test_whoever_waits_hurries_the_batch(path: Path) -> None:
    async with Archive(path, window_s=3600) as archive:
        archive.record_entries(process(), "chat", entries(1))
        assert await archive.is_safe(process().id, "chat")
        assert stored(path) == 1


async def test_no_batch_is_larger_than_its_limit(path: Path) -> None:
    """A backlog of many batches is committed in parts: a watcher that reads meanwhile sees no larger step."""
    sizes: list[int] = []

    class Counting(Tables):
        def store(self, connection: sqlite3.Connection, items: Sequence[Recorded]) -> None:
            sizes.append(sum(len(item.entries) for item in items if isinstance(item, RecordedEntries)))
            super().store(connection, items)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.archive.archive.Tables", Counting)
        async with Archive(path) as archive:
            for first in range(0, 3_000, 150):
                archive.record_entries(process(), "chat", entries(150, first))
            archive.record_entries(process(), "chat", entries(1_234, 3_000))
    assert sum(sizes) == 4_234
    assert max(sizes) <= 500


async def test_every_start_is_kept_although_no_retry_tells_the_attempts_apart(path: Path) -> None:
    async with Archive(path) as archive:
        archive.record_process(process())
        archive.record_process(process(state=ProcessState.WAITING, executor_id=""))
        archive.record_process(process(started_ns=START_NS + 9, executor_id=ALICE))
        archive.record_process(process(1, state=ProcessState.WAITING, started_ns=None, executor_id=""))
        of_both = [await archive.read(lambda reader, n=n: reader.starts(process(n).id)) for n in range(2)]  # type: ignore[misc]
    assert of_both == [{START_NS + 1: BOT, START_NS + 9: ALICE}, {}]


async def test_starts_of_a_file_of_the_first_version_come_from_its_snapshots(path: Path) -> None:
    with closing(connect(path, replace(ARCHIVE, migrations=ARCHIVE.migrations[:1]))) as connection:
        connection.execute("INSERT INTO processes (id, process_id) VALUES (1, ?)", (process().id,))
        for retries in range(2):
            body = msgspec.json.encode(process(retries=retries, started_ns=START_NS + retries))
            connection.execute("INSERT INTO snapshots VALUES (1, ?, 1, ?)", (retries, body))
    async with Archive(path) as archive:
        archive.record_process(process(state=ProcessState.WAITING, retries=2, started_ns=START_NS + 1, executor_id=""))
        archive.record_process(process(retries=2, started_ns=START_NS + 2, executor_id=ALICE))
        starts = await archive.read(lambda reader: reader.starts(process().id))
        assert len(await archive.read(lambda reader: reader.snapshots(process().id))) == 4
    assert starts == {START_NS: BOT, START_NS + 1: BOT, START_NS + 2: ALICE}
