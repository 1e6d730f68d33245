"""The pane of the open process: head, tabs, what the tab shows, the input.

Owns which tab of which process is open, and what is being answered. Sends nothing itself: it asks the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from colony_tui.store.condition import ConditionKind
from colony_tui.tui.bindings import Place, bindings_for, hint
from colony_tui.tui.palette import SENDERS
from colony_tui.tui.screens.stream_holder import StreamHolder
from colony_tui.tui.session import (
    Change,
    KeptLoaded,
    LinesChanged,
    LogsChanged,
    NamesChanged,
    ProcessChanged,
    RowsChanged,
    Session,
    StandingChanged,
    StreamChanged,
)
from colony_tui.tui.widgets.channel_tabs import INFO, LOGS, ChannelTabs, PaneTab
from colony_tui.tui.widgets.chat_input import ChatInput, ReplyTo
from colony_tui.tui.widgets.facts import Facts
from colony_tui.tui.widgets.log_lines import LogLines
from colony_tui.tui.widgets.process_head import Head, ProcessHead
from colony_tui.tui.writing import answered, excerpt, input_state


class ProcessPane(Vertical):
    """Everything at the right of the main screen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Place.PANE)

    class Left(Message):
        """Back to the list."""

    @dataclass
    class SendAsked(Message):
        """A line is to be sent to a stream that its sender has ended."""

        process_id: str
        channel: str
        text: str
        reply_to: ReplyTo | None

    @dataclass
    class Said(Message):
        """A sentence for the bottom line."""

        sentence: str
        ink: str = "text"

    def __init__(self, session: Session, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__(id="process-pane", classes="-empty")
        self._session = session
        self._keymap = keymap
        self._process_id = ""
        self._tabs: list[PaneTab] = []
        self._chosen: dict[str, str] = {}
        self._replies: dict[tuple[str, str], ReplyTo] = {}
        self._opened: tuple[str, str] | None = None
        self._input_place: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        yield ProcessHead()
        yield ChannelTabs()
        yield StreamHolder(self._session)
        yield LogLines()
        yield Facts()
        yield ChatInput()

    def on_mount(self) -> None:
        self._show_all()

    # What is open

    @property
    def process_id(self) -> str:
        """The open process; empty when there is none."""
        return self._process_id

    @property
    def head(self) -> Head | None:
        """The open process with its names; ``None`` when there is none, or it is not known yet."""
        head = self._session.head(self._process_id) if self._process_id else None
        if head is None:
            return None
        process = head.process
        return replace(
            head,
            executor_hue=self._ink(process.executor_id) if process.executor_id else head.executor_hue,
            initiator_hue=self._ink(process.initiator_id),
        )

    def _ink(self, member_id: str) -> str:
        """In what a name is written, the same as in the stream; one's own is the accent."""
        person = self._session.names.person(member_id)
        return "accent" if person.role == "you" else SENDERS[person.hue % len(SENDERS)]

    @property
    def channel(self) -> str | None:
        """The open channel, which may have any name; ``None`` when another tab is open."""
        tab = self._tab
        return tab.name if tab is not None and tab.is_channel else None

    @property
    def _tab(self) -> PaneTab | None:
        key = self._chosen.get(self._process_id, "")
        return next((tab for tab in self._tabs if tab.key == key), self._first_tab)

    @property
    def _first_tab(self) -> PaneTab | None:
        """What is shown where nobody has chosen: the first channel; without any how it ended, before that its logs."""
        head = self.head
        if not self._tabs or head is None:
            return None
        return INFO if self._tabs[0] == LOGS and head.process.state.is_closed else self._tabs[0]

    @property
    def holder(self) -> StreamHolder:
        """The stream with its foot."""
        return self.query_one(StreamHolder)

    def open(self, process_id: str, channel: str | None = None) -> None:
        """Shows a process; with a channel, that tab of it."""
        if process_id != self._process_id:
            self.query_one(Facts).scroll_to(y=0, animate=False, immediate=True, force=True)
        self._process_id = process_id
        if channel is not None:
            self._chosen[process_id] = PaneTab(channel).key
        self._session.open_process(process_id)
        self._show_all()

    def hint(self, words: str) -> None:
        """Takes what one can do while no process is open; empty: nothing."""
        self.query_one(ProcessHead).hint(words)

    def choose(self, key: str) -> None:
        """Shows another tab."""
        had_focus = self.body.has_focus_within
        self._chosen[self._process_id] = key
        self._show_all()
        if had_focus:
            self.focus_body()

    def choose_number(self, number: int) -> None:
        """Shows the tab of that number, from 1."""
        if 0 < number <= len(self._tabs):
            self.choose(self._tabs[number - 1].key)

    # Changes

    def take(self, change: Change) -> None:
        """Takes a change that may concern what is open."""
        match change:
            case StreamChanged(process_id, channel, log_change):
                if self.holder.is_open(process_id, channel):
                    self.holder.apply(log_change)
                else:
                    self.holder.apply_aside(process_id, channel, log_change)
            case LinesChanged(process_id, channel):
                if (process_id, channel) == (self._process_id, self.channel):
                    self.holder.show_lines()
            case LogsChanged(process_id) | ProcessChanged(process_id):
                if process_id == self._process_id:
                    self._show_all()
            case NamesChanged():
                self.holder.refresh_names()
                self._show_all()
            case RowsChanged():
                self._show_tabs()
            case StandingChanged():
                self._show_input()
            case KeptLoaded():
                if not self.query_one(ChatInput).text:
                    self._input_place = None
                self._show_input()

    def tick(self, now_ns: int) -> None:
        """Brings times up to date, of what can be seen."""
        self.query_one(ProcessHead).tick(now_ns)
        if self.holder.display:
            self.holder.tick(now_ns)
        facts, head = self.query_one(Facts), self.head
        if facts.display and head is not None:
            facts.show_facts(head, now_ns)

    def _show_all(self) -> None:
        had_focus = self.has_focus_within
        head, now = self.head, self._session.now_ns()
        self._show_tabs()
        tab = self._tab
        self.query_one(ProcessHead).show(head, now)
        self.set_class(head is None, "-empty")
        self.query_one(ChatInput).display = self.holder.display = self.channel is not None
        facts, logs = self.query_one(Facts), self.query_one(LogLines)
        facts.display, logs.display = tab == INFO, tab == LOGS
        if self.channel is not None:
            place = (self._process_id, self.channel)
            if self._opened != place:
                self._opened = place
                self._session.open_channel(*place)
            self.holder.open(*place)
        if head is not None and facts.display:
            facts.show_facts(head, now)
        if logs.display:
            lines = self._session.logs(self._process_id)
            logs.show_logs(lines, head.process.errors if head is not None else ())
            if lines:
                # What one reads stays when the process ends.
                self._chosen.setdefault(self._process_id, LOGS.key)
        self._show_input()
        self._keep_focus(had_focus)

    def _show_tabs(self) -> None:
        """The tabs with their counts; how many entries came or were read is told with the rows."""
        self._tabs = [*self._session.tabs(self._process_id), LOGS, INFO] if self.head is not None else []
        tab = self._tab
        self.query_one(ChannelTabs).show(self._tabs, tab.key if tab is not None else "")

    def _show_input(self) -> None:
        head = self.head
        if head is None or self.channel is None:
            return
        had_focus = self.has_focus_within
        place = (self._process_id, self.channel)
        text, in_reply_to = "", None
        if place != self._input_place:
            self.keep_draft()
            text, in_reply_to = self._session.draft(*place)
            if in_reply_to is not None:
                self._replies.setdefault(place, ReplyTo(in_reply_to))
        standing, condition = self._session.standing, self.holder.condition
        state = input_state(head, self.channel, standing, condition, self._reply(place), self._keymap)
        if place == self._input_place:
            self.query_one(ChatInput).show(state)
        else:
            self._input_place = place
            self.query_one(ChatInput).open(state, text, self._session.sent(*place))
        self._keep_focus(had_focus)

    def _reply(self, place: tuple[str, str]) -> ReplyTo | None:
        """What is being answered there, by the name that is known now.

        Of a draft of an earlier run as soon as its entry is there.
        """
        reply = self._replies.get(place)
        if reply is None:
            return None
        if not reply.sender_id:
            log = self._session.log(*place)
            found = answered(log, reply.sequence, self._session.standing.my_id) if log is not None else None
            if found is None:
                return reply
            reply = ReplyTo(found.sequence, "", excerpt(found.payload), found.sender_id)
        reply = self._replies[place] = replace(reply, name=self._session.names.person(reply.sender_id).name)
        return reply

    def keep_draft(self) -> None:
        """Hands on what is being written, so that it outlives the screen."""
        if self._input_place is not None:
            reply = self._replies.get(self._input_place)
            draft = self.query_one(ChatInput).draft
            self._session.keep_draft(*self._input_place, draft, reply.sequence if reply is not None else None)

    @property
    def can_write(self) -> bool:
        """Whether the input takes a line."""
        return self.channel is not None and not self.query_one(ChatInput).state.closed

    # Focus

    @property
    def body(self) -> Widget:
        """What the open tab shows."""
        tab = self._tab
        if tab == INFO:
            return self.query_one(Facts)
        return self.query_one(LogLines) if tab == LOGS else self.holder.stream

    def focus_body(self) -> None:
        """Goes to what the open tab shows."""
        self.screen.set_focus(self.body)

    def _keep_focus(self, had_focus: bool) -> None:
        """Goes there when what had the focus here is hidden now: without any, keys would be about nothing."""
        focused = self.screen.focused
        if had_focus and not (focused is not None and all(node.display for node in focused.ancestors_with_self)):
            self.focus_body()

    # Keys

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_write(self) -> None:
        if self.can_write:
            self.query_one(ChatInput).focus_text()

    def action_tab(self, by: int) -> None:
        tab = self._tab
        if tab is not None:
            self.choose(self._tabs[(self._tabs.index(tab) + by) % len(self._tabs)].key)

    def action_reply(self) -> None:
        reply = self.holder.reply_to() if self.can_write else None
        if reply is None or self.channel is None:
            return
        self._replies[self._process_id, self.channel] = reply
        self._show_input()
        self.keep_draft()
        self.query_one(ChatInput).focus_text()

    def action_find(self) -> None:
        if self.channel is not None:
            self.holder.ask_find()

    def action_go_to_time(self) -> None:
        if self.channel is not None:
            self.holder.ask_time()

    def action_save(self) -> None:
        if self.channel is not None:
            self.holder.ask_save()

    def action_next_view(self) -> None:
        if self.channel is not None:
            self.holder.next_view()

    # What its widgets tell

    @on(ChannelTabs.Chosen)
    def _tab_chosen(self, event: ChannelTabs.Chosen) -> None:
        event.stop()
        self.choose(event.key)
        self.focus_body()

    @on(StreamHolder.ConditionChanged)
    def _condition_changed(self, event: StreamHolder.ConditionChanged) -> None:
        event.stop()
        self._show_input()

    @on(ChatInput.Left)
    def _input_left(self, event: ChatInput.Left) -> None:
        event.stop()
        self.focus_body()

    @on(ChatInput.ReplyDropped)
    def _reply_dropped(self, event: ChatInput.ReplyDropped) -> None:
        event.stop()
        if self.channel is not None:
            self._replies.pop((self._process_id, self.channel), None)
        self._show_input()
        self.keep_draft()

    @on(ChatInput.Written)
    def _written(self, event: ChatInput.Written) -> None:
        event.stop()
        self.keep_draft()

    @on(ChatInput.Scrolled)
    def _scrolled(self, event: ChatInput.Scrolled) -> None:
        event.stop()
        stream = self.holder.stream
        stream.move(event.pages * max(1, stream.size.height - 2))

    @on(ChatInput.Cleaned)
    def _cleaned(self, event: ChatInput.Cleaned) -> None:
        event.stop()
        what = "One control character was" if event.count == 1 else f"{event.count:,} control characters were"
        self.post_message(self.Said(f"{what} left out of what was pasted", "warn"))

    @on(ChatInput.Refused)
    def _refused(self, event: ChatInput.Refused) -> None:
        event.stop()
        key = hint("input.leave", self._keymap).spelled
        self.post_message(self.Said(f"Not written: {event.why}. {key} leads to the stream", "warn"))

    @on(ChatInput.Submitted)
    def _submitted(self, event: ChatInput.Submitted) -> None:
        event.stop()
        assert self._input_place is not None, "there was no channel to write to"
        condition = self.holder.condition
        if condition is not None and condition.kind is ConditionKind.ENDED_BY_SENDER:
            self.post_message(self.SendAsked(*self._input_place, event.text, event.reply_to))
        else:
            self.send(*self._input_place, event.text, event.reply_to)

    def send(self, process_id: str, channel: str, text: str, reply_to: ReplyTo | None) -> None:
        """Sends a line, and goes to the end to see it come."""
        if not self._session.send(process_id, channel, text, reply_to.sequence if reply_to is not None else None):
            if (process_id, channel) == (self._process_id, self.channel):
                self.restore(text)
            return
        self._replies.pop((process_id, channel), None)
        self._show_input()
        self.holder.stream.follow()

    def restore(self, text: str) -> None:
        """Puts a text back into the input."""
        self.query_one(ChatInput).restore(text)
        self.query_one(ChatInput).focus_text()
