"""The main screen: the list at the left, the open process at the right, a line above and one below.

Owns the layout, what is open, and what intents mean. Draws what the session has; what comes from it is drawn at once
after a quiet moment, else once a frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from colony_tui.model import FunctionSpec, Process
from colony_tui.text import safe_name
from colony_tui.tui.bindings import Hint, Place, bindings_for, hint
from colony_tui.tui.pieces import Line, Piece, label
from colony_tui.tui.screens.confirm import ConfirmScreen
from colony_tui.tui.screens.deeds import Deeds
from colony_tui.tui.screens.help import HelpScreen
from colony_tui.tui.screens.new_process import NewProcessScreen
from colony_tui.tui.screens.process_pane import ProcessPane
from colony_tui.tui.screens.prompt import PromptScreen
from colony_tui.tui.screens.stream_holder import StreamHolder
from colony_tui.tui.sentences import nothing_listed_words
from colony_tui.tui.session import (
    Change,
    FunctionsChanged,
    NamesChanged,
    Noticed,
    OpenWanted,
    RowsChanged,
    Session,
    StandingChanged,
    StreamChanged,
)
from colony_tui.tui.widgets.chat_input import ChatInput, ChatText
from colony_tui.tui.widgets.key_line import KeyLine
from colony_tui.tui.widgets.offers import Offers
from colony_tui.tui.widgets.paragraphs import Paragraphs
from colony_tui.tui.widgets.process_list import ListPane, ProcessList
from colony_tui.tui.widgets.stream import StreamView
from colony_tui.tui.widgets.thread_head import ThreadHead
from colony_tui.tui.widgets.top_line import TopLine

FRAME_S = 1 / 30
"""Changes of lists and heads are drawn at most this often."""

NOTICE_S = 6.0
"""How long a sentence stands in the bottom line."""

_END_KEYS = ("everywhere.next_unread", "everywhere.help", "everywhere.quit")
_LIST_KEYS = ("list.open", "everywhere.new_process", "list.filter", "list.tab.1")
_STREAM_KEYS = ("pane.leave", "pane.next_view", "pane.find", "stream.copy", "stream.next_times")
_WRITE_KEYS = ("pane.leave", "pane.write", "pane.reply", "pane.next_view", "pane.find", "stream.copy")
_LINES_KEYS = ("pane.leave", "pane.tab.1", "lines.copy_all")
_INPUT_KEYS = ("input.submit", "input.newline", "input.leave", "input.scroll_stream.-1", "everywhere.tab_number.1")


class MainScreen(PromptScreen[None]):
    """Driven by a session: intents down to it, changes up from it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Place.EVERYWHERE), *bindings_for(Place.PROCESS)]
    AUTO_FOCUS = "ProcessList"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012  # as Textual declares it

    def __init__(self, session: Session, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._session = session
        self._keymap = keymap or {}
        self.deeds = Deeds(session, self.say, self._ask)
        self._waiting: list[Change] = []
        self._last_frame = 0.0
        self._is_frame_due = False
        self._ticks: Timer | None = None
        self._notices: Timer | None = None

    def compose(self) -> ComposeResult:
        # Textual does so with the first resize, which comes after the first frame: that would show the widest layout.
        fitting = [name for width, name in self.HORIZONTAL_BREAKPOINTS if width <= self.app.size.width]
        self.add_class(fitting[-1], update=False)
        yield TopLine()
        with Horizontal(id="panes"):
            yield ListPane(id="list-pane")
            yield ProcessPane(self._session, self._keymap)
        yield KeyLine()

    def on_mount(self) -> None:
        self._session.listen(self._on_change)
        self._ticks = self.set_interval(1.0, self._tick, pause=not self.app.app_focus)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        self._draw_standing()
        self._draw_rows()

    @property
    def _list(self) -> ProcessList:
        return self.query_one(ListPane).processes

    @property
    def pane(self) -> ProcessPane:
        """The pane of the open process."""
        return self.query_one(ProcessPane)

    # Changes

    def _on_change(self, change: Change) -> None:
        """Called by the session. A stream paints by itself; all else waits for the frame."""
        # While the app shuts down, its widgets go one by one and changes still come.
        if not (self.is_mounted and self.app.is_running):
            return
        if isinstance(change, StreamChanged):
            self.pane.take(change)
            return
        self._waiting.append(change)
        if not self._is_frame_due:
            self._is_frame_due = True
            left = self._last_frame + FRAME_S - time.monotonic()
            if left > 0:
                self.set_timer(left, self._draw_waiting)
            else:
                self.call_later(self._draw_waiting)

    def _draw_waiting(self) -> None:
        """Draws what has queued up; of several changes of one kind the last."""
        self._is_frame_due = False
        self._last_frame = time.monotonic()
        waiting, self._waiting = dict.fromkeys(self._waiting), []
        for change in waiting:
            match change:
                case RowsChanged():
                    self._draw_rows()
                case StandingChanged():
                    self._draw_standing()
                case FunctionsChanged():
                    if isinstance(self.app.screen, NewProcessScreen):
                        self.app.screen.take_functions(self._session.functions)
                case OpenWanted(process_id, channel):
                    self.open(process_id, channel)
                case Noticed(sentence, ink):
                    self.say(sentence, ink)
                case NamesChanged():
                    self._draw_rows()
            self.pane.take(change)
        self._show_keys()

    def _draw_rows(self) -> None:
        self._list.empty_sentence = self._why_empty()
        self.query_one(ListPane).show(self._session.rows, self._session.now_ns())
        self._show_hint()

    def _why_empty(self) -> str:
        standing = self._session.standing
        empty = "No process yet" if standing.is_read_only else ProcessList.empty_sentence
        return nothing_listed_words(standing) or empty

    def _show_hint(self) -> None:
        """What one can do while no process is open."""
        standing = self._session.standing
        if self._list.cursor_id:
            self.pane.hint("Enter opens the one under the cursor")
        else:
            is_answered = standing.is_member and standing.listed_ns is not None
            may_start = is_answered and not standing.is_read_only and not self._list.rows
            self.pane.hint("n starts one" if may_start else "")

    def _draw_standing(self) -> None:
        if not self._list.rows:
            self._list.empty_sentence = self._why_empty()
            self._list.refresh()
        self.query_one(TopLine).show(self._session.standing, self._session.now_ns())

    def _tick(self) -> None:
        """Once a second, while the terminal has the focus."""
        now = self._session.now_ns()
        self._draw_standing()
        if self.query_one(ListPane).display:
            self._list.tick(now)
        if self.pane.display:
            self.pane.tick(now)

    def _focus_changed(self, is_focused: bool) -> None:
        """The terminal got or lost the focus: without it time stands still."""
        if self._ticks is None:
            return
        if is_focused:
            self._tick()
            self.pane.holder.mark_read()
            self._ticks.resume()
        else:
            self._ticks.pause()

    # What is open

    def open(self, process_id: str, channel: str | None = None) -> None:
        """Opens a process, with a channel that tab of it."""
        self.add_class("-pane-open")
        self.pane.open(process_id, channel)
        self._list.mark_open(process_id)
        self.pane.focus_body()

    @on(ProcessList.Opened)
    def _opened(self, event: ProcessList.Opened) -> None:
        event.stop()
        self.open(event.process_id)

    @on(ProcessPane.Left)
    def _pane_left(self, event: ProcessPane.Left) -> None:
        event.stop()
        self.remove_class("-pane-open")
        self.remove_class("-list-hidden")
        self.set_focus(self._list)

    @on(ProcessList.VisibleChanged)
    def _visible_changed(self, event: ProcessList.VisibleChanged) -> None:
        event.stop()
        rows = {row.id: row for row in self._list.rows}
        first = (self.pane.process_id, self._list.cursor_id)
        ids = sorted(event.ids, key=lambda id: (id not in first, not (id in rows and rows[id].is_mine)))
        self._session.watch(ids)

    # Keys

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self._keymap))

    def action_toggle_list(self) -> None:
        self.toggle_class("-list-hidden")
        if self.has_class("-list-hidden"):
            self.pane.focus_body()

    def action_tab_number(self, number: int) -> None:
        self.pane.choose_number(number)

    def action_next_unread(self) -> None:
        """The next process after the open one with something unread, round and round."""
        rows = list(self._list.rows)
        ids = [row.id for row in rows]
        start = ids.index(self.pane.process_id) + 1 if self.pane.process_id in ids else 0
        unread = next((row for row in (*rows[start:], *rows[:start]) if row.unread), None)
        if unread is None:
            self.say("Nothing is unread")
        else:
            self.open(unread.id)

    def action_new_process(self) -> None:
        if self._session.standing.is_read_only:
            self.say("Read-only: nothing is started", "warn")
            return
        self._session.ask_functions()
        self.app.push_screen(NewProcessScreen(self._session.functions, self._session.channels_of), self._submit)

    def _submit(self, spec: FunctionSpec | None) -> None:
        if spec is not None:
            self._session.submit(spec)

    @property
    def open_process(self) -> Process | None:
        """The process in the pane; ``None`` when there is none, or it is not known yet."""
        head = self.pane.head
        return head.process if head is not None else None

    def _meant(self) -> Process | None:
        """The process that a key means: under the cursor while the focus is in the list, else the open one."""
        if not self.query_one(ListPane).has_focus_within and self.pane.process_id:
            return self.open_process
        id = self._list.cursor_id
        return next((row.process for row in self._list.rows if row.id == id), None)

    def action_cancel_process(self) -> None:
        self.deeds.cancel(self._meant())

    def action_remove_process(self) -> None:
        self.deeds.remove(self._meant())

    def action_run_again(self) -> None:
        self.deeds.run_again(self._meant())

    def _ask(self, question: Line, yes: str, do: Callable[[], None]) -> None:
        """Asks before something is done."""

        def answered(is_yes: bool | None) -> None:
            if is_yes:
                do()

        self.app.push_screen(ConfirmScreen(question, yes), answered)

    @on(ProcessPane.SendAsked)
    def _send_asked(self, event: ProcessPane.SendAsked) -> None:
        event.stop()
        question: Line = [
            Piece("The stream "),
            Piece(safe_name(event.channel), is_strong=True),
            Piece(" was ended by its sender; maybe nobody reads it any more. Send all the same?"),
        ]

        def answered(is_yes: bool | None) -> None:
            if is_yes:
                self.pane.send(event.process_id, event.channel, event.text, event.reply_to)
            else:
                self.pane.restore(event.text)

        self.app.push_screen(ConfirmScreen(question, "send it", "keep it"), answered)

    # The bottom line

    def say(self, sentence: str, ink: str = "text") -> None:
        """Puts a sentence in the bottom line for a while."""
        line = self.query_one(KeyLine)
        line.notice([label(sentence, ink)])
        if self._notices is not None:
            self._notices.stop()
        self._notices = self.set_timer(NOTICE_S, partial(line.notice, ()))

    @on(ProcessPane.Said)
    @on(StreamHolder.Said)
    def _said(self, event: ProcessPane.Said | StreamHolder.Said) -> None:
        event.stop()
        self.say(event.sentence, event.ink)

    @on(KeyLine.Pressed)
    def _key_pressed(self, event: KeyLine.Pressed) -> None:
        event.stop()
        self._press(event.key)

    @on(ChatInput.OfferTaken)
    def _offer_taken(self, event: ChatInput.OfferTaken) -> None:
        event.stop()
        # What is offered in the pane is about the open process, wherever the focus has been.
        self.pane.focus_body()
        self._press(event.key)

    def _press(self, key: str) -> None:
        """As if the key had been pressed. The app is its sender: an event is dropped at the widget that sent it."""
        self.app.post_message(events.Key(key, None).set_sender(self.app))

    def on_descendant_focus(self) -> None:
        # Where there is room for one pane only, it is the one with the focus; also after the terminal shrank.
        self.set_class(self.pane.has_focus_within, "-pane-open")
        self._show_keys()

    def _show_keys(self) -> None:
        """The keys that matter where the focus is, and for the process that they mean."""
        focused = self.focused
        ids: tuple[str, ...]
        if isinstance(focused, ProcessList):
            ids = (*_LIST_KEYS, *self._process_keys(), *_END_KEYS)
        elif isinstance(focused, StreamView) and self.pane.can_write:
            ids = (*_WRITE_KEYS, *_END_KEYS)
        elif isinstance(focused, StreamView):
            ids = (*_STREAM_KEYS, *self._process_keys(), *_END_KEYS)
        elif isinstance(focused, Paragraphs):
            ids = (*_LINES_KEYS, *self._process_keys(), *_END_KEYS)
        elif isinstance(focused, Input):
            self.query_one(KeyLine).show((Hint("enter", "done"), Hint("escape", "drop it")))
            return
        elif isinstance(focused, Offers):
            ids = ("input.leave", "everywhere.tab_number.1", "everywhere.interrupt")
        elif isinstance(focused, ChatText):
            ids = (*_INPUT_KEYS, "everywhere.command_palette", "everywhere.interrupt")
        else:
            ids = ("everywhere.new_process", *_END_KEYS)
        is_held = isinstance(focused, StreamView) and focused.is_held
        words = {"pane.leave": "back"} if is_held else {}
        self.query_one(KeyLine).show([hint(key_id, self._keymap, words.get(key_id, "")) for key_id in ids])

    def _process_keys(self) -> tuple[str, ...]:
        """What can be done to the process that is meant."""
        process = self._meant()
        if process is None or self._session.standing.is_read_only:
            return ()
        if process.state.is_closed:
            return ("process.run_again",)
        head = self._session.head(process.id)
        return ("process.cancel_process",) if head is not None and not head.is_removed else ()

    @on(StreamView.HeldChanged)
    @on(StreamView.ThreadOpened)
    @on(StreamView.ThreadLeft)
    @on(ThreadHead.BackAsked)
    def _keys_changed(self) -> None:
        self._show_keys()

    @on(ProcessList.Highlighted)
    def _highlighted(self, event: ProcessList.Highlighted) -> None:
        event.stop()
        self._show_hint()
        self._show_keys()

    @on(StreamView.Found)
    def _found(self, event: StreamView.Found) -> None:
        event.stop()
        where = f"{event.position} of {event.count}" if event.position else f"{event.count} found"
        self.say(where if event.count else "Nothing found", "text" if event.count else "warn")
