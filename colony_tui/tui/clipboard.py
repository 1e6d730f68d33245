"""Copying: by the terminal (OSC 52) and by the system's own clipboard where there is one.

Owns the bytes, the programs and the words about them. The terminal never says whether it took the text, so nothing is
claimed that is not known.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

TERMINAL_LIMIT = 74_994
"""Bytes of text at most: 99,992 of base64, so that the whole sequence stays within the 100,000 bytes that terminals
commonly take."""

TIME_LIMIT_S = 2.0
"""How long a program may take the text."""

_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "TMUX",
    "TMUX_TMPDIR",
    "SYSTEMROOT",
)
"""What a program sees of the environment: never a key."""


@dataclass(frozen=True, slots=True)
class Program:
    """Takes text on its standard input."""

    name: str
    arguments: tuple[str, ...] = ()
    encoding: str = "utf-8"


_TMUX = Program("tmux", ("load-buffer", "-w", "-"))
_WAYLAND = (Program("wl-copy"),)
_X11 = (Program("xclip", ("-selection", "clipboard", "-in")), Program("xsel", ("--clipboard", "--input")))
_MAC = (Program("pbcopy"),)
_WINDOWS = (Program("clip.exe", encoding="utf-16"),)  # with its byte order mark: else it takes UTF-8 for a code page


def osc52(text: str, is_tmux: bool) -> str | None:
    """The sequence that asks the terminal to keep a text; None if the text is larger than terminals take.

    Args:
        text: What to copy.
        is_tmux: Wrapped so that tmux hands it through to the terminal around it.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) > TERMINAL_LIMIT:
        return None
    sequence = f"\x1b]52;c;{base64.b64encode(raw).decode('ascii')}\x07"
    if not is_tmux:
        return sequence
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def programs(environ: Mapping[str, str], platform: str) -> tuple[Program, ...]:
    """What may take a text here, best first."""
    found: list[Program] = []
    if platform == "darwin":
        found += _MAC
    if environ.get("WAYLAND_DISPLAY"):
        found += _WAYLAND
    if environ.get("DISPLAY"):
        found += _X11
    if platform == "win32" or environ.get("WSL_DISTRO_NAME"):
        found += _WINDOWS
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Copied:
    """How a copy went."""

    size: int
    """Bytes of the text."""
    is_sent: bool
    """Whether the terminal was asked."""
    taken_by: str = ""
    """The program that took it, if any."""
    refused_by: str = ""
    """The program that would not, if no other did."""

    @property
    def is_done(self) -> bool:
        """Whether anything may have it."""
        return self.is_sent or bool(self.taken_by)

    def sentence(self, what: str) -> str:
        """What to say of it."""
        limit = f"{self.size:,} bytes are more than terminals take ({TERMINAL_LIMIT:,})"
        if not self.is_done:
            why = f", and {self.refused_by} would not take them" if self.refused_by else ""
            return f"Not copied: {limit}{why}"
        way = f"by {self.taken_by}" if self.taken_by else "through the terminal"
        said = f"Copied {what} {way}"
        if not self.is_sent:
            return f"{said}; {limit}"
        return f"{said}; {self.refused_by} would not take it" if self.refused_by else said


class Clipboard:
    """Hands text to whatever keeps it here.

    Args:
        environ: Tells of tmux and of screens.
        platform: As ``sys.platform``.
        which: Finds a program, as ``shutil.which``.
        time_limit: Seconds for each program.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        platform: str,
        which: Callable[[str], str | None] = shutil.which,
        time_limit: float = TIME_LIMIT_S,
    ) -> None:
        self._environ = {name: environ[name] for name in _PASSED_ON if name in environ}
        self._is_tmux = bool(environ.get("TMUX"))
        self._programs = programs(environ, platform)
        self._which = which
        self._time_limit = time_limit

    async def copy(self, text: str, write: Callable[[str], object]) -> Copied:
        """Copy a text everywhere it can go. Safe to cancel: no program is left behind.

        Args:
            text: What to copy.
            write: Writes to the terminal.
        """
        sequence = osc52(text, self._is_tmux)
        if sequence is not None:
            write(sequence)
        if self._is_tmux:
            await self._try(_TMUX, text)  # its own buffer; also what reaches the terminal where passing on is off
        refused = ""
        for program in self._programs:
            taken = await self._try(program, text)
            if taken:
                return Copied(_size(text), sequence is not None, program.name)
            if taken is False:
                refused = program.name
        return Copied(_size(text), sequence is not None, refused_by=refused)

    async def _try(self, program: Program, text: str) -> bool | None:
        """Whether a program took the text; None if it is not here."""
        path = self._which(program.name)
        if path is None:
            return None
        quiet = asyncio.subprocess.DEVNULL  # some stay alive to serve the text: nobody may wait for their output
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                *program.arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=quiet,
                stderr=quiet,
                env=self._environ,
                start_new_session=True,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(self._time_limit):
                await process.communicate(text.encode(program.encoding, "replace"))
        except (TimeoutError, OSError):
            return False
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return process.returncode == 0


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
