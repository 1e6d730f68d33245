"""Who an id is on the screen: name, role, and a hue that stays its own."""

from __future__ import annotations

from colony_tui.live.colony import LiveColony
from colony_tui.tui.widgets.stream.people import Person


class People:
    """Names as a stream wants them, from what the colony tells."""

    def __init__(self, colony: LiveColony) -> None:
        self._colony = colony
        self._hues: dict[str, int] = {}

    def person(self, sender_id: str) -> Person:
        directory = self._colony.watcher.directory
        name = directory.name_of(sender_id) or sender_id[:8] or "nobody"
        hue = self._hues.setdefault(sender_id, len(self._hues))
        if sender_id == self._colony.client.id:
            return Person(name, "you", hue)
        return Person(name, "bot" if directory.is_executor(sender_id) else "other", hue)
