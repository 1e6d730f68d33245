"""Where to save a payload: a name to change, a question before anything is overwritten, a sentence where it fails.

Owns the dialog. Writing is ``saving``'s, in a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from colony_tui.tui.pieces import Line, Piece, label, wrap
from colony_tui.tui.saving import save
from colony_tui.tui.widgets.drawn import Drawn
from colony_tui.tui.widgets.stream.words import size_words


class SaveWords(Drawn):
    """What is saved, or what is in the way."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._line: Line = ()

    def say(self, line: Line) -> None:
        """Takes another sentence."""
        self._line = line
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        return wrap(self._line, width)[:2]


class SaveScreen(ModalScreen[str | None]):
    """Saves and gives a sentence that says so; ``None`` when nothing was saved.

    Args:
        what: Names the entry.
        payload: What is written.
        path: To begin with.
    """

    BINDINGS: ClassVar = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("ctrl+c", "app.interrupt", show=False, priority=True),
    ]

    def __init__(self, what: str, payload: bytes, path: Path) -> None:
        super().__init__()
        self._payload = payload
        self._start = path
        self._what = what
        self._asked_for: Path | None = None
        self._is_writing = False

    def compose(self) -> ComposeResult:
        with Vertical(id="save"):
            yield SaveWords("save-head")
            line = Input(self._start.name, compact=True, select_on_focus=False, id="save-path")
            line.cursor_blink = False
            yield line
            yield SaveWords("save-note")

    def on_mount(self) -> None:
        size = size_words(len(self._payload))
        head = [Piece("Save "), label(self._what, is_strong=True), Piece(f", {size}, as it came", "dim")]
        self.query_one("#save-head", SaveWords).say(head)
        self._explain()
        self.query_one(Input).focus()

    def _explain(self) -> None:
        self._note([label(f"Enter saves in {self._start.parent}, Esc leaves it", "faint")])

    def _note(self, line: Line) -> None:
        self.query_one("#save-note", SaveWords).say(line)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._asked_for is not None:
            self._asked_for = None
            self._explain()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip() or self._is_writing:
            return
        try:
            path = self._start.parent / Path(event.value.strip()).expanduser()
        except RuntimeError:  # nobody has that name
            self._note([label(f"There is no such home folder: {event.value}", "error")])
            return
        self._is_writing = True
        self.run_worker(self._write(path, path == self._asked_for), group="save")

    async def _write(self, path: Path, is_overwriting: bool) -> None:
        try:
            await asyncio.to_thread(partial(save, path, self._payload, is_overwriting=is_overwriting))
        except FileExistsError:
            self._asked_for = path
            question = [label(path.name, "warn", True), Piece(" is there. Enter overwrites it, Esc leaves it", "warn")]
            self._note(question)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._note([label(f"Not saved: {reason}", "error")])
        else:
            self.dismiss(f"Saved {size_words(len(self._payload))} to {path}")
        finally:
            self._is_writing = False

    def action_leave(self) -> None:
        self.dismiss(None)
