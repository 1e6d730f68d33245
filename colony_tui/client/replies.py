"""What arrives, as plain values: an HTTP answer, a pong, and what is too large to be taken.

Owns no connection and no library: whoever only reads what arrived loads nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass

from colony_tui import __version__
from colony_tui.errors import ProtocolError

MAX_REPLY_BYTES = 64 * 1024 * 1024
"""Largest reply or frame that is taken: three payloads of the largest size, twice in base64."""

USER_AGENT = f"colony-tui/{__version__}"


class ReplyTooLarge(ProtocolError):
    """A reply is larger than :data:`MAX_REPLY_BYTES`; asking for fewer entries may help."""


class FrameTooLarge(ProtocolError):
    """A frame is larger than what is taken; reading in pages may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that was read to its end."""

    status: int
    location: str | None
    """Where a redirect points to."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong, with the payload of its ping."""

    payload: bytes
