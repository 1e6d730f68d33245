"""The app on a live colony: the session's task beside the app's, both ended together.

Owns what belongs to neither: focus slows the polls, suspending closes the sockets that must not be left unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from colony_tui.client import ColonyClient
from colony_tui.errors import UsageError
from colony_tui.live.colony import Manners
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.keeping import Files
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.markdown import warm_up
from colony_tui.tui.terminal import StopSignals, die_with_terminal, ending_on_signals
from colony_tui.tui.widgets.stream import collect_unseen, tune_gc, untune_gc

if TYPE_CHECKING:
    from rich.console import RenderableType

RESUMED_S = 0.5
"""How long after a suspension all is painted once more."""

SETTLED_S = 1.0
"""After so many seconds all that is loaded at the start has been."""

Opening = Callable[[], Coroutine[None, None, None]]


class LiveApp(ColonyApp):
    """The app of a :class:`LiveSession`. It lives in the colony from the first to the last moment of its screen."""

    def __init__(
        self,
        session: LiveSession,
        *,
        process_id: str = "",
        channel: str | None = None,
        opening: Opening | None = None,
        theme: str = "",
    ) -> None:
        super().__init__(session, process_id=process_id, channel=channel)
        if theme and theme not in self.available_themes:
            raise UsageError(f"There is no theme {theme!r}; there are {', '.join(sorted(self.available_themes))}")
        # One that was chosen once and is not there any more is no reason not to start.
        chosen = theme or session.theme
        if chosen in self.available_themes:
            self.theme = chosen
        self._live = session
        self._opening = opening
        self._is_tuned = False
        self._stop_signals: StopSignals | None = None
        self._is_stopping = False

    def on_mount(self) -> None:
        # Textual calls the base class's handler as well: calling it here would open a second main screen.
        # Painted first: what connects loads libraries that take as long as the screen.
        self.call_after_refresh(self._begin)
        self.set_timer(SETTLED_S, self._settle)
        self.watch(self, "app_focus", self._on_focus, init=False)
        self.theme_changed_signal.subscribe(self, lambda theme: self._live.keep_theme(theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self._resume())
        if self._driver is not None and self._driver.can_suspend:
            self._stop_signals = StopSignals(self._on_stop_signal)

    async def action_suspend_process(self) -> None:  # type: ignore[override]  # Textual awaits what an action returns
        """Stop, with nothing left open that the colony would wait for."""
        if self._stop_signals is None or self._is_stopping:
            return
        self._is_stopping = True
        try:
            await self._live.suspend()
            self._suspend_signal()
            self._stop_signals.stop()
        finally:
            self._is_stopping = False

    def _on_stop_signal(self) -> None:
        """Another program asks for what the key does."""
        self.run_worker(self.action_suspend_process(), name="stop", group="stop")

    def _resume(self) -> None:
        if self._stop_signals is not None:
            self._stop_signals.resumed()
        self._live.resume()
        self._paint_all()
        # What was being painted when the program was stopped may come in between, and count as painted.
        self.set_timer(RESUMED_S, self._paint_all)

    def _paint_all(self) -> None:
        """The terminal shows its memory of another screen, or nothing: whatever counts as painted is not there."""
        self.screen.refresh(repaint=True, layout=True)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leaves; what was being written is handed on first."""
        main = self._main
        if main is not None and main.is_mounted:
            main.pane.keep_draft()
        super().exit(result, return_code, message)

    def _begin(self) -> None:
        async def open_and_live() -> None:
            # Nobody looks before that: what fills up has another first row at every look.
            if self._opening is not None:
                await self._opening()
            await self._live.run()

        self.run_worker(open_and_live(), name="colony", group="colony")

    def _on_focus(self, is_focused: bool) -> None:
        self._live.colony.watcher.is_watched = is_focused
        if self._is_tuned and not is_focused:
            collect_unseen()

    def _settle(self) -> None:
        """The first screen stands: make ready for long streams."""
        tune_gc()
        self._is_tuned = True
        self.run_worker(warm_up, name="warm-up", group="warm-up", thread=True)

    def on_unmount(self) -> None:
        if self._stop_signals is not None:
            self._stop_signals.give_back()
        if self._is_tuned:
            untune_gc()


async def run_app(
    client: ColonyClient,
    *,
    process_id: str = "",
    channel: str | None = None,
    files: Files | None = None,
    manners: Manners | None = None,
    opening: Opening | None = None,
    theme: str = "",
) -> int:
    """Open the app and stay until it is quit; its exit code.

    ``theme``: by name; by default the one that was chosen last.
    ``files``: where history, drafts and read positions outlive it.
    ``opening`` begins once the first screen is painted, and ends when the colony holds what there is to see; it is
    asked for nothing before that.
    """
    session = LiveSession(client, client.colony, files=files, manners=manners)
    app = LiveApp(session, process_id=process_id, channel=channel, opening=opening, theme=theme)
    watch = asyncio.create_task(die_with_terminal(), name="terminal")
    try:
        with ending_on_signals(lambda code: app.exit(return_code=code)):
            await app.run_async()
    finally:
        watch.cancel()
        await session.over()
    return app.return_code or 0
