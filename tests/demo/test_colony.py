"""The demo as a whole: what stands on its first screen, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import time

import pytest

from colony_tui.client import ColonyClient
from colony_tui.client.events import Ended, Entries
from colony_tui.demo.bots import all_bots
from colony_tui.demo.colony import Demo
from colony_tui.demo.pace import Pace
from colony_tui.errors import ConnectError
from colony_tui.model import Process, ProcessState
from colony_tui.server.limits import Limits
from colony_tui.wire.keys import Identity
from tests.demo.performing import eventually

Row = tuple[str, str, str]
"""Function, submitter, and how far it came: waiting, taken, or how it closed."""


async def all_processes(client: ColonyClient) -> list[Process]:
    return [process for state in ProcessState for process in await client.get_processes(state)]


def stage(process: Process) -> str:
    """What stays true of a process however slowly it is looked at."""
    was_taken = process.started_ns is not None
    return "taken" if was_taken and process.state is not ProcessState.FAILED else process.state.word


async def until_rows(client: ColonyClient, *wanted: Row) -> None:
    """Returns once each of them has been seen, not necessarily all at one time."""
    seen: set[Row] = set()
    while not set(wanted) <= seen:
        seen |= {
            (process.spec.function, process.initiator_name, stage(process)) for process in await all_processes(client)
        }
        await asyncio.sleep(0.02)


async def until_closed(client: ColonyClient, *functions: str) -> None:
    """Returns once a process of each function has succeeded."""

    async def are_closed() -> bool:
        closed = await client.get_processes(ProcessState.SUCCESS)
        return set(functions) <= {process.spec.function for process in closed}

    await eventually(are_closed)


async def test_the_first_screen_lives() -> None:
    async with Demo(strict=True) as demo:
        await demo.wait_until_open()
        async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
            await until_rows(
                client,
                ("chat", "alice", "taken"),
                ("tokens", "alice", "taken"),
                ("long-task", "alice", "taken"),
                ("report", "alice", "taken"),
                ("busy", "bob", "taken"),
                ("render", "bob", "waiting"),
                ("summarize", "bob", "taken"),
                ("translate", "bob", "taken"),
                ("index", "bob", "failed"),
                ("train", "bob", "cancelled"),
            )
            failed = await client.get_processes(ProcessState.FAILED)
            assert [process.errors for process in failed] == [("disk full on /data",)]
            summaries = [process for process in await all_processes(client) if process.spec.function == "summarize"]
            assert [process.state for process in summaries].count(ProcessState.RUNNING) <= 1 and len(summaries) == 3
    demo.server.check()


async def test_the_chat_runs_before_anything_else_does() -> None:
    async with Demo(strict=True) as demo:
        await demo.wait_until_open()
        async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
            started = [process for process in await all_processes(client) if process.started_ns is not None]
    first = min(started, key=lambda process: process.started_ns or 0)
    assert (first.spec.function, first.state) == ("chat", ProcessState.RUNNING)


async def test_every_function_is_registered_with_what_a_dialog_needs() -> None:
    async with Demo(strict=True, is_seeded_history=False) as demo:
        await demo.wait_until_open()
        async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
            functions = await client.get_functions()
            assert await all_processes(client) == []
            executors = {executor.name: executor.type for executor in await client.get_executors()}
    bots = all_bots(Pace(0))
    assert executors == {bot.name: bot.type for bot in bots}
    found = sorted((function.executor_name, function.name) for function in functions)
    assert found == sorted((bot.name, offer.name) for bot in bots for offer in bot.offers)
    assert all(function.description and "channel" in function.description for function in functions)
    assert all(argument.type and argument.description for function in functions for argument in function.args)


async def test_without_delays_everything_that_can_end_has_ended() -> None:
    limits = Limits(append_burst=1e9)
    async with Demo(speed=0, strict=True, limits=limits) as demo:
        await demo.wait_until_open()
        async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
            await until_closed(client, "tokens", "long-task", "summarize", "translate")
            chat = next(
                process
                for process in await client.get_processes(ProcessState.RUNNING)
                if process.spec.function == "chat"
            )
            ends = 0
            async with client.subscribe_channel(chat.id, "chat") as subscription:
                async for event in subscription:
                    assert not isinstance(event, Ended)
                    if isinstance(event, Entries):
                        ends += sum(entry.type == "end" for entry in event.entries)
                    if ends == 2:
                        break
            entries = await client.read_pages(chat.id, "chat")
    demo.server.check()
    asked = [entry for entry in entries if entry.sender_id == client.id]
    assert [entry.payload[:5] for entry in asked] == [b"Hello", b"What ", b"And i"]
    assert asked[2].in_reply_to == asked[1].sequence + 1
    for question in asked[1:]:
        before = max(entry.sequence for entry in entries if entry.sequence < question.sequence)
        assert question.sequence - before > 100, "what is typed in the app meanwhile would take the same sequence"
    assert all(entry.sequence % 2 == 1 for entry in asked)
    for question in asked[1:]:
        assert [entry.type for entry in entries if entry.in_reply_to == question.sequence][-1] == "end"


async def test_a_seed_makes_the_same_members() -> None:
    first, second, other = Demo(seed=1), Demo(seed=1), Demo()
    assert first.private_key == second.private_key
    assert len({first.private_key, other.private_key, Demo().private_key}) == 3
    assert Identity(first.private_key).id == first.server.user_id


async def test_leaving_leaves_no_task_and_no_socket_and_is_quick() -> None:
    before = asyncio.all_tasks()
    async with Demo(strict=True) as demo:
        await demo.wait_until_open()
        async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
            await until_rows(client, ("chat", "alice", "taken"), ("flaky", "alice", "taken"))
            flaky = next(process for process in await all_processes(client) if process.spec.function == "flaky")

            # In the middle of a hang it would take seconds to come up again.
            async def hangs() -> bool:
                return bool(await client.get_logs(flaky.id))

            await eventually(hangs)
        left = time.monotonic()
    assert time.monotonic() - left < 1.0
    assert asyncio.all_tasks() == before
    async with ColonyClient.connect(demo.address, demo.private_key, demo.colony) as client:
        with pytest.raises(ConnectError):
            await client.get_version()


async def test_leaving_before_it_is_open_is_clean() -> None:
    before = asyncio.all_tasks()
    async with Demo(strict=True):
        pass
    assert asyncio.all_tasks() == before


async def test_what_goes_wrong_inside_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(scene: object) -> None:
        raise RuntimeError("no history")

    monkeypatch.setattr("colony_tui.demo.scene.Scene.seed_history", break_down)
    with pytest.raises(ExceptionGroup) as raised:
        async with Demo() as demo:
            await demo.wait_until_open()
    assert raised.group_contains(RuntimeError, match="no history")
