"""A colony at one moment: the values behind the drawings of the main screen."""

from __future__ import annotations

from collections.abc import Sequence

from colony_tui.model import NANOSECONDS, FunctionSpec, Process, ProcessState
from colony_tui.tui.pieces import Piece
from colony_tui.tui.widgets.process_list import ProcessRowData

NOW_NS = 1_795_437_904 * NANOSECONDS
ALICE = "7e1ba2ec" + "0" * 56
BOB = "b0b" + "1" * 61


def process(
    number: int,
    function: str,
    state: ProcessState,
    age_s: float,
    executor_type: str = "bot",
    *,
    took_s: float = 60,
    channels: Sequence[str] = ("chat",),
    **more: object,
) -> Process:
    """A process that has been in its state for ``age_s`` seconds at ``NOW_NS``."""
    since = NOW_NS - round(age_s * NANOSECONDS)
    is_closed = state.is_closed
    started = since - round(took_s * NANOSECONDS) if is_closed else since
    fields: dict[str, object] = {
        "id": f"{number:08x}" + "f" * 56,
        "state": state,
        "spec": FunctionSpec(function=function, executor_type=executor_type, channels=tuple(channels), colony="dev"),
        "initiator_id": ALICE,
        "initiator_name": "alice",
        "executor_id": "" if state is ProcessState.WAITING else f"e{number:063x}",
        "submitted_ns": started if state is not ProcessState.WAITING else since,
        "started_ns": None if state is ProcessState.WAITING else started,
        "ended_ns": since if is_closed else None,
    }
    return Process(**{**fields, **more})  # type: ignore[arg-type]  # fields by name, as the test gives them


def says(text: str, ink: str = "dim") -> tuple[Piece, ...]:
    return (Piece(text, ink),)


R, W = ProcessState.RUNNING, ProcessState.WAITING
ROWS = (
    ProcessRowData(
        process(0x4F2A91C0, "chat", R, 134, channels=("chat", "sync"), exec_deadline_ns=NOW_NS + 3_425 * NANOSECONDS),
        "chatbot",
        sentence=says("Use insertion sort when the list is nearly sorted"),
        is_mine=True,
    ),
    ProcessRowData(
        process(2, "long-task", R, 41, "worker", channels=("progress",)),
        "worker-1",
        unread=12,
        sentence=says("8/10  Processing step 8/10"),
        gauge=0.8,
        is_mine=True,
    ),
    ProcessRowData(process(3, "tokens", R, 7), "llm-1", unread=3, sentence=says("## Three ways to cache  41 tok/s")),
    ProcessRowData(process(4, "busy", R, 90), "worker-2", sentence=says("5,400 of 10,000 entries  60/s")),
    ProcessRowData(
        process(5, "report", R, 12, channels=("output", "sync")),
        "worker-1",
        unread=1,
        sentence=says("wants ack: output has ended", "warn"),
        is_mine=True,
    ),
    ProcessRowData(process(6, "render", W, 310, "gpu"), sentence=says("no gpu executor heard for 12 min")),
    ProcessRowData(process(7, "flaky", W, 3, "worker"), "worker-2", sentence=says("put back, attempt 2 of 3, 1 ahead")),
    ProcessRowData(process(8, "summarize", W, 1, "llm"), "llm-1", sentence=says("2 ahead")),
    ProcessRowData(
        process(9, "translate", ProcessState.SUCCESS, 190), "llm-1", sentence=says("recorded 214 of 214", "faint")
    ),
    ProcessRowData(process(10, "index", ProcessState.FAILED, 550), "worker-2", sentence=says("disk full on /data")),
    ProcessRowData(
        process(11, "train", ProcessState.CANCELLED, 3_700, took_s=250, executor_type="gpu"),
        sentence=says("by bob, after 4 m 10 s", "faint"),
    ),
)
