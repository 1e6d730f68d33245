"""The base of the app: themes, style sheets, keys as they are typed, stillness, and nothing of colonies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Generic

from textual import events
from textual.app import App, ReturnType, ScreenStackError
from textual.dom import DOMNode
from textual.worker import Worker

from colony_tui.tui.alt_keys import tell_alt_keys
from colony_tui.tui.theme import DARK_THEME, OWN_THEMES, css_variables
from colony_tui.tui.typed_order import TypedOrder

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
        self._typed_order = TypedOrder(super().on_event, self._way_of_keys)
        self._typing: Worker[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Lets what is typed wait for its turn; when it comes back from the widgets it is no longer new."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed_order.take(event)
            if self._typing is None:
                self._typing = self.run_worker(self._typed_order.run(), name="keys", group="keys")
        else:
            await super().on_event(event)

    def _way_of_keys(self) -> Iterable[DOMNode]:
        try:
            return (self.focused or self.screen).ancestors_with_self
        except ScreenStackError:  # The app ends.
            return (self,)

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables and our roles, which every theme has."""
        variables = {**super().get_css_variables(), **css_variables(self.current_theme)}
        self.theme_variables = variables
        return variables
