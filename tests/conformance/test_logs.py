"""Log lines of a process: who writes them, and how they are paged by time."""

from __future__ import annotations

from typing import Any

from tests.conformance.field import Field
from tests.conformance.parties import Json, Party


async def logs(reader: Party, process_id: str, **changes: Any) -> list[Json]:
    """Log lines of a process, an absent list as an empty one."""
    fields = {"executorname": "", "count": 100, "since": 0, "latest": False} | changes
    found = await reader.get("getlogsmsg", colonyname=reader.colony_name, processid=process_id, **fields)
    return found or []


async def written(field: Field, alice: Party, bot: Party, *messages: str) -> str:
    """A running process with log lines: its id."""
    process_id = await field.running(alice, bot)
    for message in messages:
        assert await bot.get("addlogmsg", processid=process_id, message=message) == {}
    return process_id


async def test_log_lines_come_oldest_first_with_nanoseconds(field: Field, alice: Party, bot: Party) -> None:
    process_id = await written(field, alice, bot, "one\n", "two\n")
    lines = await logs(alice, process_id)
    assert [line["message"] for line in lines] == ["one\n", "two\n"]
    assert [line["executorname"] for line in lines] == [bot.name, bot.name]
    first, second = (line["timestamp"] for line in lines)
    assert 10**18 < first < second


async def test_since_is_exclusive(field: Field, alice: Party, bot: Party) -> None:
    process_id = await written(field, alice, bot, "one", "two")
    first, _ = await logs(alice, process_id)
    assert [line["message"] for line in await logs(alice, process_id, since=first["timestamp"])] == ["two"]


async def test_count_gives_the_oldest_and_latest_the_newest_ascending(field: Field, alice: Party, bot: Party) -> None:
    process_id = await written(field, alice, bot, "1", "2", "3")
    assert [line["message"] for line in await logs(alice, process_id, count=2)] == ["1", "2"]
    assert [line["message"] for line in await logs(alice, process_id, count=2, latest=True)] == ["2", "3"]


async def test_a_count_over_500_is_refused(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    fields = {"executorname": "", "count": 501, "since": 0}
    refusal = await alice.refused("getlogsmsg", colonyname=alice.colony_name, processid=process_id, **fields)
    assert refusal == (403, "Count exceeds max log count (500)")


async def test_only_the_assigned_executor_writes_and_only_while_it_runs(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    other = await field.executor(bot.executor_type)
    for party in (alice, other):
        assert (await party.refused("addlogmsg", processid=process_id, message="x"))[0] == 403
    await bot.close(process_id)
    assert (await bot.refused("addlogmsg", processid=process_id, message="x"))[0] == 403
    assert await logs(alice, process_id) == []


async def test_log_lines_stay_after_the_end(field: Field, alice: Party, bot: Party) -> None:
    process_id = await written(field, alice, bot, "kept")
    await bot.close(process_id)
    assert [line["message"] for line in await logs(alice, process_id)] == ["kept"]
