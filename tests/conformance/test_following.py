"""Following and sending as the app does it, over links that break, on any server: nothing lost, nothing twice, or said.

What the fault tests prove of the embedded colony, asked of the server that the suite runs against, at its own limits.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from colony_tui import ColonyClient
from colony_tui.client import channel_subscription
from colony_tui.errors import ColonyError, RateLimited, Refused
from colony_tui.live import chat as chat_module
from colony_tui.live.chat import ChatSession, Delivery
from colony_tui.model import Process, ProcessState
from colony_tui.store.condition import ConditionKind
from colony_tui.store.rows import MarkKind
from tests.colony import until
from tests.conformance.field import Field
from tests.conformance.scene import Scene, scene
from tests.faults.field import Watched
from tests.faults.proxy import seeded
from tests.faults.senders import Line, late_sequences

PATIENCE_S = 60.0
AT_ONCE = 20
"""Processes that are followed at a time."""


@pytest.fixture
def is_strict() -> bool:
    """The client must do nothing that would harm a real server."""
    return True


async def say(client: ColonyClient, process: Process, lines: list[Line]) -> None:
    """Append lines in order, at the pace that the server allows."""
    for sequence, payload in lines:
        while True:
            try:
                await client.append(process.id, "out", sequence, payload)
                break
            except RateLimited:
                await asyncio.sleep(0.1)


async def end(here: Scene, process: Process, how: int) -> None:
    match how:
        case 0:
            await here.bot.close(process.id)
        case 1:
            await here.bot.fail(process.id, ["boom"])
        case _:
            await here.direct.cancel(process.id)


async def run_and_end(here: Scene, process: Process, number: int, time_limit: float) -> tuple[Watched, list[bytes]]:
    """Follow a process that says a first line, then many, and ends right behind the last."""
    random = Random(number)
    await here.bot.append(process.id, "out", 0, b"first")
    watched = here.follow(process, time_limit=time_limit)
    await until(lambda: watched.follower.is_caught_up)
    lines = late_sequences(random.randrange(0, 30), number, f"{number}", first=2)
    await say(here.bot, process, lines)
    await end(here, process, random.randrange(3))
    await asyncio.wait_for(watched.task, PATIENCE_S)
    watched.check_once()
    assert watched.follower.log.condition.kind is ConditionKind.ENDED
    return watched, sorted([b"first", *(payload for _, payload in lines)])


async def run_and_end_all(here: Scene, count: int, time_limit: float = 30.0) -> list[tuple[Watched, list[bytes]]]:
    found = []
    for first in range(0, count, AT_ONCE):
        processes = [await here.running("out") for _ in range(min(AT_ONCE, count - first))]
        found += await asyncio.gather(
            *(run_and_end(here, process, first + at, time_limit) for at, process in enumerate(processes))
        )
    return found


COUNTS = (20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(900)]))


@pytest.mark.parametrize("count", COUNTS)
async def test_processes_that_end_right_behind_their_last_append_are_complete(field: Field, count: int) -> None:
    async with scene(field) as here:
        found = await run_and_end_all(here, count)
    for watched, lines in found:
        assert watched.payloads == lines
        assert watched.marks == [MarkKind.CLOSED]
    print(f"{sum(len(lines) for _, lines in found)} entries of {count} processes")


@pytest.mark.parametrize("count", COUNTS)
async def test_where_limits_pass_every_second_an_end_is_complete_or_says_that_it_is_not(
    field: Field, count: int
) -> None:
    async with scene(field) as here:
        found = await run_and_end_all(here, count, time_limit=1.0)
    gaps = 0
    for watched, lines in found:
        assert watched.payloads == lines or MarkKind.GAP in watched.marks, "lost without a word"
        gaps += MarkKind.GAP in watched.marks
    assert gaps <= count / 2
    print(f"{sum(len(lines) for _, lines in found)} entries of {count} processes, {gaps} unproven")


@pytest.mark.parametrize("count", COUNTS)
async def test_over_cuts_an_end_is_complete_or_says_that_it_is_not(field: Field, count: int) -> None:
    async with scene(field, seeded(7, sockets=(1_500, 20_000), requests=(2_000, 200_000))) as here:
        found = await run_and_end_all(here, count)
        cuts = here.proxy.socket_faults
        print(here.proxy)
    gaps = 0
    for watched, lines in found:
        assert set(watched.payloads) <= set(lines)
        assert watched.payloads == lines or MarkKind.GAP in watched.marks, "lost without a word"
        gaps += MarkKind.GAP in watched.marks
    assert cuts and gaps < count
    print(f"{sum(len(lines) for _, lines in found)} entries of {count} processes, {gaps} with a gap")


@pytest.mark.parametrize("each", (250, pytest.param(5_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])))
async def test_two_senders_over_cuts(field: Field, each: int) -> None:
    """Late sequences from both sides while the socket is cut again and again."""
    async with scene(field, seeded(12, sockets=(3_000, 40_000), requests=(4_000, 8_000_000))) as here:
        process = await here.running("out")
        watched = here.follow(process)
        mine, theirs = (late_sequences(each, first, text, first=first) for first, text in ((1, "me"), (2, "bot")))
        await say(here.direct, process, mine[: each // 3])
        await asyncio.gather(
            say(here.direct, process, mine[each // 3 :]), say(here.bot, process, theirs[: each - each // 3])
        )
        await say(here.bot, process, theirs[each - each // 3 :])
        await until(lambda: len(watched.follower.log) >= 2 * each and watched.follower.is_caught_up)
        assert watched.present == await here.held(process)
        watched.check_once()
        assert watched.marks == [] and len(watched.follower.log) == 2 * each
        assert here.proxy.socket_faults >= (50 if each >= 5_000 else 3)
        print(here.proxy)


@pytest.mark.parametrize("count", (60, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(900)])))
async def test_lines_sent_over_cuts_stand_in_the_log_once(
    field: Field, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "LINK_PAUSE_S", 0.005)
    script = seeded(5, sockets=(1_000, 30_000), requests=(400, 4_000), roomy=150_000)
    async with scene(field, script) as here:
        process = await here.running("out")
        watched = here.follow(process)
        chat = ChatSession(here.me, watched.follower)
        sending = asyncio.create_task(chat.run())
        lines = [chat.send(b"line %d" % number) for number in range(count)]
        async with asyncio.timeout(10 * PATIENCE_S):
            await asyncio.gather(*(line.settled.wait() for line in lines))
        sending.cancel()
        assert {line.state for line in lines} <= {Delivery.SEEN, Delivery.ANSWERED}
        entries = await here.bot.read_channel(process.id, "out")
        assert Counter(entry.payload for entry in entries) == {line.payload: 1 for line in lines}
        assert here.proxy.request_faults >= 3
        print(here.proxy)


async def test_attempts_of_a_process_that_is_put_back_are_kept_apart(field: Field) -> None:
    async with scene(field) as here:
        process = await here.running("out", max_exec_time=1, max_retries=5)
        watched = here.follow(process)
        log = watched.follower.log
        for attempt in (1, 2, 3):
            try:
                await say(here.bot, process, late_sequences(20, attempt, f"attempt {attempt}", first=2))
            except Refused as error:
                pytest.fail(f"put back too early: {error}")
            if attempt < 3:
                assert (await here.bot.assign(30)).id == process.id
        await until(lambda: len(log) == 60 and watched.follower.is_caught_up)
        told = Counter((log.attempt_of(entry), entry.payload.split(b" ")[1]) for entry in log)
        assert told == {(number, b"%d" % number): 20 for number in (1, 2, 3)}
        await here.direct.cancel(process.id)
        await asyncio.wait_for(watched.task, PATIENCE_S)
        watched.check_once()


@pytest.mark.parametrize("rounds", (1, pytest.param(4, marks=[pytest.mark.long, pytest.mark.timeout(900)])))
async def test_a_restart_is_a_reset_and_what_comes_after_is_complete(
    field: Field, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_subscription, "BREATH_S", 0.5)
    async with scene(field) as here:
        process = await here.running("out")
        watched = here.follow(process)
        for number in range(rounds):
            await say(here.bot, process, late_sequences(30 + 5 * (number % 2), number, f"round {number}", first=2))
            await until(lambda: watched.follower.is_caught_up and len(watched.present) >= 30)
            await field.restart()
            await until_answered(here)
            await say(here.bot, process, late_sequences(10, number, f"after {number}", first=200))
            now = await here.held(process)
            await until(lambda: watched.follower.is_caught_up and watched.present == now)  # noqa: B023 - called at once
            assert watched.marks.count(MarkKind.RESET) == number + 1
        watched.check_once()
        await here.bot.close(process.id)
        await asyncio.wait_for(watched.task, PATIENCE_S)
        last = watched.follower.tracked.process
        assert last.state is ProcessState.SUCCESS


async def until_answered(here: Scene) -> None:
    """Wait until the server answers again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await here.bot.get_version()
                return
            except ColonyError:
                await asyncio.sleep(0.05)
