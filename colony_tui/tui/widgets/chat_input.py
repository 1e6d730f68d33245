"""Where one writes: the only box on the screen.

Owns the text being written, and the walk through what was sent before. Says where a line goes and as whom;
sends nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from colony_tui.text import masked, safe_label, safe_name
from colony_tui.tui.bindings import Hint, Place, bindings_for
from colony_tui.tui.pieces import Line, Piece, label, spread
from colony_tui.tui.widgets.drawn import Drawn
from colony_tui.tui.widgets.offers import Offers

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?")
_NAME_CELLS = 40


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """The entry that is being answered."""

    sequence: int
    name: str = ""
    """Of its sender; empty while the entry is not there."""
    excerpt: str = ""
    """How it begins."""
    sender_id: str = ""


@dataclass(frozen=True, slots=True)
class InputState:
    """Where a line would go, or why none can."""

    key: str = ""
    """Tells channels apart, for their drafts."""
    channel: str = ""
    to_name: str = ""
    """Who answers there; may be empty."""
    as_name: str = ""
    reply_to: ReplyTo | None = None
    closed: str = ""
    """Why nothing can be written; empty: one can."""
    offers: tuple[Hint, ...] = ()
    """What one can do instead."""
    way_out: Hint | None = None
    """The key that leads from a box that has closed to where the offers can be taken."""

    @property
    def title(self) -> str:
        """What stands in the border."""
        if self.closed:
            return self.closed
        where = safe_name(self.channel, _NAME_CELLS)
        on = f" on {safe_label(self.to_name, _NAME_CELLS)}" if self.to_name else ""
        who = f", as {safe_label(self.as_name, _NAME_CELLS)}" if self.as_name else ""
        return f"to {where}{on}{who}"


class ReplyLine(Drawn):
    """What is being answered."""

    reply_to: ReplyTo | None = None

    def lines(self, width: int) -> Sequence[Line]:
        if self.reply_to is None:
            return [()]
        reply = self.reply_to
        words = [
            Piece(f"{self.symbols.reply} #{reply.sequence} ", "dim"),
            *([label(f"{reply.name}: {reply.excerpt}", "dim")] if reply.name else ()),
        ]
        return [spread(words, [Piece("Esc clears", "faint")], width)]


class UnsentLine(Drawn):
    """How what was being written begins, where it cannot be sent any more."""

    unsent: str = ""

    def lines(self, width: int) -> Sequence[Line]:
        first = self.unsent.strip().partition("\n")[0]
        return [[Piece("not sent: ", "warn"), label(first, "dim")]]


class ChatText(TextArea):
    """The text itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Place.INPUT)

    @dataclass
    class Entered(Message):
        """Enter. The text has left the box, so that what is typed next is another one."""

        text: str

    class Left(Message):
        """Escape."""

    @dataclass
    class Recalled(Message):
        """Up on the first visual line, Down on the last one."""

        by: int
        """−1: what was sent before; 1: what was sent after."""

    @dataclass
    class Scrolled(Message):
        """The stream is to scroll by so many pages."""

        pages: int

    @dataclass
    class Cleaned(Message):
        """Control characters were left out of what was pasted."""

        count: int

    def get_line(self, line_index: int) -> Text:
        """A line as it is painted: what has no look of its own is masked, and sent as it is."""
        line = super().get_line(line_index)
        return Text(masked(line.plain), end="", no_wrap=True)

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, tab_behavior="focus", compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    def action_submit(self) -> None:
        text = self.text
        if text.strip():
            self.load_text("")
            self.post_message(self.Entered(text))

    def action_newline(self) -> None:
        self.insert("\n")
        self.scroll_cursor_visible()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_scroll_stream(self, pages: int) -> None:
        self.post_message(self.Scrolled(pages))

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self._visual_line() == 0:
            self.post_message(self.Recalled(-1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self._visual_line() >= self.wrapped_document.height - 1:
            self.post_message(self.Recalled(1))
        else:
            super().action_cursor_down(select)

    def _visual_line(self) -> int:
        return self.wrapped_document.location_to_offset(self.cursor_location).y

    async def _on_paste(self, event: events.Paste) -> None:
        """Takes the text without what would be commands to the terminal."""
        event.prevent_default()
        event.stop()
        text, count = _CONTROLS.subn("", _LINE_ENDS.sub("\n", event.text))
        await super()._on_paste(events.Paste(text))
        if count:
            self.post_message(self.Cleaned(count))


class ChatInput(Vertical):
    """The box: what is answered, the text, or why there is nothing to write."""

    @dataclass
    class Submitted(Message):
        """A text is to be sent. It has left the box; ``restore`` brings it back."""

        text: str
        reply_to: ReplyTo | None

    class Written(Message):
        """The text is another one."""

    class ReplyDropped(Message):
        """The reply is to be a plain line after all."""

    class Left(Message):
        """Up into the stream."""

    @dataclass
    class Refused(Message):
        """A letter was typed after the box had closed; ``why`` it has."""

        why: str

    @dataclass
    class Scrolled(Message):
        """The stream is to scroll by so many pages (negative: up)."""

        pages: int

    @dataclass
    class OfferTaken(Message):
        """What stands in place of the text was clicked."""

        key: str

    @dataclass
    class Cleaned(Message):
        """Control characters were left out of what was pasted."""

        count: int

    def __init__(self) -> None:
        super().__init__(id="chat-input")
        self._state = InputState(closed="no channel")
        self._sent: list[str] = []
        self._recalled: int | None = None
        self._unsent = ""

    def compose(self) -> ComposeResult:
        yield ReplyLine()
        yield ChatText()
        yield UnsentLine()
        yield Offers()

    def on_mount(self) -> None:
        self._draw()

    @property
    def _area(self) -> ChatText:
        return self.query_one(ChatText)

    @property
    def state(self) -> InputState:
        """What is shown now."""
        return self._state

    @property
    def text(self) -> str:
        """What is being written."""
        return self._area.text

    @property
    def draft(self) -> str:
        """What is being written, also while one looks through what was sent."""
        is_recalled = self._recalled is not None and self.text == self._sent[self._recalled]
        return self._unsent if is_recalled else self.text

    def show(self, state: InputState) -> None:
        """Takes where a line would go now."""
        if state != self._state:
            self._state = state
            self._draw()

    def open(self, state: InputState, draft: str, sent: Sequence[str]) -> None:
        """Takes another channel, with what was written there and what was sent."""
        self._sent = list(sent)
        self._recalled = None
        if draft != self.text:
            self._fill(draft)
        self.show(state)

    def restore(self, text: str) -> None:
        """Puts a text back that could not be sent, before what has been written since."""
        self._fill(f"{text}\n{self.text}" if self.text else text)
        self._draw()

    def focus_text(self) -> None:
        """Goes to the text, where one can write."""
        if not self._state.closed:
            self.screen.set_focus(self._area)

    def _draw(self) -> None:
        is_open = not self._state.closed
        self.set_class(not is_open, "-closed")
        self.border_title = Content(self._state.title)
        self.border_subtitle = Content("Enter sends · Ctrl+J new line") if is_open else None
        reply, offers = self.query_one(ReplyLine), self.query_one(Offers)
        reply.reply_to = self._state.reply_to if is_open else None
        reply.display = reply.reply_to is not None
        reply.redraw()
        offers.hints, offers.way_out = self._state.offers, self._state.way_out
        offers.display = not is_open and bool(offers.hints)
        offers.redraw()
        unsent = self.query_one(UnsentLine)
        unsent.unsent = "" if is_open else self.draft
        unsent.display = bool(unsent.unsent.strip())
        unsent.redraw()
        # A widget is told later that it lost the focus: the screen knows.
        if not is_open and self.screen.focused is self._area:
            offers.can_focus = True
            self.screen.set_focus(offers)
        self._area.display = is_open
        self._area.disabled = not is_open
        if is_open and self.screen.focused is offers:
            self.screen.set_focus(self._area)

    def _fill(self, text: str) -> None:
        area = self._area
        area.load_text(text)
        area.move_cursor(area.document.end)

    @on(ChatText.Entered)
    def _entered(self, event: ChatText.Entered) -> None:
        event.stop()
        self._recalled = None
        if self._state.closed:
            self.restore(event.text)
            return
        if not self._sent or self._sent[-1] != event.text:
            self._sent.append(event.text)
        self.post_message(self.Submitted(event.text, self._state.reply_to))

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(self.Written())

    @on(ChatText.Left)
    def _left(self, event: ChatText.Left) -> None:
        event.stop()
        self.post_message(self.Left() if self._state.reply_to is None else self.ReplyDropped())

    @on(ChatText.Scrolled)
    def _scrolled(self, event: ChatText.Scrolled) -> None:
        event.stop()
        self.post_message(self.Scrolled(event.pages))

    @on(ChatText.Cleaned)
    def _cleaned(self, event: ChatText.Cleaned) -> None:
        event.stop()
        self.post_message(self.Cleaned(event.count))

    @on(Offers.Typed)
    def _typed_in_vain(self, event: Offers.Typed) -> None:
        event.stop()
        self.post_message(self.Refused(self._state.closed))

    @on(Offers.Left)
    def _offers_left(self, event: Offers.Left) -> None:
        event.stop()
        self.post_message(self.Left())

    @on(Offers.Pressed)
    def _offer_pressed(self, event: Offers.Pressed) -> None:
        event.stop()
        self.post_message(self.OfferTaken(event.key))

    @on(ChatText.Recalled)
    def _on_recall(self, event: ChatText.Recalled) -> None:
        """Walks through what was sent; behind the newest is what was being written."""
        event.stop()
        end = len(self._sent)
        place = end if self._recalled is None else self._recalled
        wanted = max(0, min(end, place + event.by))
        if wanted == place:
            return
        if place == end:
            self._unsent = self.text
        self._recalled = None if wanted == end else wanted
        self._fill(self._unsent if wanted == end else self._sent[wanted])
        if event.by < 0 and self._area.wrapped_document.height > 1:
            self._area.move_cursor((0, 0))  # so that Up goes on to the one before
