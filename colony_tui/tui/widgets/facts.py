"""All that is known of a process, in words: the pane Info."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from colony_tui.model import FunctionSpec, Process, ProcessState, duration_s
from colony_tui.text import Limits, lay_out, safe_name, safe_text
from colony_tui.tui.pieces import Line, Piece, label
from colony_tui.tui.symbols import STATE_INKS, UNICODE, Symbols
from colony_tui.tui.times import clock_span, date_and_time, exact_span
from colony_tui.tui.widgets.paragraphs import Paragraph, Paragraphs, pieces_of
from colony_tui.tui.widgets.process_head import Head, elapsed

_NAME_CELLS = 17
_LIMITS = Limits(size=65_536, lines=500)


class Facts(Paragraphs):
    """The pane Info; deadlines count down with ``show_facts`` called again."""

    def __init__(self) -> None:
        super().__init__(id="facts")

    def show_facts(self, head: Head, now_ns: int) -> None:
        """Takes the process as it is now."""
        self.show(facts_of(head, now_ns))


def facts_of(head: Head, now_ns: int, symbols: Symbols = UNICODE) -> list[Paragraph]:
    """Everything about a process, section by section, why it failed first; what is empty is left away."""
    process = head.process
    sections = (
        ("errors", [Paragraph(line, 0) for text in process.errors for line in _text(text, "error")]),
        ("process", _what(head, now_ns, symbols)),
        ("specification", _specification(process.spec)),
        ("times", _times(process, now_ns)),
        ("arguments", _values(process.spec.args)),
        ("named arguments", _mapping(process.spec.kwargs)),
        ("input", _values(process.input)),
        ("output", _values(process.output)),
        ("attributes", [_fact(item.key, [label(item.value)]) for item in process.attributes]),
        ("environment", [_fact(key, [label(value)]) for key, value in process.spec.env.items()]),
        ("workflow", _workflow(process)),
    )
    paragraphs: list[Paragraph] = []
    for caption, facts in sections:
        if facts:
            space = [Paragraph(())] if paragraphs else []
            paragraphs += [*space, Paragraph([Piece(caption, "faint")]), *facts]
    return paragraphs


def _fact(name: str, value: Line) -> Paragraph:
    key = label(name, "dim")
    return Paragraph([key._replace(text=key.text.ljust(_NAME_CELLS)), Piece(" "), *value], _NAME_CELLS + 1)


def _what(head: Head, now_ns: int, symbols: Symbols) -> list[Paragraph]:
    process = head.process
    state = process.state
    words = Piece(f"{symbols.states[state]} {state.word}", STATE_INKS[state], True)
    facts = [
        _fact("id", [label(process.id)]),
        _fact("state", [words, Piece(f"  {elapsed(process, now_ns)}")]),
        _fact("initiator", _who(process.initiator_name, process.initiator_id)),
    ]
    if process.executor_id:
        facts.append(_fact("executor", _who(head.executor_name, process.executor_id)))
    facts.append(_fact("attempt", [Piece(f"{process.attempt}"), *_retries(process)]))
    return facts


def _retries(process: Process) -> Line:
    if process.spec.max_retries <= 0:
        return [Piece(f", put back {process.retries} times", "warn")] if process.retries else []
    return [Piece(f" of {process.spec.max_retries + 1}", "dim")]


def _who(name: str, member_id: str) -> Line:
    if not name:
        return [label(member_id)]
    return [label(name, is_strong=True), Piece(" "), label(member_id, "faint")]


def _specification(spec: FunctionSpec) -> list[Paragraph]:
    facts = [
        _fact("function", [label(spec.function, is_strong=True)]),
        _fact("executor type", [label(spec.executor_type)]),
    ]
    if spec.executor_names:
        facts.append(_fact("only on", [label(", ".join(spec.executor_names))]))
    channels = ", ".join(map(safe_name, dict.fromkeys(spec.channels)))
    facts.append(_fact("channels", [label(channels)] if channels else [Piece("none", "dim")]))
    if spec.label:
        facts.append(_fact("label", [label(spec.label)]))
    if spec.priority:
        facts.append(_fact("priority", [Piece(f"{spec.priority:,}")]))
    facts.append(_fact("may wait", [Piece(_limit(spec.max_wait_time))]))
    facts.append(_fact("may run", [Piece(_limit(spec.max_exec_time))]))
    facts.append(_fact("retries", [Piece(f"{spec.max_retries}")]))
    return facts


def _limit(seconds: int) -> str:
    return exact_span(float(seconds)) if seconds > 0 else "without limit"


def _times(process: Process, now_ns: int) -> list[Paragraph]:
    is_running, is_waiting = process.state is ProcessState.RUNNING, process.state is ProcessState.WAITING
    times: tuple[tuple[str, int | None], ...] = (
        ("submitted", process.submitted_ns),
        ("started", process.started_ns),
        ("ended", process.ended_ns if process.state.is_closed else None),
    )
    facts = [_fact(name, [Piece(date_and_time(ns))]) for name, ns in times if ns is not None]
    deadline = process.exec_deadline_ns if is_running else process.wait_deadline_ns if is_waiting else None
    if deadline is not None:
        left = f"{clock_span(duration_s(now_ns, deadline))} left"
        facts.append(_fact("deadline", [Piece(date_and_time(deadline)), Piece(f"  {left}", "warn")]))
    return facts


def _values(values: Iterable[object]) -> list[Paragraph]:
    """Values one below the other: texts as they are, everything else as JSON."""
    return [Paragraph(line, 2) for value in values for line in _value(value)]


def _mapping(values: Mapping[str, object]) -> list[Paragraph]:
    facts: list[Paragraph] = []
    for name, value in values.items():
        first, *rest = _value(value) or [[]]
        facts.append(_fact(name, first))
        facts += (Paragraph([Piece(" " * (_NAME_CELLS + 1)), *line], _NAME_CELLS + 1) for line in rest)
    return facts


def _value(value: object) -> list[list[Piece]]:
    if isinstance(value, str):
        return _text(value, "text")
    return [pieces_of(line) for line in lay_out(msgspec.json.encode(value), _LIMITS).lines]


def _text(text: str, ink: str) -> list[list[Piece]]:
    safe = safe_text(text, _LIMITS)
    lines = [pieces_of(line, ink) for line in safe.lines]
    if safe.cut is not None:
        lines.append([Piece(f"… {safe.cut.total - safe.cut.shown:,} more characters", "faint")])
    return lines


def _workflow(process: Process) -> list[Paragraph]:
    facts = [_fact("workflow", [label(process.graph_id)])] if process.graph_id else []
    for name, ids in (("after", process.parents), ("before", process.children)):
        facts += (_fact(name, [label(process_id)]) for process_id in ids)
    if process.waits_for_parents:
        facts.append(_fact("waits", [Piece("for the processes before it", "warn")]))
    return facts
