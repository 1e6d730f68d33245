"""Private keys from files: only from small ones that nobody but their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from colony_tui.wire.keys import Identity

_MAX_KEY_FILE_BYTES = 4096


def checked_key(text: str, name: str) -> str:
    Identity(text, name)
    return text.strip()


def read_private_file(path: Path) -> str:
    """The text of a small file that only its owner can read.

    Raises:
        ValueError: it cannot be read or others can; completes the sentence "private_key_file from … …".
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISFIFO(status.st_mode):
                raise ValueError(f"is {path}, which is no file")
            # Where there are no such modes (Windows), the folder's rights are what protects it.
            if os.name == "posix" and status.st_mode & 0o077:
                mode = stat.S_IMODE(status.st_mode)
                raise ValueError(f"is {path}, which others can read (mode {mode:04o}); run: chmod 600 {path}")
            content = file.read(_MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"is {path}, which cannot be read: {error.strerror}") from None
    if len(content) > _MAX_KEY_FILE_BYTES:
        raise ValueError(f"is {path}, which is too large for a private key")
    return content.decode("ascii", "replace")
