"""What watching asks of a colony: requests, handshakes, subscriptions, sockets, and the server's time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from random import Random

import pytest

from colony_tui.client import ColonyClient
from colony_tui.live.colony import LiveColony
from colony_tui.live.share import SOCKETS
from colony_tui.model import NANOSECONDS, Process, ProcessState
from colony_tui.server import rpc
from colony_tui.server.limits import Limits
from colony_tui.server.processes import ProcessRecord
from colony_tui.server.rpc import Answer
from colony_tui.server.state import ServerState
from tests.bench.follow_alone import CHANNEL
from tests.bench.hasty import HastyLoop, LoopClock
from tests.bench.rows import Figure, Row
from tests.colony import beside
from tests.members import Members, members

FREE = Limits(append_burst=1e9, appends_per_s=1e9, channel_entries=1_000_000)

SETTLING_S = 60
IDLE_S, IDLE_FASTER = 600, 20.0
"""How long it is counted, and how many times as fast time passes meanwhile: the server then takes any reply for late,
so its strict mode is off."""
BUSY_S, BUSY_FASTER = 120, 3.0
A_MINUTE = 60
DRIVEN = ("submitfuncspecmsg", "assignprocessmsg", "closesuccessfulmsg")
"""What only those who make the colony busy ask for, beside appends."""
AT_MOST = 60
RUNNING = 12
"""Processes that run at a time in a busy colony; one ends and another begins each second."""


@asynccontextmanager
async def living(client: ColonyClient) -> AsyncIterator[LiveColony]:
    colony = LiveColony(client)
    async with beside(colony.run()):
        yield colony


def asked(people: Members) -> dict[str, int]:
    """Requests of the watching program alone, handshakes and subscribe frames so far."""
    counts = people.colony.counts
    driven = sum(counts[name] for name in (*DRIVEN, "channelappendmsg"))
    return {
        "requests": counts["requests"] - driven,
        "handshakes": counts["handshakes"],
        "subscribe frames": counts["subscribe_frames"],
    }


async def counted(people: Members, colony: LiveColony, seconds: int) -> tuple[dict[str, float], int]:
    """What is asked a minute from now on, and the most sockets that were open at a time."""
    before, most = asked(people), 0
    for _ in range(seconds):
        await asyncio.sleep(1)
        most = max(most, open_sockets(colony))
    return {what: (number - before[what]) * A_MINUTE / seconds for what, number in asked(people).items()}, most


def hasty(work: Coroutine[None, None, tuple[dict[str, float], int]], faster: float) -> tuple[dict[str, float], int]:
    with asyncio.Runner(loop_factory=lambda: HastyLoop(faster)) as runner:
        return runner.run(work)


def words_of(rates: dict[str, float]) -> str:
    return ", ".join(f"{rate:.1f} {what}" for what, rate in rates.items())


async def idle() -> tuple[dict[str, float], int]:
    """One process is open, whose two channels hold something; nothing changes."""
    async with members(clock=LoopClock(), strict=False) as people:
        process = await people.running(CHANNEL, "sync", max_exec_time=-1)
        await people.bot.append(process.id, CHANNEL, 2, b"there")
        async with living(people.me) as colony:
            colony.open(process.id)
            colony.watcher.rows.want([process])
            await asyncio.sleep(SETTLING_S)
            return await counted(people, colony, IDLE_S)


def open_sockets(colony: LiveColony) -> int:
    return sum(followed.open_channels for followed in colony.followed.values()) + len(colony.watcher.rows)


def run_idle() -> Figure:
    rates, sockets = hasty(idle(), IDLE_FASTER)
    total = sum(rates.values())
    return Figure(
        ours=f"{total:.1f} a minute",
        baseline="–",
        goal=f"at most {AT_MOST} a minute",
        reached=f"{total:.1f}",
        is_reached=0 < total <= AT_MOST,
        detail=f"{words_of(rates)}; {sockets} sockets; {IDLE_S // 60} minutes counted on a fast clock",
    )


async def busy() -> tuple[dict[str, float], int]:
    """Processes begin, speak and end all the time; all rows are on the screen, one of the processes is open."""
    async with members(clock=LoopClock(), limits=FREE, strict=False) as people, living(people.me) as colony:
        driving = asyncio.create_task(drive(people))
        watching = asyncio.create_task(watch(colony))
        await asyncio.sleep(SETTLING_S)
        found = await counted(people, colony, BUSY_S)
        for task in (driving, watching):
            task.cancel()
        await asyncio.gather(driving, watching, return_exceptions=True)
        return found


async def drive(people: Members) -> None:
    running: list[Process] = []
    for number in count():
        running.append(await people.running("a", "b", "c", max_exec_time=-1))
        for process in running:
            await people.bot.append(process.id, "a", number, b"word")
        if len(running) > RUNNING:
            await people.bot.close(running.pop(0).id)
        await asyncio.sleep(1)


async def watch(colony: LiveColony) -> None:
    """What a screen does: the unfinished rows are wanted, and the newest running one is open."""
    while True:
        await colony.watcher.changes.take()
        unfinished = [process for process in colony.watcher.table if not process.state.is_closed]
        if unfinished and (colony.open_id not in {process.id for process in unfinished}):
            colony.open(unfinished[0].id)
        colony.watcher.rows.want(unfinished)


def run_busy() -> Figure:
    rates, most = hasty(busy(), BUSY_FASTER)
    return Figure(
        ours=f"{sum(rates.values()):.0f} a minute",
        baseline="–",
        goal=f"at most {SOCKETS} sockets at a time",
        reached=f"{most} at most",
        is_reached=0 < most <= SOCKETS,
        detail=f"{words_of(rates)}; {RUNNING} processes with 3 channels each, one ends and one begins each second",
    )


# The server's time

FINISHED = 20_000
COST_S, COST_FASTER = 300, 10.0
NAIVE_S = 5.0
"""How often a monitor asks that polls everything."""


@contextmanager
def timed() -> Iterator[list[float]]:
    """Seconds of CPU that the embedded colony takes for each answer."""
    taken: list[float] = []
    plain = rpc.answer

    async def answer(state: ServerState, body: bytes, count: Callable[[str], None]) -> Answer:
        started = time.thread_time()
        try:
            return await plain(state, body, count)
        finally:
            taken.append(time.thread_time() - started)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.server.colony.answer", answer)
        yield taken


async def with_many_finished(people: Members) -> Process:
    """One process that runs, behind many that have ended; nobody waits for work, so that every answer is at once."""
    process = await people.running(CHANNEL, max_exec_time=-1)
    await people.bot.append(process.id, CHANNEL, 2, b"there")
    table, random = people.colony._state.processes, Random(1)
    template = table.get(process.id)
    assert template is not None
    now_ns = people.colony.clock.now_ns()
    states = (ProcessState.SUCCESS,) * 90 + (ProcessState.FAILED,) * 8 + (ProcessState.CANCELLED,) * 2
    for number in range(FINISHED):
        at_ns = now_ns - number * NANOSECONDS
        known = ProcessRecord(f"{number:064x}", template.spec, template.initiator_id, template.initiator_name, at_ns)
        known.state, known.started_ns, known.ended_ns = random.choice(states), at_ns, at_ns + NANOSECONDS
        table._records[known.id] = known
    return process


async def cost_of_us() -> float:
    """Seconds of the server a minute."""
    async with members(clock=LoopClock(), strict=False) as people:
        process = await with_many_finished(people)
        async with living(people.me) as colony:
            colony.open(process.id)
            colony.watcher.rows.want([process])
            await asyncio.sleep(SETTLING_S)
            with timed() as taken:
                await asyncio.sleep(COST_S)
            return sum(taken) * A_MINUTE / COST_S


async def cost_of_polling() -> float:
    """The same of a monitor that asks for all five lists and the counts again and again."""
    async with members(clock=LoopClock(), strict=False) as people:
        await with_many_finished(people)
        rounds = round(A_MINUTE / NAIVE_S)
        with timed() as taken:
            for _ in range(rounds):
                for state in ProcessState:
                    await people.me.get_processes(state)
                await people.me.get_statistics()
        return sum(taken)


def run_server() -> Figure:
    with asyncio.Runner(loop_factory=lambda: HastyLoop(COST_FASTER)) as runner:
        ours, naive = runner.run(cost_of_us()), runner.run(cost_of_polling())
    return Figure(
        ours=f"{ours * 1e3:.0f} ms a minute",
        baseline=f"{naive * 1e3:.0f} ms a minute (all lists and the counts every {NAIVE_S:g} s)",
        goal="at least 2 times less",
        reached=f"{naive / ours:.2f} times less",
        is_reached=naive >= 2 * ours,
        detail=f"CPU of the embedded colony's answers, {FINISHED:,} processes have ended; {COST_S // 60} minutes "
        "on a fast clock",
    )


ROWS = (
    Row("citizen.idle", "asked of the server while nothing changes, one process open", run_idle),
    Row("citizen.busy", "asked of the server, and sockets, while much changes", run_busy),
    Row("citizen.server", "the server's time where many processes have ended and nothing changes", run_server),
)
