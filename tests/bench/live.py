"""``live``: what watching asks of a colony, how soon a broken link is live again, and what recording costs."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.live.colony import LiveColony
from colony_tui.model import Process
from colony_tui.store.condition import ConditionKind
from tests.bench import archive, citizen
from tests.bench.citizen import FREE
from tests.bench.follow_alone import CHANNEL
from tests.bench.rows import Figure, Row, in_unit
from tests.faults.proxy import Fault, FaultProxy, Kind, Opened
from tests.members import Members, members

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
    *citizen.ROWS,
    *archive.ROWS,
    Row("recovery", "from the link's return to a live stream", run_recovery),
    Row("archive.cost", f"CPU of following {RATE} entries/s, with the archive and without", run_cost),
)
