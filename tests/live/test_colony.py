"""A colony as one lives in it: rows that turn by themselves, own channels followed, submissions acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from colony_tui.archive import Desk
from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.errors import ConnectError
from colony_tui.live import colony as colony_module
from colony_tui.live.beat import Beat
from colony_tui.live.colony import LiveColony, Manners
from colony_tui.live.watcher import ColonyWatcher, Intervals
from colony_tui.model import Process, ProcessState
from colony_tui.server import EmbeddedColony
from colony_tui.store.condition import ConditionKind
from tests.colony import beside
from tests.colony import until as comes_true
from tests.faults.proxy import Fault, FaultProxy, Kind, Opened
from tests.members import Members, members


@asynccontextmanager
async def living(people: Members, *, sockets: int = 16, **manners: bool) -> AsyncIterator[LiveColony]:
    colony = LiveColony(people.me, manners=Manners(sockets=sockets, **manners))
    async with beside(colony.run()):
        yield colony


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
            assert len(colony.watcher.rows) == 2, "it is wished for what may come next"
            await people.bot.fail(waiting.id, ["boom"])
            await until(colony, lambda: state_of(colony, waiting.id) is ProcessState.FAILED)
            assert people.colony.counts["getprocessesmsg"] - lists <= 5
            assert len(colony.watcher.rows) == 0


async def test_rows_follow_a_process_that_is_put_back_or_removed() -> None:
    async with members() as people:
        process = await people.running("out")
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, process.id) is not None)
            running = colony.watcher.table.get(process.id)
            assert running is not None
            colony.watcher.rows.want([running])
            assert len(colony.watcher.rows) == 2
            await people.owner.remove_executor("worker-1")
            colony.watcher.hurry()
            await until(colony, lambda: state_of(colony, process.id) is ProcessState.WAITING)
            assert len(colony.watcher.rows) == 1
            await people.me.remove_process(process.id)
            colony.watcher.hurry()
            await until(colony, lambda: state_of(colony, process.id) is None)
            assert len(colony.watcher.rows) == 0


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


async def test_ended_rows_that_the_server_lost_go_when_it_is_back() -> None:
    async with members() as people:
        ended, opened = await people.running("out"), await people.running("out")
        for process in (ended, opened):
            await people.bot.close(process.id)
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, ended.id) is ProcessState.SUCCESS)
            colony.open(opened.id)
            await comes_true(lambda: opened.id in colony.followed)
            await people.colony.stop()
            colony.watcher.intervals.unfinished.hurry()
            await comes_true(lambda: not people.transport.link.is_up)
            old = people.colony
            async with EmbeddedColony(strict=True, port=old.port, colony=old.colony, user_key=old.user_key) as anew:
                await until(colony, lambda: not len(colony.watcher.table))
                assert colony.followed[opened.id].tracked.is_gone, "what is open stays, and says so"
                anew.check()


async def test_a_server_that_is_back_is_asked_at_once_what_it_counts() -> None:
    async with members() as people:
        process = await people.running("out")
        await people.bot.close(process.id)
        async with living(people) as colony:
            watcher = colony.watcher
            watcher.intervals.statistics.quick = 3600
            await until(colony, lambda: watcher.statistics is not None and watcher.statistics.success == 1)
            await people.colony.stop()
            watcher.intervals.unfinished.hurry()
            await comes_true(lambda: not people.transport.link.is_up)
            old = people.colony
            async with EmbeddedColony(strict=True, port=old.port, colony=old.colony, user_key=old.user_key) as anew:
                await comes_true(lambda: watcher.statistics is not None and watcher.statistics.success == 0)
                anew.check()


async def test_a_followed_process_that_is_removed_does_not_come_back() -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        async with living(people) as colony:
            await comes_true(lambda: process.id in colony.followed)
            assert await colony.remove(process.id) is True
            assert process.id not in colony.watcher.table and colony.followed[process.id].tracked.is_gone


@pytest.mark.parametrize("deed", ["cancel", "remove"])
async def test_what_the_server_no_longer_knows_is_said_and_its_row_goes(deed: str) -> None:
    async with members() as people:
        waiting = await people.me.submit(people.spec("out"))
        async with living(people) as colony:
            await until(colony, lambda: state_of(colony, waiting.id) is not None)
            await people.me.remove_process(waiting.id)
            assert await getattr(colony, deed)(waiting.id) is False
            assert waiting.id not in colony.watcher.table
            other = await colony.submit(people.spec("out"))
            assert await getattr(colony, deed)(other.id) is True


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
            await comes_true(lambda: first.id not in colony.followed)
            await comes_true(lambda: not [task for task in asyncio.all_tasks() if first.id[:8] in task.get_name()])


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


@asynccontextmanager
async def deaf(people: Members) -> AsyncIterator[tuple[LiveColony, FaultProxy, list[bool]]]:
    """A colony whose replies are lost while the list says so: the server does what it is asked."""
    is_deaf = [False]

    def script(_: Opened) -> Fault | None:
        return Fault(Kind.RESET, 1) if is_deaf[0] else None

    async with (
        FaultProxy(people.colony.port, script) as proxy,
        Transport(ServerAddress("127.0.0.1", proxy.port, tls=False)) as transport,
    ):
        yield LiveColony(ColonyClient(transport, people.me.identity, people.colony.colony)), proxy, is_deaf


async def unheard(proxy: FaultProxy, is_deaf: list[bool], people: Members, message_type: str) -> None:
    """Let the link be heard again once the server has been asked."""
    is_deaf[0] = True
    proxy.cut()
    asked = people.colony.counts[message_type]
    await comes_true(lambda: people.colony.counts[message_type] > asked)
    is_deaf[0] = False


async def test_a_submission_whose_reply_was_lost_is_found_and_is_ours() -> None:
    async with members() as people, deaf(people) as (colony, proxy, is_deaf):
        earlier = await people.me.submit(people.spec("out", "sync"))
        colony.watcher.take([earlier])
        lost = asyncio.create_task(unheard(proxy, is_deaf, people, "submitfuncspecmsg"))
        await asyncio.sleep(0)
        process = await colony.submit(people.spec("out", "sync"))
        await lost
        assert process.id != earlier.id and process.id in colony.acknowledger.submitted
        assert people.colony.counts["submitfuncspecmsg"] == 2


async def test_a_submission_that_never_arrived_can_be_made_again() -> None:
    async with members() as people, deaf(people) as (colony, proxy, _):
        await people.me.submit(people.spec("other"))
        first = Fault(Kind.RESET, 200, is_upward=True)
        proxy.script = lambda opened: first if opened.number == 0 else None
        with pytest.raises(ConnectError, match="no such process: it can be started again"):
            await colony.submit(people.spec("out"))
        assert people.colony.counts["submitfuncspecmsg"] == 1


async def test_a_cancel_and_a_removal_whose_reply_was_lost_are_looked_at() -> None:
    async with members() as people, deaf(people) as (colony, proxy, is_deaf):
        process = await people.me.submit(people.spec("out"))
        colony.watcher.take([process])
        for call, message_type in ((colony.cancel, "cancelprocessmsg"), (colony.remove, "removeprocessmsg")):
            lost = asyncio.create_task(unheard(proxy, is_deaf, people, message_type))
            await asyncio.sleep(0)
            await call(process.id)
            await lost
        assert colony.watcher.table.get(process.id) is None
        assert not await colony.cancel(process.id)


async def test_read_only_sends_nothing_that_was_left_either(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        async with Desk(tmp_path / "desk.db") as desk:
            desk.keep_line(process.id, "out", people.me.id, b"left")
            await desk.flush()
            colony = LiveColony(people.me, desk=desk, manners=Manners(is_read_only=True))
            task = asyncio.create_task(colony.run())
            colony.open(process.id)
            await comes_true(lambda: process.id in colony.followed)
            await comes_true(lambda: colony.followed[process.id].follower("out").has_read)
            assert not colony.followed[process.id]._sending
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await people.bot.read_channel(process.id, "out") == ()


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


async def test_a_colony_that_is_not_there_is_told_so() -> None:
    async with members() as people:
        colony = LiveColony(ColonyClient(people.transport, people.me.identity, "other"))
        task = asyncio.create_task(colony.run())
        await until(colony, lambda: not colony.watcher.is_member)
        assert not colony.watcher.has_colony
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


async def test_a_stream_that_was_refused_is_followed_anew_once_the_key_is_a_members_again() -> None:
    async with members() as people:
        key = people.colony.add_user("bob")
        bob = people.client(key)
        process = await bob.submit(people.spec("out"))
        await people.bot.assign(5)
        await people.bot.append(process.id, "out", 2, b"before")
        colony = LiveColony(bob, intervals=Intervals(unfinished=Beat(0.02, 0.02, 0.02)))
        task = asyncio.create_task(colony.run())
        try:
            colony.open(process.id)
            await comes_true(lambda: process.id in colony.followed)
            follower = colony.followed[process.id].follower("out")
            await comes_true(lambda: follower.is_caught_up)
            await people.owner.remove_user("bob")
            people.colony.drop_connections()
            await comes_true(lambda: follower.log.condition.kind is ConditionKind.REFUSED)
            await comes_true(lambda: not colony.watcher.is_member)
            people.colony.add_user("bob", key)
            await people.bot.append(process.id, "out", 4, b"after")
            await comes_true(lambda: follower.is_caught_up and len(follower.log) == 2)
            assert follower.log.condition.kind is ConditionKind.LIVE
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
