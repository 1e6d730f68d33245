"""The executor's conversations: what is said with which sequences, how a process ends, and when a handler stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from colony_tui.client import ColonyClient
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError, NotAllowed, Refused
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.live.executor import ExecutorRunner, Handler, register
from colony_tui.model import (
    ChannelEntry,
    Executor,
    ExecutorState,
    Function,
    FunctionArg,
    FunctionSpec,
    Process,
    ProcessState,
)
from colony_tui.server import ManualClock
from colony_tui.server.limits import Limits
from colony_tui.wire.keys import generate_private_key
from tests.colony import until
from tests.members import Members, members


@asynccontextmanager
async def serving(client: ColonyClient, work: Handler, capacity: int | None = None) -> AsyncIterator[list[ColonyError]]:
    """A runner whose function is ``work``; the errors that it waited out."""
    troubles: list[ColonyError] = []
    runner = ExecutorRunner(
        client,
        {"work": work},
        capacity=capacity,
        on_trouble=troubles.append,
        check_s=0.02,
        retry=RetryPolicy(first=0.01),
    )
    task = asyncio.create_task(runner.serve())
    try:
        yield troubles
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def performed(people: Members, work: Handler, *channels: str, **more: object) -> Process:
    """A process that was served to its end."""
    process = await people.me.submit(people.spec(*channels, **more))
    async with serving(people.bot, work):
        return await closed(people, process)


async def closed(people: Members, process: Process) -> Process:
    found = process
    while not found.state.is_closed:
        await asyncio.sleep(0.005)
        found = await people.me.get_process(process.id)
    return found


class Curtain:
    """Keeps a handler from returning, so that its channels can still be read."""

    def __init__(self) -> None:
        self.is_reached = asyncio.Event()
        self.rises = asyncio.Event()

    async def hold(self) -> None:
        self.is_reached.set()
        await self.rises.wait()


@asynccontextmanager
async def held(
    people: Members, work: Handler, *channels: str, client: ColonyClient | None = None, **more: object
) -> AsyncIterator[Process]:
    """A process whose handler has done its work and waits."""
    curtain = Curtain()

    async def hold(conversation: Conversation) -> None:
        await work(conversation)
        await curtain.hold()

    process = await people.me.submit(people.spec(*channels, **more))
    async with serving(client or people.bot, hold):
        yield process
        curtain.rises.set()
        assert (await closed(people, process)).state is ProcessState.SUCCESS


async def read(people: Members, process: Process, channel: str, count: int) -> list[ChannelEntry]:
    """The log, once it has that many entries."""
    while True:
        entries = await people.me.read_channel(process.id, channel)
        if len(entries) >= count:
            assert len(entries) == count
            return list(entries)
        await asyncio.sleep(0.005)


async def reached(people: Members) -> None:
    """Asks until a pooled connection that was cut is not used any more."""
    while True:
        with suppress(ConnectError):
            await people.me.get_version()
            return


def lines(entries: list[ChannelEntry]) -> list[tuple[int, int | None, str, bytes]]:
    return [(entry.sequence, entry.in_reply_to, entry.type, entry.payload) for entry in entries]


@pytest.mark.parametrize(
    ("value", "output"), [(None, ()), ("done", ("done",)), (["a", 1], ("a", 1)), ((), ()), ({"n": 1}, ({"n": 1},))]
)
async def test_what_a_handler_returns_is_the_output(value: object, output: tuple[object, ...]) -> None:
    async def work(conversation: Conversation) -> object:
        return value

    async with members() as people:
        process = await performed(people, work)
    assert (process.state, process.output) == (ProcessState.SUCCESS, output)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Failed("disk full on /data"), "disk full on /data"),
        (ValueError("not a number"), "ValueError: not a number"),
        (KeyError(), "KeyError"),
        (ValueError("no file a\udcff"), r"ValueError: no file a\udcff"),
        (ConnectError("The link broke"), "The link broke"),
    ],
)
async def test_what_a_handler_raises_fails_the_process(error: Exception, sentence: str) -> None:
    async def work(conversation: Conversation) -> None:
        raise error

    async with members() as people:
        process = await performed(people, work)
    assert (process.state, process.errors) == (ProcessState.FAILED, (sentence,))


@pytest.mark.parametrize(
    ("value", "words"),
    [("a\udcff", r"the text 'a\udcff' holds a lone surrogate"), ([object()], "object is unsupported")],
)
async def test_an_output_that_cannot_be_sent_fails_the_process(value: object, words: str) -> None:
    async def work(conversation: Conversation) -> object:
        return value

    async with members() as people:
        process = await performed(people, work)
    assert process.state is ProcessState.FAILED
    assert "cannot be asked to close the process" in process.errors[0] and words in process.errors[0]


async def test_what_cannot_be_said_fails_the_process_with_a_sentence() -> None:
    async def work(conversation: Conversation) -> None:
        await conversation.say("a", "half \ud83d")

    async with members() as people:
        process = await performed(people, work, "a")
    assert process.state is ProcessState.FAILED
    assert process.errors[0].startswith(r"The server cannot be asked to append to the channel: the text 'half \ud83d'")


async def test_an_unknown_function_fails_with_a_sentence() -> None:
    async def work(conversation: Conversation) -> None:
        raise AssertionError("never called")

    async with members() as people:
        process = await performed(people, work, function="play")
    assert process.state is ProcessState.FAILED
    assert process.errors == ("This executor has no function 'play'",)


async def test_arguments_come_by_name_then_by_position() -> None:
    async def work(conversation: Conversation) -> list[object]:
        return [
            conversation.argument("a", 0),
            conversation.argument("b", 1),
            conversation.argument("c", 2, "none"),
            conversation.argument("d"),
        ]

    async with members() as people:
        process = await performed(people, work, args=("first", "second"), kwargs={"a": "named"})
    assert process.output == ("named", "second", "none", None)


async def test_sequences_are_even_and_above_all_seen() -> None:
    async def work(conversation: Conversation) -> None:
        await conversation.say("a", "before")
        incoming = conversation.incoming("a")
        for _ in range(3):
            entry = await anext(incoming)
            await conversation.say("a", entry.payload, in_reply_to=entry.sequence)
        await conversation.end("a")

    async with members() as people, held(people, work, "a") as process:
        await read(people, process, "a", 1)
        await people.me.append(process.id, "a", 7, "seven")
        await read(people, process, "a", 3)
        await people.me.append(process.id, "a", 2**60, "a forged one does not count")
        await read(people, process, "a", 5)
        await people.me.append(process.id, "a", 9, "nine")
        entries = await read(people, process, "a", 8)
    said = [entry for entry in entries if entry.sender_id == people.bot.id]
    assert [(entry.sequence, entry.in_reply_to) for entry in said] == [
        (2, None),
        (8, 7),
        (10, 2**60),
        (12, 9),
        (14, None),
    ]
    assert said[-1].type == "end"


async def test_incoming_gives_each_entry_of_the_submitter_once_over_a_lost_link() -> None:
    heard: list[bytes] = []

    async def work(conversation: Conversation) -> None:
        async for entry in conversation.incoming("a"):
            heard.append(entry.payload)
            await conversation.say("a", "heard")
            if entry.payload == b"4":
                return

    async with members() as people, held(people, work, "a") as process:
        await people.me.append(process.id, "a", 1, "1")
        await people.me.append(process.id, "a", 3, "2")
        await until(lambda: len(heard) == 2 and people.colony.subscribers(process.id, "a") == 1)
        people.colony.drop_connections()
        await reached(people)
        await people.me.append(process.id, "a", 5, "3")
        await people.me.append(process.id, "a", 7, "4")
        await until(lambda: len(heard) == 4)
        await read(people, process, "a", 8)
    assert heard == [b"1", b"2", b"3", b"4"]


async def test_on_one_key_the_odd_sequences_are_the_submitters() -> None:
    heard: list[int] = []

    async def work(conversation: Conversation) -> None:
        async for entry in conversation.incoming("a"):
            heard.append(entry.sequence)
            await conversation.say("a", "answer", in_reply_to=entry.sequence)
            if len(heard) == 2:
                return

    async with members() as people:
        process = await people.bot.submit(people.spec("a"))
        async with serving(people.bot, work):
            await people.bot.append(process.id, "a", 1, "one")
            await until(lambda: heard == [1])
            await people.bot.append(process.id, "a", 3, "two")
            await closed(people, process)
    assert heard == [1, 3]


async def test_an_undeclared_channel_fails_the_process() -> None:
    async def work(conversation: Conversation) -> None:
        await anext(conversation.incoming("b"))

    async with members() as people:
        process = await performed(people, work, "a")
    assert process.state is ProcessState.FAILED
    assert process.errors[0].startswith("The server refused to")


async def tokens(*pieces: str, error: Exception | None = None) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece
    if error is not None:
        raise error


async def test_a_stream_is_its_tokens_and_an_end_in_reply() -> None:
    async def work(conversation: Conversation) -> None:
        await conversation.stream("a", tokens("Hel", "lo", " you"), in_reply_to=1)

    async with members() as people, held(people, work, "a") as process:
        entries = await read(people, process, "a", 4)
    assert lines(entries) == [
        (2, 1, "data", b"Hel"),
        (4, 1, "data", b"lo"),
        (6, 1, "data", b" you"),
        (8, 1, "end", b""),
    ]


async def test_a_stream_that_breaks_ends_in_an_error_and_fails_the_process() -> None:
    said: list[tuple[str, bytes]] = []

    async def work(conversation: Conversation) -> None:
        try:
            await conversation.stream("a", tokens("Hel", error=Failed("model crashed")), in_reply_to=1)
        finally:
            entries = await conversation.client.read_channel(conversation.process.id, "a")
            said.extend((entry.type, entry.payload) for entry in entries)

    async with members() as people:
        process = await performed(people, work, "a")
    assert said == [("data", b"Hel"), ("error", b"model crashed")]
    assert (process.state, process.errors) == (ProcessState.FAILED, ("model crashed",))


async def test_being_limited_in_rate_is_waited_out() -> None:
    async def work(conversation: Conversation) -> None:
        await asyncio.gather(*(conversation.say("a", str(number)) for number in range(8)))

    async with members(limits=Limits(append_burst=2, appends_per_s=4)) as people:
        async with held(people, work, "a") as process:
            entries = await read(people, process, "a", 8)
        assert people.colony.counts["channelappendmsg"] > 8
    assert [(entry.sequence, entry.payload) for entry in entries] == [
        (2 * number + 2, str(number).encode()) for number in range(8)
    ]


class LosesReplies(ColonyClient):
    """Breaks the link around each second append, alternately before and after the server has seen it."""

    calls = 0

    async def append(self, *args: object, **more: object) -> None:
        self.calls += 1
        if self.calls % 4 == 0:
            raise ConnectError("lost on the way there")
        await super().append(*args, **more)  # type: ignore[arg-type]  # passed on as they came
        if self.calls % 4 == 2:
            raise ConnectError("lost on the way back")


async def test_a_line_whose_reply_was_lost_is_in_the_log_once() -> None:
    async def work(conversation: Conversation) -> None:
        for number in range(12):
            await conversation.say("a", str(number))

    async with members() as people:
        client = LosesReplies(people.transport, people.bot.identity, people.colony.colony)
        async with held(people, work, "a", client=client) as process:
            entries = await read(people, process, "a", 12)
        assert client.calls > 12
    assert [entry.payload for entry in entries] == [str(number).encode() for number in range(12)]


async def test_the_process_closes_only_after_the_ack() -> None:
    async def work(conversation: Conversation) -> str:
        await conversation.end("output")
        await conversation.wait_for_ack()
        return "acknowledged"

    async with members() as people:
        process = await people.me.submit(people.spec("output", "sync"))
        async with serving(people.bot, work):
            await until(lambda: people.colony.subscribers(process.id, "sync") == 1)
            await people.me.append(process.id, "sync", 1, "not yet")
            await read(people, process, "sync", 1)
            assert (await people.me.get_process(process.id)).state is ProcessState.RUNNING
            await people.me.append(process.id, "sync", 3, b"ack")
            assert (await closed(people, process)).output == ("acknowledged",)


async def test_lines_are_logged() -> None:
    async def work(conversation: Conversation) -> None:
        await conversation.log("half way\n")

    async with members() as people:
        process = await performed(people, work)
        assert [line.message for line in await people.me.get_logs(process.id)] == ["half way\n"]


class Hanging:
    """A handler that never returns, and what becomes of it."""

    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.cancelled: list[int] = []

    async def __call__(self, conversation: Conversation) -> None:
        attempt = conversation.process.attempt
        await conversation.say("a", f"attempt {attempt}")
        self.attempts.append(attempt)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.cancelled.append(attempt)


async def test_a_cancelled_process_cancels_its_handler() -> None:
    work = Hanging()
    async with members() as people:
        process = await people.me.submit(people.spec("a"))
        async with serving(people.bot, work):
            await until(lambda: work.attempts == [1])
            await people.me.cancel(process.id)
            await until(lambda: work.cancelled == [1])
            assert (await people.me.get_process(process.id)).state is ProcessState.CANCELLED


async def test_listening_to_a_cancelled_process_cancels_its_handler() -> None:
    stopped: list[str] = []

    async def work(conversation: Conversation) -> None:
        try:
            async for _ in conversation.incoming("a"):
                pass
            stopped.append("ended by itself")
        except asyncio.CancelledError:
            stopped.append("cancelled")
            raise

    async with members() as people:
        process = await people.me.submit(people.spec("a"))
        async with serving(people.bot, work):
            await until(lambda: people.colony.subscribers(process.id, "a") == 1)
            await people.me.cancel(process.id)
            await until(lambda: bool(stopped))
    assert stopped == ["cancelled"]


async def test_a_put_back_starts_a_new_attempt_with_its_sequences() -> None:
    work, clock = Hanging(), ManualClock()
    async with members(clock=clock) as people:
        process = await people.me.submit(people.spec("a", max_exec_time=2, max_retries=1))
        async with serving(people.bot, work):
            await until(lambda: work.attempts == [1])
            await clock.advance(4)
            await until(lambda: work.attempts == [1, 2])
            assert work.cancelled == [1]
            entries = await read(people, process, "a", 2)
            await clock.advance(4)
            await until(lambda: work.cancelled == [1, 2])
            assert (await closed(people, process)).errors == ("Maximum execution time limit exceeded",)
    assert sorted(lines(entries)) == [(2, None, "data", b"attempt 1"), (2, None, "data", b"attempt 2")]


async def test_a_process_that_ended_meanwhile_is_left_alone() -> None:
    async def work(conversation: Conversation) -> str:
        await people.me.cancel(conversation.process.id)
        await conversation.say("a", "too late")
        raise AssertionError("the handler goes on in a cancelled process")

    async with members() as people:
        process = await people.me.submit(people.spec("a"))
        async with serving(people.bot, work):
            found = await closed(people, process)
            again = await people.me.submit(people.spec("a", function="other"))
            await closed(people, again)
    assert (found.state, found.errors) == (ProcessState.CANCELLED, ())


@pytest.mark.parametrize(("capacity", "at_once"), [(None, 3), (1, 1), (2, 2)])
async def test_capacity_is_how_many_are_served_at_once(capacity: int | None, at_once: int) -> None:
    running: list[Conversation] = []
    most = 0
    go_on = asyncio.Event()

    async def work(conversation: Conversation) -> None:
        nonlocal most
        running.append(conversation)
        most = max(most, len(running))
        await go_on.wait()
        running.remove(conversation)

    async with members() as people:
        processes = [await people.me.submit(people.spec()) for _ in range(3)]
        async with serving(people.bot, work, capacity):
            await until(lambda: len(running) == at_once)
            # Only who has room polls, and so is heard from.
            await until(lambda: people.colony.waiting_executors("bot") == (1 if capacity is None else 0))
            go_on.set()
            ended = [await closed(people, process) for process in processes]
    assert {process.state for process in ended} == {ProcessState.SUCCESS}
    assert most == at_once


async def test_leaving_cancels_what_is_served() -> None:
    work = Hanging()
    async with members() as people:
        process = await people.me.submit(people.spec("a"))
        async with serving(people.bot, work):
            await until(lambda: work.attempts == [1])
        assert work.cancelled == [1]
        assert (await people.me.get_process(process.id)).state is ProcessState.RUNNING


async def test_leaving_does_not_wait_for_a_slow_cleaning_up() -> None:
    cleaned: list[str] = []
    has_begun = asyncio.Event()

    async def work(conversation: Conversation) -> None:
        has_begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append("begun")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                cleaned.append("broken off")

    async with members() as people:
        await people.me.submit(people.spec())
        async with serving(people.bot, work):
            await has_begun.wait()
            assert cleaned == []
    assert cleaned == ["begun", "broken off"]


async def test_an_unknown_key_is_refused() -> None:
    async with members() as people:
        stranger = people.client(generate_private_key())
        with pytest.raises(NotAllowed):
            await ExecutorRunner(stranger, {}).serve()


async def test_registering_twice_registers_each_function_once() -> None:
    args = (FunctionArg("steps", "int", "how many"), FunctionArg("mood", choices=("good", "bad")))
    functions = [
        Function(name="sing", executor_name="", executor_type="", description="Sings", args=args),
        Function(name="dance", executor_name="", executor_type=""),
    ]
    async with members() as people:
        newcomer = people.client(generate_private_key())
        for known in (functions[:1], functions):
            await register(people.owner, newcomer, "artist-1", "artist", known)
        found = await people.me.get_functions("artist-1")
        assert sorted(function.name for function in found) == ["dance", "sing"]
        sing = next(function for function in found if function.name == "sing")
        assert (sing.executor_type, sing.description, sing.args) == ("artist", "Sings", args)
        process = await people.me.submit(FunctionSpec(function="sing", executor_type="artist"))
        assert (await newcomer.assign(5)).id == process.id


async def test_a_name_that_another_executor_has_is_refused() -> None:
    async with members() as people:
        with pytest.raises(Refused):
            await register(people.owner, people.client(generate_private_key()), "worker-1", "bot")
        # Nor is a member that has another name let in by it.
        with pytest.raises(Refused):
            await register(people.owner, people.me, "worker-1", "bot")


async def test_a_removed_executor_comes_back() -> None:
    async with members() as people:
        await people.owner.remove_executor("worker-1")
        await register(people.owner, people.bot, "worker-1", "bot")
        assert (await people.me.get_executor("worker-1")).state is ExecutorState.APPROVED


async def test_registering_again_does_not_touch_what_is_approved() -> None:
    async with members() as people:
        await register(people.owner, people.bot, "worker-1", "bot")
        # A real server may take the same executor again, and it would have to be approved once more.
        assert people.colony.counts["addexecutormsg"] == people.colony.counts["approveexecutormsg"] == 0


async def test_a_pending_executor_is_approved() -> None:
    async with members() as people:
        newcomer = people.client(generate_private_key())
        await people.owner.add_executor(
            Executor(id=newcomer.id, name="late-1", type="late", colony=people.colony.colony)
        )
        await register(people.owner, newcomer, "late-1", "late")
        assert (await people.me.get_executor("late-1")).state is ExecutorState.APPROVED
