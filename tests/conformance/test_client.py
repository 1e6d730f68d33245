"""The package's own client against the same servers: its calls, its errors, and above all its subscriptions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import pytest

from colony_tui import ColonyClient, FunctionSpec, ProcessState, ServerAddress
from colony_tui.client import Transport
from colony_tui.client.events import (
    ChannelEvent,
    Ended,
    Entries,
    LimitPassed,
    LogReset,
    Lost,
    Moved,
    Proven,
    Reached,
    RefusedBy,
    Restored,
)
from colony_tui.errors import NotAllowed, NotFound, PayloadTooLarge, Refused, TimeLimitReached
from colony_tui.model import (
    MAX_PAYLOAD_BYTES,
    ChannelEntry,
    Colony,
    Executor,
    ExecutorState,
    Function,
    FunctionArg,
    ProcessEnded,
    User,
)
from colony_tui.wire.keys import Identity, generate_private_key
from tests.conformance.field import Field, until
from tests.conformance.parties import Party

PATIENCE = 20


@pytest.fixture
def is_strict() -> bool:
    """The client must do nothing that would harm a real server."""
    return True


@pytest.fixture
async def transport(field: Field) -> AsyncIterator[Transport]:
    """One transport to the ground's server, closed with the test."""
    parts = urlsplit(field.ground.url)
    address = ServerAddress(parts.hostname or "", parts.port or 0, tls=parts.scheme == "https")
    async with Transport(address) as transport:
        yield transport


def client_of(party: Party, transport: Transport) -> ColonyClient:
    """The package's client for a party."""
    return ColonyClient(transport, party.identity, party.colony_name)


@asynccontextmanager
async def conversation(
    field: Field, transport: Transport, *, max_exec_time: int = 60
) -> AsyncIterator[tuple[ColonyClient, ColonyClient, str]]:
    """A submitter's and an executor's client and a process that runs between them; it is cancelled behind."""
    alice, bot = await field.user(), await field.executor()
    process_id = await field.running(alice, bot, maxexectime=max_exec_time)
    yield client_of(alice, transport), client_of(bot, transport), process_id


class Follower:
    """Takes the events of a channel's subscription until it ends; use it as an async context manager."""

    def __init__(self, client: ColonyClient, process_id: str, time_limit: float) -> None:
        self.events: list[ChannelEvent] = []
        self._subscription = client.subscribe_channel(process_id, "a", time_limit=time_limit)
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._subscription.end()
        await self._task

    async def _follow(self) -> None:
        async for event in self._subscription:
            self.events.append(event)
            self._changed.set()

    @property
    def entries(self) -> list[ChannelEntry]:
        """All entries that were delivered, in the order of their delivery."""
        return [entry for event in self.events if isinstance(event, Entries) for entry in event.entries]

    def seen(self, kind: type) -> bool:
        """Whether an event of that kind came."""
        return any(isinstance(event, kind) for event in self.events)

    async def until_seen(self, kind: type, count: int = 1) -> None:
        """Waits until that many events of that kind came."""
        async with asyncio.timeout(PATIENCE):
            while sum(isinstance(event, kind) for event in self.events) < count:
                self._changed.clear()
                await self._changed.wait()

    async def until_held(self, count: int) -> None:
        """Waits until that many entries came."""
        async with asyncio.timeout(PATIENCE):
            while len(self.entries) < count:
                self._changed.clear()
                await self._changed.wait()

    async def ended(self) -> Ended:
        """Waits for the subscription's own end: its last event, which must say that the process has ended."""
        async with asyncio.timeout(PATIENCE):
            await self._task
        last = self.events[-1]
        assert isinstance(last, Ended), last
        return last


