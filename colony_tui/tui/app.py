"""The app: one main screen on one session.

Owns quitting, and where the screen opens. The session is given to it, and is the caller's to start and to end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from textual import on
from textual.app import SystemCommand
from textual.screen import Screen

from colony_tui.model import ProcessState
from colony_tui.text import safe_label
from colony_tui.tui.clipboard import Clipboard
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.session import Session
from colony_tui.tui.theme import DARK_THEME, LIGHT_THEME
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.paragraphs import Paragraphs
from colony_tui.tui.widgets.process_list import ProcessList
from colony_tui.tui.widgets.stream import StreamView

QUIT_S = 3.0
"""Within so many seconds a second Ctrl+C quits."""


class ColonyApp(ThemedApp[None]):
    """Watches and talks, by a session.

    Args:
        session: What holds the colony; see ``session.Session``.
        process_id: To be opened at the start; empty: none.
        channel: Of that process, to be opened at the start.
        theme: Name of one of ours, or of Textual's.
        keymap: The user's own keys, by the ids of ``bindings``.
    """

    TITLE = "colony-tui"

    def __init__(
        self,
        session: Session,
        *,
        process_id: str = "",
        channel: str | None = None,
        theme: str = DARK_THEME,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(theme)
        self._session = session
        self._opens = (process_id, channel)
        self._own_keys = dict(keymap or {})
        self._interrupted_at: float | None = None
        self.clipboard_of_system = Clipboard(os.environ, sys.platform)

    def on_mount(self) -> None:
        self.set_keymap(self._own_keys)
        main = self._main
        if main is not None and self._opens[0]:
            self.call_after_refresh(main.open, *self._opens)

    def get_default_screen(self) -> MainScreen:
        """The main screen is the first: no empty one is laid out and painted before it."""
        return MainScreen(self._session, self._own_keys)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers: themes, what has a key of its own, and what can be done to the open process."""
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)
        for word, theme in (("light", LIGHT_THEME), ("dark", DARK_THEME)):
            yield SystemCommand(f"Theme: {word}", f"Take the colours of {theme}", partial(self._take_theme, theme))
        main = self._main
        if main is not None and screen is main:
            yield from self._process_commands(main)
            yield SystemCommand("New process", "Start a process", main.action_new_process)
            yield SystemCommand("Next unread", "Go to the next process with something unread", main.action_next_unread)
            yield SystemCommand("List", "Hide or show the list of processes", main.action_toggle_list)
            yield SystemCommand("Keys", "Show all keys", main.action_help)
        yield SystemCommand("Quit", "Leave; what runs in the colony goes on", self.action_quit)

    def _process_commands(self, main: MainScreen) -> Iterator[SystemCommand]:
        """What makes sense for the process in the pane, as it is now."""
        head = main.pane.head
        if head is None:
            return
        process, deeds, is_known = head.process, main.deeds, not head.is_removed
        if not self._session.standing.is_read_only:
            if process.state.is_closed:
                yield SystemCommand("Start again", "Start the open process again", partial(deeds.run_again, process))
            elif is_known:
                yield SystemCommand("Cancel", "Cancel the open process", partial(deeds.cancel, process))
            if is_known and process.state is not ProcessState.RUNNING:
                yield SystemCommand("Remove", "Remove the open process from the server", partial(deeds.remove, process))
        copy = partial(self._copy, process.id, "the process id")
        yield SystemCommand("Copy id", "Copy the id of the open process", copy)

    def _take_theme(self, name: str) -> None:
        self.theme = name

    @property
    def _main(self) -> MainScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, MainScreen)), None)

    # Copies

    @on(StreamView.Copied)
    @on(ProcessList.CopyAsked)
    @on(Paragraphs.CopyAsked)
    def _copy_asked(self, event: StreamView.Copied | ProcessList.CopyAsked | Paragraphs.CopyAsked) -> None:
        event.stop()
        if isinstance(event, StreamView.Copied):
            what = safe_label(event.what)
        else:
            what = "the process id" if isinstance(event, ProcessList.CopyAsked) else f"{len(event.text):,} characters"
        self._copy(event.text, what)

    def copy_to_clipboard(self, text: str) -> None:
        """Copies; also what Textual's own widgets copy."""
        self._copy(text, f"{len(text):,} characters")

    def _copy(self, text: str, what: str) -> None:
        self._clipboard = text
        self.run_worker(self._hand_over(text, what), name="copy", group="copy", exclusive=True)

    async def _hand_over(self, text: str, what: str) -> None:
        copied = await self.clipboard_of_system.copy(text, self._write)
        main = self._main
        if main is not None:
            main.say(copied.sentence(what), "ok" if copied.is_done else "warn")

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def action_interrupt(self) -> None:
        """Quits at the second time."""
        now = time.monotonic()
        if self._interrupted_at is not None and now - self._interrupted_at <= QUIT_S:
            self.exit()
            return
        self._interrupted_at = now
        main = self._main
        if main is not None:
            main.say("Ctrl+C again quits", "warn")
