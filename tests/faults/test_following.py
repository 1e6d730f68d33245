"""Following over a link that is cut again and again: what is held is what the server holds, or the log says not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest

from colony_tui.client import channel_subscription
from colony_tui.model import Process
from colony_tui.store.condition import ConditionKind
from colony_tui.store.rows import MarkKind
from tests.colony import until
from tests.faults.field import FAST, Field, Identity, LongLimits, Skipping, Watched, faulty
from tests.faults.proxy import Fault, Kind, clean, dead, seeded
from tests.faults.senders import Line, append_all, late_sequences

TIMES = (1, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(900)]))

BEHIND = 300
"""How many entries senders may be ahead of a follower that is cut all the time."""


async def send_in_phases(there: Field, process: Process, watched: Watched, each: int) -> None:
    """The submitter alone, both at once, the executor alone: late sequences shift positions most where one is alone."""

    def is_behind() -> bool:
        return there.people.colony.counts["channelappendmsg"] - len(watched.follower.log) > BEHIND

    async def send(client: object, lines: list[Line]) -> None:
        identity = there.people.me.identity if client is there.people.me else there.people.bot.identity
        await append_all(there.people.colony.port, identity, process.id, "out", lines, pause=is_behind)

    me, bot = there.people.me, there.people.bot
    mine, theirs = (late_sequences(each, first, text, first=first) for first, text in ((1, "me"), (2, "bot")))
    third = each // 3
    await send(me, mine[:third])
    await asyncio.gather(send(me, mine[third:]), send(bot, theirs[: each - third]))
    await send(bot, theirs[each - third :])


@pytest.mark.parametrize("times", TIMES)
async def test_two_senders_over_many_cuts(times: int) -> None:
    script = seeded(12, sockets=(4_000, 70_000), requests=(2_000, 8_000_000 * times))
    each = 5_000 * times
    async with faulty(script) as there:
        process = await there.people.running("out", max_exec_time=-1)
        watched = there.follow(process, "out")
        log = watched.follower.log
        await send_in_phases(there, process, watched, each)
        await until(lambda: len(log) >= 2 * each and watched.follower.is_caught_up)
        assert watched.present == await there.held(process, "out")
        watched.check_once()
        assert len(log) == 2 * each and watched.marks == []
        assert there.proxy.socket_faults >= 50 * times
        print(f"{len(log)} entries, {there.proxy}, {dict(there.people.colony.counts)}")


async def test_a_backlog_that_no_socket_lives_long_enough_for() -> None:
    """As one frame it never passes; read in pages it does."""
    async with faulty(lambda opened: Fault(Kind.CUT, 5_000) if opened.is_socket else None) as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        lines = late_sequences(300, 1, "much")
        await append_all(there.people.colony.port, there.people.bot.identity, process.id, "out", lines[:5])
        await until(lambda: watched.follower.is_caught_up)
        await append_all(there.people.colony.port, there.people.bot.identity, process.id, "out", lines[5:])
        await until(lambda: watched.payloads == sorted(payload for _, payload in lines))
        await until(lambda: watched.follower.is_caught_up)
        watched.check_once()


async def test_three_processes_at_once_with_put_backs() -> None:
    clock = Skipping()
    script = seeded(3, sockets=(1_500, 20_000))
    async with faulty(script, limits=replace(FAST, sweep_s=0.01), clock=clock) as there:
        taken = [await there.people.running("out", max_exec_time=EXEC_S, max_retries=ATTEMPTS) for _ in range(3)]
        for process in taken:
            await attempt(there, process, 1, 1)
        watched = {process.id: there.follow(process, "out") for process in taken}
        await until(lambda: all(one.follower.is_caught_up for one in watched.values()))
        for number in range(1, ATTEMPTS + 1):
            if number > 1:
                clock.skip(EXEC_S + 2)
                taken = [await there.people.bot.assign(5) for _ in watched]
            await asyncio.gather(*(attempt(there, process, number) for process in taken))
            # An attempt whose start nobody saw could not be told from the one before.
            await until(lambda number=number: all(one.attempts_seen == number for one in watched.values()))  # type: ignore[misc]
        assert {process.id for process in taken} == set(watched)
        for process, close in zip(taken, (close_amid_faults, close_while_calm, close_while_dead), strict=True):
            await close(there, process, watched[process.id])
        assert there.proxy.socket_faults >= 30
        print(f"{sum(len(one.follower.log) for one in watched.values())} entries, {there.proxy}")


EXEC_S = 300
ATTEMPTS = 4
EACH = 150
"""How many entries each attempt appends to each process."""


async def attempt(there: Field, process: Process, number: int, count: int = EACH) -> None:
    """What an attempt appends, with the same sequences each time."""
    lines = late_sequences(count, number, f"attempt {number}", first=2)
    await append_all(there.people.colony.port, there.people.bot.identity, process.id, "out", lines)


async def close_amid_faults(there: Field, process: Process, watched: Watched) -> None:
    """Right behind the last append: the end may be proven or not."""
    await close_and_check(there, process, watched)


async def close_while_calm(there: Field, process: Process, watched: Watched) -> None:
    """Everything is held and the link stays: nothing is missing, and nobody says so."""
    there.proxy.script = clean
    await watched.begin_again()
    await until(lambda: watched.follower.is_caught_up)
    assert await close_and_check(there, process, watched) == set()
    assert MarkKind.GAP not in watched.marks


async def close_while_dead(there: Field, process: Process, watched: Watched) -> None:
    """No byte passes from before the last appends to the end: they are missing, and that is said."""
    await watched.begin_again()
    await until(lambda: watched.follower.is_caught_up)
    there.proxy.script = dead
    there.proxy.cut()
    lines = [(4 * EACH + sequence, payload) for sequence, payload in late_sequences(20, 1, f"attempt {ATTEMPTS}")]
    await append_all(there.people.colony.port, there.people.bot.identity, process.id, "out", lines)
    missing = await close_and_check(there, process, watched, is_dead=True)
    assert {sequence for _, sequence, _ in missing} == {sequence for sequence, _ in lines}


async def close_and_check(there: Field, process: Process, watched: Watched, *, is_dead: bool = False) -> set[Identity]:
    """Close it; what the server held in the end and the follower does not, which must lie where the log says so."""
    entries = {entry.identity: entry for entry in await there.people.bot.read_channel(process.id, "out")}
    await there.people.bot.close(process.id)
    if is_dead:
        there.proxy.script = clean
    await watched.task
    watched.check_once()
    log = watched.follower.log
    held = {entry.identity: entry for entry in log}
    assert all(entries.get(identity) == entry for identity, entry in held.items())
    assert all(entry.payload.startswith(b"attempt %d " % log.attempt_of(entry)) for entry in log)
    missing = {identity: entry for identity, entry in entries.items() if identity not in held}
    gaps = [mark for mark in log.marks if mark.kind is MarkKind.GAP]
    assert len(gaps) <= 1 and (gaps or not missing), "lost without a word"
    assert all(entry.timestamp_ns > (gap.timestamp_ns or 0) for gap in gaps for entry in missing.values())
    return set(missing)


async def run_and_close(
    there: Field, process: Process, number: int, *, is_clean: bool, time_limit: float = 30.0
) -> tuple[Watched, list[Line]]:
    """One process whose executor closes it right behind its last append; followed from its start to its end."""
    random = Random(number)
    people = there.people
    watched = there.follow(process, "out", time_limit=time_limit)
    if is_clean:
        await until(lambda: people.colony.subscribers(process.id, "out") == 1)
    else:
        await until(lambda: watched.follower.has_read)
    lines = late_sequences(random.randrange(0, 30), number, f"{number}", first=2)
    await append_all(people.colony.port, people.bot.identity, process.id, "out", lines)
    match random.randrange(3):
        case 0:
            await people.bot.close(process.id)
        case 1:
            await people.bot.fail(process.id, ["boom"])
        case _:
            await people.me.cancel(process.id)
    await watched.task
    assert watched.follower.log.condition.kind is ConditionKind.ENDED
    watched.check_once()
    return watched, lines


async def run_all(
    there: Field, count: int, *, is_clean: bool, time_limit: float = 30.0, at_once: int = 50
) -> list[tuple[Watched, list[Line]]]:
    found = []
    for first in range(0, count, at_once):
        processes = [await there.people.running("out", max_exec_time=-1) for _ in range(at_once)]
        found += await asyncio.gather(
            *(
                run_and_close(there, process, first + at, is_clean=is_clean, time_limit=time_limit)
                for at, process in enumerate(processes)
            )
        )
    return found


@pytest.mark.parametrize("times", TIMES)
async def test_processes_that_close_right_behind_their_last_append(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No time limit passes, so every end must be proven by what came before it."""
    monkeypatch.setattr(channel_subscription, "GRACE_S", 3600.0)
    async with faulty(clock=LongLimits()) as there:
        found = await run_all(there, 200 * times, is_clean=True, at_once=10)
    for watched, lines in found:
        assert watched.payloads == sorted(payload for _, payload in lines)
        assert watched.marks == [MarkKind.CLOSED]
    print(f"{sum(len(lines) for _, lines in found)} entries of {len(found)} processes")


