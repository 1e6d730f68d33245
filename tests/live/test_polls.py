"""How often is asked when answers do not come: never in a hurry, and everything else goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from colony_tui.client.link import Link
from colony_tui.errors import ColonyError, ConnectError, ProtocolError, refusal
from colony_tui.live.beat import Beat
from colony_tui.live.poll import Poll
from colony_tui.live.watcher import FINISHED, ColonyWatcher
from colony_tui.model import Process, ProcessState
from tests.members import members

CUT = ConnectError("cut")


class Asked:
    """Asks the way it is told to, and counts."""

    def __init__(self, link: Link, error: Callable[[], Exception], *, hears_first: bool = False) -> None:
        self.link = link
        self.count = 0
        self.noted: list[ColonyError] = []
        self._error = error
        self._hears_first = hears_first
        self.poll = Poll(link, Beat(3600, 3600, 3600), self, on_error=self.noted.append, on_mishap=lambda _: None)

    async def __call__(self) -> None:
        self.count += 1
        await asyncio.sleep(0)
        if self._hears_first:
            self.link.heard(_now())
        await asyncio.sleep(0)
        error = self._error()
        if isinstance(error, ConnectError):
            self.link.failed(_now(), error)
        raise error


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def asking(*asked: Asked) -> AsyncIterator[None]:
    """Let them ask for as long as the loop has anything to do without waiting."""
    tasks = [asyncio.create_task(each.poll.run()) for each in asked]
    try:
        await settled()
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def settled() -> None:
    for _ in range(500):
        await asyncio.sleep(0)


async def test_polls_whose_second_request_is_cut_do_not_wake_one_another() -> None:
    link = Link()
    both = [Asked(link, lambda: CUT, hears_first=True) for _ in range(2)]
    async with asking(*both):
        assert all(each.count <= 3 for each in both)


async def test_a_poll_that_met_no_server_is_tried_again_at_once_when_something_succeeds() -> None:
    link = Link()
    poll = Asked(link, lambda: CUT)
    async with asking(poll):
        assert poll.count == 1
        assert link.next_try_at is not None and 1.5 <= link.next_try_at - _now() <= 2.5
        link.heard(_now())
        await settled()
        assert poll.count == 2
        link.heard(_now())
        await settled()
        assert poll.count == 2, "what was woken in vain waits its time"


@pytest.mark.parametrize("error", [refusal(500, "pq: too many clients"), refusal(403, "no"), ProtocolError("a page")])
async def test_what_was_refused_waits_for_the_beat(error: ColonyError) -> None:
    link = Link()
    poll = Asked(link, lambda: error)
    async with asking(poll):
        link.failed(_now(), CUT)
        link.heard(_now())
        await settled()
        assert poll.count == 1 and poll.noted == [error]


@pytest.mark.parametrize("error", [refusal(500, "pq: timeout"), refusal(400, "Invalid state"), CUT], ids=str)
async def test_one_finished_state_that_fails_does_not_repeat_the_others(
    error: ColonyError, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with members() as people:
        asked: Counter[ProcessState] = Counter()
        real = people.me.get_processes

        async def get_processes(state: ProcessState, *, count: int = 100) -> list[Process]:
            asked[state] += 1
            if state is ProcessState.FAILED and asked[state] < 3:
                raise error
            return await real(state, count=count)

        monkeypatch.setattr(people.me, "get_processes", get_processes)
        watcher = ColonyWatcher(people.me)
        for _ in range(2 if error is CUT else 0):
            with pytest.raises(ConnectError):
                await watcher._poll_finished()
        await watcher._poll_finished()
        assert [asked[state] for state in FINISHED] == [1, 3 if error is CUT else 1, 1]
        await watcher._poll_finished()
        assert [asked[state] for state in FINISHED] == [2, 4 if error is CUT else 2, 2]
