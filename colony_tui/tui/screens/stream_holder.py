"""The stream of the open channel with what belongs to it: its view, its foot, the search.

Owns which channel is shown and how. Every change of the log is applied to the view at once; the stream itself paints
once a frame.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from colony_tui.store.condition import ChannelCondition
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import EntryRow, FoldState, RowKey
from colony_tui.store.views import RawView, SubThreadView, ThreadView, TimeView
from colony_tui.text import safe_label
from colony_tui.tui.empty_words import empty_sentence
from colony_tui.tui.pieces import Piece, label
from colony_tui.tui.saving import default_name
from colony_tui.tui.screens.kept_channels import KeptChannel, KeptChannels, Whole
from colony_tui.tui.screens.save import SaveScreen
from colony_tui.tui.session import Session
from colony_tui.tui.times import time_of_day
from colony_tui.tui.widgets.ask_line import AskLine, AskText
from colony_tui.tui.widgets.chat_input import ReplyTo
from colony_tui.tui.widgets.emptiness import Emptiness
from colony_tui.tui.widgets.stream import StreamView, Times, moment_of
from colony_tui.tui.widgets.stream_foot import Foot, StreamFoot
from colony_tui.tui.widgets.thread_head import ThreadHead
from colony_tui.tui.writing import excerpt

_VIEWS: tuple[tuple[str, type[LogView]], ...] = (("threads", ThreadView), ("time", TimeView), ("raw", RawView))


class StreamHolder(Vertical):
    """A stream, the search below it, its foot."""

    class ConditionChanged(Message):
        """The channel's condition is another one; whether one can write may have changed."""

    class Said(Message):
        """A sentence for the bottom line."""

        def __init__(self, sentence: str, ink: str = "text") -> None:
            super().__init__()
            self.sentence = sentence
            self.ink = ink

    def __init__(self, session: Session) -> None:
        super().__init__(id="stream-holder")
        self._session = session
        self._process_id = ""
        self._channel = ""
        self._log: ChannelLog | None = None
        self._view: LogView | None = None
        self._view_index = 0
        self._whole: Whole | None = None
        self._kept = KeptChannels()

    def compose(self) -> ComposeResult:
        yield ThreadHead()
        yield Emptiness()
        yield StreamView(self._session.names, clock_ns=self._session.now_ns, id="stream")
        yield AskLine("find", "in this stream", "find")
        yield AskLine("go to", "a time: 12:04, 12:04:11 or -5m", "time")
        yield StreamFoot()

    @property
    def stream(self) -> StreamView:
        """The stream itself."""
        return self.query_one(StreamView)

    @property
    def condition(self) -> ChannelCondition | None:
        """The channel's condition, ``None`` while nothing is known of it."""
        return self._log.condition if self._log is not None else None

    def is_open(self, process_id: str, channel: str) -> bool:
        """Whether it is that channel that is shown, be it behind another tab."""
        return (process_id, channel) == (self._process_id, self._channel)

    def open(self, process_id: str, channel: str) -> None:
        """Shows a channel, at its end or where it was left; the same one again changes only what is around it."""
        log = self._session.log(process_id, channel)
        if (process_id, channel, log) != (self._process_id, self._channel, self._log):
            self._drop_search()
            self._time_line.close()
            self._put_aside()
            self._process_id, self._channel, self._log = process_id, channel, log
            kept = self._kept.take((process_id, channel), log)
            if kept is None:
                self._whole = None
                self._show_view(keep_place=False)
            else:
                self._take_up(kept)
            self.mark_read()
        self.show_lines()
        self._show_state()

    def _put_aside(self) -> None:
        """Keeps the channel that is shown, to come back to it."""
        if self._log is not None and self._view is not None:
            kept = KeptChannel(self._log, self._view, self._view_index, self._whole, self.stream.put_aside())
            self._kept.keep((self._process_id, self._channel), kept)

    def _take_up(self, kept: KeptChannel) -> None:
        """Shows a channel again as it was left, but in the view that was chosen since."""
        self._view, self._whole = kept.view, kept.whole
        self.stream.take_up(kept.aside)
        if self._whole is None and kept.view_index != self._view_index:
            self._show_view(keep_place=True)
        else:
            self._show_head()

    def apply_aside(self, process_id: str, channel: str, change: LogChange) -> None:
        """Takes a change of the log of a channel that is not shown."""
        self._kept.apply((process_id, channel), change)

    def refresh_names(self) -> None:
        """Names, roles or hues have changed."""
        self._kept.forget_names()
        self.stream.refresh_names()

    def apply(self, change: LogChange) -> None:
        """Takes a change of the open channel's log."""
        if self._log is None:
            self.open(self._process_id, self._channel)
        elif self._view is not None:
            self.stream.show(self._view.apply(change))
            if self._whole is not None:
                self._show_head()
            if change.added:
                self.mark_read()
        self._show_state()
        self.post_message(self.ConditionChanged().set_sender(self))

    def _show_state(self) -> None:
        self.stream.set_condition(self.condition)
        self.stream.set_ending(self._session.ending(self._process_id))
        self._show_foot()

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
        row = self.stream.meant_row
        if row is None:
            return None
        name = self._session.names.person(row.sender_id).name
        return ReplyTo(row.first.sequence, name, excerpt(row.payload), row.sender_id)

    def next_view(self) -> None:
        """Threads, by time, raw; out of a thread alone as well."""
        self._whole = None
        self._view_index = (self._view_index + 1) % len(_VIEWS)
        self._show_view(keep_place=True)
        self._show_foot()

    def _show_view(self, keep_place: bool) -> None:
        name, kind = _VIEWS[self._view_index]
        self._view = None if self._log is None else kind(self._log)
        self.stream.set_rows(self._view, keep_place=keep_place, is_threaded=name == "threads", is_raw=name == "raw")
        self._show_head()

    # A thread alone

    @on(StreamView.ThreadOpened)
    def _thread_opened(self, event: StreamView.ThreadOpened) -> None:
        # It goes on up: the keys of the bottom line mean something else in a thread.
        whole = self._threads()
        key = self._key_in(whole, event.key)
        root = whole.root_of(key) if whole is not None and key is not None else None
        if whole is None or key is None or root is None:
            return
        self._drop_search()
        self._whole = Whole(self.stream.place, root)
        self._view = whole.only(root)
        self.stream.set_rows(self._view, is_alone=True)
        self.stream.select_row(key)
        self._show_head()
        self._show_foot()

    @on(StreamView.ThreadLeft)
    @on(ThreadHead.BackAsked)
    def _thread_left(self, event: StreamView.ThreadLeft | ThreadHead.BackAsked) -> None:
        if self._whole is None:
            return
        place, self._whole = self._whole.place, None
        self._show_view(keep_place=False)
        self.stream.go_back(place)
        self._show_foot()

    def _threads(self) -> ThreadView | None:
        """The channel by threads, whatever is shown."""
        if type(self._view) is ThreadView:
            return self._view
        return ThreadView(self._log) if self._log is not None else None

    def _key_in(self, threads: ThreadView | None, key: RowKey) -> RowKey | None:
        """The key that a row of the present view has among threads; ``None`` for a mark."""
        index = self._view.index_of(key) if self._view is not None else None
        row = self._view[index] if self._view is not None and index is not None else None
        return threads.row_of(row.first).key if threads is not None and isinstance(row, EntryRow) else None

    @on(StreamView.ThreadCopyAsked)
    def _thread_copy_asked(self, event: StreamView.ThreadCopyAsked) -> None:
        event.stop()
        threads = self._threads()
        key = self._key_in(threads, event.key)
        root = threads.root_of(key) if threads is not None and key is not None else None
        if threads is not None and root is not None:
            rows = (threads[index] for index in map(threads.index_of, threads.thread_keys(root)) if index is not None)
            self.stream.copy_rows([row for row in rows if isinstance(row, EntryRow)])

    def _show_head(self) -> None:
        head = self.query_one(ThreadHead)
        head.display = self._whole is not None
        if isinstance(self._view, SubThreadView) and isinstance(root := self._view[0], EntryRow):
            count = len(self._view)
            person = self._session.names.person(root.sender_id)
            head.words = [
                Piece("thread ", "accent", True),
                Piece(f"of {count:,} {'entry' if count == 1 else 'entries'}", "dim"),
                Piece("   "),
                label(person.name, is_strong=True),
                label(f" #{root.first.sequence}  {excerpt(root.payload)}", "dim"),
            ]
            head.redraw()

    def mark_read(self) -> None:
        """Says that what is held was seen, if it was: at the end of a stream in a terminal with the focus."""
        is_shown = all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))
        if is_shown and self.stream.is_following and self.app.app_focus and self._log is not None:
            self._session.mark_read(self._process_id, self._channel)

    def on_show(self) -> None:
        self.mark_read()

    def _show_foot(self) -> None:
        foot = None
        if self._log is not None:
            foot = Foot(
                self._log.condition,
                len(self._log),
                _VIEWS[self._view_index][0] if self._whole is None else "one thread",
                self.stream.times.value,
                self.stream.is_following,
                self.stream.new_count,
            )
        self.query_one(StreamFoot).show(foot, self._session.now_ns())
        self._show_emptiness()

    def _show_emptiness(self) -> None:
        note = self.query_one(Emptiness)
        has_lines = bool(self._process_id and self._session.pending(self._process_id, self._channel))
        is_empty = (self._log is None or not len(self._log)) and not has_lines
        note.display = is_empty
        if is_empty:
            head = self._session.head(self._process_id)
            acknowledging = self._session.acknowledging(self._process_id)
            note.show(empty_sentence(self._log, head.process if head is not None else None, acknowledging))

    # Search

    def ask_find(self) -> None:
        """Opens the search."""
        self._time_line.close()
        self._find_line.open()

    @property
    def _find_line(self) -> AskLine:
        return self.query_one("#find-line", AskLine)

    @property
    def _time_line(self) -> AskLine:
        return self.query_one("#time-line", AskLine)

    def _drop_search(self) -> None:
        if self._find_line.is_shown or self._find_line.value:
            self._find_line.close()
            self.stream.find("")

    @on(Input.Changed, "#find")
    def _find_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.stream.find(event.value)

    @on(Input.Submitted, "#find")
    def _find_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.stream)
        if event.value:
            self.stream.action_find_next()
        else:
            self._drop_search()

    @on(StreamView.FindLeft)
    def _find_left(self, event: StreamView.FindLeft) -> None:
        event.stop()
        self._find_line.close()

    @on(AskText.Dropped, "#find")
    def _find_dropped(self, event: AskText.Dropped) -> None:
        event.stop()
        self._drop_search()
        self.screen.set_focus(self.stream)

    # By time

    def ask_time(self) -> None:
        """Asks for a time to go to. What is being looked for makes room for the question, and comes back."""
        self._find_line.show(False)
        self._time_line.open()

    def _leave_time(self) -> None:
        self._time_line.close()
        self._find_line.show(bool(self._find_line.value))
        self.screen.set_focus(self.stream)

    @on(AskText.Dropped, "#time")
    def _time_dropped(self, event: AskText.Dropped) -> None:
        event.stop()
        self._leave_time()

    @on(Input.Submitted, "#time")
    def _time_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        times, now = self.stream.times, self._session.now_ns()
        moment = moment_of(event.value, times, self.stream.time_here or now, now)
        if moment is None and event.value.strip():
            self._say(f"{safe_label(event.value, 20)} is no time: 12:04, 12:04:11 or -5m", "warn")
            return
        self._leave_time()
        if moment is not None:
            self._go_to(moment, times)

    def _go_to(self, moment: int, times: Times) -> None:
        found = self.stream.go_to_time(moment)
        if found is None:
            self._say("There is no entry", "warn")
        elif found < moment:
            self._say("Nothing is that late: this is the latest entry")
        else:
            zone = UTC if times is Times.UTC else None
            self._say(f"The first entry from {time_of_day(moment, zone)} on")

    # Saving

    def ask_save(self) -> None:
        """Asks for a file for the entry under the cursor, else the newest."""
        row = self.stream.meant_row
        if row is None:
            self._say("There is no entry to save", "warn")
            return
        payload = row.written
        is_markdown = row.fold is not FoldState.SINGLE
        name = default_name(self._channel, row.first.sequence, payload, is_markdown)
        what = f"#{row.first.sequence} of {self._session.names.person(row.sender_id).name}"
        self.app.push_screen(SaveScreen(what, payload, Path.cwd() / name), self._saved)

    def _saved(self, sentence: str | None) -> None:
        if sentence:
            self._say(sentence, "ok")

    def _say(self, sentence: str, ink: str = "text") -> None:
        self.post_message(self.Said(sentence, ink).set_sender(self))

    @on(StreamView.Noted)
    def _noted(self, event: StreamView.Noted) -> None:
        event.stop()
        self._say(event.sentence)

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
