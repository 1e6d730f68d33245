"""The open stream in the app: what is known of its channel, and what keys do in it without an entry cursor."""

from __future__ import annotations

import pytest

from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.session import Acknowledging, StreamChanged
from colony_tui.tui.widgets.emptiness import Emptiness
from tests.tui.data import ALICE, NOW_NS, ROWS
from tests.tui.screen import screen_text, until, widget_text
from tests.tui.scripted import CHATBOT, ScriptedSession

PROCESS = ROWS[0].id


async def test_a_reply_does_not_grow_while_the_link_is_lost() -> None:
    session = ScriptedSession()
    log = session.channel_logs[PROCESS, "chat"]
    app = ColonyApp(session, process_id=PROCESS)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "37 tok/s" in screen_text(app))
        log.mark_lost(NOW_NS, "refused")
        session.tell(StreamChanged(PROCESS, "chat", LogChange()))
        await until(pilot, lambda: "paused: link lost" in screen_text(app))
        assert "tok/s" not in screen_text(app).split("12:45:03")[1] and "▍" not in screen_text(app)
        log.mark_live(NOW_NS)
        session.tell(StreamChanged(PROCESS, "chat", LogChange()))
        await until(pilot, lambda: "37 tok/s" in screen_text(app))


async def test_copying_says_what_was_copied_or_that_there_is_nothing() -> None:
    session = ScriptedSession()
    session.channel_logs[PROCESS, "sync"] = ChannelLog(PROCESS, "sync", ALICE, (CHATBOT,))
    app = ColonyApp(session, process_id=PROCESS)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "37 tok/s" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: "Copied #400 of chatbot, the newest" in screen_text(app))
        await pilot.press("Y")
        await until(pilot, lambda: "Copied thread, 4 entries" in screen_text(app))
        await pilot.press("right", "y")
        await until(pilot, lambda: "There is nothing to copy" in screen_text(app))
        await pilot.press("Y")
        await until(pilot, lambda: "There is no thread to copy" in screen_text(app))


@pytest.mark.parametrize("width", [120, 40])
async def test_an_empty_channel_says_all_of_its_sentence(width: int) -> None:
    session = ScriptedSession()
    session.who_acknowledges = Acknowledging.HELD
    app = ColonyApp(session, process_id=PROCESS)
    async with app.run_test(size=(width, 40)) as pilot:
        await until(pilot, lambda: "37 tok/s" in screen_text(app))
        await pilot.press("right")
        await until(pilot, lambda: "Nothing yet. This app" in screen_text(app))
        note = app.screen.query_one(Emptiness)
        assert " ".join(widget_text(note).split()).endswith("since nothing is recorded.")
