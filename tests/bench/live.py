"""``live``: what watching asks of a colony, how soon a broken link is live again, and what recording costs."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random

from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.live.colony import LiveColony
from colony_tui.live.share import SOCKETS
from colony_tui.model import Process
from colony_tui.server.limits import Limits
from colony_tui.store.condition import ConditionKind
from tests.bench.follow_alone import CHANNEL
from tests.bench.hasty import HastyLoop, LoopClock
from tests.bench.rows import Figure, Row, in_unit
from tests.faults.proxy import Fault, FaultProxy, Kind, Opened
from tests.members import Members, members

FREE = Limits(append_burst=1e9, appends_per_s=1e9, channel_entries=1_000_000)

# Asked of the server

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
    task = asyncio.create_task(colony.run())
    try:
        yield colony
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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


# Live again

APPS = 10
CUTS = 15
LONGEST_CUT_S = 10.0
WITHIN_S = 2.0


class Recovering:
    """One program behind a proxy of its own, whose link is cut again and again."""

    def __init__(self, people: Members, process: Process, seed: int) -> None:
        self._people = people
        self._process = process
        self._random = Random(seed)
        self._is_down = False
        self._news = asyncio.Event()

    def _script(self, _: Opened) -> Fault | None:
        return Fault(Kind.RESET, 0, is_upward=True) if self._is_down else None

    async def run(self) -> list[float]:
        """Seconds from each return of the link to the stream's being live."""
        async with (
            FaultProxy(self._people.colony.port, self._script) as proxy,
            Transport(ServerAddress("127.0.0.1", proxy.port, tls=False)) as transport,
        ):
            client = ColonyClient(transport, self._people.me.identity, self._people.colony.colony)
            colony = LiveColony(client, on_channel=lambda *_: self._news.set())
            task = asyncio.create_task(colony.run())
            colony.open(self._process.id)
            try:
                await self._until(colony, lambda kind: kind is ConditionKind.LIVE)
                return [await self._cut(colony, proxy) for _ in range(CUTS)]
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _cut(self, colony: LiveColony, proxy: FaultProxy) -> float:
        loop = asyncio.get_running_loop()
        self._is_down = True
        proxy.cut()
        await self._until(colony, lambda kind: kind is ConditionKind.LOST)
        await asyncio.sleep(self._random.uniform(0, LONGEST_CUT_S))
        self._is_down, back = False, loop.time()
        await self._until(colony, lambda kind: kind is ConditionKind.LIVE)
        return loop.time() - back

    async def _until(self, colony: LiveColony, holds: Callable[[ConditionKind], bool]) -> None:
        while True:
            followed = colony.followed.get(self._process.id)
            if followed is not None and holds(followed.follower(CHANNEL).log.condition.kind):
                return
            self._news.clear()
            await self._news.wait()


async def recoveries() -> list[float]:
    async with members(limits=FREE) as people:
        process = await people.running(CHANNEL, max_exec_time=-1)
        for number in range(100):
            await people.bot.append(process.id, CHANNEL, 2 * number, b"there")
        found = await asyncio.gather(*(Recovering(people, process, seed).run() for seed in range(APPS)))
        return [seconds for one in found for seconds in one]


def run_recovery() -> Figure:
    taken = asyncio.run(recoveries())
    ninety_ninth = statistics.quantiles(taken, n=100, method="inclusive")[98]
    return Figure(
        ours=f"median {in_unit(statistics.median(taken))}, 99th percentile {in_unit(ninety_ninth)}",
        baseline="–",
        goal=f"99th percentile within {in_unit(WITHIN_S)}",
        reached=in_unit(ninety_ninth),
        is_reached=ninety_ninth <= WITHIN_S,
        detail=f"{len(taken)} cuts of up to {LONGEST_CUT_S:g} s by {APPS} programs; longest {in_unit(max(taken))}",
    )


# Recording

RATE = 100
WARM = 100
ENTRIES = 1_000
COST_ROUNDS = 3
COSTS_AT_MOST = 0.05


async def cost(path: Path | None) -> float:
    """CPU of a program that follows entries at that rate, as a part of one core."""
    async with members(limits=FREE) as people:
        process = await people.running(CHANNEL, max_exec_time=-1)
        await people.bot.append(process.id, CHANNEL, 0, b"first")
        where = (people.colony.port, people.colony.colony, people.colony.user_key, process.id)
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.follow_alone"),
            *map(str, (*where, WARM, WARM + ENTRIES)),
            *([str(path)] if path else []),
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        await program.stdout.readline()
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(1, WARM + ENTRIES):
            await asyncio.sleep(max(0.0, started + number / RATE - loop.time()))
            await people.bot.append(process.id, CHANNEL, 2 * number, f"entry {number} ".ljust(60, ".").encode())
        out, _ = await program.communicate()
        return float(out) * RATE / ENTRIES


def run_cost() -> Figure:
    recorded, plain = [], []
    for _ in range(COST_ROUNDS):
        plain.append(asyncio.run(cost(None)))
        with tempfile.TemporaryDirectory() as folder:
            recorded.append(asyncio.run(cost(Path(folder) / "archive.db")))
    ours, alone = statistics.median(recorded), statistics.median(plain)
    return Figure(
        ours=f"{ours:.1%} of a core",
        baseline=f"{alone:.1%} (the same without an archive)",
        goal=f"at most {COSTS_AT_MOST:.0%} of a core more",
        reached=f"{ours - alone:+.1%} of a core",
        is_reached=ours - alone <= COSTS_AT_MOST,
        detail=f"medians of {COST_ROUNDS} runs by turns",
    )


ROWS = (
    Row("citizen.idle", "asked of the server while nothing changes, one process open", run_idle),
    Row("citizen.busy", "asked of the server, and sockets, while much changes", run_busy),
    Row("recovery", "from the link's return to a live stream", run_recovery),
    Row("archive.cost", f"CPU of following {RATE} entries/s, with the archive and without", run_cost),
)
