"""Waiting for a process's states: each change within moments, each end told (PROTOCOL.md, "Subscriptions")."""

from __future__ import annotations

import asyncio

import pytest

from colony_tui.client import ColonyClient, ProcessSubscription, process_subscription
from colony_tui.client.events import Ended, Lost, Moved, ProcessEvent, Reached, Restored
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, NotAllowed, NotFound, TimeLimitReached, Unsendable
from colony_tui.model import Process, ProcessEnded, ProcessState
from tests.members import Members, members

AT_ONCE = RetryPolicy(first=0.01, longest=0.01)


def wait(people: Members, process: Process, state: ProcessState, time_limit: float = 30) -> ProcessSubscription:
    return ProcessSubscription(people.me, process.id, state, time_limit=time_limit, retry=AT_ONCE)


async def subscribed(people: Members, count: int = 1) -> None:
    """Until the server has that many subscription frames."""
    while people.colony.counts["subscribe_frames"] < count:
        await people.me.get_version()


async def all_events(subscription: ProcessSubscription) -> list[ProcessEvent]:
    async with subscription:
        return [event async for event in subscription]


async def test_a_state_that_comes_is_reached_with_the_fetched_process() -> None:
    async with members() as people:
        submitted = await people.me.submit(people.spec("out"))
        events = asyncio.create_task(all_events(wait(people, submitted, ProcessState.RUNNING)))
        await subscribed(people)
        taken = await people.bot.assign(5)
        (event,) = await events
        assert isinstance(event, Reached)
        assert event.process.executor_id == taken.executor_id == people.bot.id


async def test_what_cannot_be_asked_for_is_raised_and_not_tried_again() -> None:
    async with members() as people:
        with pytest.raises(Unsendable, match="lone surrogate"):
            await all_events(ProcessSubscription(people.me, "a\udc9b", ProcessState.RUNNING, retry=AT_ONCE))
        with pytest.raises(Unsendable, match="lone surrogate"):
            await people.me.wait_for("a\udc9b", ProcessState.RUNNING)


async def test_a_state_that_is_there_already_needs_no_socket() -> None:
    async with members() as people:
        process = await people.running("out")
        (event,) = await all_events(wait(people, process, ProcessState.RUNNING))
        assert isinstance(event, Reached)
        assert people.colony.counts["handshakes"] == 0


async def test_the_limit_is_renewed_on_a_new_connection() -> None:
    async with members() as people:
        process = await people.running("out")
        events = asyncio.create_task(all_events(wait(people, process, ProcessState.SUCCESS, time_limit=1)))
        await subscribed(people, 2)
        await people.bot.close(process.id)
        assert [type(event) for event in await events] == [Reached]


async def test_another_end_is_told_at_the_next_renewal() -> None:
    async with members() as people:
        process = await people.running("out")
        events = asyncio.create_task(all_events(wait(people, process, ProcessState.SUCCESS, time_limit=1)))
        await subscribed(people)
        await people.bot.fail(process.id, ["boom"])
        (event,) = await events
        assert isinstance(event, Ended) and event.process is not None
        assert event.process.state is ProcessState.FAILED


async def test_a_put_back_wakes_who_waits_for_waiting_and_moves_the_others() -> None:
    async with members() as people:
        process = await people.running("out", max_exec_time=1, max_retries=3)
        back = asyncio.create_task(all_events(wait(people, process, ProcessState.WAITING)))
        moved = asyncio.create_task(all_events(wait(people, process, ProcessState.SUCCESS, time_limit=1)))
        (event,) = await back
        assert isinstance(event, Reached) and event.process.retries == 1
        await people.me.cancel(process.id)
        assert [type(event) for event in await moved] in ([Moved, Ended], [Ended])


async def test_loss_and_return_are_events_among_the_others() -> None:
    async with members() as people:
        process = await people.running("out")
        subscription = wait(people, process, ProcessState.SUCCESS)
        async with subscription:
            await asyncio.wait({asyncio.ensure_future(subscribed(people))})
            await people.colony.stop()
            assert isinstance(await anext(subscription), Lost)
            await people.colony.start()
            event = await anext(subscription)
            while isinstance(event, Lost):
                event = await anext(subscription)
            assert isinstance(event, Restored)


async def test_wait_for_returns_or_says_why_not() -> None:
    async with members() as people:
        process = await people.running("out")
        assert (await people.me.wait_for(process.id, ProcessState.RUNNING)).id == process.id
        with pytest.raises(TimeLimitReached, match="was not success within"):
            await people.me.wait_for(process.id, ProcessState.SUCCESS, time_limit=0.05)
        await people.bot.fail(process.id, ["boom"])
        with pytest.raises(ProcessEnded, match="ended as failed before it was running") as caught:
            await people.me.wait_for(process.id, ProcessState.RUNNING)
        assert caught.value.process.errors == ("boom",)
        assert (await people.me.wait_for(process.id, ProcessState.FAILED)).state is ProcessState.FAILED
        with pytest.raises(NotFound):
            await people.me.wait_for("0" * 64, ProcessState.RUNNING)


async def test_wait_for_learns_of_an_end_that_its_subscription_does_not_tell() -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        waiting = asyncio.create_task(people.me.wait_for(process.id, ProcessState.RUNNING))
        await subscribed(people)
        await people.me.cancel(process.id)
        with pytest.raises(ProcessEnded):
            await waiting


async def test_assignments_go_on_while_one_is_served_and_losses_are_waited_out() -> None:
    async with members() as people:
        troubles: list[str] = []
        is_told = asyncio.Event()

        def tell(error: ColonyError) -> None:
            troubles.append(str(error))
            is_told.set()

        async with people.bot.assignments(time_limit=1, on_trouble=tell) as taken:
            first = await people.me.submit(people.spec("out"))
            assert (await anext(taken)).id == first.id
            second = await people.me.submit(people.spec("out"))
            assert (await anext(taken)).id == second.id
            await people.colony.stop()
            await is_told.wait()
            await people.colony.start()
            third = await people.me.submit(people.spec("out"))
            assert (await anext(taken)).id == third.id
        assert str(people.colony.port) in troubles[0]


async def test_a_dropped_executor_is_told() -> None:
    async with members() as people:
        stranger = people.client("1".rjust(64, "0"))
        async with stranger.assignments(time_limit=1) as taken:
            with pytest.raises(NotAllowed):
                await anext(taken)


async def test_a_young_process_is_asked_for_before_it_is_subscribed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # As many looks as it takes on the slowest machine: the point is that no socket is opened meanwhile.
    monkeypatch.setattr(process_subscription, "YOUNG_LOOKS_S", (0.01,) * 10_000)
    monkeypatch.setattr(process_subscription, "OLD_S", 3600)
    async with members() as people:
        process = await people.me.submit(people.spec("out"))
        waiting = asyncio.create_task(people.me.wait_for(process.id, ProcessState.RUNNING))
        await people.bot.assign(5)
        assert (await waiting).state is ProcessState.RUNNING
        assert people.colony.counts["handshakes"] == 0


async def test_an_executor_that_cannot_even_ask_is_told() -> None:
    async with members() as people:
        nowhere = ColonyClient(people.transport, people.bot.identity, "a\udc9b")
        async with nowhere.assignments(time_limit=1) as taken:
            with pytest.raises(Unsendable, match="cannot be asked to assign a process"):
                await anext(taken)
