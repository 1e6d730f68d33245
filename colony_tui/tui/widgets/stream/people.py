"""Who speaks in a stream: names, roles and hues, and what is known of lines on their way.

Owns the small values that a stream is given besides its rows. Names come from the server: they are made safe where they
are painted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

Role: TypeAlias = Literal["you", "bot", "other"]

Delivery: TypeAlias = Literal["sending", "accepted", "seen", "answered", "failed", "unknown"]
"""How far an own entry has come."""

SentKey: TypeAlias = tuple[str, int]
"""Sender and sequence of an own entry."""

Deliveries: TypeAlias = Mapping[SentKey, Delivery]

Tone: TypeAlias = Literal["ok", "warn", "error", "faint"]


class Person(NamedTuple):
    """A sender as the reader knows it."""

    name: str
    """Of a user or executor, else the beginning of its id."""
    role: Role
    hue: int
    """Number of its colour, from 0; any number is fine."""


class Names(Protocol):
    """Finds people by their ids. When an answer changes, the stream is told by `refresh_names`."""

    def person(self, sender_id: str) -> Person:
        """Who that is; always an answer."""
        ...


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A line of ours that is not in the log yet."""

    key: str
    """Tells it from other pending lines; stable."""
    sender_id: str
    text: str
    state: Delivery = "sending"
    note: str = ""
    """Why it failed, or what is being waited for."""
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process of this channel ended, in words, for the last line of the stream."""

    text: str
    """Such as `ended: success after 5.6 s · output "…"`."""
    tone: Tone = "ok"
