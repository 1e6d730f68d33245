"""What rows and last marks say, of words that are not ours."""

from __future__ import annotations

import pytest

from colony_tui.model import ChannelEntry, ProcessState
from colony_tui.store.log import ChannelLog
from colony_tui.tui.sentences import ended_words, ending_of, newest, newest_line
from tests.tui.data import ALICE, process
from tests.tui.screen import HARMFUL
from tests.tui.scripted import CHATBOT, entry

LONG = "explain needs the channel 'chat', which the process does not declare; declare it and start the process again"


def log_of(*entries: ChannelEntry) -> ChannelLog:
    log = ChannelLog("p", "out", ALICE, (CHATBOT,))
    log.add(entries)
    return log


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ("one\ntwo\n\n", "two"),
        ("\x1b[31mred\x1b[0m alert", "red alert"),
        ("words\n\x1b[0m\n\x1b[m \x1b[0m", "words"),
        ("\x1b]52;c;aGk=\x07 \x1b[2J\u202ex", "␛]52;c;aGk=␇ ␛[2J‹U+202E›x"),
        ("10%\r\x1b[32m20%\x1b[0m", "20%"),
        ("", ""),
        ("   ", "(blank)"),
        ("\n", "(blank)"),
        ("\x1b[0m", "(blank)"),
    ],
)
def test_the_newest_line_is_harmless_and_in_one_colour(payload: str, line: str) -> None:
    said = newest_line(log_of(entry(CHATBOT, 1, 5, payload)))
    assert said == line and not HARMFUL.search(said)


def test_a_coloured_reply_of_tokens_is_one_line() -> None:
    parts = ("\x1b[1", "mbold", "\x1b[0m", " and not")
    made = [entry(CHATBOT, 2 + 2 * number, 5 - number, part, 1) for number, part in enumerate(parts)]
    assert newest_line(log_of(entry(ALICE, 1, 9, "say"), *made)) == "bold and not"


def test_a_gauge_is_read_through_colours() -> None:
    line, gauge = newest([log_of(entry(CHATBOT, 1, 5, "\x1b[32m3/4\x1b[0m done"))])
    assert line == "3/4 done" and gauge is not None and gauge.share == 0.75


def test_errors_lose_their_colours_only() -> None:
    failed = process(1, "f", ProcessState.FAILED, 5, errors=("\x1b[31mdisk\x1b[0m full\x1b[2J",))
    (piece,) = ended_words(failed)
    ending = ending_of(failed)
    assert piece.text == "disk full␛[2J"
    assert ending is not None and ending.text.endswith("· disk full␛[2J")


def test_the_last_mark_holds_as_much_as_a_wide_terminal_shows() -> None:
    failed = ending_of(process(1, "explain", ProcessState.FAILED, 5, errors=(LONG,)))
    done = ending_of(process(2, "explain", ProcessState.SUCCESS, 5, output=(LONG,)))
    assert failed is not None and failed.text.endswith(f" · {LONG}")
    assert done is not None and done.text.endswith(f' · output "{LONG}"')
