"""Standard output for results, standard error for notes; nothing of other people's reaches either unharmed.

``line`` and ``json_line`` write what is already safe or make it so; a reader that has gone away is no error.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from typing import Any


class OutputClosed(Exception):
    """Whoever read standard output has read enough."""


def prepare() -> None:
    """Characters that the terminal's encoding does not have are written as escapes instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def line(text: str = "") -> None:
    """Write a line of safe text to standard output.

    Raises:
        OutputClosed: nobody reads it any more.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosed from None


def json_line(value: Any) -> None:
    """Write a JSON value as one line of printable ASCII."""
    # DEL is the one control character that JSON leaves as it is.
    line(json.dumps(value, separators=(",", ":")).replace("\x7f", "\\u007f"))


def note(text: str) -> None:
    """Write a sentence to standard error, whatever it quotes."""
    from colony_tui.text import safe_label

    print(safe_label(text), file=sys.stderr, flush=True)


def finish() -> None:
    """Write what is still buffered; a reader that has gone must not be reported while the interpreter ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def has_color() -> bool:
    """Whether colours are wanted on standard output."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """Cells of a line, ``None`` where lines may be as long as they are."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
