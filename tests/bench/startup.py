"""``startup``: how soon something is there – the version, and the demo's first painted screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import sysconfig
import termios
import time
from pathlib import Path

from tests.bench.rows import Figure, Row, in_unit

VERSION_S = 0.150
DEMO_TIMES = 2.5
ROUNDS = 7
PATIENCE_S = 30.0
PROGRAM = str(Path(sysconfig.get_path("scripts")) / "colony-tui")
HELLO = """
from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("Hello, world")


Hello().run()
"""


def _until_painted(command: list[str], text: bytes) -> float:
    """Seconds from the start of a program to the arrival of its first frame, which holds ``text``, at its terminal."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True
    )
    os.close(inner)
    written = b""
    try:
        while text not in written:
            left = PATIENCE_S - (time.perf_counter() - started)
            assert left > 0 and select.select([terminal], [], [], left)[0], f"{command} painted {written[-500:]!r}"
            written += os.read(terminal, 65536)
        return time.perf_counter() - started
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _run_s(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def _version() -> Figure:
    ours = statistics.median(_run_s([PROGRAM, "--version"]) for _ in range(2 * ROUNDS + 1))
    bare = statistics.median(_run_s([sys.executable, "-c", "pass"]) for _ in range(2 * ROUNDS + 1))
    return Figure(
        ours=in_unit(ours),
        baseline=f"{in_unit(bare)} (python -c pass)",
        goal=f"within {in_unit(VERSION_S)}",
        reached=in_unit(ours),
        is_reached=ours <= VERSION_S,
    )


def _demo() -> Figure:
    pairs = [
        (
            _until_painted([PROGRAM, "demo"], b"127.0.0.1"),
            _until_painted([sys.executable, "-c", HELLO], b"Hello, world"),
        )
        for _ in range(ROUNDS)
    ]
    ours, hello = (statistics.median(durations) for durations in zip(*pairs, strict=True))
    return Figure(
        ours=in_unit(ours),
        baseline=f"{in_unit(hello)} (Textual hello-world)",
        goal=f"within {DEMO_TIMES:g} times the baseline",
        reached=f"{ours / hello:.2f} times",
        is_reached=ours <= DEMO_TIMES * hello,
    )


ROWS = (
    Row("startup.version", "colony-tui --version, start to exit", _version),
    Row("startup.demo", "colony-tui demo, start to the first painted screen", _demo),
)