async def test_a_process_lives_from_submission_to_output(field: Field, transport: Transport) -> None:
    alice, bot = await field.user(), await field.executor()
    person, machine = client_of(alice, transport), client_of(bot, transport)
    spec = FunctionSpec(
        function="chat", executor_type=bot.executor_type, channels=("a",), max_exec_time=60, priority=3, args=("x", 1)
    )
    process = await person.submit(spec)
    try:
        assert (process.state, process.initiator_id, process.spec.priority) == (ProcessState.WAITING, alice.id, 3)
        assert (process.started_ns, process.ended_ns, process.exec_deadline_ns) == (None, None, None)
        assigned = await machine.assign(5)
        assert (assigned.id, assigned.state, assigned.executor_id) == (process.id, ProcessState.RUNNING, bot.id)
        stored = await person.get_process(process.id)
        assert abs((stored.started_ns or 0) - (assigned.started_ns or 0)) <= 1000
        await machine.add_log(process.id, "one")
        (line,) = await person.get_logs(process.id)
        assert (line.message, line.executor_name) == ("one", bot.name)
        assert await person.get_logs(process.id, since_ns=line.timestamp_ns) == []
        await machine.set_output(process.id, ["early"])
        await machine.add_attribute(process.id, "k", "v")
        await machine.close(process.id, ["done", 1])
        closed = await person.get_process(process.id)
        assert (closed.state, closed.output) == (ProcessState.SUCCESS, ("done", 1))
        assert [(attribute.key, attribute.value) for attribute in closed.attributes] == [("k", "v")]
        listed = await person.get_processes(ProcessState.SUCCESS, executor_type=bot.executor_type)
        assert [found.id for found in listed] == [process.id]
        recent = await person.get_recent_processes(ProcessState.SUCCESS, 60)
        assert process.id in {found.id for found in recent}
    finally:
        await person.remove_process(process.id)


async def test_the_registry_is_known_by_name_and_id(field: Field, transport: Transport) -> None:
    owner = client_of(field.owner, transport)
    colony = field.ground.colony_name
    user = User(Identity(generate_private_key()).id, field.unused_name("user"), colony)
    bot = Identity(generate_private_key())
    name = field.unused_name("bot")
    try:
        assert await owner.add_user(user) == user
        added = await owner.add_executor(Executor(id=bot.id, name=name, type="t", colony=colony))
        assert added.state is ExecutorState.PENDING
        assert added.last_heard_ns is None
        await owner.approve_executor(name)
        machine = ColonyClient(transport, bot, colony)
        assert (await machine.get_executor(name)).state is ExecutorState.APPROVED
        assert (await machine.get_executor_by_id(bot.id)).name == name
        assert user in await machine.get_users()
        assert await machine.get_user(user.name) == await machine.get_user_by_id(user.id) == user
        assert await machine.get_functions(name) == []
        args = (
            FunctionArg("topic", "string", "what", is_required=True),
            FunctionArg("level", choices=("easy", "hard")),
        )
        function = Function(name="f", executor_name=name, executor_type="t", colony=colony, description="d", args=args)
        await machine.add_function(function)
        (registered,) = await machine.get_functions(name)
        assert (registered.args, registered.description) == (args, "d")
        assert await machine.get_colony() == Colony(field.owner.id, colony)
        assert await machine.is_paused() is False
        assert (await machine.get_statistics()).executors >= 1
    finally:
        await owner.remove_executor(name)
        await owner.remove_user(user.name)


async def test_version_and_server_info_are_told(field: Field, transport: Transport) -> None:
    stranger = client_of(field.stranger(), transport)
    assert isinstance((await stranger.get_version()).version, str)
    assert isinstance((await stranger.get_server_info()).version, str)


async def test_refusals_have_types(field: Field, transport: Transport) -> None:
    async with conversation(field, transport) as (alice, _, process_id):
        with pytest.raises(NotFound):
            await alice.get_process("0" * 64)
        with pytest.raises(NotFound):
            await alice.read_channel(process_id, "nope")
        with pytest.raises(NotAllowed):
            await client_of(await field.user("mallory"), transport).read_channel(process_id, "a")
        with pytest.raises(NotAllowed):
            await client_of(field.stranger(), transport).get_statistics()
        with pytest.raises(PayloadTooLarge):
            await alice.append(process_id, "a", 1, b"x" * (MAX_PAYLOAD_BYTES + 1))
        with pytest.raises(Refused) as refusal:
            await alice.get_user("nobody")
        assert refusal.value.status == 500


async def test_payloads_types_and_parents_come_back_as_sent(field: Field, transport: Transport) -> None:
    async with conversation(field, transport) as (alice, bot, process_id):
        await alice.append(process_id, "a", 1, "Grüße 🐜")
        await bot.append(process_id, "a", -(2**63), b"\xff\x00", in_reply_to=1, type="weird")
        entries = {entry.sequence: entry for entry in await alice.read_channel(process_id, "a")}
        assert entries[1].payload.decode() == "Grüße 🐜"
        assert entries[1].in_reply_to is None
        answer = entries[-(2**63)]
        assert (answer.payload, answer.in_reply_to, answer.type) == (b"\xff\x00", 1, "weird")
        assert answer.sender_id == bot.id


