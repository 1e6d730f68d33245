"""What is said of a process in a few words."""

from __future__ import annotations

from colony_tui.model import ProcessState
from colony_tui.tui.sentences import ending_of
from tests.tui.data import process

LONG = "explain needs the channel 'chat', which the process does not declare; declare it and start the process again"


def test_the_last_mark_holds_as_much_as_a_wide_terminal_shows() -> None:
    failed = ending_of(process(1, "explain", ProcessState.FAILED, 5, errors=(LONG,)))
    done = ending_of(process(2, "explain", ProcessState.SUCCESS, 5, output=(LONG,)))
    assert failed is not None and failed.text.endswith(f" · {LONG}")
    assert done is not None and done.text.endswith(f' · output "{LONG}"')
