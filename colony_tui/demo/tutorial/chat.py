"""Bidirectional chat: a bot answers each line by naming its sequence, a client subscribes first and then talks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial.reading import entries_of, readable
from colony_tui.live.conversation import Conversation
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import EntryType, FunctionSpec, Process, ProcessState

CHANNEL = "chat"
LINES = ("Hello", "How are you?", "Goodbye")


def executor(client: ColonyClient) -> ExecutorRunner:
    """The bot's side, for a registered executor: ``await executor(client).serve()``."""

    async def chat(conversation: Conversation) -> None:
        async for entry in conversation.incoming(CHANNEL):
            line = entry.payload.decode(errors="replace").lower()
            await conversation.say(CHANNEL, response(line), in_reply_to=entry.sequence)
            if "bye" in line:
                await conversation.end(CHANNEL)
                return

    return ExecutorRunner(client, {"chat": chat})


def response(line: str) -> str:
    """What the bot says to a line in lower case."""
    match line:
        case "hello" | "hi":
            return "Hello! How can I help you?"
        case "bye" | "goodbye":
            return "Goodbye! Have a great day!"
    return "I received your message!"


async def submitter(
    client: ColonyClient,
    executor_type: str,
    lines: Iterable[str] = LINES,
    tell: Callable[[str], None] = print,
) -> Process:
    """The client's side: one line, its answer, the next line. The running process, after the chat's end."""
    process = await client.submit(FunctionSpec(function="chat", executor_type=executor_type, channels=(CHANNEL,)))
    await client.wait_for(process.id, ProcessState.RUNNING, time_limit=30)
    ahead = iter(lines)
    async with entries_of(client, process.id, CHANNEL) as entries:
        sequence = 1
        await _say(client, process, sequence, ahead, tell)
        async for entry in entries:
            if entry.type == EntryType.END:
                tell("[Chat ended]")
                break
            if entry.sender_id != client.id:
                tell(f"Bot: {readable(entry.payload)}")
                # Ours are odd, the bot's even.
                sequence = entry.sequence + 1
                await _say(client, process, sequence, ahead, tell)
    return process


async def _say(
    client: ColonyClient, process: Process, sequence: int, lines: Iterator[str], tell: Callable[[str], None]
) -> None:
    line = next(lines, None)
    if line is not None:
        tell(f"You: {line}")
        await client.append(process.id, CHANNEL, sequence, line)
