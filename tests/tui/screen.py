"""What stands on a screen, as text, and waiting until it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What must never reach a terminal as it is: controls, directions, halves of characters."""

PATIENCE = 300
"""Rounds of settling before a test gives up; a round takes as long as the app needs."""


def screen_text(app: App[Any]) -> str:
    """The screen as lines of text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def widget_text(widget: Widget) -> str:
    """The visible lines of a widget."""
    width, height = widget.size
    return "\n".join(widget.render_line(y).crop(0, width).text.rstrip() for y in range(height))


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Lets the app settle until a condition holds."""
    for _ in range(PATIENCE):
        if condition():
            return
        await pilot.pause()
    raise AssertionError(f"it never came:\n{screen_text(pilot.app)}")


def type_at_once(app: App[Any], *sent: str) -> None:
    """Types what a terminal sends, without a moment in between. Escape itself is a part of its own."""
    for part in sent:
        for event in [events.Key("escape", part)] if part == "\x1b" else XTermParser().feed(part):
            app.post_message(event.set_sender(app))


class Messages:
    """What widgets have reported, for `message_hook` of a test's app."""

    def __init__(self, *kinds: type) -> None:
        self.kinds = kinds
        self.seen: list[Any] = []

    def __call__(self, message: object) -> None:
        if isinstance(message, self.kinds) and not any(message is seen for seen in self.seen):
            self.seen.append(message)

    def take(self) -> list[Any]:
        """What has come since the last time."""
        seen, self.seen = self.seen, []
        return seen
