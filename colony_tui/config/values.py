"""Values of settings, each from text or from TOML, and what is said when one is wrong.

A ``ValueError`` completes the sentence "host from --host …".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

DESK_NAME = "desk.db"
"""The file of drafts, lines and read positions, in the archive's folder."""

MAX_SOCKETS = 1024
"""More than a program may have files open on many systems."""

_TRUE = frozenset({"true", "t", "1", "yes", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "off"})


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where it came from, in words for messages."""

    value: Any
    source: str
    folder: Path = Path()
    """What a relative path in it is relative to."""


def text_of(found: Found) -> str:
    if not isinstance(found.value, str):
        raise ValueError("must be text in quotation marks")
    text = found.value.strip()
    if not text:
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


def host_of(found: Found) -> str:
    text = text_of(found)
    if "://" in text or "/" in text:
        raise ValueError(f"is {text!r}, but must be a name or address only, without http:// and path")
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1]
    if text.count(":") == 1:
        raise ValueError(f"is {text!r}, but must not hold the port; set the port on its own")
    if any(char.isspace() or char in "@?#" for char in text):
        raise ValueError(f"is {text!r}, which is no host")
    return text


def port_of(found: Found) -> int:
    return _number(found, 65535)


def sockets_of(found: Found) -> int:
    return _number(found, MAX_SOCKETS)


def _number(found: Found, largest: int) -> int:
    value = found.value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 6:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= largest:
        raise ValueError(f"is {found.value!r}, but must be a number from 1 to {largest}")
    return value


def switch_word(text: str) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def switch_of(found: Found) -> bool:
    value = found.value if isinstance(found.value, bool) else switch_word(str(found.value).lower())
    if value is None:
        raise ValueError(f"is {found.value!r}, but must be true or false")
    return value


def path_of(found: Found) -> Path:
    if not isinstance(found.value, str | Path) or not str(found.value):
        raise ValueError("must be a path in quotation marks")
    return found.folder / Path(found.value).expanduser()


def archive_of(found: Found) -> Path | bool:
    """A file that is there or can be made, or ``False`` for none."""
    if found.value is False:
        return False
    path = path_of(found)
    if path.is_dir():
        raise ValueError(f"is {path}, which is a folder; name a file in it, such as {path / 'archive.db'}")
    if path.name == DESK_NAME:
        raise ValueError(f"is {path}, but {DESK_NAME} is the name of the file for drafts beside it; choose another")
    return path


def existing_file_of(found: Found) -> Path:
    path = path_of(found)
    if not path.is_file():
        raise ValueError(f"is {path}, but there is no such file")
    return path
