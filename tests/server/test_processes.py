"""Processes and whom their changes are told, without any network."""

from __future__ import annotations

import pytest

from colony_tui.model import ProcessState
from colony_tui.server.processes import stored_time
from colony_tui.server.signals import Signals
from colony_tui.wire.shapes import ConditionsShape, ProcessShape, SpecShape
from tests.conformance.parties import Party
from tests.server.conftest import Parties


def shape(state: ProcessState, process_id: str = "p", executor_type: str = "bot") -> ProcessShape:
    return ProcessShape(process_id, int(state), spec=SpecShape(conditions=ConditionsShape(executortype=executor_type)))


async def test_each_waiting_process_wakes_one_executor_the_longest_waiting_first() -> None:
    signals = Signals()
    turns = [signals.wait_in_line("bot") for _ in range(3)]
    other = signals.wait_in_line("other")
    for woken in range(1, 4):
        signals.tell(shape(ProcessState.WAITING))
        assert [turn.done() for turn in turns] == [True] * woken + [False] * (3 - woken)
    signals.tell(shape(ProcessState.WAITING))
    assert not other.done()


async def test_other_states_wake_nobody_who_waits_for_work() -> None:
    signals = Signals()
    turn = signals.wait_in_line("bot")
    signals.tell(shape(ProcessState.SUCCESS))
    assert not turn.done()
    signals.leave_line("bot", turn)
    assert signals.waiting("bot") == 0


def test_every_listener_of_a_process_and_state_is_told_until_it_stops() -> None:
    signals = Signals()
    told: list[str] = []
    stops = [
        signals.listen("bot", 2, process_id, lambda process, name=name: told.append(name))  # type: ignore[misc]  # bound now
        for name, process_id in (("one", "p"), ("two", "p"), ("else", "q"))
    ]
    signals.tell(shape(ProcessState.SUCCESS))
    signals.tell(shape(ProcessState.FAILED))
    assert told == ["one", "two"]
    stops[0]()
    stops[0]()
    signals.tell(shape(ProcessState.SUCCESS))
    assert told == ["one", "two", "two"]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(1_499, "1970-01-01T00:00:00.000001Z"), (1_500, "1970-01-01T00:00:00.000002Z"), (None, "0001-01-01T00:00:00Z")],
)
def test_stored_times_are_rounded_to_microseconds(time_ns: int | None, text: str) -> None:
    assert stored_time(time_ns) == text


async def test_closed_processes_come_newest_first(alice: Party, bot: Party) -> None:
    closed = []
    for _ in range(3):
        closed.append((await alice.submit("bot"))["processid"])
        await bot.assign()
        await bot.close(closed[-1])
    assert [process["processid"] for process in await alice.processes(2)] == closed[::-1]
    assert [process["processid"] for process in await alice.processes(2, count=2)] == closed[:0:-1]


async def test_an_executor_is_no_member_before_it_is_approved(parties: Parties, alice: Party) -> None:
    owner, newcomer = parties.colony_owner(), parties.with_key("7" * 64)
    executor = {"executorname": "new", "executorid": newcomer.id, "colonyname": "dev", "executortype": "bot"}
    await owner.get("addexecutormsg", executor=executor)
    words = (403, "Access denied, not a member of Colony with name <dev>")
    assert await newcomer.refused("getcolonymsg", colonyname="dev") == words
    assert await newcomer.get("getexecutorsmsg", colonyname="dev")
    await owner.get("approveexecutormsg", colonyname="dev", executorname="new")
    assert await newcomer.get("getcolonymsg", colonyname="dev")
