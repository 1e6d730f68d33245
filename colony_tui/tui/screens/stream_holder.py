"""The stream of the open channel with what belongs to it: its view, its foot, the search.

Owns which channel is shown and how. Every change of the log is applied to the view at once; the stream itself paints
once a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.rows import EntryRow
from colony_tui.store.views import LogView, RawView, ThreadView, TimeView
from colony_tui.text import safe_label
from colony_tui.tui.pieces import Line, Piece, wrap
from colony_tui.tui.session import Session
from colony_tui.tui.widgets.chat_input import ReplyTo
from colony_tui.tui.widgets.drawn import Drawn
from colony_tui.tui.widgets.stream import StreamView
from colony_tui.tui.widgets.stream_foot import Foot, StreamFoot

_VIEWS: tuple[tuple[str, type[LogView]], ...] = (("threads", ThreadView), ("time", TimeView), ("raw", RawView))
_EXCERPT = 200


class Emptiness(Drawn):
    """What to say of a stream without entries."""

    sentence = ""

    def lines(self, width: int) -> Sequence[Line]:
        return [(), *([Piece("  "), *line] for line in wrap([Piece(self.sentence, "dim")], width - 4)[:2])]


class FindLine(Input):
    """Where one types what is looked for."""

    BINDINGS: ClassVar = [Binding("escape", "drop", show=False, priority=True)]

    class Dropped(Message):
        """The search is over."""

    def __init__(self) -> None:
        super().__init__(placeholder="find in this stream", compact=True, select_on_focus=False, id="find-line")
        self.cursor_blink = False

    def action_drop(self) -> None:
        self.post_message(self.Dropped())


class StreamHolder(Vertical):
    """A stream, the search below it, its foot."""

    class ConditionChanged(Message):
        """The channel's condition is another one; whether one can write may have changed."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="stream-holder")
        self._session = session
        self._process_id = ""
        self._channel = ""
        self._log: ChannelLog | None = None
        self._view: LogView | None = None
        self._view_index = 0
        self._found = ""

    def compose(self) -> ComposeResult:
        yield Emptiness()
        yield StreamView(self._session.names, clock_ns=self._session.now_ns, id="stream")
        yield FindLine()
        yield StreamFoot()

    @property
    def stream(self) -> StreamView:
        """The stream itself."""
        return self.query_one(StreamView)

    @property
    def condition(self) -> ChannelCondition | None:
        """The channel's condition, ``None`` while nothing is known of it."""
        return self._log.condition if self._log is not None else None

    def open(self, process_id: str, channel: str) -> None:
        """Shows a channel, at its end; the same one again changes nothing but what is around it."""
        log = self._session.log(process_id, channel)
        if (process_id, channel, log) != (self._process_id, self._channel, self._log):
            self._process_id, self._channel, self._log = process_id, channel, log
            self._drop_search()
            self._show_view(keep_place=False)
            self.mark_read()
        self.show_lines()
        self.stream.set_ending(self._session.ending(process_id))
        self._show_foot()

    def apply(self, change: LogChange) -> None:
        """Takes a change of the open channel's log."""
        if self._log is None:
            self.open(self._process_id, self._channel)
        elif self._view is not None:
            self.stream.show(self._view.apply(change))
            if change.added:
                self.mark_read()
        self.stream.set_ending(self._session.ending(self._process_id))
        self._show_foot()
        self.post_message(self.ConditionChanged().set_sender(self))

    def show_lines(self) -> None:
        """Takes own lines on their way, and how far those in the log have come."""
        self.stream.set_pending(self._session.pending(self._process_id, self._channel))
        self.stream.set_delivery(self._session.deliveries(self._process_id, self._channel))
        self._show_emptiness()

    def tick(self, now_ns: int) -> None:
        """Brings times up to date."""
        self.stream.tick()
        self.query_one(StreamFoot).tick(now_ns)

    def reply_to(self) -> ReplyTo | None:
        """The entry under the cursor, else the newest one, to be answered."""
        row: object = self.stream.cursor_row
        if row is None and self._view is not None:
            row = next((row for row in reversed(list(self._view)) if isinstance(row, EntryRow)), None)
        if not isinstance(row, EntryRow):
            return None
        name = self._session.names.person(row.sender_id).name
        excerpt = safe_label(row.payload[:_EXCERPT].decode("utf-8", "replace").strip().partition("\n")[0])
        return ReplyTo(row.first.sequence, name, excerpt, row.sender_id)

    def next_view(self) -> None:
        """Threads, by time, raw."""
        self._view_index = (self._view_index + 1) % len(_VIEWS)
        self._show_view(keep_place=True)
        self._show_foot()

    def _show_view(self, keep_place: bool) -> None:
        name, kind = _VIEWS[self._view_index]
        self._view = None if self._log is None else kind(self._log)
        self.stream.set_rows(self._view, keep_place=keep_place, is_threaded=name == "threads", is_raw=name == "raw")

    def mark_read(self) -> None:
        """Says that what is held was seen, if it was: at the end of a stream in a terminal with the focus."""
        if self.stream.is_following and self.app.app_focus and self._log is not None and self.display:
            self._session.mark_read(self._process_id, self._channel)

    def _show_foot(self) -> None:
        foot = None
        if self._log is not None:
            foot = Foot(
                self._log.condition,
                len(self._log),
                _VIEWS[self._view_index][0],
                self.stream.times.value,
                self.stream.is_following,
                self.stream.new_count,
            )
        self.query_one(StreamFoot).show(foot, self._session.now_ns())
        self._show_emptiness()

    def _show_emptiness(self) -> None:
        note = self.query_one(Emptiness)
        has_lines = bool(self._session.pending(self._process_id, self._channel)) if self._channel else False
        is_empty = (self._log is None or not len(self._log)) and not has_lines
        note.display = is_empty
        note.sentence = _empty_sentence(self.condition)
        note.redraw()

    # Search

    def ask_find(self) -> None:
        """Opens the search."""
        line = self.query_one(FindLine)
        line.add_class("-shown")
        self.screen.set_focus(line)

    def _drop_search(self) -> None:
        line = self.query_one(FindLine)
        if line.has_class("-shown"):
            line.value = ""
            line.remove_class("-shown")
            self.stream.find("")

    @on(Input.Changed, "#find-line")
    def _find_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.stream.find(event.value)

    @on(Input.Submitted, "#find-line")
    def _find_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.stream)
        if event.value:
            self.stream.action_find_next()
        else:
            self._drop_search()

    @on(FindLine.Dropped)
    def _find_dropped(self, event: FindLine.Dropped) -> None:
        event.stop()
        self._drop_search()
        self.screen.set_focus(self.stream)

    # What the stream tells

    @on(StreamView.FollowChanged)
    def _follow_changed(self, event: StreamView.FollowChanged) -> None:
        event.stop()
        self.mark_read()
        self._show_foot()

    @on(StreamView.TimesChanged)
    def _times_changed(self, event: StreamView.TimesChanged) -> None:
        event.stop()
        self._show_foot()

    @on(StreamFoot.EndAsked)
    def _end_asked(self, event: StreamFoot.EndAsked) -> None:
        event.stop()
        self.stream.follow()


def _empty_sentence(condition: ChannelCondition | None) -> str:
    """What to say where there are no entries; never more than is known."""
    if condition is None:
        return "Opening …"
    match condition.kind:
        case ConditionKind.WAITING:
            return "No executor has taken the process yet. The channel opens then."
        case ConditionKind.REFUSED:
            return f"Not allowed: {safe_label(condition.reason)}"
        case ConditionKind.LOST:
            return f"The link is lost: {safe_label(condition.reason)}"
        case ConditionKind.ENDED | ConditionKind.RECORDED:
            return "The process has ended. Nothing of this channel was recorded here."
        case ConditionKind.LIVE:
            return "Nothing has been said yet – i writes"
        case _:
            return "Nothing yet"
