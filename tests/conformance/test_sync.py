"""The acknowledgement on ``sync``, on any server: once, and by the program that submitted, whoever else has its key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from colony_tui import FunctionSpec
from colony_tui.archive import Archive, Desk
from colony_tui.live.colony import LiveColony
from colony_tui.model import Process, ProcessState
from tests.colony import beside, until
from tests.conformance.field import Field
from tests.conformance.scene import Scene, scene


@pytest.fixture
def is_strict() -> bool:
    """The client must do nothing that would harm a real server."""
    return True


@asynccontextmanager
async def program(here: Scene, folder: Path) -> AsyncIterator[LiveColony]:
    """The app without its screen, under the submitter's key, with its files in a folder."""
    async with AsyncExitStack() as stack:
        archive = await stack.enter_async_context(Archive(folder / "archive.db"))
        desk = await stack.enter_async_context(Desk(folder / "desk.db"))
        colony = LiveColony(here.direct, archive=archive, desk=desk)
        async with beside(colony.run()):
            yield colony


async def submit(here: Scene, colony: LiveColony) -> Process:
    """A process of the program's, taken by the executor."""
    spec = FunctionSpec(function="work", executor_type=here.bot_type, channels=("out", "sync"), max_exec_time=600)
    submitted = await colony.submit(spec)
    taken = await here.bot.assign(10)
    assert taken.id == submitted.id
    return taken


async def open_in(colony: LiveColony, process: Process) -> None:
    """The process is on the program's screen, and both its channels are read."""
    colony.open(process.id)
    await colony.watcher.fetch(process.id)
    await until(lambda: process.id in colony.followed)


async def acks(here: Scene, process: Process) -> list[bytes]:
    return [entry.payload for entry in await here.bot.read_channel(process.id, "sync")]


def holds(colony: LiveColony, process: Process, channel: str, count: int) -> bool:
    follower = colony.followed[process.id].follower(channel)
    return follower.is_caught_up and len(follower.log) == count


async def test_of_two_programs_with_one_key_the_one_that_submitted_acknowledges(field: Field, tmp_path: Path) -> None:
    async with (
        scene(field) as here,
        program(here, tmp_path / "mine") as mine,
        program(here, tmp_path / "other") as other,
    ):
        process = await submit(here, mine)
        await open_in(other, process)
        await here.bot.append(process.id, "out", 2, b"all there is")
        await here.bot.append(process.id, "out", 4, b"", type="end")
        await until(lambda: holds(other, process, "out", 2) and holds(other, process, "sync", 0))
        assert other.acknowledger.is_ready(process, other.followed[process.id].followers)
        assert await acks(here, process) == [], "it was acknowledged by one who did not submit it"
        await open_in(mine, process)
        await until(lambda: holds(other, process, "sync", 1))
        assert await acks(here, process) == [b"ack"]
        await here.bot.close(process.id)
        assert (await here.direct.get_process(process.id)).state is ProcessState.SUCCESS


async def test_two_programs_with_one_key_and_one_desk_acknowledge_once(field: Field, tmp_path: Path) -> None:
    async with (
        scene(field) as here,
        program(here, tmp_path) as first,
        program(here, tmp_path) as second,
    ):
        processes = [await submit(here, first) for _ in range(5)]
        for process in processes:
            await asyncio.gather(open_in(first, process), open_in(second, process))
            await here.bot.append(process.id, "out", 2, b"", type="end")
        for process in processes:
            await until(lambda: all(holds(each, process, "sync", 1) for each in (first, second)))  # noqa: B023 - at once
        await asyncio.gather(first.acknowledger.look_up(), second.acknowledger.look_up())
        for process in processes:
            for each in (first, second):
                assert not each.acknowledger.is_due(process, each.followed[process.id].followers)
            assert await acks(here, process) == [b"ack"]


async def test_what_somebody_acknowledged_before_is_not_acknowledged_again(field: Field, tmp_path: Path) -> None:
    async with scene(field) as here, program(here, tmp_path) as mine:
        process = await submit(here, mine)
        await here.direct.append(process.id, "sync", 7, b"ack")
        await here.bot.append(process.id, "out", 2, b"", type="end")
        await open_in(mine, process)
        await until(lambda: process.id in mine.acknowledger.acknowledged)
        assert await acks(here, process) == [b"ack"]
