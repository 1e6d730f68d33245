"""What nobody thought of: it is said where it is seen, and whatever failed is tried again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from colony_tui.errors import ColonyError
from colony_tui.live import mishap
from colony_tui.live.beat import Beat
from colony_tui.live.chat import Delivery
from colony_tui.live.colony import LiveColony
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.live.turns import Turns
from colony_tui.live.watcher import Intervals
from colony_tui.model import Process
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.session import Change, Noticed, RowsChanged
from tests.colony import beside, until
from tests.members import Members, members

WORDS = "internal error: ZeroDivisionError: what nobody thought of"


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mishap, "PAUSE_S", 0.01)


def fails_first(real: Callable[..., Awaitable[Any]], times: int = 1) -> Callable[..., Awaitable[Any]]:
    left = times

    async def call(*args: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise ZeroDivisionError("what nobody thought of")
        return await real(*args, **named)

    return call


def follower_of(people: Members, process: Process) -> tuple[ChannelFollower, list[ChannelCondition]]:
    tracked = TrackedProcess(people.me, process)
    follower = ChannelFollower(people.me, tracked, "out", recorder=MemoryRecorder(), now_ns=time.time_ns)
    seen: list[ChannelCondition] = []
    follower.on_change(lambda _: seen.append(follower.log.condition))
    return follower, seen


def says_it(condition: ChannelCondition) -> bool:
    return condition.kind is ConditionKind.LOST and condition.reason == WORDS


async def test_a_stream_says_it_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with members() as people:
        process = await people.running("out")
        await people.bot.append(process.id, "out", 2, b"two")
        monkeypatch.setattr(people.me, "read_channel", fails_first(people.me.read_channel))
        follower, seen = follower_of(people, process)
        async with beside(follower.run()):
            await until(lambda: follower.log.condition.kind is ConditionKind.LIVE)
        assert len(follower.log) == 1 and any(map(says_it, seen))


async def test_a_channel_that_is_read_in_turn_says_it_and_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with members() as people:
        process = await people.running("out")
        follower, seen = follower_of(people, process)
        monkeypatch.setattr(people.me, "read_channel", fails_first(people.me.read_channel))
        with pytest.raises(ColonyError, match=WORDS):
            await follower.check()
        assert says_it(seen[-1])
        monkeypatch.setattr("colony_tui.live.turns.PACE_S", 0.001)
        monkeypatch.setattr(people.me, "read_channel", fails_first(people.me.read_channel))
        turns = Turns(people.transport.link, Beat(0, 0, 0))
        turns.want([follower])
        async with beside(turns.run()):
            await until(lambda: follower.is_caught_up)


async def test_a_line_says_it_and_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with members() as people:
        process = await people.running("out")
        colony = LiveColony(people.me)
        errors: list[str] = []
        monkeypatch.setattr(people.me, "append", fails_first(people.me.append))
        async with beside(colony.run()):
            colony.open(process.id)
            await until(lambda: process.id in colony.followed)
            line = colony.send(process.id, "out", b"hello")
            assert line is not None
            colony._on_lines = lambda *_: errors.append(line.error)
            await until(lambda: line.state is Delivery.SEEN)
        assert WORDS in errors
        assert [entry.payload for entry in await people.bot.read_channel(process.id, "out")] == [b"hello"]


async def test_a_poll_has_it_shown_once_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with members() as people:
        process = await people.running("out")
        beats = Intervals(**{name: Beat(0.01, 0.01, 0.01) for name in ("unfinished", "finished", "statistics", "logs")})
        colony = LiveColony(people.me, intervals=beats)
        for name in ("get_statistics", "get_processes", "is_paused", "get_logs"):
            monkeypatch.setattr(people.me, name, fails_first(getattr(people.me, name), 3))
        async with beside(colony.run()) as task:
            colony.open(process.id)
            await until(lambda: colony.watcher.has_listed and colony.watcher.statistics is not None)
            logs = people.colony.counts["getlogsmsg"]
            await until(lambda: people.colony.counts["getlogsmsg"] > logs)
            assert not task.done()
        told = [change.mishap for change in colony.watcher.changes.drain() if change.mishap]
        assert told == [WORDS]


async def test_a_screen_that_fails_once_is_told_of_it_and_of_what_comes_next() -> None:
    async with members() as people:
        session = LiveSession(people.me, "dev")
        told: list[Change] = []

        def show(change: Change) -> None:
            told.append(change)
            if sum(isinstance(each, RowsChanged) for each in told) == 1 and isinstance(change, RowsChanged):
                raise ZeroDivisionError("what nobody thought of")

        session.listen(show)
        async with beside(session.run()):
            await until(lambda: session.colony.watcher.has_listed)
            await until(lambda: Noticed(WORDS, "error") in told)
            process = await people.running("out")
            session.colony.watcher.hurry()
            await until(lambda: any(row.process.id == process.id for row in session.rows))
            shown = told.count(RowsChanged())
            await people.bot.close(process.id)
            session.colony.watcher.hurry()
            await until(lambda: told.count(RowsChanged()) > shown)
