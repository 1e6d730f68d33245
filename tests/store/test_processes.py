"""ProcessTable: the fresher snapshot wins, the list keeps its order, a row says why it waits."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import NANOSECONDS, Executor, ExecutorState, FunctionSpec, Process, ProcessState
from colony_tui.store.processes import (
    ProcessFilter,
    ProcessTable,
    WaitKind,
    WaitReason,
    elapsed_s,
    is_fresher,
    remaining_s,
)

S = NANOSECONDS
WAITING, RUNNING, SUCCESS, FAILED, CANCELLED = ProcessState


def process(
    id: str,
    state: ProcessState = WAITING,
    *,
    kind: str = "chatbot",
    function: str = "chat",
    names: tuple[str, ...] = (),
    exec_s: int = -1,
    wait_s: int = -1,
    label: str = "",
    **facts: object,
) -> Process:
    spec = FunctionSpec(
        function=function,
        executor_type=kind,
        executor_names=names,
        max_exec_time=exec_s,
        max_wait_time=wait_s,
        label=label,
    )
    values: dict[str, object] = {"initiator_id": "alice-id", "initiator_name": "alice", "submitted_ns": 100 * S}
    return Process(id=id, state=state, spec=spec, **{**values, **facts})  # type: ignore[arg-type]


def executor(
    name: str, heard_s: int | None, kind: str = "chatbot", state: ExecutorState = ExecutorState.APPROVED
) -> Executor:
    return Executor(
        id=name, name=name, type=kind, colony="dev", state=state, last_heard_ns=None if heard_s is None else heard_s * S
    )


LIFE = [
    process("p"),
    process("p", RUNNING, executor_id="bot", started_ns=110 * S),
    process("p", WAITING, retries=1, started_ns=110 * S, ended_ns=120 * S),
    process("p", RUNNING, retries=1, executor_id="bot", started_ns=130 * S, ended_ns=120 * S),
    process("p", SUCCESS, retries=1, executor_id="bot", started_ns=130 * S, ended_ns=140 * S, output=("ok",)),
]


@given(st.lists(st.sampled_from(LIFE), min_size=1))
def test_the_furthest_snapshot_wins_in_whatever_order_they_come(came: list[Process]) -> None:
    table = ProcessTable()
    for snapshot in came:
        table.merge([snapshot])
    assert table.get("p") == max(came, key=LIFE.index)


def test_of_two_snapshots_of_one_state_the_later_is_taken() -> None:
    table = ProcessTable()
    assert table.merge([LIFE[1]]).added == ("p",)
    fuller = process("p", RUNNING, executor_id="bot", started_ns=110 * S, output=("half",))
    assert table.merge([fuller]).changed == ("p",)
    assert table.get("p") == fuller
    assert not table.merge([fuller]), "the same again changes nothing"


def test_a_frame_of_a_put_back_that_is_older_than_the_process_is_ignored() -> None:
    frame = process("p", WAITING, executor_id="bot", started_ns=110 * S, ended_ns=120 * S, retries=0)
    assert not is_fresher(frame, LIFE[1])
    assert is_fresher(LIFE[2], LIFE[1])


def test_what_a_list_misses_is_to_be_fetched() -> None:
    table = ProcessTable()
    table.merge([process("a", RUNNING, started_ns=1), process("b", RUNNING, started_ns=2), process("c")])
    change = table.merge_list([process("b", RUNNING, started_ns=2), process("d", RUNNING, started_ns=3)], RUNNING)
    assert (change.added, change.to_fetch) == (("d",), ("a",))
    assert table.merge_list([], WAITING).to_fetch == ("c",)
    assert "a" in table, "absence alone removes nothing"


def test_a_full_list_tells_nothing_of_what_stands_behind_it() -> None:
    table = ProcessTable()
    table.merge(process(name, RUNNING, started_ns=start) for name, start in [("a", 1), ("b", 5), ("z", 9)])
    came = [process("c", RUNNING, started_ns=2), process("b", RUNNING, started_ns=5)]
    assert table.merge_list(came, RUNNING, limit=2).to_fetch == ("a",)


def test_what_had_ended_and_is_not_in_a_list_that_is_not_full_is_gone() -> None:
    a, b, late = process("a", SUCCESS, ended_ns=1), process("b", SUCCESS, ended_ns=2), process("l", SUCCESS, ended_ns=3)
    table = ProcessTable()
    table.merge([a, b, process("f", FAILED, ended_ns=2), process("w")], now=10.0)
    table.merge([late], now=12.0)
    assert not table.merge_list([b], SUCCESS, 1, asked=11.0, now=13.0), "it is full: what ended earlier may be there"
    assert not table.merge_list([b], SUCCESS, 2, now=13.0), "nobody knows when it was asked for"
    assert table.merge_list([b], SUCCESS, 2, asked=11.0, now=13.0).removed == ("a",)
    assert sorted(each.id for each in table) == ["b", "f", "l", "w"], "what ended meanwhile is in the next one"
    assert sorted(table.merge_list([], SUCCESS, 2, asked=14.0, now=15.0).removed) == ["b", "l"]


def test_the_list_is_running_then_waiting_then_finished_and_does_not_depend_on_arrival() -> None:
    held = [
        process("r2", RUNNING, started_ns=20),
        process("r1", RUNNING, started_ns=10),
        process("w2", priority_time=9),
        process("w1", priority_time=3, submitted_ns=900 * S),
        process("f1", FAILED, ended_ns=50),
        process("f2", SUCCESS, ended_ns=60),
        process("f0", CANCELLED, submitted_ns=40),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(held)
        table = ProcessTable()
        table.merge(held)
        assert [each.id for each in table.groups()] == ["r1", "r2", "w1", "w2", "f2", "f1", "f0"]
        assert len(table.groups()) == len(table) == 7


def test_filters_by_words_states_and_who_submitted() -> None:
    table = ProcessTable()
    table.merge(
        [
            process("aa11", RUNNING, executor_id="id-1", started_ns=1, label="Nightly"),
            process("bb22", function="render", initiator_id="bob-id", initiator_name="bob"),
        ]
    )
    names = {"id-1": "Worker-7"}

    def shown(**wanted: object) -> list[str]:
        return [each.id for each in table.groups(ProcessFilter(**wanted), names)]  # type: ignore[arg-type]

    assert shown(text="worker-7") == shown(text="CHAT aa1") == shown(text="nightly") == shown(text="alice") == ["aa11"]
    assert shown(text="render bob-id") == ["bb22"]
    assert shown(text="nightly render") == []
    assert shown(states=frozenset({WAITING})) == shown(initiator_id="bob-id") == ["bb22"]
    assert shown() == ["aa11", "bb22"]
    assert [each.id for each in table.find("bb")] == ["bb22"]


def test_removed_and_trimmed_processes_are_told() -> None:
    table = ProcessTable()
    table.merge(process(f"f{n}", SUCCESS, ended_ns=n + 1) for n in range(5))
    table.merge([process("w")])
    assert table.trim(2, keep=["f0"]).removed == ("f2", "f1")
    assert table.remove(["f0", "f0", "nobody"]).removed == ("f0",)
    assert sorted(each.id for each in table) == ["f3", "f4", "w"]


def test_why_a_process_waits() -> None:
    table = ProcessTable()
    mine = process("m", priority_time=50)
    table.merge([mine, process("x", priority_time=10), process("y", priority_time=20, kind="other")])
    table.merge([process("z", priority_time=60), process("v", priority_time=5, waits_for_parents=True)])
    now = 10_000

    def why(
        executors: list[Executor], *, is_paused: bool = False, of: Process = mine
    ) -> tuple[WaitKind, int, tuple[str, ...]]:
        reason = table.why_waits(of, executors, is_paused=is_paused, now_ns=now * S)
        assert isinstance(reason, WaitReason)
        return (reason.kind, reason.count, reason.names)

    fresh, stale = executor("bot-1", now - 5), executor("bot-2", now - 601)
    assert why([fresh], is_paused=True) == (WaitKind.PAUSED, 0, ())
    assert why([fresh], of=process("m", waits_for_parents=True, parents=("a", "b"))) == (WaitKind.PARENTS, 2, ())
    assert why([]) == (WaitKind.NO_EXECUTOR, 0, ())
    assert why([executor("o", now, "other")]) == (WaitKind.NO_EXECUTOR, 0, ())
    assert why([executor("gone", now, state=ExecutorState.UNREGISTERED)]) == (WaitKind.NO_EXECUTOR, 0, ())
    assert why([fresh], of=process("m", names=("bot-9",))) == (WaitKind.NAMED_MISSING, 0, ("bot-9",))
    assert why([stale, executor("bot-0", None)]) == (WaitKind.NOT_HEARD, 2, ("bot-0", "bot-2"))
    assert why([fresh, stale], of=process("m", names=("bot-2",))) == (WaitKind.NOT_HEARD, 1, ("bot-2",))
    assert why([fresh, stale]) == (WaitKind.AHEAD, 1, ())
    assert why([fresh], of=process("x", priority_time=10)) == (WaitKind.NEXT, 0, ())
    assert table.why_waits(LIFE[1], [fresh], is_paused=False, now_ns=0) is None


def test_how_long_by_the_servers_clock_and_never_negative() -> None:
    assert elapsed_s(LIFE[0], 130 * S) == 30.0
    assert elapsed_s(LIFE[1], 111 * S) == 1.0
    assert elapsed_s(LIFE[1], 1 * S) == 0.0
    assert elapsed_s(LIFE[4], 999 * S) == 10.0
    assert elapsed_s(process("c", CANCELLED, ended_ns=104 * S), 999 * S) == 4.0


def test_deadlines_count_down_and_those_of_a_former_attempt_are_not_believed() -> None:
    now = 135 * S
    run = process("p", RUNNING, exec_s=60, started_ns=130 * S, exec_deadline_ns=190 * S)
    assert remaining_s(run, now) == 55.0
    again = process("p", RUNNING, exec_s=60, started_ns=130 * S, exec_deadline_ns=120 * S)
    assert remaining_s(again, now) == 55.0
    assert remaining_s(process("p", RUNNING, started_ns=130 * S), now) is None
    assert remaining_s(process("p", wait_s=60, wait_deadline_ns=160 * S), now) == 25.0
    assert remaining_s(process("p", wait_deadline_ns=160 * S), now) is None


def test_a_put_back_that_counts_no_retry_is_told_by_when_it_was_asked_for() -> None:
    running = process("a", ProcessState.RUNNING)
    back = process("a", ProcessState.WAITING)
    table = ProcessTable()
    table.merge([running], asked=1, now=2)
    assert not table.merge([back], asked=1.5, now=3), "under way when the held one came: it may be older"
    assert not table.merge([back])
    assert table.merge([back], asked=4, now=5).changed == ("a",)
    table.merge([process("a", ProcessState.SUCCESS)], asked=6, now=7)
    assert not table.merge([back], asked=8, now=9), "an end is final"
