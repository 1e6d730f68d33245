"""A colony as one lives in it: rows that turn by themselves, own channels followed, submissions acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from colony_tui.live import colony as colony_module
from colony_tui.live.beat import Beat
from colony_tui.live.colony import LiveColony, Manners
from colony_tui.live.watcher import ColonyWatcher, Intervals
from colony_tui.model import Process, ProcessState
from tests.colony import until as comes_true
from tests.colony import until as wait_until
from tests.members import Members, members


@asynccontextmanager
async def living(people: Members, *, sockets: int = 16, **manners: bool) -> AsyncIterator[LiveColony]:
    colony = LiveColony(people.me, manners=Manners(sockets=sockets, **manners))
    task = asyncio.create_task(colony.run())
    try:
        yield colony
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(colony: LiveColony, holds: Callable[[], bool]) -> None:
    """Wait for a condition of the watched colony; every change of it comes through the outlet."""
    while not holds():
        await colony.watcher.changes.take()


def state_of(colony: LiveColony, process_id: str) -> ProcessState | None:
    process = colony.watcher.table.get(process_id)
    return process.state if process is not None else None


async def test_what_is_there_is_listed_with_names_and_counts() -> None:
    async with members() as people:
        process = await people.running("out")
        async with living(people) as colony:
            watcher = colony.watcher
            await until(colony, lambda: watcher.has_listed and watcher.statistics is not None)
            assert state_of(colony, process.id) is ProcessState.RUNNING
            await until(colony, lambda: watcher.directory.name_of(people.bot.id) == "worker-1")
            await until(colony, lambda: watcher.directory.name_of(people.me.id) == "alice")
            assert watcher.statistics is not None and watcher.statistics.running == 1


async def test_a_row_on_the_screen_turns_without_a_poll() -> None:
    async with members() as people:
        waiting = await people.me.submit(people.spec("out"))
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, waiting.id) is not None)
            lists = people.colony.counts["getprocessesmsg"]
            colony.watcher.rows.want([waiting])
            await people.bot.assign(5)
            await until(colony, lambda: state_of(colony, waiting.id) is ProcessState.RUNNING)
            running = colony.watcher.table.get(waiting.id)
            assert running is not None
            colony.watcher.rows.want([running])
            assert len(colony.watcher.rows) == 2
            await people.bot.fail(waiting.id, ["boom"])
            await until(colony, lambda: state_of(colony, waiting.id) is ProcessState.FAILED)
            assert people.colony.counts["getprocessesmsg"] - lists <= 5


async def test_rows_beyond_the_budget_have_no_socket_and_suspending_closes_all() -> None:
    async with members() as people:
        waiting = [await people.me.submit(people.spec("out")) for _ in range(5)]
        watcher = ColonyWatcher(people.me, sockets=3)
        watcher.rows.want(waiting)
        assert len(watcher.rows) == 3
        while people.colony.counts["subscribe_frames"] < 3:
            await people.me.get_version()
        await watcher.rows.suspend()
        assert len(watcher.rows) == 0
        watcher.rows.resume()
        assert len(watcher.rows) == 3
        await watcher.rows.end()


async def test_removed_and_cancelled_rows_are_found_by_polling() -> None:
    async with members() as people:
        removed = await people.me.submit(people.spec("out"))
        cancelled = await people.me.submit(people.spec("out"))
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, cancelled.id) is not None)
            await people.me.remove_process(removed.id)
            await people.me.cancel(cancelled.id)
            colony.watcher.hurry()
            await until(colony, lambda: state_of(colony, removed.id) is None)
            await until(colony, lambda: state_of(colony, cancelled.id) is ProcessState.CANCELLED)


async def test_own_channels_are_followed_the_open_process_first_within_the_budget() -> None:
    async with members() as people:
        first = await people.running("a", "b")
        second = await people.running("c", "d")
        async with living(people, sockets=3) as colony:
            await until(colony, lambda: state_of(colony, second.id) is not None)
            colony.open(first.id)
            await until(colony, lambda: first.id in colony.followed and second.id in colony.followed)
            assert colony.followed[first.id].open_channels == 2
            assert colony.followed[second.id].open_channels == 1
            colony.open(second.id)
            assert colony.followed[second.id].open_channels == 2


async def test_nothing_goes_on_for_an_ended_process_that_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colony_module, "KEPT", 0)
    async with members() as people:
        first = await people.running("a")
        async with living(people) as colony:
            await until(colony, lambda: first.id in colony.followed)
            await people.bot.close(first.id)
            await wait_until(lambda: first.id not in colony.followed)
            await wait_until(lambda: not [task for task in asyncio.all_tasks() if first.id[:8] in task.get_name()])


async def test_what_was_submitted_here_is_acknowledged_by_itself() -> None:
    async with members() as people, living(people) as colony:
        submitted = await colony.submit(people.spec("out", "sync"))
        await people.bot.assign(5)
        await until_acked(people, colony, submitted)
        assert submitted.id in colony.acknowledger.acknowledged


async def until_acked(people: Members, colony: LiveColony, process: Process) -> None:
    await people.bot.append(process.id, "out", 1, b"result")
    await people.bot.append(process.id, "out", 2, b"", type="end")
    async with people.bot.subscribe_channel(process.id, "sync") as sync:
        async for event in sync:
            if b"ack" in [entry.payload for entry in getattr(event, "entries", ())]:
                return


async def test_the_acknowledgement_can_be_switched_off() -> None:
    async with members() as people:
        async with living(people, may_ack=False) as colony:
            process = await colony.submit(people.spec("out", "sync"))
            await people.bot.assign(5)
            await people.bot.append(process.id, "out", 1, b"", type="end")
            colony.open(process.id)
            await until(colony, lambda: state_of(colony, process.id) is ProcessState.RUNNING)
            followed = colony.followed[process.id]
            await comes_true(lambda: colony.acknowledger.is_due(followed.tracked.process, followed.followers))
            await people.bot.append(process.id, "out", 2, b"one more change")
            await comes_true(lambda: len(followed.follower("out").log) == 2)
            assert not colony._acks
        assert await people.bot.read_channel(process.id, "sync") == ()


async def test_read_only_sends_nothing() -> None:
    async with members() as people:
        process = await people.running("out")
        async with living(people, is_read_only=True) as colony:
            await until(colony, lambda: state_of(colony, process.id) is not None)
            colony.open(process.id)
            assert colony.send(process.id, "out", b"hello") is None


async def test_the_server_may_go_away_and_come_back() -> None:
    async with members() as people:
        process = await people.running("out")
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, process.id) is not None)
            changes: list[bool] = []
            came = asyncio.Event()

            def note() -> None:
                changes.append(people.transport.link.is_up)
                came.set()

            people.transport.link.on_change(note)
            await people.colony.stop()
            colony.watcher.hurry()
            await came.wait()
            assert changes == [False]
            await people.colony.start()
            while changes != [False, True]:
                came.clear()
                await came.wait()
            await people.bot.close(process.id)
            colony.watcher.hurry()
            await until(colony, lambda: state_of(colony, process.id) is ProcessState.SUCCESS)


async def test_who_is_no_member_is_told_so() -> None:
    async with members() as people:
        colony = LiveColony(people.owner)
        task = asyncio.create_task(colony.run())
        await until(colony, lambda: not colony.watcher.is_member)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("since", "expected"), [(0, 3), (29, 3), (31, 6)])
async def test_polls_become_seldom_when_nothing_changes(since: float, expected: float) -> None:
    beat = Beat(3, 6, 15)
    assert beat.interval(100) == 3
    assert beat.interval(100 + since) == expected
    beat.is_watched = False
    assert beat.interval(100 + since) == 15
    assert Intervals().unfinished.quick == 3
