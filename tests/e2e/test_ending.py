"""How the app ends: no task, no socket and no process stays, and the terminal is given back."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from colony_tui.tui.keeping import Files
from tests.cli.conftest import variables
from tests.cli.terminal import clean_environment, run_in_terminal
from tests.colony import until
from tests.e2e.stage import stage, tasks_but_mine

pytestmark = pytest.mark.e2e

PATIENCE_S = 60.0
TAKE_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
RUN = "import os, sys; os.execv(sys.executable, [sys.executable, '-m', 'colony_tui', *sys.argv[1:]])"


def open_files() -> set[str]:
    """Files, pipes and terminals that this program holds open, as the system names them; no sockets."""
    names = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            names.add(os.readlink(f"/proc/self/fd/{number}"))
    return {name for name in names if not name.startswith("socket:")}


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux's list of open files")
async def test_nothing_stays_behind(tmp_path: Path) -> None:
    async with stage("chatbot", "worker-1") as scene:
        # The bots hold their requests open by now.
        await until(lambda: scene.people.colony.waiting_executors("worker") == 1)
        await until(lambda: scene.people.colony.waiting_executors("chatbot") == 1)
        tasks, sockets, files = tasks_but_mine(), scene.people.colony.open_sockets, open_files()
        async with scene.app(files=Files(tmp_path / "archive.db", tmp_path / "desk.db")) as player:
            for _ in range(3):
                await scene.submit("render", "gpu", "frames")
            process = await scene.submit("chat", "chatbot", "chat", "notes")
            await player.opens(process.id)
            await player.write("hello")
            await player.shows("Hello! How can I help you?")
            assert len(player.session.colony.watcher.rows) > 3
            await until(lambda: scene.people.colony.open_sockets > 3)
            assert any(name.startswith(str(tmp_path)) for name in open_files())
        await scene.people.me.append(process.id, "chat", 99, b"bye")
        await until(lambda: scene.people.colony.open_sockets <= sockets)
        assert open_files() <= files
        names = [task.get_name() for task in tasks_but_mine() - tasks]
        assert not [
            name for name in names if name.startswith(("row", "follow", "send", "subscription", "watch", "poll"))
        ]


@contextmanager
def program(
    *arguments: str, has_controlling_terminal: bool = True
) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """The program in a terminal of its own: the process, the terminal's outer end and its inner one."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(outer, (45, 160))
    code = (TAKE_TERMINAL if has_controlling_terminal else "") + RUN
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=clean_environment({}),
        start_new_session=True,
    )
    try:
        yield process, outer, inner
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        for end in (outer, inner):
            with suppress(OSError):
                os.close(end)


def read_until(outer: int, *words: bytes, process: subprocess.Popen[bytes]) -> bytes:
    """Read what the program writes until all words have come."""
    written = bytearray()
    deadline = time.monotonic() + PATIENCE_S
    while not all(word in written for word in words):
        missing = [word for word in words if word not in written]
        assert time.monotonic() < deadline and process.poll() is None, (missing, bytes(written[-3000:]))
        if select.select([outer], [], [], 0.1)[0]:
            written += os.read(outer, 65536)
    return bytes(written)


def drain(outer: int, process: subprocess.Popen[bytes]) -> bytes:
    """Read on until the program has ended."""
    written = bytearray()
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None or select.select([outer], [], [], 0)[0]:
        assert time.monotonic() < deadline, bytes(written[-3000:])
        if select.select([outer], [], [], 0.1)[0]:
            try:
                written += os.read(outer, 65536)
            except OSError:
                break
    return bytes(written)


@pytest.mark.parametrize("has_controlling_terminal", [True, False], ids=["controlling", "none"])
def test_it_does_not_survive_its_terminal(has_controlling_terminal: bool) -> None:
    with program("demo", has_controlling_terminal=has_controlling_terminal) as (process, outer, inner):
        read_until(outer, b"chatbot", process=process)
        os.close(inner)
        os.close(outer)
        process.wait(PATIENCE_S)


def test_ctrl_c_twice_quits_and_gives_the_terminal_back() -> None:
    with program("demo") as (process, outer, inner):
        before = termios.tcgetattr(inner)
        read_until(outer, b"chatbot", process=process)
        assert termios.tcgetattr(inner)[3] != before[3]
        os.write(outer, b"\x03")
        read_until(outer, b"Ctrl+C again quits", process=process)
        os.write(outer, b"\x03")
        written = drain(outer, process)
        assert process.wait(PATIENCE_S) == 0
        assert b"\x1b[?1049l" in written and b"\x1b[?25h" in written and b"Traceback" not in written
        assert termios.tcgetattr(inner)[3] == before[3]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "int"])
