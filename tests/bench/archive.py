"""The archive's figures: entries recorded until they are safe on disk, against SQLite alone."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from colony_tui.archive import Archive
from colony_tui.archive.database import connect
from colony_tui.archive.schema import ARCHIVE
from colony_tui.archive.tables import INSERT_ENTRY
from colony_tui.model import NANOSECONDS, ChannelEntry, FunctionSpec, Process, ProcessState
from tests.bench.rows import Figure, Row

COUNT = 60_000
BATCH = 500
ROUNDS = 5
AT_LEAST = 60_000
START_NS = 1_795_435_451 * NANOSECONDS
ALICE, BOT = "a" * 64, "b" * 64
PROCESS = Process(
    id="c" * 64,
    state=ProcessState.RUNNING,
    spec=FunctionSpec(function="chat", executor_type="bot", channels=("chat",)),
    initiator_id=ALICE,
    submitted_ns=START_NS,
)


def entries() -> list[ChannelEntry]:
    """Two senders in turn, every other one a reply, 60 bytes each."""
    return [
        ChannelEntry(
            sequence=number + 1,
            in_reply_to=number if number % 2 else None,
            timestamp_ns=START_NS + number * NANOSECONDS // 100,
            sender_id=BOT if number % 2 else ALICE,
            payload=f"entry {number} ".encode().ljust(60, b"."),
        )
        for number in range(COUNT)
    ]


async def ours_s(path: Path, batches: list[list[ChannelEntry]]) -> float:
    """From the first call of the recorder until all is said to be safe."""
    async with Archive(path) as archive:
        started = time.perf_counter()
        for batch in batches:
            archive.record_entries(PROCESS, "chat", batch)
        assert await archive.is_safe(PROCESS.id, "chat")
        return time.perf_counter() - started


def baseline_s(path: Path, *, commits: bool) -> float:
    """The rows of an archive into an empty one with its tables, indexes and settings; in one transaction or many."""
    source = sqlite3.connect(path)
    rows = source.execute("SELECT * FROM entries ORDER BY arrival").fetchall()
    source.close()
    assert len(rows) == COUNT
    connection = connect(path.with_suffix(f".{commits}.baseline"), ARCHIVE)
    connection.execute("INSERT INTO processes (id, process_id) VALUES (1, ?)", (PROCESS.id,))
    connection.execute("INSERT INTO channels (id, process, name) VALUES (1, 1, 'chat')")
    connection.executemany("INSERT INTO senders VALUES (?, ?)", [(1, ALICE), (2, BOT)])
    step = BATCH if commits else COUNT
    started = time.perf_counter()
    for first in range(0, COUNT, step):
        connection.execute("BEGIN")
        connection.executemany(INSERT_ENTRY, rows[first : first + step])
        connection.execute("COMMIT")
    taken = time.perf_counter() - started
    connection.close()
    return taken


def run_write() -> Figure:
    recorded = entries()
    batches = [recorded[first : first + BATCH] for first in range(0, COUNT, BATCH)]
    ours, baseline, committing = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive.db"
            ours.append(COUNT / asyncio.run(ours_s(path, batches)))
            baseline.append(COUNT / baseline_s(path, commits=False))
            committing.append(COUNT / baseline_s(path, commits=True))
    # The best round of each: what else the machine does can only slow a round down.
    rate, alone, single = max(ours), max(committing), max(baseline)
    return Figure(
        ours=f"{rate:,.0f} entries/s",
        baseline=f"{alone:,.0f} entries/s (executemany of the same rows, as safe: a commit each {BATCH})",
        goal=f"at least 0.5 of it, and {AT_LEAST:,} entries/s",
        reached=f"{rate / alone:.2f} of it",
        is_reached=rate >= 0.5 * alone and rate >= AT_LEAST,
        detail=f"executemany in one transaction: {single:,.0f} entries/s, ours {rate / single:.2f} of it",
    )


ROWS = [
    Row("archive.write", f"{COUNT:,} entries recorded in calls of {BATCH}, committed each {BATCH}, to disk", run_write)
]
