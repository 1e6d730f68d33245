"""Keys take effect in the order in which they are typed, however fast they come.

Textual hands a key to the widget with the focus and looks at the next one at once. Letters then still wait in that
widget's queue while a key that comes before the widget, or one that goes from widget to widget up to the app, is acted
upon: it overtakes them, or they go to a widget that is being left. Here a key has to be done with before the next one
is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from textual.dom import DOMNode
from textual.events import Event, Key

ROUNDS = 20
"""Widgets that never come to rest by themselves hold keys back for no more rounds of messages than this."""

PATIENCE_S = 5.0
"""A widget that hangs holds the next key back no longer than this: Ctrl+C is a key as well."""


class TypedOrder:
    """Acts on keys and pastes one after the other.

    Args:
        act: Does with one what Textual does.
        way: The widgets that a key goes through now, from the one with the focus up to the app.
    """

    def __init__(self, act: Callable[[Event], Awaitable[None]], way: Callable[[], Iterable[DOMNode]]) -> None:
        self._act = act
        self._way = way
        self._typed: asyncio.Queue[Event] = asyncio.Queue()

    def take(self, event: Event) -> None:
        """Takes what was typed, for its turn."""
        self._typed.put_nowait(event)

    async def run(self) -> None:
        """Acts on all that is taken; ends by being cancelled."""
        passed: dict[DOMNode, None] = {}
        text: DOMNode | None = None
        while True:
            event = await self._typed.get()
            # Letters of one text stay in order by themselves: a burst of them is painted once a frame, as any other.
            if text is None or text is not self._text_for(event):
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE_S):
                        await self._settle(passed)
                passed.clear()
            text = self._text_for(event)
            passed.update(dict.fromkeys(self._way()))
            await self._act(event)

    def _text_for(self, event: Event) -> DOMNode | None:
        """The widget that takes it as a letter of its text."""
        node = next(iter(self._way()))
        is_letter = isinstance(event, Key) and event.is_printable and node.check_consume_key(event.key, event.character)
        return node if is_letter else None

    async def _settle(self, passed: dict[DOMNode, None]) -> None:
        """Waits until nothing is left to do for the widgets that were passed, nor for those that have the focus now."""
        for _ in range(ROUNDS):
            for node in passed:
                reached = asyncio.Event()
                if node.call_later(reached.set):
                    await reached.wait()
            known = len(passed)
            passed.update(dict.fromkeys(self._way()))
            if len(passed) == known and not any(node.is_running and node.message_queue_size for node in passed):
                return
