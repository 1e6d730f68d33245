"""The head of the process pane: what runs where, for whom, since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from colony_tui.model import Process, ProcessState, duration_s
from colony_tui.tui.pieces import Line, Piece, cut, joined, label, spread, width_of
from colony_tui.tui.symbols import STATE_INKS
from colony_tui.tui.times import clock_span, exact_span, rough_span, time_of_day
from colony_tui.tui.widgets.drawn import Drawn

_SOON_S = 60

_GOOD_CELLS, _LEAST_CELLS = 16, 8
"""What is left of a long name beside facts, and beside its state and id."""


@dataclass(frozen=True, slots=True)
class Head:
    """A process with the names of those who have to do with it."""

    process: Process
    executor_name: str = ""
    """Empty while it waits."""
    executor_hue: str = "sender-1"
    """Ink of the executor's name, the same as in the stream."""
    initiator_hue: str = "text"
    """Of the submitter's name, likewise."""
    is_removed: bool = False
    """Whether the server knows the process no more; it is shown as it last was."""


class ProcessHead(Drawn):
    """One line: function, state and time, executor, initiator; at the right the short id and what is left."""

    def __init__(self) -> None:
        super().__init__(id="process-head")
        self._head: Head | None = None
        self._now_ns = 0
        self._hint = ""

    def show(self, head: Head | None, now_ns: int) -> None:
        """Takes the open process as it is now, ``None`` for none."""
        self._head, self._now_ns = head, now_ns
        self.redraw()

    def hint(self, words: str) -> None:
        """Takes what one can do while no process is open; empty: nothing."""
        self._hint = words
        self.redraw()

    def tick(self, now_ns: int) -> None:
        """Brings the times up to date."""
        self._now_ns = now_ns
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        if self._head is None:
            return [cut([Piece(f" No process open{f' – {self._hint}' if self._hint else ''}", "dim")], width)]
        name = label(self._head.process.spec.function or "(no name)", is_strong=True)
        full = width_of([name])
        room = 0
        beside: Line = ()
        right: Line = ()
        for least, beside, right in self._forms(self._head):
            # A blank before the name, two before the right end, one behind it.
            room = width - 1 - width_of(beside) - (width_of(right) + 3 if right else 0)
            if room >= (full if least is None else min(full, least)):
                break
        left = [Piece(" "), *cut([name], max(1, room)), *beside]
        return [spread(left, [*right, Piece(" ")] if right else [], width)]

    def _forms(self, head: Head) -> Iterator[tuple[int | None, Line, Line]]:
        """What stands beside the name and at the right end, the widest first.

        With each, the cells that at least are left to a name for it: the name is shortened before state and id go.
        ``None``: all of it.
        """
        process = head.process
        state = process.state
        took = elapsed(process, self._now_ns)
        bare = [Piece(" "), Piece(f"{self.symbols.states[state]} {state.word}", STATE_INKS[state])]
        what = [*bare, Piece(f" {took}" if took else "")]
        if head.is_removed:
            removed = "removed from the server"
            bare = [Piece(" "), Piece(f"{self.symbols.states[ProcessState.CANCELLED]} {removed}", "warn")]
            # How it ended stays true.
            what = [*what, Piece(", ", "dim"), Piece(removed, "warn")] if state.is_closed else bare
        attempt = [Piece(f"attempt {process.attempt}", "warn")] if process.retries else []
        where = _where(head)
        submitter = process.initiator_name
        whose = [Piece("for ", "dim"), label(submitter, head.initiator_hue)] if submitter else []
        short_id = [label(process.id[:8], "faint")]
        when = _when(process, self._now_ns) if not head.is_removed else []
        yield None, joined([what, attempt, where, whose]), joined([short_id, when])
        yield None, joined([what, attempt, where]), joined([short_id, when])
        yield None, joined([what, attempt, where]), short_id
        yield _GOOD_CELLS, joined([what, attempt]), short_id
        yield _LEAST_CELLS, what, short_id
        yield _LEAST_CELLS, what, ()
        yield 0, bare, ()


def elapsed(process: Process, now_ns: int) -> str:
    """How long it has been in its state, or how long it took; an ended one to the tenth of a second."""
    match process.state:
        case ProcessState.RUNNING:
            return _running(duration_s(process.started_ns, now_ns))
        case ProcessState.WAITING:
            return _running(duration_s(process.submitted_ns, now_ns))
        case _:
            return exact_span(duration_s(process.started_ns, process.ended_ns)) if process.started_ns else ""


def _running(seconds: float) -> str:
    return exact_span(float(int(seconds))) if seconds >= _SOON_S else f"{int(seconds)} s"


def _where(head: Head) -> Line:
    process = head.process
    if process.state is ProcessState.WAITING:
        return [Piece("for an executor of type ", "dim"), label(process.spec.executor_type)]
    return [Piece("on ", "dim"), label(head.executor_name, head.executor_hue, True)] if head.executor_name else []


def _when(process: Process, now_ns: int) -> Line:
    """The time left of the present limit, or the time of the end."""
    if process.state.is_closed:
        return [Piece(time_of_day(process.ended_ns), "faint")] if process.ended_ns is not None else []
    is_running = process.state is ProcessState.RUNNING
    deadline = process.exec_deadline_ns if is_running else process.wait_deadline_ns
    if deadline is None:
        return []
    left = duration_s(now_ns, deadline)
    if left >= _SOON_S * 5:
        return [Piece(f"{rough_span(left).replace('min', 'm')} left", "faint")]
    return [Piece(f"{clock_span(left)} left", "warn" if left < _SOON_S else "faint")]
