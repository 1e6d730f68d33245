"""Who gets a socket: the budget shared out among channels, the most wanted first. Pure.

What is left over is for the rows on the screen; channels that get none are read in turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SOCKETS = 32
"""Sockets that one program opens at a time, of all sorts together."""

Place = tuple[str, str]
"""A process's id and a channel's name."""


@dataclass(slots=True)
class Share:
    """What becomes of a budget."""

    room: int
    """Sockets that nobody has been given yet."""
    followed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Channels with a socket of their own, by process; in the order in which they were wanted."""
    in_turn: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Channels that are read in turn, by process."""

    def give(self, places: Iterable[Place]) -> None:
        """A socket to each of these as long as there are any, a turn to the others. Repeated ones count once."""
        for process_id, channel in places:
            if channel in (*self.followed.get(process_id, ()), *self.in_turn.get(process_id, ())):
                continue
            of = self.followed if self.room > 0 else self.in_turn
            of[process_id] = (*of.get(process_id, ()), channel)
            self.room = max(0, self.room - 1)

    def give_free(self, process_id: str, channels: tuple[str, ...]) -> None:
        """Channels for which nobody opens a socket: their process has ended, or they are not ours to read."""
        self.followed[process_id] = channels
