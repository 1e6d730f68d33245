"""What a terminal without a protocol of its own sends for Alt, through Textual's parser."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from colony_tui.tui.alt_keys import tell_alt_keys


def keys(sent: str) -> list[str]:
    parser = XTermParser()
    return [event.key for event in parser.feed(sent) if isinstance(event, events.Key)]


@pytest.mark.parametrize(
    ("sent", "key"),
    [("\x1b\r", "alt+enter"), ("\x1b\n", "alt+enter"), ("\x1b1", "alt+1"), ("\x1b9", "alt+9"), ("\r", "enter")],
)
def test_alt_is_a_key_of_its_own(sent: str, key: str) -> None:
    tell_alt_keys()
    assert keys(sent) == [key]
    assert keys(f"a{sent}b") == ["a", key, "b"]


def test_sequences_that_begin_so_are_still_known() -> None:
    tell_alt_keys()
    assert keys("\x1b[A\x1b[1;5C\x1b[15~") == ["up", "ctrl+right", "f5"]
