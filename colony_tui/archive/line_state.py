"""How far a line has come that was given to be sent. A value alone: it needs no database."""

from __future__ import annotations

from enum import StrEnum


class LineState(StrEnum):
    """How far a line has come, as far as it was written down."""

    QUEUED = "queued"
    """It has never left."""
    SENDING = "sending"
    """It may have left: look for its sequence and payload in the log before it is sent again."""
    ACCEPTED = "accepted"
    """The server took it."""
    SENT = "sent"
    """It stands in the log; kept to be recalled."""
    FAILED = "failed"
    """It was refused for good."""
    UNKNOWN = "unknown"
    """Nobody can tell any more; never sent again by itself."""
