"""Every example of the tutorial, both sides of it, on a strict embedded colony."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial import chat, history, message_types, progress, sync
from colony_tui.errors import NotFound
from colony_tui.live.executor import ExecutorRunner
from colony_tui.model import Process, ProcessState
from tests.colony import until
from tests.demo.performing import running
from tests.members import Members, members


async def played(people: Members, submitter: Awaitable[Process], runner: ExecutorRunner, channel: str) -> Process:
    """Lets the executor come once the client has subscribed, as the tutorial advises: so a quick one loses nothing."""
    task = asyncio.ensure_future(submitter)
    while not (submitted := await people.me.get_processes(ProcessState.WAITING)):
        assert not task.done()
    await until(lambda: people.colony.subscribers(submitted[0].id, channel) == 1)
    async with running(runner):
        return await task


async def test_progress() -> None:
    told: list[str] = []
    async with members() as people:
        runner = progress.executor(people.bot, step_s=0)
        process = await played(people, progress.submitter(people.me, "bot", told.append), runner, "progress")
    assert told == [
        f"Submitted: {process.id}",
        *(f"Progress: Processing step {step}/10" for step in range(1, 11)),
        "Stream complete!",
        "Output: ['Task completed!']",
    ]


async def test_chat() -> None:
    told: list[str] = []
    async with members() as people, running(chat.executor(people.bot)):
        process = await chat.submitter(people.me, "bot", tell=told.append)
        ended = await people.me.wait_for(process.id, ProcessState.SUCCESS, time_limit=30)
    assert told == [
        "You: Hello",
        "Bot: Hello! How can I help you?",
        "You: How are you?",
        "Bot: I received your message!",
        "You: Goodbye",
        "Bot: Goodbye! Have a great day!",
        "[Chat ended]",
    ]
    assert ended.output == ()


async def test_a_chat_without_a_goodbye_waits_until_it_is_cancelled() -> None:
    told: list[str] = []
    async with members() as people, running(chat.executor(people.bot)):
        task = asyncio.create_task(chat.submitter(people.me, "bot", ["hi"], told.append))
        await until(lambda: len(told) == 2)
        process = (await people.me.get_processes(ProcessState.RUNNING))[0]
        await people.me.cancel(process.id)
        await task
    assert told == ["You: hi", "Bot: Hello! How can I help you?"]


async def test_history() -> None:
    told: list[str] = []
    async with members() as people:
        process = await people.running("chat")
        await people.me.append(process.id, "chat", 5, "What time is it?")
        await people.bot.append(process.id, "chat", 6, b"It's \x1b[5m3:00 PM", in_reply_to=5)
        await people.bot.append(process.id, "chat", 8, "", type="end")
        entries = await history.show(people.me, process.id, "chat", told.append)
        with pytest.raises(NotFound):
            await history.show(people.me, process.id, "undeclared", told.append)
    assert len(entries) == 3
    assert (told[0], told[2]) == ("[data] seq=5 reply_to=0: What time is it?", "[end] seq=8 reply_to=0: ")
    assert told[1].startswith("[data] seq=6 reply_to=5: It's ")
    assert "\x1b" not in told[1]


async def test_sync() -> None:
    told: list[str] = []
    async with members() as people, running(sync.executor(people.bot)):
        process = await sync.submitter(people.me, "bot", told.append)
    assert told == ["Received: one", "Received: two", "Received: three"]
    assert (process.state, process.output) == (ProcessState.SUCCESS, (3,))


@pytest.mark.parametrize(
    ("divisors", "lines", "state"),
    [
        ((2, 4), ["data: 0.5", "data: 0.25", "end"], ProcessState.SUCCESS),
        ((2, 0), ["data: 0.5", "error: Something went wrong"], ProcessState.FAILED),
    ],
)
async def test_message_types(divisors: tuple[float, ...], lines: list[str], state: ProcessState) -> None:
    told: list[str] = []
    async with members() as people:
        client: ColonyClient = people.me
        submitter = message_types.submitter(client, "bot", divisors, told.append)
        process = await played(people, submitter, message_types.executor(people.bot), "output")
    assert (told, process.state) == (lines, state)
