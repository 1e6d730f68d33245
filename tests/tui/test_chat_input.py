"""The input: what each key does, drafts, history, and pastes that are too large or harmful."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from colony_tui.tui.bindings import Hint
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.chat_input import ChatInput, ChatText, InputState, ReplyTo
from colony_tui.tui.widgets.offers import Offers
from tests.tui.screen import Messages, screen_text, type_at_once, until

OPEN = InputState("p/chat", "chat", "chatbot", "alice")
REPLY = ReplyTo(4, "chatbot", "Then sort runs that fit")
KINDS = (
    ChatInput.Submitted,
    ChatInput.Left,
    ChatInput.ReplyDropped,
    ChatInput.Scrolled,
    ChatInput.Cleaned,
    ChatInput.OfferTaken,
    ChatInput.Refused,
)
CLOSED = InputState(
    "p/chat",
    closed="this process has ended",
    offers=(Hint("a", "start it again"), Hint("escape", "back to the list")),
    way_out=Hint("escape", "to the stream"),
)


class InputApp(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield Static()
        yield ChatInput()

    @property
    def box(self) -> ChatInput:
        return self.query_one(ChatInput)

    def on_mount(self) -> None:
        self.box.show(OPEN)
        self.box.focus_text()


async def test_enter_sends_and_empties() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: told.seen)
        (submitted,) = told.take()
        assert (submitted.text, submitted.reply_to, app.box.text) == ("hello", None, "")
        await pilot.press("space", "enter")
        await pilot.pause()
        assert told.take() == []


async def test_keys_act_in_the_order_in_which_they_are_typed() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 24), message_hook=told) as pilot:
        type_at_once(app, "bbbb\x1b\rXY\ncc\x1b\rdd")
        await until(pilot, lambda: app.box.text == "bbbb\nXY\ncc\ndd")
        type_at_once(app, "\rabc\rdef\r\r \r\x7fghi\rrest")
        await until(pilot, lambda: app.box.text == "rest")
        assert [message.text for message in told.take()] == ["bbbb\nXY\ncc\ndd", "abc", "def", "ghi"]


async def test_pastes_and_keys_keep_their_order() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 24), message_hook=told) as pilot:
        type_at_once(app, "a\x1b[200~b\nc\x1b[201~d\r\x1b[200~e\x1b[201~\r")
        await until(pilot, lambda: len(told.seen) == 2)
        assert [message.text for message in told.take()] == ["ab\ncd", "e"]


async def test_a_text_entered_as_the_box_closes_stays() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"hello")
        app.query_one(ChatText).action_submit()
        app.box.show(CLOSED)
        await until(pilot, lambda: "not sent: hello" in screen_text(app))
        assert told.take() == [] and app.box.draft == "hello"


async def test_three_keys_make_a_new_line_and_the_box_grows() -> None:
    app = InputApp()
    async with app.run_test(size=(60, 24)) as pilot:
        assert app.box.size.height == 1
        await pilot.press("a", "ctrl+j", "b", "shift+enter", "c", "alt+enter", "d")
        await until(pilot, lambda: app.box.size.height == 4)
        assert app.box.text == "a\nb\nc\nd"
        await pilot.press(*["ctrl+j"] * 20)
        await until(pilot, lambda: app.box.size.height == 8)
        await pilot.press("enter")
        await until(pilot, lambda: app.box.size.height == 1)


async def test_it_says_where_it_sends_and_what_it_answers() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(70, 12), message_hook=told) as pilot:
        await until(pilot, lambda: "to chat on chatbot, as alice" in screen_text(app))
        app.box.show(InputState("p/chat", "chat", "chatbot", "alice", REPLY))
        await until(pilot, lambda: "↩ #4 chatbot: Then sort runs that fit" in screen_text(app))
        assert "Esc clears" in screen_text(app)
        await pilot.press("x", "enter")
        await until(pilot, lambda: told.seen)
        assert told.take()[0].reply_to == REPLY


async def test_escape_drops_the_reply_before_it_leaves() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        app.box.show(InputState("p/chat", "chat", reply_to=REPLY))
        await pilot.press("escape")
        await until(pilot, lambda: told.seen)
        assert isinstance(told.take()[0], ChatInput.ReplyDropped)
        app.box.show(OPEN)
        await pilot.press("escape")
        await until(pilot, lambda: told.seen)
        assert isinstance(told.take()[0], ChatInput.Left)


async def test_page_keys_scroll_the_stream() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press("pageup", "pagedown")
        await until(pilot, lambda: len(told.seen) == 2)
        assert [message.pages for message in told.take()] == [-1, 1]


async def test_history_and_what_was_being_written() -> None:
    app = InputApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press(*"one", "enter", *"two", "enter", *"dra")
        for key, text in (
            ("up", "two"),
            ("up", "one"),
            ("up", "one"),
            ("down", "two"),
            ("down", "dra"),
            ("down", "dra"),
        ):
            await pilot.press(key)
            await until(pilot, lambda text=text: app.box.text == text)  # type: ignore[misc]  # bound on purpose


async def test_up_moves_within_the_text_first() -> None:
    app = InputApp()
    async with app.run_test(size=(24, 20)) as pilot:
        await pilot.press(*"sent", "enter", *"wrapped over two lines of it")
        await until(pilot, lambda: app.box.size.height == 2)
        await pilot.press("up")
        await pilot.pause()
        assert app.box.text.startswith("wrapped")
        await pilot.press("up")
        await until(pilot, lambda: app.box.text == "sent")
        await pilot.press("down")
        await until(pilot, lambda: app.box.text.startswith("wrapped"))


async def test_another_channel_brings_its_draft_and_what_was_sent_there() -> None:
    app, told = InputApp(), Messages(ChatInput.Written)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"half a", "enter", *"b")
        await until(pilot, lambda: told.seen)
        app.box.open(InputState("p/other", "other"), "kept", ["one", "two"])
        assert app.box.text == app.box.draft == "kept"
        for key, text in (("up", "two"), ("up", "one"), ("up", "one")):
            await pilot.press(key)
            await until(pilot, lambda text=text: app.box.text == text)  # type: ignore[misc]  # bound on purpose
        assert app.box.draft == "kept"
        await pilot.press("x")
        await until(pilot, lambda: app.box.text == "onex")
        assert app.box.draft == "onex"


async def test_a_text_that_could_not_be_sent_comes_back() -> None:
    app = InputApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press(*"new")
        app.box.restore("old")
        assert app.box.text == "old\nnew"


async def test_a_closed_box_says_why_and_offers() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"kept")
        app.screen.set_focus(None)
        app.box.show(CLOSED)
        await until(pilot, lambda: "a start it again   Esc back to the list" in screen_text(app))
        assert "this process has ended" in screen_text(app) and "Enter sends" not in screen_text(app)
        await pilot.click("Offers", offset=(1, 0))
        await until(pilot, lambda: told.seen)
        assert told.take()[0].key == "a"
        app.box.show(OPEN)
        assert app.box.text == "kept"


async def test_whoever_wrote_is_told_the_way_out_of_a_closed_box_first() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"kept")
        app.box.show(CLOSED)
        await until(pilot, lambda: "Esc to the stream, then a start it again" in screen_text(app))
        await pilot.press("enter", "x")
        assert all(isinstance(message, ChatInput.Refused) for message in told.take())
        await pilot.click("Offers", offset=(20, 0))  # nothing
        await pilot.click("Offers", offset=(1, 0))
        await until(pilot, lambda: told.seen)
        assert isinstance(told.take()[0], ChatInput.Left)
        app.screen.set_focus(None)
        await until(pilot, lambda: "a start it again   Esc back to the list" in screen_text(app))


async def test_the_way_out_is_the_key_that_is_bound() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        app.set_keymap({"input.leave": "ctrl+g"})
        app.box.show(replace(CLOSED, way_out=Hint("ctrl+g", "to the stream")))
        await until(pilot, lambda: "^G to the stream, then a start it again or Esc back to" in screen_text(app))
        await pilot.press("escape")
        assert told.take() == []
        await pilot.press("ctrl+g")
        await until(pilot, lambda: told.seen)
        assert isinstance(told.take()[0], ChatInput.Left)


async def test_a_paste_is_plain_text() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        app.post_message(events.Paste("a\x1b[2J\r\nb\x07\tc\u009b"))
        await until(pilot, lambda: told.seen)
        assert app.box.text == "a[2J\nb\tc"
        assert told.take()[0].count == 3


async def test_a_large_paste_goes_in_whole_and_leaves_the_keys_working() -> None:
    app = InputApp()
    text = "word " * 20_000
    async with app.run_test(size=(60, 20)) as pilot:
        app.post_message(events.Paste(text))
        await until(pilot, lambda: app.box.text == text)
        await pilot.press("x", "backspace", "up", "down")
        await until(pilot, lambda: app.query_one(ChatText).has_focus)
        assert app.box.text == text and app.box.size.height == 8


async def test_letters_that_come_after_the_box_has_closed_are_no_commands() -> None:
    app, told = InputApp(), Messages(*KINDS)
    app.bind("q", "quit")
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        await pilot.press(*"half a li")
        app.box.show(CLOSED)
        await until(pilot, lambda: "not sent: half a li" in screen_text(app) and "start it again" in screen_text(app))
        await pilot.press(*"q!")
        await until(pilot, lambda: len(told.seen) == 2)
        assert [message.why for message in told.take()] == ["this process has ended"] * 2
        assert app.is_running and isinstance(app.focused, Offers)
        app.box.show(OPEN)
        await until(pilot, lambda: isinstance(app.focused, ChatText))
        await pilot.press(*"ne")
        assert app.box.text == "half a line" and "not sent" not in screen_text(app)


async def test_escape_leads_out_of_a_box_that_has_closed() -> None:
    app, told = InputApp(), Messages(*KINDS)
    async with app.run_test(size=(60, 12), message_hook=told) as pilot:
        app.box.show(CLOSED)
        await pilot.press("a", "escape")
        await until(pilot, lambda: any(isinstance(message, ChatInput.Left) for message in told.seen))
        app.screen.set_focus(None)
        await pilot.pause()
        await pilot.press("tab")
        assert not isinstance(app.focused, Offers)


async def test_who_did_not_write_keeps_the_focus_when_the_box_closes() -> None:
    app = InputApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.screen.set_focus(None)
        app.box.show(CLOSED)
        await pilot.pause()
        assert app.focused is None
