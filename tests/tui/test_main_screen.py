"""The main screen on a scripted session: what keys do, what is asked of the session, what changes are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from textual import events
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from colony_tui.model import NANOSECONDS, FunctionSpec, LogLine, ProcessState
from colony_tui.store.log import LogChange
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.pieces import Piece
from colony_tui.tui.screens.confirm import ConfirmScreen
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.screens.new_process import NewProcessScreen
from colony_tui.tui.session import LogsChanged, NamesChanged, Noticed, OpenWanted, RowsChanged, StreamChanged
from colony_tui.tui.theme import DARK_THEME, LIGHT_THEME
from colony_tui.tui.widgets.ask_line import AskLine
from colony_tui.tui.widgets.chat_input import ChatInput, ChatText
from colony_tui.tui.widgets.facts import Facts
from colony_tui.tui.widgets.key_line import KeyLine
from colony_tui.tui.widgets.log_lines import LogLines
from colony_tui.tui.widgets.process_list import ProcessList, ProcessRowData
from colony_tui.tui.widgets.stream import StreamView
from colony_tui.tui.widgets.stream.people import Person
from colony_tui.tui.widgets.top_line import Link, LinkKind
from tests.tui.data import ALICE, NOW_NS, ROWS, process
from tests.tui.screen import HARMFUL, screen_text, type_at_once, until
from tests.tui.scripted import CHATBOT, STANDING, ScriptedSession, entry

CHAT = ROWS[0].id
WIDE, NARROW = (160, 45), (80, 24)
EVIL = "\x1b]0;owned\x07[bold]\u202e\x9b2J"


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession()


@pytest.fixture
def app(session: ScriptedSession) -> ColonyApp:
    return ColonyApp(session)


def main(app: ColonyApp) -> MainScreen:
    return next(screen for screen in app.screen_stack if isinstance(screen, MainScreen))


def has(app: ColonyApp, words: str) -> bool:
    return words in screen_text(app)


async def open_chat(pilot: Pilot[Any], app: ColonyApp) -> None:
    await until(pilot, lambda: isinstance(app.focused, ProcessList))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "of 10,000 entries"))


async def test_enter_opens_with_stream_foot_and_input(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        for words in ("on chatbot  for alice", "insertion sort", "● live", "following", "to chat on chatbot, as alice"):
            await until(pilot, lambda words=words: has(app, words))  # type: ignore[misc]  # bound on purpose
        assert session.called("open_process") == [(CHAT,)]
        assert session.called("open_channel") == [(CHAT, "chat")]
        assert (CHAT, "chat") in session.called("mark_read")


async def test_who_is_answered_is_named_as_soon_as_the_name_is_known(
    app: ColonyApp, session: ScriptedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unnamed:
        unnamed.setattr(session.names, "person", lambda sender_id: Person(sender_id[:8], "other", 0))
        async with app.run_test(size=WIDE) as pilot:
            await open_chat(pilot, app)
            await pilot.press("r")
            await until(pilot, lambda: has(app, f"↩ #400 {CHATBOT[:8]}: "))
            unnamed.undo()
            session.tell(NamesChanged())
            await until(pilot, lambda: has(app, "↩ #400 chatbot: "))


async def test_what_is_typed_when_the_process_ends_is_no_command(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("i", *"quic")
        session.change_row(CHAT, state=ProcessState.SUCCESS, ended_ns=NOW_NS)
        await until(pilot, lambda: has(app, "this process has ended") and has(app, "not sent: quic"))
        assert has(app, "Esc to the stream, then a start it again")
        await pilot.press(*"kqn")
        await until(pilot, lambda: has(app, "Not written: this process has ended. Esc leads to the stream"))
        assert app.is_running and isinstance(app.screen, MainScreen)
        assert not has(app, "^J new line")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        await until(pilot, lambda: has(app, "a start it again   Esc back to the list"))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))


async def test_a_text_that_cannot_be_taken_now_comes_back(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        session.takes_lines = False
        await pilot.press("r", *"hello", "enter")
        await until(pilot, lambda: bool(session.called("send")))
        await until(pilot, lambda: app.screen.query_one(ChatInput).text == "hello" and has(app, "↩ #400"))
        session.takes_lines = True
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(ChatInput).text == "" and not has(app, "↩ #400"))
        assert session.called("send") == [(CHAT, "chat", "hello", 400)] * 2


async def test_it_opens_where_it_was_pointed_to(session: ScriptedSession) -> None:
    app = ColonyApp(session, process_id=CHAT, channel="sync")
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "to sync on chatbot, as alice"))
        assert session.called("open_channel") == [(CHAT, "sync")]


async def test_what_is_on_the_screen_is_watched_own_rows_first(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: session.called("watch"))
        watched = session.called("watch")[-1]
        assert watched[0] == CHAT and set(watched) == {row.id for row in ROWS}
        assert watched[1:3] == (ROWS[1].id, ROWS[4].id)


async def test_a_line_is_sent_with_what_it_answers(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("i", *"plain", "enter")
        await until(pilot, lambda: session.called("send") == [(CHAT, "chat", "plain", None)])
        await pilot.press("escape", "r", *"answer", "enter")
        await until(pilot, lambda: len(session.called("send")) == 2)
        assert session.called("send")[1] == (CHAT, "chat", "answer", 400)
        await until(pilot, lambda: not has(app, "Esc clears"))


async def test_escape_goes_from_the_input_to_the_stream_to_the_list(app: ColonyApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await open_chat(pilot, app)
        assert not main(app).query_one("#list-pane").display
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, ChatText))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        assert main(app).query_one("#list-pane").display and not main(app).pane.display


async def test_a_terminal_that_shrinks_keeps_the_pane_with_the_focus(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: has(app, "on chatbot") and not has(app, "Active 8"))
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: has(app, "on chatbot") and has(app, "Active 8"))
        main(app).set_focus(main(app).query_one(ProcessList))
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: has(app, "Active 8") and not has(app, "on chatbot"))


async def test_what_comes_is_read_only_when_the_terminal_has_the_focus(
    app: ColonyApp, session: ScriptedSession
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        app.post_message(events.AppBlur())
        await until(pilot, lambda: not app.app_focus)
        session.calls.clear()
        session.add(CHAT, "chat", entry(CHATBOT, 900, 0, "brand new"))
        await until(pilot, lambda: has(app, "brand new"))
        assert session.called("mark_read") == []
        app.post_message(events.AppFocus())
        await until(pilot, lambda: session.called("mark_read") == [(CHAT, "chat")])


async def test_q_is_a_letter_while_writing(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("i", "q", "question_mark", "n")
        await until(pilot, lambda: main(app).query_one(ChatInput).text == "q?n")
        assert app.is_running


@pytest.mark.parametrize("first", ["i", "r", "/"])
async def test_what_is_typed_right_behind_a_key_goes_into_the_text(app: ColonyApp, first: str) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        type_at_once(app, f"{first}qxir")
        await until(pilot, lambda: getattr(app.focused, "text", getattr(app.focused, "value", "")) == "qxir")


async def test_from_the_list_to_lines_sent_in_one_burst(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        type_at_once(app, "\rihello\rx\x1b\ry\nq\rrno\r")
        await until(pilot, lambda: len(session.called("send")) == 3)
        assert [text for _, _, text, _ in session.called("send")] == ["hello", "x\ny\nq", "rno"]


async def test_behind_escape_a_letter_is_a_command_again(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        type_at_once(app, "rabc", "\x1b", "\x1b", "v/merge\rviv")
        await until(pilot, lambda: isinstance(app.focused, ChatText) and app.focused.text == "abcv")
        assert has(app, "raw") and not has(app, "Esc clears")
        assert app.screen.query_one("#find", Input).value == "merge"
        assert session.called("mark_read") and app.is_running


async def test_ctrl_c_quits_at_the_second_time(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("i", "ctrl+c")
        await until(pilot, lambda: has(app, "Ctrl+C again quits"))
        assert app._exit is False
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app._exit)


async def test_entries_that_come_are_shown_and_counted(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        session.add(CHAT, "chat", entry(CHATBOT, 900, 0, "brand new"))
        await until(pilot, lambda: has(app, "brand new"))
        assert f"{len(session.channel_logs[CHAT, 'chat'])} of 10,000 entries" in screen_text(app)


async def test_a_stream_that_its_sender_ended_asks_first(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        session.channel_logs[CHAT, "chat"].mark_ended_by_sender(NOW_NS, CHATBOT)
        session.tell(StreamChanged(CHAT, "chat", LogChange()))
        await until(pilot, lambda: has(app, "ended by its sender"))
        await pilot.press("i", *"hey", "enter")
        await until(pilot, lambda: has(app, "Send all the same?"))
        await pilot.press("n")
        await until(pilot, lambda: main(app).query_one(ChatInput).text == "hey")
        assert session.called("send") == []
        await pilot.press("enter")
        await until(pilot, lambda: has(app, "Send all the same?"))
        await pilot.press("y")
        await until(pilot, lambda: session.called("send") == [(CHAT, "chat", "hey", None)])


async def test_a_process_that_ends_closes_the_input(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await open_chat(pilot, app)
        session.change_row(CHAT, state=ProcessState.FAILED, ended_ns=NOW_NS, errors=("disk full",))
        await until(pilot, lambda: has(app, "this process has ended") and has(app, "✗ failed"))
        await pilot.press("a")
        await until(pilot, lambda: has(app, "Start again chat 4f2a91c0"))
        await pilot.press("y")
        await until(pilot, lambda: session.called("submit") == [(ROWS[0].process.spec,)])


WHY = "explain needs the channel 'chat', which the process does not declare, " * 4 + "and so it failed"
BARE = ProcessRowData(process(0x77, "explain", ProcessState.RUNNING, 3, channels=()), "llm-1")


async def test_without_channels_one_sees_why_it_failed() -> None:
    session = ScriptedSession([BARE])
    app = ColonyApp(session, process_id=BARE.id)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: has(app, "No log lines") and isinstance(app.focused, LogLines))
        session.change_row(BARE.id, state=ProcessState.FAILED, ended_ns=NOW_NS, errors=(WHY,))
        await until(pilot, lambda: has(app, "errors") and isinstance(app.focused, Facts))
        assert WHY in " ".join(screen_text(app).split())


async def test_logs_that_one_reads_stay_when_the_process_fails() -> None:
    session = ScriptedSession([BARE])
    session.log_lines = [LogLine(BARE.id, "llm-1", "loaded the model\n", NOW_NS)]
    app = ColonyApp(session, process_id=BARE.id)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: has(app, "loaded the model"))
        session.change_row(BARE.id, state=ProcessState.FAILED, ended_ns=NOW_NS, errors=(WHY,))
        await until(pilot, lambda: WHY in " ".join(screen_text(app).split()))
        assert has(app, "loaded the model")


async def test_keys_mean_the_open_process_but_in_the_list(app: ColonyApp, session: ScriptedSession) -> None:
    ended = ROWS[9]
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        main(app).open(ended.id)
        main(app).set_focus(main(app).query_one(ProcessList))
        await pilot.press("g")
        for key, question in (("a", "Start again index 0000000a"), ("delete", "Remove index 0000000a")):
            main(app).set_focus(None)
            await pilot.press(key)
            await until(pilot, lambda question=question: has(app, question))  # type: ignore[misc]  # on purpose
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, MainScreen))
        main(app).set_focus(main(app).query_one(ProcessList))
        await pilot.press("a")
        await until(pilot, lambda: has(app, "Start again chat 4f2a91c0"))


async def test_what_the_pane_offers_is_about_the_open_process(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        main(app).open(ROWS[9].id)
        await until(pilot, lambda: has(app, "a start it again"))
        main(app).set_focus(main(app).query_one(ProcessList))
        await pilot.press("g")
        await pilot.click("Offers", offset=(2, 0))
        await until(pilot, lambda: has(app, "Start again index 0000000a"))


async def test_cancel_names_the_process_and_asks(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("j", "x")
        await until(pilot, lambda: has(app, "Cancel long-task 00000002, running, of alice?"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert session.called("cancel") == []
        await pilot.press("x", "y")
        await until(pilot, lambda: session.called("cancel") == [(ROWS[1].id,)])


async def test_what_makes_no_sense_is_said_instead_of_asked(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("delete")
        await until(pilot, lambda: has(app, "It runs: cancel it first"))
        await pilot.press("G", "x")
        await until(pilot, lambda: has(app, "It has ended already"))


async def test_read_only_changes_nothing(session: ScriptedSession) -> None:
    session.standing = replace(STANDING, is_read_only=True)
    app = ColonyApp(session)
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await until(pilot, lambda: has(app, "read-only: nothing is sent"))
        await pilot.press("x", "a", "delete", "n", "i", "r", "z", "enter")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)
        assert {"send", "submit", "cancel", "remove"}.isdisjoint(call[0] for call in session.calls)


async def test_tabs_by_keys_and_numbers(app: ColonyApp, session: ScriptedSession) -> None:
    session.log_lines = [LogLine(CHAT, "chatbot", "loaded the model\n", NOW_NS)]
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("alt+3")
        await until(pilot, lambda: has(app, "loaded the model"))
        session.log_lines.append(LogLine(CHAT, "chatbot", "warm now\n", NOW_NS))
        session.tell(LogsChanged(CHAT))
        await until(pilot, lambda: has(app, "warm now"))
        await pilot.press("right")
        await until(pilot, lambda: has(app, "specification") and has(app, CHAT))
        await pilot.press("right")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "insertion sort"))
        await pilot.click("ChannelTabs", offset=(8, 0))
        await until(pilot, lambda: has(app, "to sync on chatbot"))
        assert has(app, "it writes ack here once all output is stored")


async def test_views_keep_their_name_in_the_foot(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        for view in ("time", "raw", "threads"):
            await pilot.press("v")
            await until(pilot, lambda view=view: has(app, f" {view}   local time"))  # type: ignore[misc]  # on purpose
        await pilot.press("t")
        await until(pilot, lambda: has(app, "threads   UTC"))


async def test_find_in_the_stream(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("slash")
        await until(pilot, lambda: has(app, "find in this stream") and has(app, "Enter done   Esc drop it"))
        await pilot.press(*"sort", "enter")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "1 of "))
        await pilot.press("n")
        await until(pilot, lambda: has(app, "2 of "))
        line = app.screen.query_one("#find-line", AskLine)
        assert line.display
        await pilot.press("escape")
        await until(pilot, lambda: not line.display and not line.value)


async def test_one_line_asks_at_a_time_and_says_what(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        type_at_once(app, "/sort\r")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "1 of ") and has(app, "find sort"))
        type_at_once(app, "T")
        await until(pilot, lambda: has(app, "go to a time: 12:04") and not has(app, "find sort"))
        type_at_once(app, "-5m")
        await until(pilot, lambda: has(app, "go to -5m"))
        type_at_once(app, "\x1b")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "find sort"))
        assert not has(app, "go to ")
        type_at_once(app, "nT-5m\r")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and has(app, "find sort"))
        assert not has(app, "go to ")
        type_at_once(app, "T")
        await until(pilot, lambda: has(app, "go to a time"))
        app.screen.query_one(StreamView).focus()
        type_at_once(app, "/")
        await until(pilot, lambda: has(app, "find sort") and not has(app, "go to "))
        type_at_once(app, "\x1b")
        await until(pilot, lambda: isinstance(app.focused, StreamView) and not has(app, "find sort"))


async def test_page_up_from_the_input_scrolls_the_stream(app: ColonyApp, session: ScriptedSession) -> None:
    session.channel_logs[CHAT, "chat"].add([entry(ALICE, 1000 + at, 0, f"line {at}") for at in range(60)])
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("i", "pageup")
        await until(pilot, lambda: has(app, "G follows"))
        session.add(CHAT, "chat", entry(CHATBOT, 9_000, -1, "late"))
        await until(pilot, lambda: has(app, "1 new, G"))
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: has(app, "following") and has(app, "late"))


async def test_the_link_and_its_loss_are_said(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "● live 4 ms"))
        session.set_link(Link(LinkKind.RECONNECTING, retry_ns=NOW_NS + 5 * NANOSECONDS))
        await until(pilot, lambda: has(app, "reconnecting in 5 s"))


async def test_rows_and_notices_are_drawn(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "long-task"))
        session.rows = ROWS[:1]
        session.tell(RowsChanged())
        session.tell(Noticed("Cancelled by bob", "warn"))
        await until(pilot, lambda: has(app, "Cancelled by bob") and not has(app, "long-task"))


async def test_where_no_process_is_open_it_says_what_one_can_do(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "No process open – Enter opens the one under the cursor"))
        await pilot.press("slash", *"nowhere")
        await until(pilot, lambda: has(app, "Nothing matches") and not has(app, "No process open –"))
        await pilot.press("escape")
        await until(pilot, lambda: has(app, "No process open – Enter"))
        session.rows = []
        session.tell(RowsChanged())
        await until(pilot, lambda: has(app, "No process open – n starts one"))
        session.standing = replace(STANDING, is_read_only=True)
        session.tell(RowsChanged())
        await until(pilot, lambda: has(app, "No process open") and not has(app, "starts one"))


async def test_next_unread_opens_one_after_the_other(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        for row in (ROWS[1], ROWS[2], ROWS[4], ROWS[1]):
            await pilot.press("u")
            await until(pilot, lambda row=row: main(app).pane.process_id == row.id)  # type: ignore[misc]  # on purpose


async def test_a_new_process_is_filled_in_and_submitted(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewProcessScreen) and has(app, "Answers on the channel chat"))
        assert session.called("ask_functions") == [()]
        assert has(app, "Enter choose   ^S start   Esc close")
        await pilot.press("j")
        await until(pilot, lambda: has(app, "Counts steps") and has(app, "progress"))
        await pilot.press("enter")
        await until(pilot, lambda: has(app, "Enter start   Tab next   Esc close"))
        await pilot.press("enter")
        await until(pilot, lambda: has(app, "steps is needed"))
        await pilot.press(*"12", "enter")
        await until(pilot, lambda: session.called("submit"))
        (spec,) = session.called("submit")[0]
        assert isinstance(spec, FunctionSpec)
        assert (spec.function, spec.executor_type, spec.channels) == ("long-task", "worker", ("progress",))
        assert (spec.kwargs, spec.max_exec_time) == ({"steps": 12}, -1)
        session.tell(OpenWanted(ROWS[1].id))
        await until(pilot, lambda: has(app, "to progress on worker-1, as alice"))


async def test_the_help_shows_every_key_and_closes(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("question_mark")
        await until(pilot, lambda: has(app, "Start a new process"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))


async def test_the_help_is_a_table_on_a_small_screen_too(app: ColonyApp) -> None:
    async with app.run_test(size=(40, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("question_mark")
        await until(pilot, lambda: has(app, "n           Start a new process"))
        await pilot.resize_terminal(90, 30)
        await until(pilot, lambda: has(app, f"{'n':28}Start a new process"))


async def test_own_keys_work_and_are_shown(session: ScriptedSession) -> None:
    app = ColonyApp(session, keymap={"list.filter": "f"})
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "f filter"))
        await pilot.press("f", *"busy")
        await until(pilot, lambda: not has(app, "long-task"))


async def test_a_hint_that_is_clicked_is_a_key_pressed(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "n new"))
        x = screen_text(app).splitlines()[-1].index("n new")
        await pilot.click(KeyLine, offset=(x, 0))
        await until(pilot, lambda: isinstance(app.screen, NewProcessScreen))


async def test_time_stands_still_without_focus(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: has(app, "02:14"))
        app.post_message(events.AppBlur())
        await until(pilot, lambda: not app.app_focus)
        session.now += 60 * NANOSECONDS
        app.post_message(events.AppFocus())
        await until(pilot, lambda: has(app, "03:14"))


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24), (40, 20)])
@pytest.mark.parametrize("theme", ["colony-light", "textual-dark", "ansi-dark"])
async def test_it_is_whole_at_every_size_and_theme(session: ScriptedSession, size: tuple[int, int], theme: str) -> None:
    app = ColonyApp(session, process_id=CHAT, theme=theme)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: has(app, "● live") and has(app, "as alice") and has(app, "Esc"))
        lines = screen_text(app).splitlines()
        assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)
        await pilot.press("escape")
        await until(pilot, lambda: has(app, "Active 8") and has(app, "▶ chat"))


async def test_nothing_from_the_server_reaches_the_terminal_as_a_command() -> None:
    spec = FunctionSpec(function=EVIL, executor_type=EVIL, channels=(EVIL,), args=(EVIL,), kwargs={EVIL: EVIL})
    run = msgspec.structs.replace(ROWS[0].process, spec=spec, initiator_name=EVIL, errors=(EVIL,))
    row = replace(ROWS[0], process=run, executor_name=EVIL, sentence=(Piece(EVIL),))
    session = ScriptedSession([row], replace(STANDING, colony=EVIL, server=EVIL, my_name=EVIL))
    session.log_lines = [LogLine(CHAT, EVIL, EVIL, NOW_NS)]
    app = ColonyApp(session, process_id=CHAT)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: (CHAT, EVIL) in session.channel_logs)
        session.add(CHAT, EVIL, entry(CHATBOT, 5, 0, EVIL))
        session.tell(Noticed(EVIL))
        for key in ("alt+1", "alt+2", "alt+3", "x", "n", "n", "question_mark"):
            await pilot.press(key)
            await pilot.pause()
            assert not HARMFUL.search(screen_text(app).replace("\n", "")), key


async def test_the_palette_offers_what_works_here(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: has(app, "Choose the colours") and has(app, "Start a process"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))


async def choose(pilot: Pilot[Any], app: ColonyApp, words: str, command: str) -> None:
    """Looks for a command and takes the first that is found."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await pilot.press(*words)
    await until(pilot, lambda: has(app, command))
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(app.screen, CommandPalette))


