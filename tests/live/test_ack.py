"""The acknowledgement in a colony as one lives in it: never too early, never for ever, and never a frozen loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from colony_tui.archive import Archive, Desk
from colony_tui.errors import ColonyError
from colony_tui.live import colony as colony_module
from colony_tui.live.colony import LiveColony
from colony_tui.model import Process, ProcessState
from colony_tui.server.limits import Limits
from tests.colony import beside, until
from tests.members import Members, members


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colony_module, "ACK_PAUSE_S", 0.01)


@dataclass
class Living:
    """A colony with what it says of acknowledgements."""

    colony: LiveColony
    acked: list[tuple[str, bool]] = field(default_factory=list)
    refused: list[ColonyError] = field(default_factory=list)

    def holds(self, process: Process, channel: str) -> int:
        followed = self.colony.followed.get(process.id)
        return len(followed.follower(channel).log) if followed is not None else 0

    def is_ready(self, process: Process) -> bool:
        followed = self.colony.followed.get(process.id)
        return followed is not None and self.colony.acknowledger.is_ready(followed.tracked.process, followed.followers)


@asynccontextmanager
async def living(people: Members, *, archive: Path | None = None, desk: Path | None = None) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        files = {
            "archive": await stack.enter_async_context(Archive(archive)) if archive is not None else None,
            "desk": await stack.enter_async_context(Desk(desk)) if desk is not None else None,
        }
        found: Living
        colony = LiveColony(
            people.me,
            on_ack=lambda process_id, is_lasting: found.acked.append((process_id, is_lasting)),
            on_refused_ack=lambda _, error: found.refused.append(error),
            **files,  # type: ignore[arg-type]  # each is what its name says
        )
        found = Living(colony)
        async with beside(colony.run()):
            yield found


async def submitted(people: Members, here: Living, *channels: str) -> Process:
    """A process of this program's that runs and is open."""
    process = await here.colony.submit(people.spec(*channels))
    taken = await people.bot.assign(5)
    here.colony.open(process.id)
    await here.colony.watcher.fetch(process.id)
    await until(lambda: process.id in here.colony.followed)
    return taken


async def acks(people: Members, process: Process) -> list[bytes]:
    return [entry.payload for entry in await people.bot.read_channel(process.id, "sync")]


@pytest.mark.parametrize("content", [None, b"no database, but large enough to be looked at as one " * 50])
async def test_where_nothing_can_be_stored_memory_must_do_and_it_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "archive.db"
    if content is not None:
        path.write_bytes(content)
    async with members() as people, living(people, archive=path if content is not None else None) as here:
        process = await submitted(people, here, "out", "sync")
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: here.acked == [(process.id, False)])
        assert await acks(people, process) == [b"ack"]


async def test_with_an_archive_it_is_lasting(tmp_path: Path) -> None:
    async with members() as people, living(people, archive=tmp_path / "archive.db") as here:
        process = await submitted(people, here, "out", "sync")
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: here.acked == [(process.id, True)])


async def test_it_waits_until_the_output_is_said_to_be_safe() -> None:
    async with members() as people, living(people) as here:
        safe = asyncio.Event()

        class Slow(type(here.colony.recorder)):  # type: ignore[misc]  # a class that is known by its object
            is_lasting = True

            async def is_safe(self, process_id: str, channel: str) -> bool:
                return safe.is_set()

        here.colony.acknowledger._recorder = Slow()
        process = await submitted(people, here, "out", "sync")
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: here.is_ready(process) and process.id in here.colony._acks)
        for _ in range(5):
            await asyncio.sleep(0)
        assert await acks(people, process) == []
        safe.set()
        await until(lambda: bool(here.acked))


async def test_every_output_channel_must_have_ended() -> None:
    async with members() as people, living(people) as here:
        process = await submitted(people, here, "one", "two", "sync")
        await people.bot.append(process.id, "two", 2, b"more comes")
        await people.bot.append(process.id, "one", 2, b"", type="end")
        await until(lambda: here.holds(process, "one") == here.holds(process, "two") == 1)
        assert not here.is_ready(process)
        await people.bot.append(process.id, "two", 4, b"", type="end")
        await until(lambda: bool(here.acked))


async def test_what_the_submitter_ends_is_no_output() -> None:
    async with members() as people, living(people) as here:
        process = await submitted(people, here, "out", "sync")
        await people.bot.append(process.id, "out", 2, b"part 1 of many")
        await people.me.append(process.id, "out", 1, b"", type="end")
        await until(lambda: here.holds(process, "out") == 2)
        assert not here.is_ready(process)
        await people.bot.append(process.id, "out", 4, b"", type="end")
        await until(lambda: bool(here.acked))


async def test_a_refusal_for_good_is_told_once() -> None:
    async with members(limits=Limits(channel_entries=1)) as people, living(people) as here:
        process = await submitted(people, here, "out", "sync")
        await people.bot.append(process.id, "sync", 2, b"there is no room beside this")
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: len(here.refused) == 1)
        asked = people.colony.counts["channelappendmsg"]
        assert process.id not in here.colony._acks and not here.is_ready(process)
        assert people.colony.counts["channelappendmsg"] == asked and "full" in str(here.refused[0])


async def test_another_program_with_the_same_desk_acknowledges_what_a_gone_one_submitted(tmp_path: Path) -> None:
    desk = tmp_path / "desk.db"
    async with members() as people, living(people, desk=desk) as stays:
        async with living(people, desk=desk) as goes:
            process = await submitted(people, goes, "out", "sync")
        stays.colony.open(process.id)
        await stays.colony.watcher.fetch(process.id)
        await people.bot.append(process.id, "out", 2, b"", type="end")
        await until(lambda: stays.acked == [(process.id, False)])
        assert await acks(people, process) == [b"ack"]
        assert (await people.me.get_process(process.id)).state is ProcessState.RUNNING
