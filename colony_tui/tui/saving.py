"""Payloads to files: a name to begin with, and writing without harm to what is there.

Owns the file. Nothing is overwritten unless that was asked for, and only its owner can read what is written.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from colony_tui.text import PayloadKind, classify

_MODE = 0o600
_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")
_ENDINGS = {PayloadKind.JSON: "json", PayloadKind.BINARY: "bin"}


def default_name(channel: str, sequence: int, payload: bytes, is_markdown: bool = False) -> str:
    """A name for a payload: of plain characters only, whatever the channel is called."""
    stem = _STRANGE.sub("-", channel)[:40].strip("-") or "entry"
    ending = _ENDINGS.get(classify(payload), "md" if is_markdown else "txt")
    return f"{stem}-{sequence}.{ending}"


def save(path: Path, payload: bytes, *, is_overwriting: bool = False) -> None:
    """Write a payload to a file that only its owner can read.

    Args:
        path: Where to; its folder must be there.
        payload: As it came.
        is_overwriting: Whether a file that is there may be replaced; it is whole at any time.

    Raises:
        FileExistsError: It is there and is not to be replaced.
        OSError: Anything else that the system says.
    """
    if is_overwriting:
        _replace(path, payload)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        _write(descriptor, payload)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def _replace(path: Path, payload: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    descriptor, name = tempfile.mkstemp(prefix=".colony-tui-", dir=path.parent)  # mode 0600 by itself
    try:
        _write(descriptor, payload)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def _write(descriptor: int, payload: bytes) -> None:
    with open(descriptor, "wb") as file:
        file.write(payload)
