"""What to say where a stream has no entries: why there are none, and what one can do; no more than is known. Pure."""

from __future__ import annotations

from colony_tui.model import SYNC_CHANNEL, Process
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import ChannelLog
from colony_tui.store.rows import MarkKind
from colony_tui.text import safe_label
from colony_tui.tui.session import Acknowledging


def empty_sentence(log: ChannelLog | None, process: Process | None, acknowledging: Acknowledging) -> str:
    """The sentence for a channel without entries.

    Args:
        log: The channel's; ``None`` while nothing is known of it.
        process: Its process, as far as it is known.
        acknowledging: Who acknowledges the output of that process.
    """
    if log is None:
        return "Opening …"
    match log.condition.kind:
        case ConditionKind.WAITING | ConditionKind.PUT_BACK:
            if _has_run(log, process):
                return "The process was put back: it waits for an executor to take it again."
            return "No executor has taken the process yet. The channel opens then."
        case ConditionKind.REFUSED:
            return f"Not allowed: {safe_label(log.condition.reason)}"
        case ConditionKind.LOST:
            return f"The link is lost: {safe_label(log.condition.reason)}"
        case ConditionKind.ENDED | ConditionKind.RECORDED:
            return _ended(log, process)
        case ConditionKind.LIVE if log.channel == SYNC_CHANNEL:
            return _unacknowledged(acknowledging)
        case ConditionKind.LIVE if acknowledging is Acknowledging.READ_ONLY:
            return "Nothing has been said yet"
        case ConditionKind.LIVE:
            return "Nothing has been said yet – i writes"
        case _:
            return "Nothing yet"


def _has_run(log: ChannelLog, process: Process | None) -> bool:
    """Whether an executor had the process at any time."""
    of_process = process is not None and (process.started_ns is not None or process.retries > 0)
    return of_process or bool(log.attempts.starts_ns)


def _ended(log: ChannelLog, process: Process | None) -> str:
    if process is None or not process.state.is_closed or _has_run(log, process):
        return "The process has ended. Nothing of this channel was recorded here."
    has_gap = any(mark.kind is MarkKind.GAP for mark in log.marks)
    return "The process never ran." if has_gap else "The process never ran: nothing was said."


def _unacknowledged(acknowledging: Acknowledging) -> str:
    """What an empty ``sync`` waits for."""
    match acknowledging:
        case Acknowledging.STORED:
            return "Nothing yet. This app submitted the process: it writes ack here once all output is stored."
        case Acknowledging.HELD:
            return (
                "Nothing yet. This app submitted the process: it writes ack here once all output has come. "
                "It is held in memory only, since nothing is recorded."
            )
        case Acknowledging.ELSEWHERE:
            return "Nothing yet. It was submitted elsewhere: whoever submitted it acknowledges; i writes ack by hand."
        case Acknowledging.OTHERS:
            return "Nothing yet. Its submitter acknowledges here."
        case Acknowledging.OFF:
            return "Nothing yet. This app is set to acknowledge nothing; i writes ack by hand."
        case Acknowledging.READ_ONLY:
            return "Nothing yet. Read-only: this app acknowledges nothing."