async def test_the_palette_takes_a_theme(app: ColonyApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        await choose(pilot, app, "light", "Theme: light")
        await until(pilot, lambda: app.theme == LIGHT_THEME)
        await choose(pilot, app, "dark", "Theme: dark")
        await until(pilot, lambda: app.theme == DARK_THEME)


async def test_the_palette_offers_what_can_be_done_to_the_open_process(
    app: ColonyApp, session: ScriptedSession
) -> None:
    def offered() -> set[str]:
        commands = {command.title for command in app.get_system_commands(app.screen)}
        return commands & {"Start again", "Cancel", "Remove", "Copy id"}

    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.focused, ProcessList))
        assert offered() == set()
        main(app).open(ROWS[1].id)
        assert offered() == {"Cancel", "Copy id"}
        main(app).set_focus(main(app).query_one(ProcessList))
        await pilot.press("g")
        await choose(pilot, app, "cancel", "Cancel the open process")
        await until(pilot, lambda: has(app, "Cancel long-task 00000002"))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        main(app).open(ROWS[9].id)
        assert offered() == {"Start again", "Remove", "Copy id"}
        session.standing = replace(STANDING, is_read_only=True)
        assert offered() == {"Copy id"}


async def test_another_theme_repaints_everything(app: ColonyApp, session: ScriptedSession) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await open_chat(pilot, app)
        app.theme = "colony-light"
        await until(
            pilot, lambda: backgrounds(app) <= {"#fdfdfb", "#f5f5f1", "#ebebe5", "#dfe6ef", "#efefe9", "#0b5cad"}
        )


def backgrounds(app: ColonyApp) -> set[str]:
    """All colours behind text on the screen."""
    strips = app.screen._compositor.render_strips()
    styles = [segment.style for strip in strips for segment in strip if segment.style]
    return {style.bgcolor.triplet.hex for style in styles if style.bgcolor and style.bgcolor.triplet}
