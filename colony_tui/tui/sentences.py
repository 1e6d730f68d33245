"""What a row says of its process in a few words, and how an ended one is summed up. Pure values and pieces."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from colony_tui.model import EntryType, Process, ProcessState, duration_s
from colony_tui.store.gauge import Gauge, read_gauge
from colony_tui.store.log import ChannelLog
from colony_tui.store.processes import WaitKind, WaitReason
from colony_tui.text import safe_label
from colony_tui.tui.pieces import Piece, label
from colony_tui.tui.times import exact_span, rough_span
from colony_tui.tui.widgets.stream.people import Ending
from colony_tui.tui.widgets.stream.words import BLANK_WORDS
from colony_tui.tui.widgets.top_line import Standing

_TAIL_CHARACTERS = 400
"""Characters of a stream that its newest line is looked for in."""

_TAIL_ENTRIES = 200

_REASON_CELLS = 300

_SHOWN = 400
"""Cells of an output or error in a stream's last mark, which wraps it."""


def newest_line(log: ChannelLog) -> str:
    """The last line with words in it of what was said last, a reply's tokens joined; empty when nothing was said.

    Safe, without its colours.
    """
    parts: list[bytes] = []
    size = 0
    last = None
    for position in range(len(log) - 1, max(-1, len(log) - 1 - _TAIL_ENTRIES), -1):
        entry = log[position]
        key = (entry.sender_id, entry.in_reply_to)
        if last is not None and (key != last or entry.in_reply_to is None or entry.type != EntryType.DATA):
            break
        if entry.type not in (EntryType.DATA, EntryType.ERROR) and not entry.payload:
            continue
        last = key
        parts.append(entry.payload[-_TAIL_CHARACTERS:])
        size += len(entry.payload)
        if size >= _TAIL_CHARACTERS:
            break
    text = b"".join(reversed(parts)).decode("utf-8", "replace")
    lines = (_said(line).strip() for line in reversed(text.splitlines()))
    return next((line for line in lines if line), BLANK_WORDS if text else "")


def newest(logs: Iterable[ChannelLog]) -> tuple[str, Gauge | None]:
    """The newest line of several channels, and how far it says that the process is."""
    heard = [log for log in logs if len(log)]
    if not heard:
        return "", None
    line = newest_line(max(heard, key=lambda log: log.last_ns or 0))
    return line, read_gauge(line)


def waiting_words(reason: WaitReason | None, process: Process, now_ns: int) -> tuple[Piece, ...]:
    """Why it waits."""
    back = f"put back, attempt {process.attempt}" if process.retries else ""
    words = _why(reason, now_ns) if reason is not None else ""
    text = ", ".join(part for part in (back, words) if part)
    return (label(text, "dim"),) if text else ()


def _why(reason: WaitReason, now_ns: int) -> str:
    kind, who = reason.executor_type, ", ".join(reason.names)
    match reason.kind:
        case WaitKind.PAUSED:
            return "assignments are paused"
        case WaitKind.PARENTS:
            return f"for {reason.count} other process{'' if reason.count == 1 else 'es'}"
        case WaitKind.NO_EXECUTOR:
            return f"no executor of type {kind}"
        case WaitKind.NAMED_MISSING:
            return f"no executor named {who}"
        case WaitKind.NOT_HEARD if reason.heard_ns is None:
            return f"no {kind} executor was ever heard from"
        case WaitKind.NOT_HEARD:
            ago = rough_span(duration_s(reason.heard_ns, now_ns))
            return f"no {kind} executor heard for {ago}"
        case WaitKind.AHEAD:
            return f"{reason.count} ahead"
        case WaitKind.NEXT:
            return f"next for {kind}"


def nothing_listed_words(standing: Standing) -> str:
    """Why the colony lists nothing for this key; empty where it answers it."""
    if standing.is_member and standing.listed_ns is not None:
        return ""
    if standing.is_member and standing.link.reason:
        return f"{safe_label(standing.link.reason, _REASON_CELLS)}. Tried again until it answers; q quits"
    if standing.is_member:
        return f"Asking {standing.server} …"
    return "This key is not a member of the colony" if standing.has_colony else "The server has no such colony"


def dropped_words(is_executor: bool) -> str:
    """Why a colony that answered does so no more (PROTOCOL.md, "Only assign counts as being heard from")."""
    words = "The colony no longer answers this key, and what is shown stays as it was. "
    if is_executor:
        return words + (
            "An executor that asks for no work for ten minutes is removed; the colony's owner can register it again"
        )
    return words + "The colony's owner can say whether it was removed"


def recovered_words(lasted_s: float) -> str:
    """That what was lost is back; nothing is said of what was held all the time."""
    return f"Live again after {exact_span(lasted_s)}"


def ended_words(process: Process) -> tuple[Piece, ...]:
    """How it ended."""
    took = exact_span(_took_s(process))
    match process.state:
        case ProcessState.FAILED if process.errors:
            return (Piece(_said(process.errors[0]), "dim"),)
        case ProcessState.SUCCESS if process.output:
            return (label(f"{_value(process.output)}", "dim"),)
        case _:
            return (Piece(f"after {took}", "dim"),)


def ending_of(process: Process) -> Ending | None:
    """The last mark of an ended process's streams; ``None`` while it has not ended."""
    if not process.state.is_closed:
        return None
    words = f"ended: {process.state.word} after {exact_span(_took_s(process))}"
    match process.state:
        case ProcessState.SUCCESS:
            output = f" · output {_said(_value(process.output), _SHOWN)}" if process.output else ""
            return Ending(words + output, "ok")
        case ProcessState.FAILED:
            return Ending(words + (f" · {_said(process.errors[0], _SHOWN)}" if process.errors else ""), "error")
        case _:
            return Ending(words, "warn")


def _took_s(process: Process) -> float:
    began = process.started_ns if process.started_ns is not None else process.submitted_ns
    return duration_s(began, process.ended_ns)


def _value(values: tuple[object, ...]) -> str:
    shown = values[0] if len(values) == 1 else list(values)
    return msgspec.json.encode(shown).decode()


def _said(text: str, width: int | None = None) -> str:
    """What somebody said, for one line: harmless, and in one colour."""
    return safe_label(text, width, drops_colors=True)