@pytest.mark.parametrize("times", TIMES)
async def test_processes_that_close_while_limits_pass_are_complete_or_have_a_gap(times: int) -> None:
    """Every second a limit passes. An end in the very seam of two subscriptions proves nothing: that is said."""
    async with faulty() as there:
        complete = 0
        for watched, lines in await run_all(there, 100 * times, is_clean=True, time_limit=1.0, at_once=10):
            is_whole = watched.payloads == sorted(payload for _, payload in lines)
            assert is_whole or MarkKind.GAP in watched.marks, "lost without a word"
            complete += MarkKind.GAP not in watched.marks
        assert complete
        print(f"{complete} of {100 * times} complete")


async def test_what_is_on_its_way_when_the_process_is_seen_to_be_over_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The look at the process that comes before renewing an empty log overtakes what was pushed."""
    monkeypatch.setattr(channel_subscription, "QUEUE_AHEAD_S", channel_subscription.FIRST_LIMIT_S - 0.1)
    async with faulty(clock=LongLimits()) as there:
        process = await there.people.running("out")
        watched = there.follow(process, "out")
        await until(lambda: there.people.colony.subscribers(process.id, "out") == 1)
        there.proxy.delay_sockets(0.4)
        await there.people.bot.append(process.id, "out", 2, "on its way")
        await there.people.bot.close(process.id)
        await watched.task
        assert (watched.payloads, watched.marks) == ([b"on its way"], [MarkKind.CLOSED])


@pytest.mark.parametrize("times", TIMES)
async def test_processes_that_close_over_cuts_are_complete_or_have_a_gap(times: int) -> None:
    script = seeded(7, sockets=(1_500, 20_000), requests=(1_000, 200_000))
    async with faulty(script) as there:
        complete = 0
        for watched, lines in await run_all(there, 200 * times, is_clean=False):
            sent = sorted(payload for _, payload in lines)
            assert set(watched.payloads) <= set(sent)
            assert watched.payloads == sent or MarkKind.GAP in watched.marks
            complete += MarkKind.GAP not in watched.marks
        assert 0 < complete < 200 * times
        assert there.proxy.socket_faults >= 50 and there.proxy.request_faults >= 5
        print(f"{complete} complete, {there.proxy}")
