"""Message types: data, the end of a stream, and an error, told apart by who reads them."""

from __future__ import annotations

from collections.abc import Callable

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial.reading import entries_of, readable
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import EntryType, FunctionSpec, Process, ProcessState


def executor(client: ColonyClient) -> ExecutorRunner:
    """The executor's side: one stream that comes to its end, and one that goes wrong."""

    async def divide(conversation: Conversation) -> list[float]:
        quotients = []
        for divisor in conversation.process.spec.args:
            if not isinstance(divisor, int | float) or not divisor:
                await conversation.error("output", "Something went wrong")
                raise Failed(f"Nothing can be divided by {divisor!r}")
            quotients.append(1 / divisor)
            await conversation.say("output", f"{quotients[-1]:g}")
        await conversation.end("output")
        return quotients

    return ExecutorRunner(client, {"divide": divide})


async def submitter(
    client: ColonyClient, executor_type: str, divisors: tuple[float, ...], tell: Callable[[str], None] = print
) -> Process:
    """The client's side: print data, and stop at the end or the error. The process as it then ended."""
    process = await client.submit(
        FunctionSpec(function="divide", executor_type=executor_type, channels=("output",), args=divisors)
    )
    outcome = ProcessState.SUCCESS
    async with entries_of(client, process.id, "output") as entries:
        async for entry in entries:
            match entry.type:
                case EntryType.END:
                    tell("end")
                    break
                case EntryType.ERROR:
                    tell(f"error: {readable(entry.payload)}")
                    outcome = ProcessState.FAILED
                    break
                case _:
                    tell(f"data: {readable(entry.payload)}")
    return await client.wait_for(process.id, outcome, time_limit=30)
