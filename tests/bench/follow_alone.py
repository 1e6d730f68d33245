"""A program that follows one channel: ``python -m tests.bench.follow_alone PORT COLONY KEY PROCESS FIRST LAST [FILE]``.

Prints ``ready`` once it follows, and the CPU seconds that it used from the FIRST entry to the LAST one. FILE: the
archive that it records into.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

from colony_tui.archive import Archive
from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.live.colony import LiveColony
from colony_tui.wire.keys import Identity

CHANNEL = "chat"


async def follow(
    client: ColonyClient, archive: Archive | None, process_id: str, first: int, last: int
) -> tuple[float, bool]:
    """CPU seconds, and whether all that was followed is safe on disk."""
    news = asyncio.Event()
    colony = LiveColony(client, archive=archive, on_channel=lambda *_: news.set())
    living = asyncio.create_task(colony.run())
    colony.open(process_id)

    async def until(entries: int) -> None:
        while process_id not in colony.followed or len(colony.followed[process_id].follower(CHANNEL).log) < entries:
            news.clear()
            await news.wait()

    await until(1)
    print("ready", flush=True)
    await until(first)
    started = time.process_time()
    await until(last)
    is_safe = archive is None or await archive.is_safe(process_id, CHANNEL)
    used = time.process_time() - started
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    return used, is_safe


async def main(port: int, name: str, key: str, process_id: str, first: int, last: int, path: str = "") -> None:
    async with AsyncExitStack() as stack:
        transport = await stack.enter_async_context(Transport(ServerAddress("127.0.0.1", port, tls=False)))
        archive = await stack.enter_async_context(Archive(Path(path))) if path else None
        client = ColonyClient(transport, Identity(key), name)
        used, is_safe = await follow(client, archive, process_id, first, last)
        assert is_safe
        print(used, flush=True)


if __name__ == "__main__":
    _, port, name, key, process_id, first, last, *path = sys.argv
    asyncio.run(main(int(port), name, key, process_id, int(first), int(last), *path))
