"""Channels whose names are empty, blank or very long: channels like any other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from colony_tui.text import safe_name
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.widgets.channel_tabs import ChannelTabs
from colony_tui.tui.widgets.chat_input import ChatText
from colony_tui.tui.widgets.stream import StreamView
from tests.tui.data import ALICE, ROWS, R, process
from tests.tui.screen import screen_text, until, widget_text
from tests.tui.scripted import CHATBOT, ScriptedSession, entry

NAMES = ("a1", "b2", "", "   ", "long " * 30, "d1")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("chat", "chat"), ("", '""'), ("  ", '"  "'), ("\u3000", '"\u3000"'), ("\n", "␊"), (" a", " a")],
)
def test_a_name_can_be_seen(name: str, shown: str) -> None:
    assert safe_name(name) == shown


def test_a_name_is_cut() -> None:
    assert safe_name("long " * 30, 10) == "long long…"
    assert safe_name(" " * 30, 5) == '"   …'


def new_app(*names: str, channel: str | None = None) -> tuple[ColonyApp, ScriptedSession, str]:
    run = process(9, "chat", R, 5, channels=names, executor_id=CHATBOT)
    session = ScriptedSession([replace(ROWS[0], process=run)])
    return ColonyApp(session, process_id=run.id, channel=channel), session, run.id


async def on_tab(pilot: Pilot[None], app: ColonyApp, name: str) -> None:
    def stands() -> bool:
        main = app.screen
        return isinstance(main, MainScreen) and main.pane.channel == name and isinstance(app.focused, StreamView)

    await until(pilot, stands)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_every_channel_is_opened_read_and_written_to(size: tuple[int, int]) -> None:
    app, session, id = new_app(*NAMES)
    async with app.run_test(size=size) as pilot:
        for name in NAMES:
            await on_tab(pilot, app, name)
            await until(pilot, lambda name=name: f"to {safe_name(name, 30)[:20]}" in screen_text(app))  # type: ignore[misc]  # bound on purpose
            assert "━" in widget_text(app.screen.query_one(ChannelTabs))
            session.add(id, name, entry(CHATBOT, 2, 3, f"said {name[:4]!r}"))
            await until(pilot, lambda name=name: f"said {name[:4]!r}" in screen_text(app))  # type: ignore[misc]  # bound on purpose
            await pilot.press("i", "h", "i", "enter")
            await until(pilot, lambda name=name: (id, name, "hi", None) in session.called("send"))  # type: ignore[misc]  # bound on purpose
            await pilot.press("escape", "right")
        assert [channel for _, channel in session.called("open_channel")] == list(NAMES)


async def test_drafts_and_replies_of_a_channel_without_a_name_are_kept() -> None:
    app, session, id = new_app("a1", "", channel="")
    session.drafts[id, ""] = ("kept", None)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_tab(pilot, app, "")
        session.add(id, "", entry(ALICE, 1, 3, "question"))
        await pilot.press("r", "x")
        await until(pilot, lambda: isinstance(app.focused, ChatText) and app.focused.text == "keptx")
        await pilot.press("alt+1")
        await until(pilot, lambda: session.drafts[id, ""] == ("keptx", 1))


async def test_all_channels_are_told_apart_on_info() -> None:
    app, _, _ = new_app("a1", "", " ")
    async with app.run_test(size=(120, 40)) as pilot:
        await on_tab(pilot, app, "a1")
        await pilot.press("left")
        await until(pilot, lambda: 'a1, "", " "' in screen_text(app))
