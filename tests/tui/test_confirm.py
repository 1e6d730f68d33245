"""A question: whole at every width."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.widget import Widget

from colony_tui.tui.pieces import Piece
from colony_tui.tui.screens.confirm import ConfirmScreen
from colony_tui.tui.themed_app import ThemedApp
from tests.tui.screen import screen_text, until

QUESTION = "Remove chat 143e6733, cancelled, of alice-with-a-long-name?"
YES = "remove it from the server"


class AskingApp(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield Widget()

    def on_mount(self) -> None:
        self.push_screen(ConfirmScreen([Piece(QUESTION)], YES))


@pytest.mark.parametrize("width", [160, 80, 60, 40])
async def test_question_and_answers_are_whole_at_every_width(width: int) -> None:
    app = AskingApp()
    async with app.run_test(size=(width, 20)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and "leave it" in screen_text(app))
        words = " ".join(screen_text(app).replace("▌", " ").split())
        assert QUESTION in words and f"y {YES} n leave it" in words
        assert all(len(line) <= width for line in screen_text(app).splitlines())
