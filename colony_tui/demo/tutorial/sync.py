"""Sync channels for reliable completion: the executor closes only once the client says that it holds everything."""

from __future__ import annotations

from collections.abc import Callable

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial.reading import entries_of, readable
from colony_tui.live.conversation import Conversation
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import SYNC_ACK, SYNC_CHANNEL, EntryType, FunctionSpec, Process, ProcessState

LINES = ("one", "two", "three")


def executor(client: ColonyClient) -> ExecutorRunner:
    """The executor's side, for a registered executor: ``await executor(client).serve()``."""

    async def stream_task(conversation: Conversation) -> int:
        for line in LINES:
            await conversation.say("output", line)
        await conversation.end("output")
        await conversation.wait_for_ack()
        return len(LINES)

    return ExecutorRunner(client, {"stream-task": stream_task})


async def submitter(client: ColonyClient, executor_type: str, tell: Callable[[str], None] = print) -> Process:
    """The client's side: receive until the end, then acknowledge. The finished process."""
    process = await client.submit(
        FunctionSpec(function="stream-task", executor_type=executor_type, channels=("output", SYNC_CHANNEL))
    )
    async with entries_of(client, process.id, "output") as entries:
        async for entry in entries:
            if entry.type == EntryType.END:
                await client.append(process.id, SYNC_CHANNEL, 1, SYNC_ACK)
                break
            tell(f"Received: {readable(entry.payload)}")
    return await client.wait_for(process.id, ProcessState.SUCCESS, time_limit=30)
