"""What stands under the cursor from the first row that is shown on: the first Enter opens what one saw first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.demo.colony import Demo
from colony_tui.errors import refusal
from colony_tui.model import Process, ProcessState
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.run import LiveApp
from colony_tui.tui.widgets.process_list import ProcessList, ProcessRowData
from tests.colony import until
from tests.members import members

Look = tuple[str, str]
"""The function of the first row, and of the one under the cursor."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Look]:
    """What every list of processes showed that was not empty, in order."""
    seen: list[Look] = []
    real = ProcessList.show

    def show(widget: ProcessList, rows: Sequence[ProcessRowData], now_ns: int) -> None:
        real(widget, rows, now_ns)
        functions = {row.id: row.process.spec.function for row in rows}
        if widget._arrangement.ids:
            seen.append((functions[widget._arrangement.ids[0]], functions[widget.cursor_id]))

    monkeypatch.setattr(ProcessList, "show", show)
    return seen


async def test_the_demo_shows_its_chat_first_and_under_the_cursor(looks: list[Look]) -> None:
    async with AsyncExitStack() as stack:
        demo = Demo()
        await demo.server.start()
        address = ServerAddress(demo.server.host, demo.server.port, tls=False)
        client = await stack.enter_async_context(ColonyClient.connect(address, demo.private_key, demo.colony))

        async def opening() -> None:
            await stack.enter_async_context(demo)
            await demo.wait_until_open()

        session = LiveSession(client, demo.colony)
        app = LiveApp(session, opening=opening)
        async with app.run_test(size=(120, 40)):
            # By then everything has run that ends at once.
            await until(lambda: any(row.process.spec.function == "index" and row.group == 2 for row in session.rows))
        await session.over()
    assert set(looks) == {("chat", "chat")}


async def test_nothing_is_asked_for_before_there_is_all_to_see() -> None:
    is_set_up = asyncio.Event()
    async with members() as people:
        session = LiveSession(people.me, "dev")
        app = LiveApp(session, opening=is_set_up.wait)  # type: ignore[arg-type]  # what it returns is not looked at
        async with app.run_test(size=(120, 40)) as pilot:
            await people.me.submit(people.spec("chat"))
            for _ in range(20):
                await pilot.pause()
            assert people.colony.counts["getprocessesmsg"] == 0 and not session.colony.watcher.is_told
            is_set_up.set()
            await until(lambda: len(session.rows) == 1)
        await session.over()


@pytest.mark.parametrize("is_refused", [False, True])
async def test_what_waits_is_not_shown_before_what_runs_is_known(
    looks: list[Look], monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    has_asked, may_answer = asyncio.Event(), asyncio.Event()
    async with members() as people:
        await people.running("chat", function="runs")
        await people.me.submit(people.spec(function="waits"))
        real = people.me.get_processes

        async def get_processes(state: ProcessState, *, count: int = 100) -> list[Process]:
            if state is ProcessState.RUNNING:
                has_asked.set()
                await may_answer.wait()
                if is_refused:
                    raise refusal(500, "pq: too many clients")
            return await real(state, count=count)

        monkeypatch.setattr(people.me, "get_processes", get_processes)
        session = LiveSession(people.me, "dev")
        async with LiveApp(session).run_test(size=(120, 40)) as pilot:
            await has_asked.wait()
            await until(lambda: len(session.colony.watcher.table) == 1)
            await pilot.pause()
            assert session.rows == () and looks == []
            may_answer.set()
            await until(lambda: bool(looks))
        await session.over()
    # A list that cannot be had keeps nobody from the others.
    expected = "waits" if is_refused else "runs"
    assert looks[0] == (expected, expected)
