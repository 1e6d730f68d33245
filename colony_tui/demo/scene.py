"""What happens in the demo when it opens: who submits what, and what they say.

Two users do what users do, over the wire. Nothing here knows the bots' insides.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from colony_tui.client import ColonyClient
from colony_tui.client.events import Entries
from colony_tui.demo.pace import Pace
from colony_tui.errors import ColonyError
from colony_tui.model import EntryType, FunctionSpec, Process, ProcessState

LETTER = (
    "The colony grew in spring. Its executors took every process that came. "
    "Some processes waited, since no executor of their type was there. "
    "In the end the colony had more executors than processes, and nothing waited any more."
)


ROOM = 200
"""Sequences left free for what is typed meanwhile; even."""


class Scene:
    """The opening of the demo.

    Args:
        alice: the member whose app is opened.
        bob: another member.
    """

    def __init__(self, alice: ColonyClient, bob: ColonyClient, pace: Pace) -> None:
        self._alice = alice
        self._bob = bob
        self._pace = pace

    async def seed_history(self) -> None:
        """Some processes that finish within moments: with success, with a failure, cancelled."""
        translate = FunctionSpec(
            function="translate",
            executor_type="llm",
            channels=("output",),
            kwargs={"text": "Hello colony", "into": "rot13"},
        )
        index = FunctionSpec(function="index", executor_type="worker", channels=("output",))
        train = FunctionSpec(function="train", executor_type="gpu", channels=("progress",))
        submitted = [await self._bob.submit(spec) for spec in (translate, index, train)]
        await self._bob.cancel(submitted[-1].id)

    async def open(self, conversations: asyncio.TaskGroup) -> None:
        """Submit what runs and waits on the first screen; what users say goes on in tasks of their own.

        The chat is the first to run, and so the first in every list: it is what one should see first.
        """
        chat = await self._alice.submit(FunctionSpec(function="chat", executor_type="chatbot", channels=("chat",)))
        with suppress(ColonyError):  # Whoever else is in the colony may have cancelled it.
            await self._alice.wait_for(chat.id, ProcessState.RUNNING)
        conversations.create_task(self._chat(chat), name="alice chats")
        tokens = await self._alice.submit(FunctionSpec(function="tokens", executor_type="llm", channels=("answer",)))
        conversations.create_task(self._ask(tokens), name="alice asks")
        for spec in self._alices():
            await self._alice.submit(spec)
        for spec in self._bobs():
            await self._bob.submit(spec)

    def _alices(self) -> list[FunctionSpec]:
        return [
            FunctionSpec(
                function="long-task", executor_type="worker", channels=("progress",), kwargs={"step_seconds": 5.0}
            ),
            FunctionSpec(function="report", executor_type="worker", channels=("output", "sync")),
            FunctionSpec(
                function="flaky",
                executor_type="fragile",
                channels=("progress",),
                max_exec_time=2,
                max_retries=3,
            ),
        ]

    def _bobs(self) -> list[FunctionSpec]:
        summarize = FunctionSpec(
            function="summarize", executor_type="archive", channels=("output",), kwargs={"text": LETTER}
        )
        return [
            FunctionSpec(function="busy", executor_type="worker", channels=("output",)),
            FunctionSpec(function="render", executor_type="gpu", channels=("progress", "frames")),
            summarize,
            summarize,
            summarize,
        ]

    async def _chat(self, process: Process) -> None:
        """A greeting, a question, and a question about the answer."""
        with suppress(ColonyError):  # Whoever uses the app may cancel it at any moment.
            await self._alice.wait_for(process.id, ProcessState.RUNNING)
            await self._alice.append(process.id, "chat", 1, "Hello")
            greeting = await self._answer_to(process, "chat", 1)
            await self._pace.rest(1.0)
            asked = _odd_above(greeting)
            question = "What is the fastest way to sort a list that is nearly sorted?"
            await self._alice.append(process.id, "chat", asked, question)
            answer = await self._answer_to(process, "chat", asked, is_streamed=True)
            await self._pace.rest(2.0)
            await self._alice.append(
                process.id, "chat", _odd_above(answer), "And if it does not fit into memory?", in_reply_to=asked + 1
            )

    async def _ask(self, process: Process) -> None:
        with suppress(ColonyError):
            await self._alice.wait_for(process.id, ProcessState.RUNNING)
            await self._alice.append(process.id, "answer", 1, "How can I make this faster with a cache?")

    async def _answer_to(self, process: Process, channel: str, asked: int, *, is_streamed: bool = False) -> int:
        """The last sequence of the answer to one of our entries, once it is complete."""
        async with self._alice.subscribe_channel(process.id, channel) as subscription:
            async for event in subscription:
                for entry in event.entries if isinstance(event, Entries) else ():
                    is_last = not is_streamed or entry.type == EntryType.END
                    if entry.in_reply_to == asked and entry.sender_id != self._alice.id and is_last:
                        return entry.sequence
        return asked


def _odd_above(sequence: int) -> int:
    """A sequence for the submitter, odd by the field's convention, and well above.

    Whoever writes in the app has the same key and takes the very next one, perhaps at the same moment: two entries of
    one sender and one sequence would have their answers told as one.
    """
    return sequence + ROOM + 1 + sequence % 2
