"""A line below the stream in which one types what is looked for, or a time."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input


class AskLine(Input):
    """A line below the stream to type in."""

    BINDINGS: ClassVar = [Binding("escape", "drop", show=False, priority=True)]

    class Dropped(Message):
        """One has typed nothing after all."""

        def __init__(self, line: AskLine) -> None:
            super().__init__()
            self.line = line

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False, id=id)
        self.cursor_blink = False

    def open(self) -> None:
        """Goes into it."""
        self.add_class("-shown")
        self.screen.set_focus(self)

    def close(self) -> bool:
        """Empties it and takes it away; whether it was there."""
        was_shown = self.has_class("-shown")
        if was_shown:
            self.value = ""
            self.remove_class("-shown")
        return was_shown

    def action_drop(self) -> None:
        self.post_message(self.Dropped(self))
