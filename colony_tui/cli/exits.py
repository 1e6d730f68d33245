"""Exit codes: the one place where outcomes and errors become numbers."""

from __future__ import annotations

from colony_tui.errors import ColonyError, ConnectError, KeyFormatError, UsageError

SUCCESS = 0
FAILURE = 1
USAGE = 2
NO_CONNECTION = 3
PROCESS_FAILED = 4
PROCESS_CANCELLED = 5
INTERRUPTED = 130


def of_error(error: ColonyError) -> int:
    """The exit code of an error that ends a command."""
    # The model is not loaded for what fails before anything else.
    from colony_tui.model import ProcessEnded

    if isinstance(error, UsageError | KeyFormatError):
        return USAGE
    if isinstance(error, ConnectError):
        return NO_CONNECTION
    if isinstance(error, ProcessEnded):
        return of_outcome(error.process.state.word) or FAILURE
    return FAILURE


def of_outcome(word: str) -> int:
    """The exit code of a process that ended in the state of this word."""
    return {"success": SUCCESS, "failed": PROCESS_FAILED, "cancelled": PROCESS_CANCELLED}.get(word, FAILURE)
