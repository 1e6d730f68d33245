"""What one can do to a process: cancel it, remove it, start it again.

Owns when that makes sense, and the question that comes first and names the process. The session does it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from colony_tui.model import Process, ProcessState
from colony_tui.tui.pieces import Line, Piece, label
from colony_tui.tui.session import Session


class Deeds:
    """Each is given the process that is meant, ``None`` where there is none.

    Args:
        session: Carries out what was agreed to.
        say: Takes a sentence, and its ink, where nothing can be done.
        ask: Takes a question, what a yes does in words, and what to call then.
    """

    def __init__(
        self,
        session: Session,
        say: Callable[[str, str], None],
        ask: Callable[[Line, str, Callable[[], None]], None],
    ) -> None:
        self._session = session
        self._say = say
        self._ask = ask

    def cancel(self, process: Process | None) -> None:
        """Cancels a process that has not ended."""
        if process is None or self._is_refused(process.state.is_closed, "It has ended already"):
            return
        self._ask(_question("Cancel", process), "cancel it", partial(self._session.cancel, process.id))

    def remove(self, process: Process | None) -> None:
        """Removes a process that does not run from the server."""
        running = process is not None and process.state is ProcessState.RUNNING
        if process is None or self._is_refused(running, "It runs: cancel it first"):
            return
        self._ask(_question("Remove", process), "remove it from the server", partial(self._session.remove, process.id))

    def run_again(self, process: Process | None) -> None:
        """Submits the same specification once more."""
        if process is None or self._is_refused(False, ""):
            return
        self._ask(_question("Start again", process), "start it again", partial(self._session.submit, process.spec))

    def _is_refused(self, is_impossible: bool, why: str) -> bool:
        """Says why nothing happens, if so."""
        if self._session.standing.is_read_only:
            self._say("Read-only: nothing is changed", "warn")
            return True
        if is_impossible:
            self._say(why, "warn")
        return is_impossible


def _question(verb: str, process: Process) -> Line:
    return [
        Piece(f"{verb} "),
        label(process.spec.function or "(no name)", is_strong=True),
        Piece(" "),
        label(process.id[:8], "dim"),
        Piece(f", {process.state.word}", "dim"),
        *([label(f", of {process.initiator_name}", "dim")] if process.initiator_name else ()),
        Piece("?"),
    ]
