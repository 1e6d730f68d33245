"""The surface of a stream: frames to strips, changes to repaints, scrolling to moves.

Owns what Textual asks of a widget on the line API. Which lines are in sight is decided by `core` and `track`; here they
are compared with what is on the screen, and only lines that differ are painted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.strip import Strip
from textual.widget import Widget

from colony_tui.store.rows import Op
from colony_tui.tui.markdown import PLAIN_LOOK, Look
from colony_tui.tui.widgets.stream.core import Seen, Stream
from colony_tui.tui.widgets.stream.painter import Facts
from colony_tui.tui.widgets.stream.people import Names
from colony_tui.tui.widgets.stream.shapes import Page
from colony_tui.tui.widgets.stream.times import Times, day_of

FRAME_S = 1 / 30
"""Changes are painted at most this often; the first one after a quiet moment at once."""

SETTING_S = 0.005
"""Long pages are set for so long at a time, and so long apart."""

WHEEL_LINES = 3

NO_GUTTER = Spacing(0, 0, 0, 0)

_SENDERS = 6


class StreamSurface(ScrollView, can_focus=True):
    """Paints a `Stream` and scrolls it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "stream--dim",
        "stream--faint",
        "stream--line",
        "stream--accent",
        "stream--ok",
        "stream--warn",
        "stream--error",
        *(f"stream--sender-{number}" for number in range(1, _SENDERS + 1)),
        "stream--code",
        "stream--cursor",
        "stream--selection",
        "stream--hit",
        "stream--hit-now",
    }
    ALLOW_SELECT = False  # the stream keeps a selection of its own, in places of the source

    class FollowChanged(Message, namespace="stream_view"):
        """The stream follows its end, or no longer; or more came meanwhile."""

        def __init__(self, is_following: bool, new_count: int) -> None:
            super().__init__()
            self.is_following = is_following
            self.new_count = new_count

    def __init__(
        self,
        names: Names,
        *,
        times: Times = Times.LOCAL,
        clock_ns: Callable[[], int] = time.time_ns,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock_ns = clock_ns
        now = clock_ns()
        self._stream = Stream(Facts(Page(80, times, False, day_of(now, times), names), now), PLAIN_LOOK)
        self._queue: list[Op] = []
        self._is_behind = False  # what was queued is applied, and not yet painted
        self._next_frame: asyncio.TimerHandle | None = None
        self._next_setting: asyncio.TimerHandle | None = None
        self._seen: list[Seen] = []
        self._painted_size = Size(0, 0)
        self._painted_for: tuple[Size, bool] | None = None
        self._is_scrolling = False
        self._thumb = (0, 0)
        self._told = (True, 0)

    # Looks

    def notify_style_update(self) -> None:
        """The theme or a style has changed: Textual calls this."""
        super().notify_style_update()
        self._painted_for = None

    def _read_look(self) -> Look:
        """The styles of the sheet."""
        base = self.rich_style

        def on_page(name: str) -> Style:
            return base + self.get_component_rich_style(f"stream--{name}", partial=True)

        def alone(name: str) -> Style:
            return self.get_component_rich_style(f"stream--{name}", partial=True)

        return Look(
            text=base,
            dim=on_page("dim"),
            faint=on_page("faint"),
            line=on_page("line"),
            accent=on_page("accent"),
            ok=on_page("ok"),
            warn=on_page("warn"),
            error=on_page("error"),
            senders=tuple(on_page(f"sender-{number}") for number in range(1, _SENDERS + 1)),
            code=on_page("code"),
            cursor=alone("cursor"),
            selection=alone("selection"),
            hit=alone("hit"),
            hit_now=alone("hit-now"),
        )

    # Painting

    @property
    def page_size(self) -> Size:
        """What the scroll bar leaves of the widget."""
        size = self.size
        return Size(max(0, size.width - self.scrollbar_size_vertical), size.height)

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        if self._painted_for != (self.outer_size, self.show_vertical_scrollbar):
            self._resize()
        width, look = self._painted_size.width, self._stream.painter.look
        if y >= len(self._seen):
            return Strip.blank(width, look.text)
        seen = self._seen[y]
        if seen.is_cursor or seen.marks:
            return seen.line.marked(width, look, seen.is_cursor, seen.marks)
        return seen.line.strip(width, look)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of that part of the view, each as the same strip from frame to frame while it stays as it is.

        What Textual does to other widgets' lines (borders, padding, tints) makes new strips of them each time, and so
        loses what it keeps of a strip that it has filtered or cut before: most of the cost of scrolling.
        """
        if self.styles.gutter != NO_GUTTER or self.opacity != 1.0 or self.styles.tint.a:
            return super().render_lines(crop)
        start, end = crop.column_span
        width = self.page_size.width
        if start >= width:  # only the scroll bar is to be seen there
            return [Strip.blank(end - start)] * crop.height
        background = self.background_colors[1]
        strips = [self.render_line(y) for y in crop.line_range]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips if start == 0 and end >= width else [strip.crop(start, end) for strip in strips]

    def _resize(self) -> None:
        """Another size or look: lay out anew, the reader's place kept."""
        self._apply_queue()
        stream, page = self._stream, self._stream.facts.page
        look = self._read_look()
        if look != stream.painter.look or page.width != self.page_size.width:
            stream.painter.look = look
            stream.facts.page = replace(page, width=self.page_size.width)
            stream.relayout()
        stream.track.resized(self.page_size.height)
        self._painted_size = self.page_size
        self._painted_for = (self.outer_size, self.show_vertical_scrollbar)
        self._compose_frame()

    def _compose_frame(self) -> None:
        """Find what is in sight and bring Textual's idea of scrolling up to date. Paints nothing."""
        stream, height = self._stream, self.page_size.height
        self._is_behind = False
        self._seen = stream.frame(height)
        if stream.track.is_following and stream.new_count:
            stream.new_count = 0
        top = stream.top_line
        self._set_scroll(top, max(stream.heights.total, top + height if stream.track.anchor else 0))
        self._continue_setting()
        told = (stream.track.is_following, stream.new_count)
        if told != self._told:
            self._told = told
            self.tell(self.FollowChanged(*told))

    def _set_scroll(self, top: int, total: int) -> None:
        """Set place and size without a new layout of the screen; the bar is painted only where its thumb moves."""
        self._is_scrolling = True
        try:
            self.set_reactive(Widget.virtual_size, Size(self.page_size.width, total))
            self.set_reactive(Widget.scroll_y, float(top))
            self.set_reactive(Widget.scroll_target_y, float(top))
        finally:
            self._is_scrolling = False
        height = self.page_size.height
        eighths = 8 * height
        thumb = (eighths * top // max(1, total), eighths * (top + height) // max(1, total))
        if thumb != self._thumb and self.show_vertical_scrollbar:
            self._thumb = thumb
            bar = self.vertical_scrollbar
            bar.window_virtual_size = total
            bar.window_size = height
            bar.position = top

    def repaint(self) -> None:
        """Compose a frame and repaint the lines that differ from what is on the screen."""
        if not self.is_attached or not self.page_size:
            return
        if self._painted_for is None or self._painted_size != self.page_size:
            self.refresh()
            return
        before = self._seen
        self._compose_frame()
        (width, height), first = self._painted_size, None
        for y in range(height + 1):
            if y < height and _differs(before, self._seen, y):
                first = y if first is None else first
            elif first is not None:
                self.refresh(Region(0, first, width, y - first))
                first = None

    # Long pages

    def _set_pages(self) -> None:
        """Go on setting long pages, a few milliseconds at a time."""
        self._next_setting = None
        if not self.is_attached:
            return
        until = time.perf_counter() + SETTING_S
        if self._stream.painter.work(lambda: time.perf_counter() > until):
            self._apply_queue()
            self.repaint()
        self._continue_setting()

    def _continue_setting(self) -> None:
        if self._next_setting is None and self._stream.painter.is_busy:
            self._next_setting = asyncio.get_running_loop().call_later(SETTING_S, self._set_pages)

    def tell(self, message: Message) -> None:
        """Post a message of ours, also in the midst of somebody's call: Textual would drop it at whoever called."""
        self.post_message(message.set_sender(self))

    # Changes, once a frame

    def show(self, change: Sequence[Op]) -> None:
        """Take a change of the rows: painted at once after a quiet moment, else with the next frame."""
        self._queue.extend(change)
        if self._next_frame is None and self.is_attached:
            self._show_queued()

    @property
    def is_unsettled(self) -> bool:
        """Whether something is still to come on the screen without anything more happening."""
        return bool(self._queue) or self._is_behind or self._stream.painter.is_busy

    def _show_queued(self) -> None:
        """Paint what has queued up, and wait a frame's time before the next."""
        self._next_frame = None
        if not (self._queue or self._is_behind) or not self.is_attached:
            return
        self._next_frame = asyncio.get_running_loop().call_later(FRAME_S, self._show_queued)
        self._apply_queue()
        self._is_behind = False
        self.repaint()

    def _apply_queue(self) -> None:
        """Bring heights in step with the rows. Before anything looks at a row by its index."""
        if self._queue:
            queue, self._queue = self._queue, []
            self._is_behind = True
            self._stream.apply(queue)

    def _catch_up(self) -> None:
        """Bring what is in sight in step with the rows. Before anything points at a line of the view."""
        if self._queue:
            self._apply_queue()
            self.repaint()

    def on_unmount(self) -> None:
        for timer in (self._next_frame, self._next_setting):
            if timer is not None:
                timer.cancel()

    # Scrolling

    def move(self, delta: int) -> None:
        """Scroll by lines (negative: up). Reaching the end means to follow, leaving it to stay."""
        self._apply_queue()
        stream = self._stream
        if not len(stream) or not self.page_size:
            return
        stream.track.go(*stream.track.moved(*stream.top, delta), self.page_size.height)
        self.repaint()

    def go_to(self, index: int, line: int = 0) -> None:
        """Put a line of a row at the top, as far as the end allows."""
        if len(self._stream):
            self._stream.track.go(index, max(0, line), self.page_size.height)
        self.repaint()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._apply_queue()
        self._stream.track.is_following = True
        self.repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Textual scrolls by itself (a focus, an animation): take it as a move.

        Not so while the size is a new one: it only fits its number into the new bounds, and the frame sets the place.
        """
        if self._painted_size == self.page_size and not self._is_scrolling and round(old_value) != round(new_value):
            self._scroll_to_line(round(new_value))

    def _scroll_to_line(self, line: int) -> None:
        """Go to a line as counted by heights that may be guesses; small steps are exact."""
        self._apply_queue()
        stream = self._stream
        delta = line - stream.top_line
        if abs(delta) <= 2 * self.page_size.height:
            self.move(delta)
        elif len(stream):
            self.go_to(*stream.heights.find(max(0, line)))

    def on_scroll_to(self, event: ScrollTo) -> None:
        """The bar was dragged."""
        event.prevent_default()
        event.stop()
        if event.y is not None:
            self._scroll_to_line(round(event.y))

    def on_scroll_up(self, event: ScrollUp) -> None:
        """The bar was clicked above its thumb."""
        event.prevent_default()
        event.stop()
        self.move(-self._page_lines)

    def on_scroll_down(self, event: ScrollDown) -> None:
        """The bar was clicked below its thumb."""
        event.prevent_default()
        event.stop()
        self.move(self._page_lines)

    @property
    def _page_lines(self) -> int:
        return max(1, self.page_size.height - 2)


def _differs(before: Sequence[Seen], after: Sequence[Seen], y: int) -> bool:
    """Whether that line of the view looks different."""
    if y >= len(before) or y >= len(after):
        return (y < len(before)) != (y < len(after))
    old, new = before[y], after[y]
    if old.line is not new.line and old.line.runs != new.line.runs:
        return True
    return old.is_cursor != new.is_cursor or old.marks != new.marks