def test_a_signal_gives_the_terminal_back(number: signal.Signals, code: int) -> None:
    with program("demo") as (process, outer, inner):
        before = termios.tcgetattr(inner)
        read_until(outer, b"chatbot", process=process)
        process.send_signal(number)
        written = drain(outer, process)
        assert process.wait(PATIENCE_S) == code
        assert b"\x1b[?1049l" in written and b"\x1b[?25h" in written and b"Traceback" not in written
        assert termios.tcgetattr(inner)[3] == before[3]


NEEDS_STATES = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="needs Linux's word on whether a process is stopped"
)


@NEEDS_STATES
@pytest.mark.parametrize("is_typed", [True, False], ids=["key", "signal"])
def test_after_a_suspension_the_whole_screen_is_painted_again(is_typed: bool) -> None:
    with program("demo") as (process, outer, inner):
        before = termios.tcgetattr(inner)
        read_until(outer, b"chatbot", b"Finished", b"quit", process=process)
        for _ in range(2):
            if is_typed:
                os.write(outer, b"\x1a")
            else:
                process.send_signal(signal.SIGTSTP)
            written = read_until_stopped(outer, process)
            assert b"\x1b[?1049l" in written and b"\x1b[?25h" in written
            assert termios.tcgetattr(inner)[3] == before[3]
            process.send_signal(signal.SIGCONT)
            # What never changes by itself, at the top, in the middle and at the bottom.
            read_until(outer, b"not encrypted", b"Finished", b"render", b"quit", process=process)
        quit_properly(process, outer, inner, before)


@NEEDS_STATES
def test_who_was_stopped_without_a_word_still_has_its_terminal() -> None:
    with program("demo") as (process, outer, inner):
        before = termios.tcgetattr(inner)
        read_until(outer, b"chatbot", b"quit", process=process)
        process.send_signal(signal.SIGSTOP)
        assert b"\x1b[?1049l" not in read_until_stopped(outer, process)
        process.send_signal(signal.SIGCONT)
        quit_properly(process, outer, inner, before)


@NEEDS_STATES
@pytest.mark.parametrize("is_typed", [True, False], ids=["key", "signal"])
async def test_while_it_is_stopped_no_process_socket_is_open(is_typed: bool, tmp_path: Path) -> None:
    """Nobody would read them, and a server that writes to one waits for its reader."""
    settings = {"XDG_DATA_HOME": str(tmp_path), "COLUMNS": "120", "LINES": "40"}
    async with stage() as scene:
        colony = scene.people.colony
        for _ in range(3):
            # Without channels: every socket is a row's.
            await scene.submit("render", "gpu")
        seen: list[tuple[subprocess.Popen[bytes], int]] = []
        ended = asyncio.create_task(
            asyncio.to_thread(
                run_in_terminal,
                (),
                settings | variables(colony, colony.user_key),
                on_output=lambda written, process, terminal: seen.append((process, terminal)),
            )
        )
        await until(lambda: colony.open_sockets == 3)
        process, terminal = seen[0]
        for _ in range(2):
            if is_typed:
                os.write(terminal, b"\x1a")
            else:
                process.send_signal(signal.SIGTSTP)
            await until(lambda: is_stopped(process.pid))
            await until(lambda: colony.open_sockets == 0)
            process.send_signal(signal.SIGCONT)
            await until(lambda: colony.open_sockets == 3)
        os.write(terminal, b"q")
        assert (await ended).code == 0


def quit_properly(process: subprocess.Popen[bytes], outer: int, inner: int, before: list[Any]) -> None:
    """Quit by the key; the terminal is as it was."""
    os.write(outer, b"q")
    written = drain(outer, process)
    assert process.wait(PATIENCE_S) == 0
    assert b"\x1b[?1049h" not in written and b"Traceback" not in written
    assert termios.tcgetattr(inner)[3] == before[3]


def read_until_stopped(outer: int, process: subprocess.Popen[bytes]) -> bytes:
    """Read on until the program is stopped."""
    written = bytearray()
    deadline = time.monotonic() + PATIENCE_S
    while not is_stopped(process.pid):
        assert time.monotonic() < deadline, bytes(written[-3000:])
        if select.select([outer], [], [], 0.05)[0]:
            written += os.read(outer, 65536)
    while select.select([outer], [], [], 0)[0]:
        written += os.read(outer, 65536)
    return bytes(written)


def is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"
