"""A screen that shows the first change after a quiet moment without waiting for Textual's next tick."""

from __future__ import annotations

import time
from typing import Generic

from textual.screen import Screen, ScreenResultType

PAINT_S = 1 / 60
"""Paints are at least this far apart, as Textual's own are."""


class PromptScreen(Screen[ScreenResultType], Generic[ScreenResultType]):
    """Textual paints on a timer that ticks on when a change comes: a tick's wait, up to 17 ms, for nothing."""

    _painted_at = 0.0

    def on_idle(self) -> None:
        """All messages are done, and Textual is about to wait for its tick: paint now if the last paint is old."""
        now = time.monotonic()
        if now - self._painted_at >= PAINT_S and (
            self._dirty_widgets or self._layout_required or self._scroll_required or self._repaint_required
        ):
            self._painted_at = now
            self._on_timer_update()
