"""A picture of the main screen on seeded data."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from colony_tui.tui.app import ColonyApp
from colony_tui.tui.widgets.chat_input import ChatText
from colony_tui.tui.widgets.stream import StreamView
from tests.tui.data import ROWS
from tests.tui.screen import screen_text, until
from tests.tui.scripted import ScriptedSession


async def answer(pilot: Pilot[Any]) -> None:
    """Replies to the newest entry, but does not send it yet."""
    await until(pilot, lambda: isinstance(pilot.app.focused, StreamView))
    await pilot.press("r", *"How many runs would that be for 1 TB?")
    await until(pilot, lambda: isinstance(pilot.app.focused, ChatText) and "1 TB?" in screen_text(pilot.app))


@pytest.mark.snapshot
def test_main_screen(snap_compare: Any) -> None:
    app = ColonyApp(ScriptedSession(), process_id=ROWS[0].id)
    assert snap_compare(app, terminal_size=(160, 45), run_before=answer)
