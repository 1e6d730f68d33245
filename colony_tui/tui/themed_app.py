"""The base of the app: themes, style sheets, keys as terminals send them, stillness, and nothing of colonies."""

from __future__ import annotations

from pathlib import Path
from typing import Generic

from textual.app import App, ReturnType

from colony_tui.tui.alt_keys import tell_alt_keys
from colony_tui.tui.theme import DARK_THEME, OWN_THEMES, css_variables

STYLE_SHEETS = sorted(Path(__file__).parent.rglob("*.tcss"), key=lambda sheet: sheet.name)
"""Every widget's sheet lies beside it. Those of base classes begin with an underscore, and so come first."""


class ThemedApp(App[ReturnType], Generic[ReturnType]):
    """An app with our themes, in which nothing moves that did not change."""

    CSS_PATH = STYLE_SHEETS  # type: ignore[assignment]  # a list of paths is what Textual documents; its type is invariant

    def __init__(self, theme: str = DARK_THEME) -> None:
        tell_alt_keys()
        super().__init__()
        self.animation_level = "none"
        for own in OWN_THEMES:
            self.register_theme(own)
        self.theme = theme

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables and our roles, which every theme has."""
        variables = {**super().get_css_variables(), **css_variables(self.current_theme)}
        self.theme_variables = variables
        return variables
