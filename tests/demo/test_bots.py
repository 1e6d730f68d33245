"""What each bot says, entry by entry, as its submitter sees it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from colony_tui.demo import topics
from colony_tui.demo.chatbot import ESCAPES, HELP, ChatBot
from colony_tui.demo.flaky import HANGS_AFTER, STEPS, FlakyWorker
from colony_tui.demo.offers import Bot
from colony_tui.demo.pace import Pace
from colony_tui.demo.tokens import tokens
from colony_tui.model import ChannelEntry, FunctionSpec, Process, ProcessState
from colony_tui.server import ManualClock
from colony_tui.server.limits import Limits
from tests.colony import until
from tests.demo.performing import Performance, Silence, Talk, bot, performance
from tests.members import Members, members

NO_RATE_LIMIT = Limits(append_burst=1e9)


def spec(function: str, executor_type: str, *channels: str, **kwargs: object) -> FunctionSpec:
    return FunctionSpec(function=function, executor_type=executor_type, channels=channels, kwargs=kwargs)


async def chatted(
    people: Members, player: Bot, what: FunctionSpec, *lines: str, is_streamed: bool = False
) -> Performance:
    talk = Talk(people, what.channels[0], *lines, is_streamed=is_streamed)
    return await performance(people, player, what, talk)


async def test_a_long_task_tells_its_steps_and_ends() -> None:
    async with members() as people:
        seen = await performance(people, bot("worker-1"), spec("long-task", "worker", "progress"))
    steps = [(2 * step, None, "data", f"Processing step {step}/10") for step in range(1, 11)]
    assert seen.lines("progress") == [*steps, (22, None, "end", "")]
    assert (seen.process.state, seen.process.output) == (ProcessState.SUCCESS, ("Task completed!",))


async def test_the_steps_of_a_long_task_can_be_chosen() -> None:
    async with members() as people:
        seen = await performance(people, bot("worker-2"), spec("long-task", "worker", "progress", steps="2"))
        assert [line[3] for line in seen.lines("progress")] == ["Processing step 1/2", "Processing step 2/2", ""]
        seen = await performance(people, bot("llm-1"), spec("translate", "llm", "output", text="a b", into="klingon"))
    assert seen.process.errors == ("into must be one of backwards, rot13, shouted, not 'klingon'",)


async def test_a_channel_that_is_not_declared_is_named() -> None:
    async with members() as people:
        seen = await performance(people, bot("llm-1"), spec("explain", "llm", "other"))
        assert seen.process.errors == ("explain needs the channel 'chat', which the process does not declare",)
        seen = await performance(people, bot("worker-1"), spec("report", "worker", "output"))
    assert seen.process.errors == ("report needs the channel 'sync', which the process does not declare",)


@pytest.mark.parametrize("steps", [-1, 10**6, True, "many", [3]])
async def test_an_argument_that_makes_no_sense_fails_with_a_sentence(steps: object) -> None:
    async with members() as people:
        seen = await performance(people, bot("worker-1"), spec("long-task", "worker", "progress", steps=steps))
    assert seen.process.errors == (f"steps must be a whole number from 0 to 1,000, not {steps!r}",)


async def test_a_chat_answers_each_line_by_its_sequence_and_ends_with_bye() -> None:
    async with members() as people:
        seen = await chatted(
            people, bot("chatbot"), spec("chat", "chatbot", "chat"), "Hello", "How are you?", "echo so so", "Goodbye"
        )
    assert seen.lines("chat") == [
        (1, None, "data", "Hello"),
        (2, 1, "data", "Hello! How can I help you?"),
        (3, None, "data", "How are you?"),
        (4, 3, "data", "I received your message!"),
        (5, None, "data", "echo so so"),
        (6, 5, "data", "so so"),
        (7, None, "data", "Goodbye"),
        (8, 7, "data", "Goodbye! Have a great day!"),
        (10, None, "end", ""),
    ]
    assert (seen.process.state, seen.process.output) == (ProcessState.SUCCESS, ("answered 4",))


async def test_a_chat_helps_tells_the_time_and_shows_json_and_escapes() -> None:
    chatbot = ChatBot(Pace(0), now=lambda: datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC))
    player = Bot("chatbot", "chatbot", chatbot.offers())
    async with members() as people:
        seen = await chatted(people, player, spec("chat", "chatbot", "chat"), "help", "time?", "json", "escapes", "bye")
    answers = [entry.payload for entry in seen.channels["chat"] if entry.in_reply_to]
    assert answers[:2] == [HELP.encode(), b"It's 15:04:05 UTC"]
    assert json.loads(answers[2])["answer"] == 42
    assert answers[3] == ESCAPES


async def test_a_chat_streams_long_answers() -> None:
    async with members(limits=NO_RATE_LIMIT) as people:
        what = spec("chat", "chatbot", "chat")
        seen = await chatted(people, bot("chatbot"), what, "explain caching", "bye", is_streamed=True)
    reply = [entry for entry in seen.channels["chat"] if entry.in_reply_to == 1]
    assert b"".join(entry.payload for entry in reply).decode() == topics.CACHING
    assert [entry.type for entry in reply] == ["data"] * (len(reply) - 1) + ["end"]
    assert len(reply) > 100


async def test_a_chat_ends_when_its_submitter_ends_it() -> None:
    class Hangs(Silence):
        async def begin(self, process: Process) -> None:
            await people.me.append(process.id, "chat", 1, "", type="end")

    async with members() as people:
        seen = await performance(people, bot("chatbot"), spec("chat", "chatbot", "chat"), Hangs())
    assert seen.lines("chat") == [(1, None, "end", ""), (2, None, "end", "")]


async def test_explain_streams_an_answer_to_each_question() -> None:
    async with members(limits=NO_RATE_LIMIT) as people:
        what = spec("explain", "llm", "chat")
        questions = ("Which sort is best?", "What is a wombat?", "bye")
        seen = await chatted(people, bot("llm-1"), what, *questions, is_streamed=True)
    asked = [entry for entry in seen.channels["chat"] if entry.sender_id == people.me.id]
    assert [entry.payload.decode() for entry in asked] == list(questions)
    for question, entry in zip(questions[:2], asked, strict=False):
        reply = [answer for answer in seen.channels["chat"] if answer.in_reply_to == entry.sequence]
        assert b"".join(part.payload for part in reply).decode() == topics.answer(question)
        assert reply[-1].type == "end"
    assert (seen.lines("chat")[-1][1:3], seen.process.output) == ((None, "end"), ("2 answers",))


async def test_tokens_answer_the_first_entry_or_the_argument() -> None:
    async with members(limits=NO_RATE_LIMIT) as people:
        asked = await chatted(people, bot("llm-1"), spec("tokens", "llm", "answer"), "channels?")
        given = await performance(people, bot("llm-1"), spec("tokens", "llm", "answer", question="channels?"))
    for seen, first in ((asked, 1), (given, 2)):
        question, *reply, end = seen.lines("answer")
        assert question == (first, None, "data", "channels?")
        assert "".join(line[3] for line in reply) == topics.CHANNELS
        assert {line[1] for line in reply} == {first} and reply[-1][2] == "end"
        assert end[1:] == (None, "end", "")
        assert seen.process.output == (f"{len(tokens(topics.CHANNELS))} tokens",)


async def test_translate_says_word_by_word() -> None:
    async with members() as people:
        seen = await performance(people, bot("llm-1"), spec("translate", "llm", "output", text="Hello colony"))
    assert [line[2:] for line in seen.lines("output")] == [("data", "Uryyb"), ("data", "pbybal"), ("end", "")]
    assert seen.process.output == ("Uryyb pbybal",)


async def test_a_report_closes_only_after_the_ack() -> None:
    ended = asyncio.Event()

    class Reader(Silence):
        async def hear(self, process: Process, entry: ChannelEntry) -> None:
            if entry.type == "end":
                await until(lambda: people.colony.subscribers(process.id, "sync") > 0)
                assert (await people.me.get_process(process.id)).state is ProcessState.RUNNING
                ended.set()
                await people.me.append(process.id, "sync", 1, b"ack")

    async with members() as people:
        seen = await performance(people, bot("worker-1"), spec("report", "worker", "output", "sync", rows=3), Reader())
        logged = [line.message for line in await people.me.get_logs(seen.process.id)]
    *rows, end = seen.lines("output")
    amounts = [json.loads(row[3])["amount"] for row in rows]
    assert [row[0] for row in rows] == [2, 4, 6] and end == (8, None, "end", "")
    assert seen.process.output == (3, sum(amounts))
    assert ended.is_set() and logged == ["Reporting 3 rows\n", "Waiting for the acknowledgement\n"]


async def test_busy_sends_as_many_entries_as_asked_beyond_the_burst() -> None:
    async with members(limits=Limits(append_burst=10, appends_per_s=500)) as people:
        seen = await performance(people, bot("worker-1"), spec("busy", "worker", "output", entries=60))
    assert [line[0] for line in seen.lines("output")] == list(range(2, 124, 2))
    assert seen.lines("output")[59][3].startswith("60 of 60 samples")
    assert seen.process.output == ("60 samples",)


async def test_an_index_fails_when_the_disk_is_full() -> None:
    async with members() as people:
        full = await performance(people, bot("worker-1"), spec("index", "worker", "output"))
        done = await performance(people, bot("worker-2"), spec("index", "worker", "output", shards=1))
    assert [line[2] for line in full.lines("output")] == ["data", "data", "error"]
    assert (full.process.state, full.process.errors) == (ProcessState.FAILED, ("disk full on /data",))
    assert done.process.output == ("1 shards",)


async def test_summarize_finds_the_sentence_that_says_most() -> None:
    text = "Rain fell. The harvest of the valley was the harvest of the year. Nobody came."
    async with members() as people:
        seen = await performance(people, bot("archive-1"), spec("summarize", "archive", "output", text=text))
        empty = await performance(people, bot("archive-1"), spec("summarize", "archive", "output"))
    assert seen.process.output == ("The harvest of the valley was the harvest of the year.",)
    assert [line[3] for line in seen.lines("output")][:3] == [f"Reading sentence {n}/3" for n in (1, 2, 3)]
    assert empty.process.state is ProcessState.FAILED


async def test_flaky_is_put_back_and_its_sequences_start_again() -> None:
    clock = ManualClock()

    class Time(Silence):
        """Lets the deadline pass once an attempt hangs."""

        async def hear(self, process: Process, entry: ChannelEntry) -> None:
            said = entry.payload.decode()
            if said in (f"Attempt 1: step {HANGS_AFTER}/{STEPS}", f"Attempt 2: step {HANGS_AFTER}/{STEPS}"):
                await clock.advance(4)

    player = Bot("fragile-1", "fragile", FlakyWorker(Pace(0)).offers(), capacity=1)
    what = FunctionSpec(
        function="flaky", executor_type="fragile", channels=("progress",), max_exec_time=2, max_retries=3
    )
    async with members(clock=clock) as people:
        seen = await performance(people, player, what, Time())
    hung = [
        (2 * step, None, "data", f"Attempt {attempt}: step {step}/{STEPS}")
        for attempt in (1, 2)
        for step in range(1, HANGS_AFTER + 1)
    ]
    through = [(2 * step, None, "data", f"Attempt 3: step {step}/{STEPS}") for step in range(1, STEPS + 1)]
    assert seen.lines("progress") == [*hung, *through, (2 * STEPS + 2, None, "end", "")]
    assert (seen.process.retries, seen.process.output) == (2, ("done in attempt 3",))


async def test_flaky_without_a_deadline_does_not_hang() -> None:
    async with members() as people:
        seen = await performance(people, bot("fragile-1"), spec("flaky", "fragile", "progress"))
    assert (seen.process.attempt, seen.process.output) == (1, ("done in attempt 1",))
