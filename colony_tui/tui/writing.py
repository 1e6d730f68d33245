"""Whether one can write to a channel, and what to say where one cannot. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from colony_tui.model import ChannelEntry, ProcessState
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.log import ChannelLog
from colony_tui.text import safe_label
from colony_tui.tui.bindings import Hint, hint
from colony_tui.tui.widgets.chat_input import InputState, ReplyTo
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.widgets.top_line import Standing

_EXCERPT = 200


def excerpt(payload: bytes) -> str:
    """The beginning of a payload, for one line."""
    return safe_label(payload[:_EXCERPT].decode("utf-8", "replace").strip().partition("\n")[0], drops_colors=True)


def answered(log: ChannelLog, sequence: int, my_id: str) -> ChannelEntry | None:
    """The entry that a line with that ``in_reply_to`` answers: the other party's latest one, else one's own."""
    found = None
    for position in range(len(log) - 1, -1, -1):
        entry = log[position]
        if entry.sequence == sequence:
            if entry.sender_id != my_id:
                return entry
            found = found or entry
    return found


def input_state(
    head: Head,
    channel: str,
    standing: Standing,
    condition: ChannelCondition | None,
    reply_to: ReplyTo | None = None,
    keymap: Mapping[str, str] | None = None,
) -> InputState:
    """Where a line would go, or why none can.

    Args:
        head: The open process.
        channel: The open channel.
        standing: Who one is.
        condition: The channel's, as far as it is known.
        reply_to: What is being answered.
        keymap: The user's own keys, for what is offered instead.
    """
    process = head.process
    key = f"{process.id}/{channel}"
    back = hint("pane.leave", keymap, "back to the list")
    way_out = hint("input.leave", keymap, "to the stream")

    def closed(why: str, *offers: Hint) -> InputState:
        return InputState(key, closed=why, offers=(*offers, back), way_out=way_out)

    if head.is_removed:
        return closed("the server has removed this process")
    if process.state.is_closed:
        again = () if standing.is_read_only else (hint("process.run_again", keymap, "start it again"),)
        return closed("this process has ended", *again)
    if standing.is_read_only:
        return closed("read-only: nothing is sent")
    if not process.may_read_channels(standing.my_id):
        return closed("only the submitter and its executor may write here")
    if condition is not None and condition.kind is ConditionKind.REFUSED:
        return closed("the server does not allow it")
    if process.state is ProcessState.WAITING:
        return closed("opens when an executor takes it", hint("process.cancel_process", keymap, "cancel it"))
    is_executor = standing.my_id == process.executor_id != process.initiator_id
    other = process.initiator_name if is_executor else head.executor_name
    me = standing.my_name or standing.my_id[:8]
    return InputState(key, channel, other, me, reply_to)
