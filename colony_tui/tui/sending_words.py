"""Own lines on their way, as a stream draws them."""

from __future__ import annotations

from collections.abc import Iterable

from colony_tui.live.chat import Delivery as LineState
from colony_tui.live.chat import Line
from colony_tui.tui.widgets.stream.people import Deliveries, Delivery, PendingLine

_SHOWN_STATES: dict[LineState, Delivery] = {
    LineState.QUEUED: "sending",
    LineState.SENDING: "sending",
    LineState.ACCEPTED: "accepted",
    LineState.SEEN: "seen",
    LineState.ANSWERED: "answered",
    LineState.FAILED: "failed",
    LineState.UNKNOWN: "unknown",
}


def pending_line(line: Line, my_id: str) -> PendingLine:
    """A line that does not stand in the log yet."""
    note = line.error
    if line.state is LineState.QUEUED and not note:
        note = "waits for its turn"
    return PendingLine(
        key=str(id(line)),
        sender_id=my_id,
        text=line.text,
        state=_SHOWN_STATES[line.state],
        note=note,
        sequence=line.sequence,
    )


def deliveries_of(lines: Iterable[Line], my_id: str) -> Deliveries:
    """How far lines have come that may stand in the log."""
    return {(my_id, line.sequence): _SHOWN_STATES[line.state] for line in lines if line.sequence is not None}
