"""``latency``: from the call of an append to the bytes that paint it, one at a time, on a server of its own."""

from __future__ import annotations

import asyncio
import shlex
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.drivers.headless_driver import HeadlessDriver

from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.client.events import Entries
from colony_tui.model import Executor, FunctionSpec, Process
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.run import LiveApp
from colony_tui.wire.keys import Identity, generate_private_key
from tests.bench.rows import Figure, Row, in_unit

ROUNDS = 300
WITHIN_S = 0.015
PAUSE_S = 0.06
"""Between two appends: longer than a frame, so that each comes after a quiet moment."""
PATIENCE_S = 20.0
LEAD = "so long that the list's newest line has no room for its end: "
EXECUTOR_TYPE = "bench"


class WatchedDriver(HeadlessDriver):
    """A terminal's driver that takes what is to be written, and tells when a text is among it."""

    wanted = ""
    found: asyncio.Future[float] | None = None

    @property
    def is_headless(self) -> bool:
        """The app must paint as for a terminal."""
        return False

    def write(self, data: str) -> None:
        if self.found is not None and not self.found.done() and self.wanted in data:
            self.found.set_result(time.perf_counter())

    @classmethod
    def watch(cls, text: str) -> asyncio.Future[float]:
        """The time at which ``text`` is handed over to be written."""
        cls.wanted, cls.found = text, asyncio.get_running_loop().create_future()
        return cls.found


@asynccontextmanager
async def _colony() -> AsyncIterator[dict[str, str]]:
    """An embedded colony in a process of its own; the variables that lead to it."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "colony_tui", "server"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert server.stdout is not None
    try:
        words = shlex.split((await server.stdout.read()).decode())
        yield dict(word.split("=", 1) for word in words if word != "export")
    finally:
        server.terminate()
        await server.wait()


async def _running(client: ColonyClient, bot: ColonyClient) -> Process:
    await client.submit(FunctionSpec(function="bench", executor_type=EXECUTOR_TYPE, channels=("chat",)))
    return await bot.assign(10)


async def _painted(bot: ColonyClient, process: Process, number: int) -> float:
    text = f"<{number:05d}>"
    painted = WatchedDriver.watch(text)
    started = time.perf_counter()
    await bot.append(process.id, "chat", 2 * number, LEAD + text)
    async with asyncio.timeout(PATIENCE_S):
        return await painted - started


class _Bare:
    """A client that does nothing but take what comes."""

    def __init__(self, client: ColonyClient, process: Process) -> None:
        self._subscription = client.subscribe_channel(process.id, "chat")
        self._arrived: asyncio.Future[float] | None = None

    async def run(self) -> None:
        async with self._subscription:
            async for event in self._subscription:
                if isinstance(event, Entries) and self._arrived is not None and not self._arrived.done():
                    self._arrived.set_result(time.perf_counter())

    async def arrival(self, bot: ColonyClient, process: Process, number: int) -> float:
        self._arrived = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        await bot.append(process.id, "chat", 2 * number, f"{LEAD}<{number:05d}>")
        async with asyncio.timeout(PATIENCE_S):
            return await self._arrived - started


async def _measure() -> tuple[list[float], list[float]]:
    """Durations in seconds to the paint, and to the arrival in a bare client, by turns."""
    async with _colony() as settings:
        address = ServerAddress(settings["COLONIES_SERVER_HOST"], int(settings["COLONIES_SERVER_PORT"]), tls=False)
        name = settings["COLONIES_COLONY_NAME"]
        key = generate_private_key()
        async with (
            ColonyClient.connect(address, settings["COLONIES_COLONY_PRVKEY"], name) as owner,
            ColonyClient.connect(address, settings["COLONIES_PRVKEY"], name) as client,
            ColonyClient.connect(address, key, name) as bot,
        ):
            await owner.add_executor(Executor(id=Identity(key).id, name="bench", type=EXECUTOR_TYPE, colony=name))
            await owner.approve_executor("bench")
            shown, quiet = await _running(client, bot), await _running(client, bot)
            bare = _Bare(client, quiet)
            app = LiveApp(LiveSession(client, name), process_id=shown.id, channel="chat")
            app.driver_class = WatchedDriver
            tasks = [asyncio.create_task(bare.run()), asyncio.create_task(app.run_async(size=(120, 40)))]
            try:
                for number in range(1, 6):
                    await _painted(bot, shown, number)
                    await bare.arrival(bot, quiet, number)
                painted, arrived = [], []
                for number in range(6, ROUNDS + 6):
                    await asyncio.sleep(PAUSE_S)
                    painted.append(await _painted(bot, shown, number))
                    await asyncio.sleep(PAUSE_S)
                    arrived.append(await bare.arrival(bot, quiet, number))
                return painted, arrived
            finally:
                app.exit()
                await asyncio.wait({tasks[1]}, timeout=PATIENCE_S)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def _spread(durations: list[float]) -> str:
    ninety_ninth = statistics.quantiles(durations, n=100, method="inclusive")[98]
    return f"median {in_unit(statistics.median(durations))}, 99th percentile {in_unit(ninety_ninth)}"


def _latency() -> Figure:
    painted, arrived = asyncio.run(_measure())
    difference = statistics.median(painted) - statistics.median(arrived)
    return Figure(
        ours=_spread(painted),
        baseline=f"{_spread(arrived)} (arrival in a bare client)",
        goal=f"the medians differ by {in_unit(WITHIN_S)} at most",
        reached=f"{difference * 1e3:.3g} ms",
        is_reached=difference <= WITHIN_S,
        detail=f"{ROUNDS} each, by turns",
    )


ROWS = (Row("latency", "an append's call to the bytes that paint it", _latency),)
