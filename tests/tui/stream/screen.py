"""An app with nothing but a stream, and looking at what it shows."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from colony_tui.store.rows import RowView
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.stream import StreamView, Times
from tests.tui.stream.talk import NOW_NS, People


async def settle(app: StreamApp, pilot: Pilot[None]) -> None:
    """Until all that was shown is on the screen."""
    await pilot.pause()
    while app.stream.is_unsettled:
        await pilot.pause(0.001)
    await pilot.pause()


class StreamApp(ThemedApp[None]):
    """One stream on the whole screen; it keeps the messages that come up."""

    def __init__(self, view: RowView | None = None, theme: str = "colony-dark", times: Times = Times.LOCAL) -> None:
        super().__init__(theme)
        self.now_ns = NOW_NS
        self.stream = StreamView(People(), times=times, clock_ns=lambda: self.now_ns)
        self.heard: list[Message] = []
        self._view = view

    def compose(self) -> ComposeResult:
        yield self.stream

    def on_mount(self) -> None:
        if self._view is not None:
            self.stream.set_rows(self._view)
        self.stream.focus()

    def on_stream_view_copied(self, event: StreamView.Copied) -> None:
        self.heard.append(event)

    def on_stream_view_follow_changed(self, event: StreamView.FollowChanged) -> None:
        self.heard.append(event)

    def on_stream_view_found(self, event: StreamView.Found) -> None:
        self.heard.append(event)

    def on_stream_view_noted(self, event: StreamView.Noted) -> None:
        self.heard.append(event)

    def lines(self) -> list[str]:
        """What the screen shows, line by line, as the compositor has it; without the scroll bar."""
        strips = self.screen._compositor.render_strips()
        width = self.stream.page_size.width
        return [strip.crop(0, width).text.rstrip() for strip in strips]

    def picture(self, path: Path) -> None:
        """Write what is to be seen as SVG."""
        path.write_text(self.export_screenshot())
