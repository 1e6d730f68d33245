"""`StreamView`: the widget that shows a channel's stream.

Owns what the screen calls, and the mouse. Rows, names, deliveries and the ending are given to it; it asks for nothing
and awaits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from textual import events
from textual.geometry import Size

from colony_tui.store.condition import ChannelCondition
from colony_tui.store.rows import RowKey, RowView
from colony_tui.tui.widgets.stream.aside import Aside
from colony_tui.tui.widgets.stream.core import Stream
from colony_tui.tui.widgets.stream.people import Deliveries, Ending, PendingLine
from colony_tui.tui.widgets.stream.reader import StreamReader
from colony_tui.tui.widgets.stream.select import Selection
from colony_tui.tui.widgets.stream.spots import Spot, spot_in
from colony_tui.tui.widgets.stream.surface import WHEEL_LINES
from colony_tui.tui.widgets.stream.times import Times, day_of
from colony_tui.tui.widgets.stream.track import Anchor


class Place(NamedTuple):
    """Where a reader was."""

    anchor: Anchor | None
    is_following: bool
    cursor: RowKey | None
    new_count: int
    new_mark: tuple[RowKey, int] | None
    rows: int
    """How many there were: what came since is new as well."""


class StreamView(StreamReader):
    """A channel's entries, threads and marks, that stays where the reader is."""

    _press: Spot | None = None

    @property
    def is_following(self) -> bool:
        """Whether the view is at the end and stays there."""
        return self._stream.track.is_following

    @property
    def new_count(self) -> int:
        """Rows that came since the reader left the end."""
        return self._stream.new_count

    @property
    def top_key(self) -> RowKey | None:
        """The row at the top of the view."""
        row = self._stream.row_at(self._seen[0].row) if self._seen else None
        return None if row is None else row.key

    @property
    def place(self) -> Place:
        """Where the reader is, to come back to later."""
        self._apply_queue()
        stream, track = self._stream, self._stream.track
        count = len(stream.rows.view)
        return Place(track.anchor, track.is_following, stream.cursor, stream.new_count, stream.new_mark, count)

    def go_back(self, place: Place) -> None:
        """Read on where one was; what has gone meanwhile is made up for by the cursor's row."""
        stream = self._stream
        cursor = None if place.cursor is None else stream.index_of(place.cursor)
        stream.cursor = None if cursor is None else place.cursor
        if not place.is_following and place.anchor is not None:
            if stream.find(place.anchor) is not None:
                stream.track.start(place.anchor)
            elif cursor is not None:
                stream.track.start(stream.anchor_at(cursor, 0))
        came = max(0, len(stream.rows.view) - place.rows)
        stream.count_on(0 if stream.track.is_following else place.new_count + came, place.new_mark)
        self.repaint()

    @property
    def times(self) -> Times:
        """How times are shown."""
        return self._stream.facts.page.times

    def set_rows(
        self,
        view: RowView | None,
        *,
        keep_place: bool = False,
        is_threaded: bool = True,
        is_raw: bool = False,
        is_alone: bool = False,
    ) -> None:
        """Show another view of the channel, or another channel.

        Args:
            view: The rows. Whoever changes them calls `show` with the change, at once.
            keep_place: Stay at the place at the top, wherever the other view shows it.
            is_threaded: Replies stand under what they answer; if not, a row says what it answers.
            is_raw: Show all that the server keeps of each entry.
            is_alone: It is one thread, and there is a way back.
        """
        self.is_alone = is_alone
        stream = self._stream
        self._queue.clear()
        anchor, is_following = stream.track.anchor, stream.track.is_following
        stream.facts.now_ns = self._clock_ns()
        stream.facts.page = replace(stream.facts.page, is_raw=is_raw)
        stream.facts.is_threaded = is_threaded and not is_raw
        stream.set_view(view)
        if not keep_place:
            stream.new_count = 0
            stream.mark_new(None, 0)
        stream.selection = None
        stream.track.start(anchor if keep_place and not is_following else None)
        stream.keep_anchor()
        if stream.cursor is not None and stream.index_of(stream.cursor) is None:
            stream.cursor = None
        self.repaint()

    def put_aside(self) -> Aside:
        """Show nothing; what was shown comes back with `take_up`, with its heights and the reader's place.

        Whoever changes its rows meanwhile passes the change to what is returned.
        """
        self._apply_queue()
        aside = Aside(self._stream, self.page_size, self.is_alone)
        aside.stream.selection = aside.stream.finder = self._before_find = None
        facts = aside.stream.facts
        self._stream = Stream(
            replace(facts, deliveries={}, ending=None, opened={}, condition=None), self._stream.painter.look
        )
        self._stream.own_marks = aside.stream.own_marks  # they are drawn wherever their rows are shown
        self._press = None
        self.repaint()
        return aside

    def take_up(self, aside: Aside) -> None:
        """Show what was put aside, where it was left, in the page and look of now."""
        self._queue.clear()
        now = self._clock_ns()
        aside.dress(replace(self._stream.facts.page, today=day_of(now, self.times)), self._stream.painter.look, now)
        self.is_alone = aside.is_alone
        self._stream = aside.stream
        if self.page_size not in (aside.size, Size(0, 0)):
            self._stream.track.resized(self.page_size.height)
        self._press = None
        self.repaint()

    def set_pending(self, lines: Sequence[PendingLine]) -> None:
        """Show these lines of ours, which are not in the log yet, at the end."""
        self._apply_queue()
        self._stream.set_tail(tuple(lines))
        self._stream.keep_anchor()
        self.repaint()

    def set_delivery(self, deliveries: Deliveries) -> None:
        """How far own entries have come, by sender and sequence."""
        self._apply_queue()
        self._stream.facts.deliveries = deliveries
        self.repaint()

    def set_condition(self, condition: ChannelCondition | None) -> None:
        """What is known of the link: a reply grows only while more of it can come."""
        if condition != self._stream.facts.condition:
            self._apply_queue()
            self._stream.facts.condition = condition
            self.repaint()

    def set_ending(self, ending: Ending | None) -> None:
        """How the process ended, for the last line; None while it has not."""
        if ending != self._stream.facts.ending:
            self._apply_queue()
            self._stream.set_ending(ending)
            self._stream.keep_anchor()
            self.repaint()

    def refresh_names(self) -> None:
        """Names, roles or hues have changed."""
        self._apply_queue()
        self._stream.relayout()
        self.repaint()

    def set_times(self, times: Times) -> None:
        """Show times in that way."""
        self._apply_queue()
        now = self._stream.facts.now_ns = self._clock_ns()
        self._stream.facts.page = replace(self._stream.facts.page, times=times, today=day_of(now, times))
        self._stream.relayout()
        self.repaint()

    def tick(self) -> None:
        """Time has passed: relative times are brought up to date, and the rate of a reply that has stopped goes."""
        self._apply_queue()
        self._stream.facts.now_ns = self._clock_ns()
        if self.times is Times.RELATIVE:
            self._stream.lay_out_anew()
        self.repaint()

    def mark_new(self, key: RowKey | None, count: int = 0) -> None:
        """Draw the line `n new` before a row, as what came while nobody looked; None takes it away."""
        self._apply_queue()
        self._stream.mark_new(key, count)
        self.repaint()

    # The mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.prevent_default()
        event.stop()
        self.move(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.prevent_default()
        event.stop()
        self.move(WHEEL_LINES)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1:
            self._catch_up()
            self._stream.selection = None
            self._press = self._spot(event.x, event.y)
            self.capture_mouse()
            self.repaint()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._press is None:
            return
        self._catch_up()
        if event.y < 0:
            self.move(-1)
        elif event.y >= self.page_size.height:
            self.move(1)
        spot = self._spot(event.x, event.y)
        if spot is not None:
            self._stream.selection = Selection(self._press, spot) if spot != self._press else None
            self.repaint()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        self._press = None

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on an entry; a second one selects the whole entry."""
        if self._stream.selection is not None:
            return
        self._catch_up()
        if not 0 <= event.y < len(self._seen):
            return
        index = self._seen[event.y].row
        row = self._stream.row_at(index)
        if row is None:
            return
        if event.chain >= 2:
            size = len(self._stream.block(index).source)
            self._stream.selection = Selection(spot_in(row, 0), spot_in(row, size))
        self.select_row(row.key, is_still=True)

    def _spot(self, x: int, y: int) -> Spot | None:
        """The place in the source under the mouse, or the nearest."""
        if not self._seen:
            return None
        y = min(max(0, y), len(self._seen) - 1)
        seen = self._seen[y]
        row = self._stream.row_at(seen.row)
        if row is None:
            return None
        offset = seen.line.offset_at(x)
        if offset is None:
            block = self._stream.block(seen.row)
            has_text_above = any(line.source_span() for line in block.lines[: seen.number])
            offset = len(block.source) if has_text_above else 0
        return spot_in(row, offset)
