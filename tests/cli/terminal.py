"""Programs in a terminal of their own: what reaches it, byte for byte."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

PATIENCE_S = 60.0
COMMAND = (sys.executable, "-m", "colony_tui")


@dataclass(frozen=True)
class Shown:
    """What a program wrote to its terminal, errors included, and how it ended."""

    code: int
    written: bytes


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without colony settings and a size of its own terminal, and ``settings``."""
    others = ("COLONIES_", "COLONY_TUI_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return (
        kept
        | {"TERM": "xterm-256color", "XDG_CONFIG_HOME": "/nonexistent", "XDG_DATA_HOME": "/dev/null"}
        | dict(settings)
    )


def run_in_terminal(
    arguments: tuple[str, ...],
    settings: Mapping[str, str],
    *,
    on_output: Callable[[bytes, subprocess.Popen[bytes], int], None] = lambda written, process, terminal: None,
) -> Shown:
    """Run ``colony-tui`` in a pseudo-terminal until it ends.

    Args:
        on_output: called with all that was written so far, the process and the terminal's file descriptor, each time
            that something came; may type or send signals.
    """
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=clean_environment(settings),
        start_new_session=True,
    )
    os.close(inner)
    written = bytearray()
    deadline = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:  # Linux says so when the last one has closed it.
                break
            if not part:
                break
            written += part
            on_output(bytes(written), process, terminal)
        else:
            raise AssertionError(f"{arguments} did not end: {bytes(written[-2000:])!r}")
        return Shown(process.wait(PATIENCE_S), bytes(written))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        os.close(terminal)