async def test_a_channel_is_followed_over_its_limits_to_the_end(field: Field, transport: Transport) -> None:
    async with (
        conversation(field, transport) as (alice, bot, process_id),
        Follower(alice, process_id, time_limit=1) as follower,
    ):
        sent = 0
        for limits in (0, 1, 2):
            await follower.until_seen(LimitPassed, limits)
            for _ in range(30):
                # Every third goes back: positions shift, which the follower must notice.
                await bot.append(process_id, "a", sent - 50 if sent % 3 == 2 else sent, str(sent))
                sent += 1
                await follower.until_held(sent)
        await bot.append(process_id, "a", 10**6, str(sent), type="end")
        await bot.close(process_id)
        end = await follower.ended()
        assert end.is_complete
        assert end.process is not None
        assert end.process.state is ProcessState.SUCCESS
        assert [int(entry.payload) for entry in follower.entries] == list(range(sent + 1))
        assert not follower.seen(Lost)


@pytest.mark.parametrize("ending", ["close", "fail", "cancel"])
async def test_nothing_is_lost_when_a_process_ends_right_behind_its_last_append(
    field: Field, transport: Transport, ending: str
) -> None:
    chance = random.Random(ending)
    alice, bot = await field.user(), await field.executor()
    person, machine = client_of(alice, transport), client_of(bot, transport)

    async def one() -> None:
        process_id = await field.running(alice, bot)
        total = chance.randrange(1, 60)
        async with Follower(person, process_id, time_limit=1) as follower:
            for number in range(total):
                await machine.append(process_id, "a", number if number % 5 else number - 7, str(number))
            if ending == "close":
                await machine.close(process_id)
            elif ending == "fail":
                await machine.fail(process_id, ["no"])
            else:
                await person.cancel(process_id)
            end = await follower.ended()
        got = sorted(int(entry.payload) for entry in follower.entries)
        if end.is_complete:
            assert got == list(range(total))
        else:
            assert set(got) < set(range(total))
        assert len(got) == len(set(got))
        complete.append(end.is_complete)

    complete: list[bool] = []
    for _ in range(6):
        await one()
    # One that ended before it was subscribed to may be incomplete and says so; that cannot be the rule.
    assert sum(complete) >= 4


async def test_a_process_that_ended_before_says_so_and_its_channel_is_not_touched(
    field: Field, transport: Transport
) -> None:
    async with conversation(field, transport) as (alice, bot, process_id):
        await bot.append(process_id, "a", 1, "x")
        await bot.close(process_id)
        async with Follower(alice, process_id, time_limit=5) as follower:
            end = await follower.ended()
        assert (end.is_complete, follower.entries) == (False, [])


async def test_a_put_back_process_is_followed_on(field: Field, transport: Transport) -> None:
    async with (
        conversation(field, transport, max_exec_time=1) as (alice, bot, process_id),
        Follower(alice, process_id, time_limit=5) as follower,
    ):
        await bot.append(process_id, "a", 1, "first life")
        async with alice.subscribe_process(process_id, ProcessState.WAITING) as subscription:
            async for event in subscription:
                if isinstance(event, Reached):
                    assert event.process.retries == 1
        assert (await bot.assign(5)).id == process_id
        await bot.append(process_id, "a", 1, "second life")
        await bot.close(process_id)
        assert (await follower.ended()).is_complete
        assert [entry.payload for entry in follower.entries] == [b"first life", b"second life"]


async def test_a_channel_that_is_not_ours_is_refused(field: Field, transport: Transport) -> None:
    async with conversation(field, transport) as (_, _, process_id):
        mallory = client_of(await field.user("mallory"), transport)
        async with mallory.subscribe_channel(process_id, "a") as subscription:
            events = [event async for event in subscription]
        assert isinstance(events[-1], RefusedBy)
        assert events[-1].error.status == 403


async def test_an_empty_channel_is_proven_complete_at_its_limit(field: Field, transport: Transport) -> None:
    async with (
        conversation(field, transport) as (alice, _, process_id),
        Follower(alice, process_id, time_limit=1) as follower,
    ):
        await follower.until_seen(Proven)
        assert follower.entries == []


