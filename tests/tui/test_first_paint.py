"""What the first frame does not need is not loaded before it: nobody waits for a library that nothing shows yet."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.cli.terminal import clean_environment

LATER = (
    "aiohttp",
    "colony_tui.demo",
    "colony_tui.server",
    "email.utils",
    "httpcore",
    "httpx",
    "markdown_it",
    "pygments",
    "sqlite3",
    "urllib.request",
    "websockets",
)

# Tells what is loaded when the frame that names the server goes to the terminal, and ends then.
PROGRAM = """
import os, sys
from textual.drivers.linux_driver import LinuxDriver
from colony_tui.cli.main import run

told, write = sys.argv[1], LinuxDriver.write

def tell(driver, data):
    if "127.0.0.1" in data:
        with open(told, "w") as file:
            file.write("\\n".join(sys.modules))
        os._exit(0)
    write(driver, data)

LinuxDriver.write = tell
run(["demo"])
"""


def loaded_at_first_frame(told: Path) -> set[str]:
    """The modules that ``colony-tui demo`` holds when its first frame is painted."""
    terminal, inner = pty.openpty()
    try:
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        # What is written before the first frame fits into the terminal's buffer: nobody needs to read it.
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(told)],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=clean_environment({}),
            start_new_session=True,
            timeout=60,
            check=True,
        )
    finally:
        os.close(inner)
        os.close(terminal)
    return set(told.read_text().split())


def test_nothing_is_loaded_that_the_first_frame_does_not_need(tmp_path: Path) -> None:
    loaded = loaded_at_first_frame(tmp_path / "loaded")
    assert "colony_tui.tui.screens.main" in loaded
    assert loaded.isdisjoint(LATER)
