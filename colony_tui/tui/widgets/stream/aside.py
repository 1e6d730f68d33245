"""A stream that is not shown just now: its rows go on changing, and it comes back as it was left.

Owns what has to be known besides the stream itself. No widget, and no look but the one that it was left in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.geometry import Size

from colony_tui.store.rows import Change
from colony_tui.tui.markdown import Look
from colony_tui.tui.widgets.stream.core import Stream
from colony_tui.tui.widgets.stream.shapes import Page
from colony_tui.tui.widgets.stream.times import Times


@dataclass(slots=True)
class Aside:
    """A stream that was put aside."""

    stream: Stream
    size: Size
    """Of the page when it was left."""
    is_alone: bool
    is_stale: bool = False
    """Names have changed since."""

    def show(self, change: Change) -> None:
        """Follow a change of its rows."""
        self.stream.apply(change)

    def dress(self, page: Page, look: Look, now_ns: int) -> None:
        """Bring it up to date with the page of now; what still holds is kept."""
        facts, painter = self.stream.facts, self.stream.painter
        page = replace(page, is_raw=facts.page.is_raw)
        is_other = self.is_stale or page != facts.page or look != painter.look
        facts.page, facts.now_ns, painter.look = page, now_ns, look
        if is_other:
            self.stream.relayout()
        elif page.times is Times.RELATIVE:
            self.stream.lay_out_anew()
