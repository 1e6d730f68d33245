"""What a follower learns of a log reaches the archive with its entries, in the order in which it was learnt."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from colony_tui.archive import Archive, Transcript
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import ChannelEntry, NoteKind, Process
from colony_tui.store.condition import ConditionKind
from tests.colony import beside
from tests.members import Members, members


def follower_of(people: Members, process: Process, archive: Archive) -> ChannelFollower:
    tracked = TrackedProcess(people.me, process)
    return ChannelFollower(people.me, tracked, "out", recorder=archive, now_ns=time.time_ns)


@asynccontextmanager
async def running(follower: ChannelFollower) -> AsyncIterator[Callable[[ConditionKind, int], Awaitable[None]]]:
    """Gives what waits for a condition with that many entries."""

    async def until(kind: ConditionKind, held: int) -> None:
        while follower.log.condition.kind is not kind or len(follower.log) < held:
            await follower.changes.take()

    async with beside(follower.run()):
        yield until


async def recorded(archive: Archive, process: Process) -> tuple[Transcript, list[object]]:
    """The transcript, and its items in short: payloads, and notes with their counts."""
    found = await archive.read(lambda reader: reader.transcript(process.id, "out"))
    return found, [item.payload if isinstance(item, ChannelEntry) else (item.kind, item.count) for item in found.items]


async def test_a_reset_is_recorded_between_the_two_logs(tmp_path: Path) -> None:
    async with members() as people, Archive(tmp_path / "archive.db") as archive:
        process = await people.running("out")
        follower = follower_of(people, process, archive)
        async with running(follower) as until:
            await people.bot.append(process.id, "out", 1, b"old")
            await until(ConditionKind.LIVE, 1)
            await people.colony.restart()
            await people.bot.append(process.id, "out", 1, b"new")
            await until(ConditionKind.LIVE, 2)
            await people.bot.close(process.id)
            await until(ConditionKind.ENDED, 2)
        found, items = await recorded(archive, process)
        assert items == [b"old", (NoteKind.RESET, 1), b"new", (NoteKind.COMPLETE, 1)]
        assert not found.coverage.is_whole


async def test_an_end_that_nobody_saw_is_recorded_as_a_gap(tmp_path: Path) -> None:
    async with members() as people, Archive(tmp_path / "archive.db") as archive:
        process = await people.running("out")
        follower = follower_of(people, process, archive)
        async with running(follower) as until:
            await people.bot.append(process.id, "out", 1, b"seen")
            await until(ConditionKind.LIVE, 1)
        await people.bot.append(process.id, "out", 2, b"not seen")
        await people.bot.close(process.id)
        await follower.tracked.fetch()
        async with running(follower) as until:
            await until(ConditionKind.ENDED, 1)
        found, items = await recorded(archive, process)
        assert items == [b"seen", (NoteKind.GAP, None)]
        assert not found.coverage.is_whole and len(found.coverage.gaps) == 1
