"""A worker that hangs: its execution deadline passes and the process is put back, until an attempt works."""

from __future__ import annotations

import asyncio

from colony_tui.demo.offers import Offer, whole_number
from colony_tui.demo.pace import Pace
from colony_tui.live.conversation import Conversation
from colony_tui.model import FunctionArg

STEPS = 6
HANGS_AFTER = 3

RESTART_S = 4.0
"""How long it takes after a hang until it takes a process again."""


class FlakyWorker:
    """The handlers of a worker that hangs."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def offers(self) -> tuple[Offer, ...]:
        return (
            Offer(
                "flaky",
                "Hangs in its first attempts; submit it with an execution time limit of 2 s and 3 retries",
                ("progress",),
                self.flaky,
                (FunctionArg("hangs", "int", "how many attempts hang, 2 if not given"),),
            ),
        )

    async def flaky(self, conversation: Conversation) -> str:
        """Steps with the same sequences in each attempt; without a deadline there is nothing to hang for."""
        process = conversation.process
        hangs = whole_number(conversation, "hangs", 0, default=2, highest=100)
        is_hanging = process.attempt <= hangs and process.spec.max_exec_time > 0
        for step in range(1, STEPS + 1):
            await self._pace.rest(0.2)
            await conversation.say("progress", f"Attempt {process.attempt}: step {step}/{STEPS}")
            if is_hanging and step == HANGS_AFTER:
                await conversation.log(f"Attempt {process.attempt} hangs\n")
                await self._hang()
        await conversation.end("progress")
        return f"done in attempt {process.attempt}"

    async def _hang(self) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # Until it is up again it takes nothing, so the process is seen waiting.
            await self._pace.rest(RESTART_S)
