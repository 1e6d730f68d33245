"""Processes, entries and waiting for tests of what is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from colony_tui.errors import ArchiveError
from colony_tui.model import NANOSECONDS, ChannelEntry, FunctionSpec, Process, ProcessState

ALICE, BOT = "a" * 64, "b" * 64
START_NS = 1_795_435_451 * NANOSECONDS


def process(number: int = 0, **changes: object) -> Process:
    """A running process with two channels."""
    made = Process(
        id=f"{number:064x}",
        state=ProcessState.RUNNING,
        spec=FunctionSpec(function="chat", executor_type="bot", channels=("chat", "sync")),
        initiator_id=ALICE,
        executor_id=BOT,
        submitted_ns=START_NS + number,
        started_ns=START_NS + number + 1,
    )
    return msgspec.structs.replace(made, **changes)


def entry(number: int, payload: bytes = b"x", sender: str = ALICE) -> ChannelEntry:
    return ChannelEntry(number, None, START_NS + number, sender, payload)


def entries(count: int, first: int = 1) -> list[ChannelEntry]:
    return [entry(number, f"entry {number}".encode()) for number in range(first, first + count)]


@dataclass
class Failures:
    """What was told of failures, and a way to wait for it."""

    told: list[ArchiveError] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, error: ArchiveError) -> None:
        self.told.append(error)
        self._news.set()

    async def sentence(self) -> str:
        """Wait for the first and give its words."""
        await self._news.wait()
        return str(self.told[0])


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread brings about; the test's own time limit ends it."""
    while not is_so():
        await asyncio.to_thread(lambda: None)
