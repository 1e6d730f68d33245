"""Functions of the workers: progress that is told, output that is acknowledged, many entries, and a disk that fills."""

from __future__ import annotations

import json
import random

from colony_tui.demo.offers import Offer, number, whole_number
from colony_tui.demo.pace import Pace
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.model import MAX_ENTRIES, FunctionArg

SHARD_MB = 25
REGIONS = ("north", "east", "south", "west")


class Worker:
    """The handlers of a worker."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def offers(self) -> tuple[Offer, ...]:
        return (
            Offer(
                "long-task",
                "Works in steps and tells each",
                ("progress",),
                self.long_task,
                (
                    FunctionArg("steps", "int", "how many, 10 if not given"),
                    FunctionArg("step_seconds", "float", "how long each takes, 0.5 if not given"),
                ),
            ),
            Offer(
                "report",
                "Sends rows and closes only when they are acknowledged on 'sync'",
                ("output", "sync"),
                self.report,
                (FunctionArg("rows", "int", "how many, 6 if not given"),),
            ),
            Offer(
                "busy",
                "Sends many entries",
                ("output",),
                self.busy,
                (
                    FunctionArg("entries", "int", "how many, 5400 if not given"),
                    FunctionArg("rate", "float", "how many a second, 60 if not given; the server takes 100"),
                ),
            ),
            Offer(
                "index",
                "Indexes shards until the disk is full",
                ("output",),
                self.index,
                (
                    FunctionArg("shards", "int", "how many, 4 if not given"),
                    FunctionArg("free_mb", "int", f"free space; a shard takes {SHARD_MB}; 60 if not given"),
                ),
            ),
        )

    async def long_task(self, conversation: Conversation) -> str:
        """Progress lines, then the end of the stream."""
        steps = whole_number(conversation, "steps", 0, default=10, highest=1000)
        seconds = number(conversation, "step_seconds", 1, default=0.5, highest=60)
        for step in range(1, steps + 1):
            await self._pace.rest(seconds)
            await conversation.say("progress", f"Processing step {step}/{steps}")
        await conversation.end("progress")
        return "Task completed!"

    async def report(self, conversation: Conversation) -> list[object]:
        """Rows as JSON, the end, and nothing more until the submitter holds them."""
        rows = whole_number(conversation, "rows", 0, default=6, highest=1000)
        chance = random.Random("report")
        total = 0
        await conversation.log(f"Reporting {rows} rows\n")
        for row in range(1, rows + 1):
            await self._pace.rest(0.3)
            amount = chance.randrange(100, 10_000)
            total += amount
            line = {"row": row, "region": REGIONS[row % len(REGIONS)], "amount": amount}
            await conversation.say("output", json.dumps(line))
        await conversation.end("output")
        await conversation.log("Waiting for the acknowledgement\n")
        await conversation.wait_for_ack()
        return [rows, total]

    async def busy(self, conversation: Conversation) -> str:
        """Entries at a rate that the server just takes."""
        entries = whole_number(conversation, "entries", 0, default=5400, highest=MAX_ENTRIES - 1)
        rate = number(conversation, "rate", 1, default=60.0, highest=1000)
        load = 0.5
        chance = random.Random("busy")
        async for tick in self._pace.ticks(entries, rate):
            load = min(1.0, max(0.0, load + chance.uniform(-0.05, 0.05)))
            await conversation.say("output", f"{tick + 1:,} of {entries:,} samples  load {load:.2f}")
        await conversation.end("output")
        return f"{entries} samples"

    async def index(self, conversation: Conversation) -> str:
        """Works as long as there is space, and fails with a reason."""
        shards = whole_number(conversation, "shards", 0, default=4, highest=1000)
        free_mb = whole_number(conversation, "free_mb", 1, default=60, highest=1_000_000)
        for shard in range(1, shards + 1):
            await self._pace.rest(0.5)
            if free_mb < SHARD_MB:
                await conversation.error("output", f"shard {shard}: no space left")
                raise Failed("disk full on /data")
            free_mb -= SHARD_MB
            await conversation.say("output", f"shard {shard}/{shards} indexed, {free_mb} MB left")
        await conversation.end("output")
        return f"{shards} shards"
