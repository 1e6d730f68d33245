"""What outlives a program: transcripts of ended processes, lines not yet sent, submissions to acknowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from colony_tui.archive import Archive, Desk
from colony_tui.live.chat import Delivery
from colony_tui.live.colony import LiveColony
from colony_tui.model import Process, ProcessState
from colony_tui.server.clock import ManualClock
from colony_tui.store.condition import ConditionKind
from colony_tui.store.rows import MarkKind
from tests.colony import beside
from tests.members import Members, members


class App:
    """A program with history: what a test starts, ends and starts again."""

    def __init__(self, people: Members, archive: Archive | None, desk: Desk) -> None:
        self._changed = asyncio.Event()
        self.colony = LiveColony(
            people.me,
            archive=archive,
            desk=desk,
            on_channel=lambda *_: self._changed.set(),
            on_lines=lambda *_: self._changed.set(),
            on_logs=lambda *_: self._changed.set(),
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            more = asyncio.ensure_future(self.colony.watcher.changes.take())
            other = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({more, other}, return_when=asyncio.FIRST_COMPLETED)
            for task in (more, other):
                task.cancel()

    def payloads(self, process: Process, channel: str = "out") -> list[bytes]:
        followed = self.colony.followed.get(process.id)
        return [entry.payload for entry in followed.follower(channel).log] if followed else []

    def log_messages(self, process: Process) -> list[str]:
        followed = self.colony.followed.get(process.id)
        return [line.message for line in followed.log_lines] if followed else []

    def kind(self, process: Process, channel: str = "out") -> ConditionKind | None:
        followed = self.colony.followed.get(process.id)
        return followed.follower(channel).log.condition.kind if followed else None


@asynccontextmanager
async def program(people: Members, folder: Path, *, with_archive: bool = True) -> AsyncIterator[App]:
    async with Desk(folder / "desk.db") as desk, Archive(folder / "archive.db") as archive:
        await desk.take_over()
        app = App(people, archive if with_archive else None, desk)
        async with beside(app.colony.run()):
            yield app


async def test_an_ended_process_opens_with_what_was_recorded_of_it(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        async with program(people, tmp_path) as app:
            for number in range(3):
                await people.bot.append(process.id, "out", number, b"%d" % number)
            await app.until(lambda: app.kind(process) is ConditionKind.LIVE)
            await people.bot.close(process.id, ["done"])
            await app.until(lambda: app.kind(process) is ConditionKind.ENDED)
        async with program(people, tmp_path) as app:
            app.colony.open(process.id)
            await app.until(lambda: app.kind(process) is ConditionKind.RECORDED)
            assert app.payloads(process) == [b"0", b"1", b"2"]
            log = app.colony.followed[process.id].follower("out").log
            assert log.condition.reason == "3 of 3" and log.outcome is ProcessState.SUCCESS
            assert MarkKind.GAP not in [mark.kind for mark in log.marks]


async def test_recorded_log_lines_are_shown_once(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        for number in range(3):
            await people.bot.add_log(process.id, f"line {number}")
        for _ in range(2):
            async with program(people, tmp_path) as app:
                app.colony.open(process.id)
                await app.until(lambda: app.kind(process) is ConditionKind.LIVE)
                await app.colony.followed[process.id].read_logs()
                assert app.log_messages(process) == ["line 0", "line 1", "line 2"]


async def test_log_lines_of_a_process_that_the_server_forgot_are_told(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        await people.bot.add_log(process.id, "kept")
        async with program(people, tmp_path) as app:
            app.colony.open(process.id)
            await app.until(lambda: app.log_messages(process) == ["kept"])
            await people.bot.close(process.id)
            await app.until(lambda: app.kind(process) is ConditionKind.ENDED)
        await people.me.remove_process(process.id)
        async with program(people, tmp_path) as app:
            app.colony.open(process.id)
            await app.until(lambda: app.log_messages(process) == ["kept"])


async def test_attempts_stay_apart_when_their_process_is_opened_again(tmp_path: Path) -> None:
    """The executor is removed twice: no retry is counted, and each one begins its sequences again."""
    async with members() as people:
        process = await people.running("out")
        bot, expected = people.bot, []
        async with program(people, tmp_path) as app:
            for attempt in (1, 2, 3):
                await app.until(lambda: app.kind(process) in (ConditionKind.LIVE, ConditionKind.IDLE))
                for sequence in (2, 4):
                    payload = b"attempt %d, sequence %d" % (attempt, sequence)
                    await bot.append(process.id, "out", sequence, payload)
                    expected.append((attempt, payload))
                await app.until(lambda: app.payloads(process) == [payload for _, payload in expected])
                if attempt < 3:
                    await people.owner.remove_executor(f"worker-{attempt}")
                    bot = people.client(people.colony.add_executor(f"worker-{attempt + 1}", "bot"))
                    await bot.assign(5)
                    app.colony.watcher.hurry()
                    tracked = app.colony.followed[process.id].tracked
                    await app.until(lambda: len(tracked.starts_ns) == attempt + 1)  # noqa: B023
        for is_over in (False, True):
            if is_over:
                await bot.close(process.id)
            async with program(people, tmp_path) as app:
                app.colony.open(process.id)
                wanted = ConditionKind.RECORDED if is_over else ConditionKind.LIVE
                await app.until(lambda: app.kind(process) is wanted)  # noqa: B023
                log = app.colony.followed[process.id].follower("out").log
                assert [(log.attempt_of(entry), entry.payload) for entry in log] == expected


async def test_what_the_server_has_forgotten_opens_with_its_names_and_attempts(tmp_path: Path) -> None:
    clock = ManualClock()
    async with members(clock=clock) as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        async with program(people, tmp_path) as app:
            directory = app.colony.watcher.directory
            await people.bot.append(process.id, "out", 1, b"first")
            await app.until(lambda: app.payloads(process) == [b"first"])
            await clock.advance(3)
            await app.colony.watcher.fetch(process.id)
            await people.bot.assign(5)
            await app.colony.watcher.fetch(process.id)
            await people.bot.append(process.id, "out", 1, b"second")
            await app.until(lambda: app.payloads(process) == [b"first", b"second"])
            await people.bot.close(process.id)
            await app.until(lambda: app.kind(process) is ConditionKind.ENDED)
            await app.until(lambda: directory.name_of(people.bot.id) == "worker-1")
        key, bot_id = people.colony.user_key, people.bot.id
    async with members(user_key=key) as people, program(people, tmp_path) as app:
        directory = app.colony.watcher.directory
        app.colony.open(process.id)
        await app.until(lambda: app.kind(process) is ConditionKind.RECORDED)
        assert directory.name_of(bot_id) == "worker-1" and directory.is_executor(bot_id)
        assert not directory.is_executor(people.me.id)
        log = app.colony.followed[process.id].follower("out").log
        assert [log.attempt_of(entry) for entry in log] == [1, 2]
        assert MarkKind.ATTEMPT in [mark.kind for mark in log.marks]


async def test_a_log_lost_while_nobody_looked_is_a_reset_when_one_looks_again(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        await people.bot.append(process.id, "out", 1, b"old")
        async with program(people, tmp_path) as app:
            await app.until(lambda: app.kind(process) is ConditionKind.LIVE)
        await people.colony.restart()
        await people.bot.append(process.id, "out", 1, b"new")
        async with program(people, tmp_path) as app:
            await app.until(lambda: app.payloads(process) == [b"old", b"new"])
            log = app.colony.followed[process.id].follower("out").log
            assert MarkKind.RESET in [mark.kind for mark in log.marks] and log.count == 1


async def test_a_line_that_waited_when_the_program_ended_is_sent_by_the_next_once(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        async with program(people, tmp_path) as app:
            await app.until(lambda: process.id in app.colony.followed)
            line = app.colony.send(process.id, "out", b"typed early")
            assert line is not None and line.state is Delivery.QUEUED
        await people.bot.assign(5)
        for _ in range(2):
            async with program(people, tmp_path) as app:
                await app.until(lambda: app.payloads(process) == [b"typed early"])
                await app.until(lambda: not app.colony.followed[process.id].chat("out").pending)
        assert [entry.payload for entry in await people.bot.read_channel(process.id, "out")] == [b"typed early"]


async def test_what_was_submitted_is_acknowledged_by_the_next_program_too_but_once(tmp_path: Path) -> None:
    async with members() as people:
        async with program(people, tmp_path, with_archive=False) as app:
            process = await app.colony.submit(people.spec("out", "sync"))
            await people.bot.assign(5)
        await people.bot.append(process.id, "out", 1, b"", type="end")
        for _ in range(2):
            async with program(people, tmp_path) as app:
                await app.until(lambda: process.id in app.colony.acknowledger.acknowledged)
                await app.until(lambda: app.payloads(process, "sync") == [b"ack"])
        assert len(await people.bot.read_channel(process.id, "sync")) == 1


async def test_a_broken_archive_does_not_stop_anything(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"this is no database" * 100)
    async with members() as people:
        process = await people.running("out")
        async with program(people, tmp_path) as app:
            await people.bot.append(process.id, "out", 1, b"one")
            await app.until(lambda: app.payloads(process) == [b"one"])
            assert not app.colony.recorder.is_lasting
