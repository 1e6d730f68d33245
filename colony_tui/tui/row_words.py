"""A row of the list: what is worth saying of a process in one line."""

from __future__ import annotations

from colony_tui.live.colony import LiveColony
from colony_tui.live.followed import FollowedProcess
from colony_tui.model import SYNC_CHANNEL, Process, ProcessState
from colony_tui.tui.pieces import Piece, label
from colony_tui.tui.sentences import ended_words, newest, waiting_words
from colony_tui.tui.widgets.process_list import ProcessRowData


def row_of(colony: LiveColony, process: Process, executor_name: str, unread: int) -> ProcessRowData:
    """The row as it stands now."""
    sentence, gauge = _sentence(colony, process, colony.followed.get(process.id))
    return ProcessRowData(
        process=process,
        executor_name=executor_name,
        unread=unread,
        sentence=sentence,
        gauge=gauge,
        is_mine=colony.is_mine(process),
    )


def _sentence(
    colony: LiveColony, process: Process, followed: FollowedProcess | None
) -> tuple[tuple[Piece, ...], float | None]:
    watcher = colony.watcher
    if process.state.is_closed:
        return ended_words(process), None
    if process.state is ProcessState.WAITING:
        executors = watcher.directory.executors.values()
        now_ns = colony.now_ns()
        reason = watcher.table.why_waits(process, executors, is_paused=watcher.is_paused, now_ns=now_ns)
        return waiting_words(reason if executors else None, process, now_ns), None
    if not colony.is_mine(process):
        # Its channels are not ours to read: whose it is tells most.
        name = watcher.directory.name_of(process.initiator_id) or process.initiator_id[:8]
        return (Piece("for ", "faint"), label(name, "dim")), None
    if followed is None:
        return (), None
    if _wants_ack(colony, process, followed):
        return (Piece("wants ack: output has ended", "warn"),), None
    line, gauge = newest(followed.follower(name).log for name in process.channels if name != SYNC_CHANNEL)
    if gauge is None:
        return ((label(line, "dim"),) if line else ()), None
    return (Piece(f"{gauge.label}  ", "text"), label(line, "dim")), gauge.share


def _wants_ack(colony: LiveColony, process: Process, followed: FollowedProcess) -> bool:
    if SYNC_CHANNEL not in process.channels or process.initiator_id != colony.client.id:
        return False
    others = [followed.follower(name).log for name in process.channels if name != SYNC_CHANNEL]
    heard = [log for log in others if len(log)]
    return bool(heard) and all(log.ended_by for log in heard) and not len(followed.follower(SYNC_CHANNEL).log)
