"""Log lines of a followed process: all of them, once, in order, and on disk."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from colony_tui.archive import Archive
from colony_tui.errors import ConnectError
from colony_tui.live.followed import LOG_PAGE, FollowedProcess
from colony_tui.live.recorder import MemoryRecorder, Recorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import LogLine, Process
from tests.members import Members, members


def followed(people: Members, process: Process, recorder: Recorder | None = None) -> FollowedProcess:
    return FollowedProcess(
        people.me,
        TrackedProcess(people.me, process),
        recorder=recorder or MemoryRecorder(),
        now_ns=time.time_ns,
        on_change=lambda channel, change: None,
        on_lines=lambda channel: None,
    )


def write(people: Members, process: Process, messages: Sequence[str]) -> None:
    """Straight into the server's log: a request each would take its time."""
    for message in messages:
        people.colony._state.logs.add(process.id, people.colony.colony, "worker-1", message)


async def test_more_lines_than_a_page_are_all_read_and_archived(tmp_path: Path) -> None:
    messages = [f"line {number}" for number in range(2 * LOG_PAGE + 20)]
    async with members() as people, Archive(tmp_path / "archive.db") as archive:
        process = await people.running("out")
        write(people, process, messages)
        seen = followed(people, process, archive)
        assert await seen.read_logs()
        assert [line.message for line in seen.log_lines] == messages
        assert not await seen.read_logs()
        write(people, process, ["one more"])
        assert await seen.read_logs()
        assert [line.message for line in seen.log_lines] == [*messages, "one more"]
        assert await archive.read(lambda reader: reader.log_lines(process.id)) == tuple(seen.log_lines)


@pytest.mark.parametrize("is_read_first", [True, False])
async def test_recorded_lines_and_read_ones_are_one_list(is_read_first: bool) -> None:
    async with members() as people:
        process = await people.running("out")
        write(people, process, ["one", "two", "three", "four"])
        recorded = (await people.me.get_logs(process.id))[1:3]
        gone = LogLine(process.id, "worker-1", "gone from the server", recorded[0].timestamp_ns - 1)
        seen = followed(people, process)
        if is_read_first:
            await seen.read_logs()
        assert len(seen.take_log_lines([gone, *recorded])) == (1 if is_read_first else 3)
        await seen.read_logs()
        assert [line.message for line in seen.log_lines] == ["one", "gone from the server", "two", "three", "four"]


async def test_lines_of_one_moment_are_not_parted_by_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    async with members() as people:
        process = await people.running("out")
        pages = []
        lines = [LogLine(process.id, "worker-1", f"line {number}", 100 + number // 3) for number in range(LOG_PAGE + 9)]

        async def get_logs(process_id: str, *, count: int, since_ns: int) -> list[LogLine]:
            pages.append(since_ns)
            return [line for line in lines if line.timestamp_ns > since_ns][:count]

        monkeypatch.setattr(people.me, "get_logs", get_logs)
        seen = followed(people, process)
        assert await seen.read_logs()
        assert seen.log_lines == lines
        lines.append(LogLine(process.id, "worker-2", "of the same moment", lines[-1].timestamp_ns))
        assert await seen.read_logs()
        assert seen.log_lines == lines
        assert len(pages) == 3


async def test_what_was_read_before_an_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with members() as people:
        process = await people.running("out")
        write(people, process, [f"line {number}" for number in range(LOG_PAGE)])
        seen, plain = followed(people, process), people.me.get_logs

        async def get_logs(process_id: str, *, count: int, since_ns: int) -> list[LogLine]:
            if since_ns:
                raise ConnectError("gone")
            return await plain(process_id, count=count, since_ns=since_ns)

        monkeypatch.setattr(people.me, "get_logs", get_logs)
        assert await seen.read_logs()
        assert len(seen.log_lines) == LOG_PAGE
        with pytest.raises(ConnectError):
            await seen.read_logs()
