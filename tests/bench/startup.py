"""``startup``: how soon something is there – the version, and the demo's first painted screen.

All programs begin with their bytecode at hand, as an installation leaves it: each runs once unmeasured, and what that
compiles is kept in a folder of the bench's own, whatever the environment says about bytecode.
"""

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rows import Figure, Row, in_unit

VERSION_S = 0.150
DEMO_TIMES = 2.5
ROUNDS = 9
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


@contextmanager
def _compiled() -> Iterator[dict[str, str]]:
    """An environment in which what was compiled once is not compiled again."""
    with TemporaryDirectory(prefix="bytecode-") as folder:
        yield os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder, "TERM": "xterm-256color"}


def _until_painted(command: list[str], text: bytes, environment: dict[str, str]) -> float:
    """Seconds from the start of a program to the arrival of its first frame, which holds ``text``, at its terminal."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
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


def _run_s(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


def _version() -> Figure:
    commands = [PROGRAM, "--version"], [sys.executable, "-c", "pass"]
    with _compiled() as environment:
        rounds = [[_run_s(command, environment) for command in commands] for _ in range(2 * ROUNDS + 2)]
    ours, bare = (statistics.median(durations) for durations in zip(*rounds[1:], strict=True))
    return Figure(
        ours=in_unit(ours),
        baseline=f"{in_unit(bare)} (python -c pass)",
        goal=f"within {in_unit(VERSION_S)}",
        reached=in_unit(ours),
        is_reached=ours <= VERSION_S,
    )


def _demo() -> Figure:
    commands = ([PROGRAM, "demo"], b"127.0.0.1"), ([sys.executable, "-c", HELLO], b"Hello, world")
    with _compiled() as environment:
        pairs = [[_until_painted(command, text, environment) for command, text in commands] for _ in range(ROUNDS + 1)]
    ours, hello = (statistics.median(durations) for durations in zip(*pairs[1:], strict=True))
    # Two that ran one after the other met the same load of the machine.
    times = statistics.median(one / other for one, other in pairs[1:])
    return Figure(
        ours=in_unit(ours),
        baseline=f"{in_unit(hello)} (Textual hello-world)",
        goal=f"within {DEMO_TIMES:g} times the baseline",
        reached=f"{times:.2f} times (median of {ROUNDS} pairs)",
        is_reached=times <= DEMO_TIMES,
    )


ROWS = (
    Row("startup.version", "colony-tui --version, start to exit", _version),
    Row("startup.demo", "colony-tui demo, start to the first painted screen", _demo),
)