async def test_a_restart_is_a_loss_and_a_shorter_log_a_reset(field: Field, transport: Transport) -> None:
    async with (
        conversation(field, transport) as (alice, bot, process_id),
        Follower(alice, process_id, time_limit=20) as follower,
    ):
        for sequence in (1, 2, 3):
            await bot.append(process_id, "a", sequence, str(sequence))
        await follower.until_held(3)
        await field.restart()
        await follower.until_seen(Restored)
        await follower.until_seen(LogReset)
        await bot.append(process_id, "a", 4, "4")
        await follower.until_held(4)
        await bot.close(process_id)
        await follower.ended()
        (reset,) = (event for event in follower.events if isinstance(event, LogReset))
        assert reset.held == 3
        assert follower.seen(Lost)
        assert [entry.payload for entry in follower.entries] == [b"1", b"2", b"3", b"4"]


async def test_wait_for_returns_the_process_when_it_comes(field: Field, transport: Transport) -> None:
    alice, bot = await field.user(), await field.executor()
    person, machine = client_of(alice, transport), client_of(bot, transport)
    process_id = (await alice.submit(bot.executor_type))["processid"]
    waiting = asyncio.create_task(person.wait_for(process_id, ProcessState.RUNNING, time_limit=10))
    await has_subscribed(transport, 1)
    await machine.assign(5)
    assert (await waiting).executor_id == bot.id
    assert (await person.wait_for(process_id, ProcessState.RUNNING, time_limit=10)).id == process_id
    waiting = asyncio.create_task(person.wait_for(process_id, ProcessState.SUCCESS, time_limit=10))
    await has_subscribed(transport, 2)
    await machine.close(process_id, ["out"])
    assert (await waiting).output == ("out",)


async def has_subscribed(transport: Transport, handshakes: int) -> None:
    """Waits until a process subscription is surely active.

    A change in the very moment of subscribing can be missed by a real server, or be answered twice at once, which kills
    it; so a test leaves that moment some room.
    """

    async def has_connected() -> bool:
        return transport.handshakes >= handshakes

    await until(has_connected)
    await asyncio.sleep(0.1)


async def test_wait_for_says_that_it_ended_before_or_meanwhile(field: Field, transport: Transport) -> None:
    alice, bot = await field.user(), await field.executor()
    person, machine = client_of(alice, transport), client_of(bot, transport)
    process_id = await field.running(alice, bot)
    waiting = asyncio.create_task(person.wait_for(process_id, ProcessState.SUCCESS, time_limit=10))
    await machine.fail(process_id, ["no"])
    with pytest.raises(ProcessEnded):
        await waiting
    with pytest.raises(ProcessEnded):
        await person.wait_for(process_id, ProcessState.RUNNING, time_limit=10)
    with pytest.raises(NotFound):
        await person.wait_for("0" * 64, ProcessState.RUNNING, time_limit=10)


async def test_wait_for_says_that_time_ran_out(field: Field, transport: Transport) -> None:
    async with conversation(field, transport) as (alice, _, process_id):
        with pytest.raises(TimeLimitReached):
            await alice.wait_for(process_id, ProcessState.SUCCESS, time_limit=0.3)


async def test_a_process_subscription_tells_of_other_moves_and_of_the_end(field: Field, transport: Transport) -> None:
    alice, bot = await field.user(), await field.executor()
    person, machine = client_of(alice, transport), client_of(bot, transport)
    process_id = (await alice.submit(bot.executor_type))["processid"]
    async with person.subscribe_process(process_id, ProcessState.FAILED, time_limit=1) as subscription:
        await has_subscribed(transport, 1)
        await machine.assign(5)
        async with asyncio.timeout(PATIENCE):
            moved = await anext(subscription)
        assert isinstance(moved, Moved)
        assert moved.process.state is ProcessState.RUNNING
        await machine.close(process_id)
        rest = [event async for event in subscription]
    assert isinstance(rest[-1], Ended)


async def test_assignments_go_on_while_processes_are_served(field: Field, transport: Transport) -> None:
    alice, bot = await field.user(), await field.executor()
    machine = client_of(bot, transport)
    submitted = [(await alice.submit(bot.executor_type))["processid"] for _ in range(2)]
    served = []
    async with machine.assignments(time_limit=1) as assignments, asyncio.timeout(PATIENCE):
        async for process in assignments:
            served.append(process.id)
            if len(served) == 2:
                submitted.append((await alice.submit(bot.executor_type))["processid"])
            if len(served) == 3:
                break
    assert served == submitted


async def test_assignments_raise_what_is_final(field: Field, transport: Transport) -> None:
    pending = client_of(await field.executor(is_approved=False), transport)
    with pytest.raises(NotAllowed):
        async with pending.assignments(time_limit=1) as assignments, asyncio.timeout(PATIENCE):
            await anext(assignments)
