"""The very bytes that a copy hands to the terminal, and the programs that it feeds."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from colony_tui.tui.app import ColonyApp
from colony_tui.tui.clipboard import TERMINAL_LIMIT, Clipboard, Copied, osc52, programs
from colony_tui.tui.widgets.stream import StreamView
from tests.tui.data import ROWS
from tests.tui.screen import screen_text, until
from tests.tui.scripted import ScriptedSession

_TAKES = "#!{python}\nimport os, sys\ndata = sys.stdin.buffer.read()\n"
_KEEPS = (
    _TAKES + "open({kept!r}, 'wb').write(data)\nprint(sys.argv, dict(os.environ), file=open({kept!r} + '.seen', 'w'))"
)


def test_outside_tmux_the_sequence_is_bare() -> None:
    assert osc52("héllo", is_tmux=False) == "\x1b]52;c;aMOpbGxv\x07"


def test_in_tmux_it_is_wrapped_and_its_escapes_are_doubled() -> None:
    assert osc52("héllo", is_tmux=True) == "\x1bPtmux;\x1b\x1b]52;c;aMOpbGxv\x07\x1b\\"


def test_what_a_terminal_would_cut_is_refused() -> None:
    whole = osc52("x" * TERMINAL_LIMIT, is_tmux=False)
    assert whole is not None and len(whole) == 100_000
    assert base64.b64decode(whole[7:-1]) == b"x" * TERMINAL_LIMIT
    assert osc52("x" * (TERMINAL_LIMIT + 1), is_tmux=False) is None
    assert osc52("é" * (TERMINAL_LIMIT // 2 + 1), is_tmux=True) is None


def test_half_a_character_is_copied_as_a_question_mark() -> None:
    assert osc52("\ud800", is_tmux=False) == "\x1b]52;c;Pw==\x07"


@pytest.mark.parametrize(
    ("environ", "platform", "names"),
    [
        ({}, "linux", []),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", ["wl-copy", "xclip", "xsel"]),
        ({"DISPLAY": ":0"}, "linux", ["xclip", "xsel"]),
        ({}, "darwin", ["pbcopy"]),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ["clip.exe"]),
    ],
)
def test_programs_are_those_of_the_screen_that_is_there(
    environ: dict[str, str], platform: str, names: list[str]
) -> None:
    assert [program.name for program in programs(environ, platform)] == names


class Desk:
    """A folder of programs of ours, and what was written to the terminal."""

    def __init__(self, folder: Path, environ: dict[str, str], time_limit: float = 30) -> None:
        self.folder = folder
        self.written: list[str] = []
        self.clipboard = Clipboard(environ, "linux", self.which, time_limit)

    def which(self, name: str) -> str | None:
        path = self.folder / name
        return str(path) if path.exists() else None

    def put(self, name: str, script: str = _KEEPS) -> Path:
        path, kept = self.folder / name, self.folder / f"{name}.kept"
        path.write_text(script.format(python=sys.executable, kept=str(kept)))
        path.chmod(0o700)
        return kept

    async def copy(self, text: str) -> Copied:
        return await self.clipboard.copy(text, self.written.append)


async def test_a_program_gets_the_text_on_its_input_and_nothing_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"DISPLAY": ":0", "PATH": "/bin", "COLONIES_PRVKEY": "secret"})
    kept = desk.put("xclip")
    copied = await desk.copy("some 'text'; $HOME\nand more")
    assert kept.read_bytes() == b"some 'text'; $HOME\nand more"
    seen = kept.with_suffix(".kept.seen").read_text()
    assert "and more" not in seen and "secret" not in seen
    assert copied.sentence("it") == "Copied it by xclip"
    assert len(desk.written) == 1


async def test_the_next_program_is_tried_when_one_fails(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"DISPLAY": ":0"})
    desk.put("xclip", _TAKES + "sys.exit(1)")
    kept = desk.put("xsel")
    assert (await desk.copy("text")).taken_by == "xsel"
    assert kept.read_bytes() == b"text"


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"DISPLAY": ":0"}, time_limit=0.05)
    desk.put("xclip", _TAKES + "import time\ntime.sleep(3600)")
    copied = await desk.copy("text")
    assert copied.sentence("it") == "Copied it through the terminal; xclip would not take it"


async def test_windows_gets_what_it_reads_right(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"WSL_DISTRO_NAME": "Debian"})
    kept = desk.put("clip.exe")
    await desk.copy("é")
    assert kept.read_bytes().decode("utf-16") == "é"


async def test_tmux_keeps_a_copy_of_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"TMUX": "/tmp/tmux-0/default,1,0"})
    kept = desk.put("tmux")
    copied = await desk.copy("text")
    assert kept.read_bytes() == b"text"
    assert desk.written == ["\x1bPtmux;\x1b\x1b]52;c;dGV4dA==\x07\x1b\\"]
    assert copied.sentence("it") == "Copied it through the terminal"


async def test_what_is_too_large_is_said(tmp_path: Path) -> None:
    text = "x" * 80_000
    desk = Desk(tmp_path, {"DISPLAY": ":0"})
    copied = await desk.copy(text)
    assert desk.written == [] and not copied.is_done
    assert copied.sentence("it") == "Not copied: 80,000 bytes are more than terminals take (74,994)"
    kept = desk.put("xsel")
    copied = await desk.copy(text)
    assert kept.read_bytes() == text.encode()
    assert copied.sentence("it") == "Copied it by xsel; 80,000 bytes are more than terminals take (74,994)"


class Wrote(ColonyApp):
    """The app, with what it writes to the driver besides its screen."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(ScriptedSession(), process_id=ROWS[0].id)
        self.clipboard_of_system = Clipboard(environ, "linux", which=lambda name: None)
        self.sequences: list[str] = []

    def watch_driver(self) -> None:
        driver = self._driver
        assert driver is not None
        write = driver.write

        def watched(data: str) -> None:
            if "]52;" in data:
                self.sequences.append(data)
            write(data)

        driver.write = watched  # type: ignore[method-assign]  # the very bytes are what is tested


@pytest.mark.parametrize("is_tmux", [False, True])
async def test_keys_hand_the_driver_the_source(is_tmux: bool) -> None:
    app = Wrote({"TMUX": "/tmp/tmux-0/default,1,0"} if is_tmux else {})
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        app.watch_driver()
        await pilot.press("g", "j", "y")
        await until(pilot, lambda: "Copied #1 of alice through the terminal" in screen_text(app))
        text = "What is the fastest way to sort a list that is nearly sorted?"
        encoded = base64.b64encode(text.encode()).decode()
        bare = f"\x1b]52;c;{encoded}\x07"
        assert app.sequences == [f"\x1bPtmux;\x1b{bare}\x1b\\" if is_tmux else bare]
        await pilot.press("Y")
        await until(pilot, lambda: "Copied thread, 4 entries" in screen_text(app))
        assert base64.b64decode(app.sequences[-1].split(";")[-1].split("\x07")[0]).startswith(b"alice:\nWhat is")


async def test_too_much_for_the_terminal_is_said_on_the_screen() -> None:
    app = Wrote({})
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        app.watch_driver()
        app.copy_to_clipboard("x" * 80_000)
        await until(pilot, lambda: "Not copied: 80,000 bytes are more than" in screen_text(app))
        assert app.sequences == []
