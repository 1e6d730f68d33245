"""Whole programs that are killed: ``python -m tests.live.kill_loop FOLDER PORT COLONY KEY PROCESS ROUNDS SEED``.

In each round two children live in a colony that somebody else serves: they follow one channel, record it and type
lines into it, and say what they were told is safe. Both are killed at random moments. Everything that was said is
printed as JSON at the end. Children are forked from a program without threads, so that a round costs little.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - see below
import json
import os
import random
import sys
from pathlib import Path
from typing import NoReturn

# Loaded once, before any child is forked, and not in each of them: also what the first request loads.
import anyio._backends._asyncio  # noqa: F401
import httpcore  # noqa: F401

import colony_tui.client.pool
import colony_tui.client.socket  # noqa: F401
from colony_tui.archive import Archive, Desk
from colony_tui.client import ColonyClient, ServerAddress, Transport
from colony_tui.live.colony import LiveColony
from colony_tui.wire.keys import Identity
from tests.archive.kill_loop import Child, spin

CHANNEL = "chat"
TYPED = 3
"""Lines that one child types."""

LONGEST_LISTEN = 6
"""Sayings that a child is heard for at most before it is killed."""


class Program:
    """One child: a live colony with its files, and somebody who types."""

    def __init__(self, colony: LiveColony, process_id: str, number: int, pipe: int) -> None:
        self._colony = colony
        self._process_id = process_id
        self._number = number
        self._pipe = pipe
        self._news = asyncio.Event()

    def note(self, process_id: str, channel: str, *_: object) -> None:
        self._news.set()

    async def run(self, archive: Archive, desk: Desk) -> None:
        self._colony.open(self._process_id)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._colony.run())
            group.create_task(self._record(archive))
            group.create_task(self._type(desk))

    async def _record(self, archive: Archive) -> None:
        """Say what is safe as soon as it is; nothing twice."""
        said = 0
        while True:
            await self._next()
            followed = self._colony.followed.get(self._process_id)
            held = list(followed.follower(CHANNEL).log) if followed else []
            if len(held) > said and await archive.is_safe(self._process_id, CHANNEL):
                said = len(held)
                self._say("safe", *(entry.payload.decode() for entry in held))

    async def _type(self, desk: Desk) -> None:
        typed = 0
        while typed < TYPED:
            payload = f"line-{self._number}-{typed}"
            if self._colony.send(self._process_id, CHANNEL, payload.encode()) is None:
                await self._next()
                continue
            typed += 1
            if await desk.flush():
                self._say("typed", payload)

    async def _next(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _say(self, *words: str) -> None:
        os.write(self._pipe, " ".join(words).encode() + b"\n")


async def live(folder: Path, where: tuple[int, str, str, str], number: int, pipe: int) -> None:
    """Live in the colony until killed."""
    port, name, key, process_id = where
    async with (
        Desk(folder / "desk.db") as desk,
        Archive(folder / "archive.db") as archive,
        Transport(ServerAddress("127.0.0.1", port, tls=False)) as transport,
    ):
        await desk.take_over()
        program: Program | None = None

        def note(process_id: str, channel: str, *_: object) -> None:
            if program is not None:
                program.note(process_id, channel)

        client = ColonyClient(transport, Identity(key), name)
        colony = LiveColony(client, archive=archive, desk=desk, on_channel=note, on_lines=note)
        program = Program(colony, process_id, number, pipe)
        await program.run(archive, desk)


def fork(folder: Path, where: tuple[int, str, str, str], number: int) -> Child:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return Child(number, pid, ours)
    os.close(ours)
    run_child(folder, where, number, theirs)


def run_child(folder: Path, where: tuple[int, str, str, str], number: int, pipe: int) -> NoReturn:
    try:
        asyncio.run(live(folder, where, number, pipe))
    finally:
        os._exit(1)


def sayings(child: Child) -> list[list[str]]:
    """What it said, as words; a last line cut short does not count."""
    return [line.split() for line in child.said.decode().splitlines(keepends=True) if line.endswith("\n")]


def main(folder: Path, where: tuple[int, str, str, str], rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    safe: set[str] = set()
    typed: list[str] = []
    heard = 0
    for number in range(rounds):
        children = [fork(folder, where, 2 * number), fork(folder, where, 2 * number + 1)]
        for child in chance.sample(children, 2):
            child.listen(chance.choice([0, 1, 1, 3, LONGEST_LISTEN]))
            spin(chance)
            child.kill()
        for child in children:
            said = sayings(child)
            heard += bool(said)
            safe.update(word for kind, *words in said if kind == "safe" for word in words)
            typed.extend(word for kind, *words in said if kind == "typed" for word in words)
    print(json.dumps({"rounds": rounds, "heard": heard, "safe": sorted(safe), "typed": typed}))


if __name__ == "__main__":
    _, place, port, colony, key, process, rounds, seed = sys.argv
    main(Path(place), (int(port), colony, key, process), int(rounds), int(seed))
