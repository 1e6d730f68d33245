"""Streaming progress updates: an executor tells its steps, a client prints them until the stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial.reading import entries_of, readable
from colony_tui.live.conversation import Conversation
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import EntryType, FunctionSpec, Process, ProcessState

STEPS = 10


def executor(client: ColonyClient, step_s: float = 0.5) -> ExecutorRunner:
    """The executor's side, for a registered executor: ``await executor(client).serve()``."""

    async def long_task(conversation: Conversation) -> str:
        for step in range(1, STEPS + 1):
            await asyncio.sleep(step_s)
            await conversation.say("progress", f"Processing step {step}/{STEPS}")
        await conversation.end("progress")
        return "Task completed!"

    return ExecutorRunner(client, {"long-task": long_task})


async def submitter(client: ColonyClient, executor_type: str, tell: Callable[[str], None] = print) -> Process:
    """The client's side: submit, wait until it runs, print what comes. The finished process."""
    process = await client.submit(
        FunctionSpec(function="long-task", executor_type=executor_type, channels=("progress",))
    )
    tell(f"Submitted: {process.id}")
    # The subscription stands as soon as the process does: waiting for RUNNING first could miss a quick one.
    async with entries_of(client, process.id, "progress") as entries:
        async for entry in entries:
            if entry.type == EntryType.END:
                tell("Stream complete!")
                break
            tell(f"Progress: {readable(entry.payload)}")
    finished = await client.wait_for(process.id, ProcessState.SUCCESS, time_limit=30)
    tell(f"Output: {list(finished.output)}")
    return finished
