"""Whole programs killed while they follow, record and send: nothing reported as kept is lost, nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from colony_tui.archive import Archive, ArchiveReader, Desk
from colony_tui.archive.line_state import LineState
from colony_tui.live.colony import LiveColony
from colony_tui.model import Process
from tests.colony import until
from tests.faults.field import FAST
from tests.live.kill_loop import CHANNEL
from tests.members import Members, members

ROOT = Path(__file__).parents[2]
ROUNDS = 50
PAUSE_S = 0.02
"""Between two entries of the executor: a busy stream."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="children are forked")


@dataclass
class Said:
    """What all children together were told, and what became of it."""

    rounds: int
    heard: int
    safe: list[str]
    typed: list[str]
    unknown: int = 0

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds, {self.heard} children heard, {len(self.safe)} entries said to be stored, "
            f"{len(self.typed)} lines said to be kept, {self.unknown} unknown"
        )


async def talk(people: Members, process: Process) -> None:
    """An executor that never stops."""
    for number in count():
        await people.bot.append(process.id, CHANNEL, 2 * number, b"entry-%d" % number)
        await asyncio.sleep(PAUSE_S)


async def children(people: Members, process: Process, folder: Path, rounds: int, seed: int) -> Said:
    where = (people.colony.port, people.colony.colony, people.colony.user_key, process.id)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "tests.live.kill_loop"),
        *map(str, (folder, *where, rounds, seed)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
    return Said(**json.loads(out))


async def settle(people: Members, process: Process, folder: Path) -> dict[bytes, LineState]:
    """One more program, which is not killed: it sends what is left. States of what is not simply sent."""
    async with Desk(folder / "desk.db") as desk, Archive(folder / "archive.db") as archive:
        await desk.take_over()
        colony = LiveColony(people.me, archive=archive, desk=desk)
        task = asyncio.create_task(colony.run())
        colony.open(process.id)
        await until(lambda: process.id in colony.followed and CHANNEL in colony.followed[process.id].chats)
        lines = colony.followed[process.id].chats[CHANNEL].lines
        async with asyncio.timeout(60):
            await asyncio.gather(*(line.settled.wait() for line in lines if not line.state.is_settled))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        kept = desk.lines(process.id, CHANNEL)
        return {line.payload: line.state for line in kept if line.state is not LineState.SENT}


async def kill_loop(folder: Path, rounds: int, seed: int) -> Said:
    async with members(limits=FAST) as people:
        process = await people.running(CHANNEL, max_exec_time=-1)
        talking = asyncio.create_task(talk(people, process))
        said = await children(people, process, folder, rounds, seed)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        left = await settle(people, process, folder)
        entries = await people.bot.read_channel(process.id, CHANNEL)
    assert set(left.values()) <= {LineState.UNKNOWN}
    said.unknown = len(left)
    check_lines(said, Counter(entry.payload for entry in entries if entry.sender_id == process.initiator_id), left)
    with ArchiveReader(folder / "archive.db") as reader:
        stored = reader.transcript(process.id, CHANNEL).entries
    assert set(said.safe) <= {entry.payload.decode() for entry in stored}, "said to be stored, and is not"
    identities = [entry.identity for entry in stored]
    assert len(identities) == len(set(identities)), "stored twice"
    assert set(identities) == {entry.identity for entry in entries}, "the last program did not catch up"
    return said


def check_lines(said: Said, sent: Counter[bytes], left: dict[bytes, LineState]) -> None:
    """Each line that was kept stands in the log once or is unknown; no line at all stands there twice."""
    assert max(sent.values()) == 1, "a line was sent twice"
    for line in said.typed:
        assert sent[line.encode()] == 1 or line.encode() in left, f"{line} was lost"
    assert len(said.typed) == len(set(said.typed))


async def test_killed_in_fifty_rounds(tmp_path: Path) -> None:
    said = await kill_loop(tmp_path, ROUNDS, seed=12)
    print(said)
    assert said.rounds == ROUNDS
    # Most children live long enough to be told that something is kept.
    assert said.heard > ROUNDS and len(said.safe) > 100 and len(said.typed) > 100


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10))
async def test_killed_in_many_rounds(tmp_path: Path, seed: int) -> None:
    said = await kill_loop(tmp_path, ROUNDS, seed)
    print(said)
    assert said.heard > ROUNDS
