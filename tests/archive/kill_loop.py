"""Programs that record and are killed: ``python -m tests.archive.kill_loop FOLDER ROUNDS SEED``.

In each round two children record into one archive and keep lines on one desk, and say what they were told is safe.
Both are killed at random moments; then the file must open and hold everything that was said. Children are forked from
a program without threads, so that a round costs milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from colony_tui.archive import Archive, ArchiveReader, Desk, LineState
from tests.archive.making import ALICE, entries, process

LONGEST_SPIN = 200_000
"""Steps that are counted before a child is killed: some milliseconds, from before the file is open to long after."""


@dataclass
class Child:
    number: int
    pid: int
    pipe: int
    said: bytes = b""

    def listen(self, lines: int) -> None:
        """Read until so many lines were said, or the child is gone."""
        while self.said.count(b"\n") < lines and (more := os.read(self.pipe, 65_536)):
            self.said += more

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.listen(sys.maxsize)
        os.close(self.pipe)

    def acknowledged(self) -> Iterator[tuple[str, int]]:
        """Kinds and numbers of what was said to be safe; a last line cut short does not count."""
        for line in self.said.decode().splitlines(keepends=True):
            if line.endswith("\n"):
                kind, number = line.split()
                yield kind, int(number)


@dataclass
class Found:
    entries: int = 0
    lines: int = 0
    claims: int = 0
    held_lines: set[bytes] = field(default_factory=set)


async def record(folder: Path, number: int, pipe: int) -> None:
    """Record until killed."""
    sizes = random.Random(number)
    last = 0
    async with Archive(folder / "archive.db") as archive, Desk(folder / "desk.db") as desk:
        while True:
            size = sizes.choice([1, 1, 7, 40, 700])
            archive.record_entries(process(number), "chat", entries(size, last + 1))
            last += size
            line = desk.keep_line(process(number).id, "chat", ALICE, f"{number}-{last}".encode())
            if await archive.is_safe(process(number).id, "chat"):
                os.write(pipe, f"entries {last}\n".encode())
            if await desk.flush():
                os.write(pipe, f"line {last}\n".encode())
            if await desk.claim(line.id, last) and desk.failure is None:
                os.write(pipe, f"claim {last}\n".encode())


def fork(folder: Path, number: int) -> Child:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return Child(number, pid, ours)
    os.close(ours)
    run_child(folder, number, theirs)


def run_child(folder: Path, number: int, pipe: int) -> NoReturn:
    try:
        asyncio.run(record(folder, number, pipe))
    finally:
        os._exit(1)


def check(folder: Path, child: Child, found: Found) -> None:
    """Everything that the child was told is safe is there."""
    said = list(child.acknowledged())
    last = max((number for kind, number in said if kind == "entries"), default=0)
    if last:
        with ArchiveReader(folder / "archive.db") as reader:
            transcript = reader.transcript(process(child.number).id, "chat")
            assert transcript.process == process(child.number)
            assert list(transcript.entries[:last]) == entries(last), f"child {child.number}: entries are missing"
        found.entries += last
    kept = {number for kind, number in said if kind == "line"}
    if kept:
        with closing(sqlite3.connect(folder / "desk.db")) as connection:
            rows = connection.execute(
                "SELECT payload, state, sequence FROM lines WHERE process_id = ?", (process(child.number).id,)
            ).fetchall()
        states = {payload: (state, sequence) for payload, state, sequence in rows}
        for number in kept:
            assert f"{child.number}-{number}".encode() in states, f"child {child.number}: a line is missing"
        for kind, number in said:
            if kind == "claim":
                assert states[f"{child.number}-{number}".encode()] == (LineState.SENDING, number)
                found.claims += 1
        found.lines += len(kept)
        found.held_lines.update(states)


async def take_over(folder: Path) -> set[bytes]:
    async with Desk(folder / "desk.db") as desk:
        lines = await desk.take_over()
        assert all(line.state in (LineState.QUEUED, LineState.SENDING) for line in lines)
        return {line.payload for line in lines}


def spin(chance: random.Random) -> None:
    for _ in range(chance.randrange(LONGEST_SPIN)):
        pass


def main(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    total = Found()
    for first in range(0, rounds, 10):
        # A new file every ten rounds, so that it is being made when some are killed.
        place, found = folder / str(first), Found()
        for number in range(first, min(first + 10, rounds)):
            children = [fork(place, 2 * number), fork(place, 2 * number + 1)]
            for child in chance.sample(children, 2):
                child.listen(chance.choice([0, 1, 2, 5, 10]))
                spin(chance)
                child.kill()
            for child in children:
                check(place, child, found)
        for name in ("archive.db", "desk.db"):
            with closing(sqlite3.connect(place / name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert asyncio.run(take_over(place)) >= found.held_lines
        assert not list(place.glob("*.owner*")), "locks of the dead are left"
        total = Found(total.entries + found.entries, total.lines + found.lines, total.claims + found.claims)
    print(f"{rounds} rounds, {total.entries} entries, {total.lines} lines, {total.claims} claims")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
