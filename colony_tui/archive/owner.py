"""Which programs live: each keeps a file locked until it ends, however it ends.

The lock is the system's, so it outlasts neither a kill nor a crash, needs no heartbeat, and stays while a program is
suspended; a lease by the clock would end then, and the program could go on with what another one has taken.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from colony_tui.archive.database import WAIT_S

_SUFFIX = ".owner"


class Owner:
    """Holds the lock of one program from :meth:`take` to :meth:`release`, beside the file at ``path``.

    Used in one thread. Raises ``OSError`` and ``sqlite3.Error``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.id = secrets.token_hex(8)
        self._lock: sqlite3.Connection | None = None

    def take(self) -> None:
        """From now on others see that this program lives. Clears away what those left that died."""
        for path in self._path.parent.glob(f"{self._path.name}.*{_SUFFIX}"):
            self.is_alive(path.name[len(self._path.name) + 1 : -len(_SUFFIX)])
        path = _lock_path(self._path, self.id)
        while True:
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                lock = _lock(path, wait_s=WAIT_S)
            except sqlite3.OperationalError:
                if path.exists():
                    raise
                continue  # Somebody took it for a dead one's before it was locked, and cleared it away.
            if path.exists():
                self._lock = lock
                return
            lock.close()

    def release(self) -> None:
        """What this program owned is free for others."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            _lock_path(self._path, self.id).unlink(missing_ok=True)

    def is_alive(self, owner_id: str) -> bool:
        """Whether the program of that id lives; this one does while it holds its lock."""
        if owner_id == self.id:
            return self._lock is not None
        path = _lock_path(self._path, owner_id)
        if not path.exists():
            return False
        try:
            with closing(_lock(path, wait_s=0)), suppress(OSError):
                # While it is locked: its owner may be about to lock it.
                path.unlink()
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        return False


def _lock_path(path: Path, owner_id: str) -> Path:
    return path.with_name(f"{path.name}.{owner_id}{_SUFFIX}")


def _lock(path: Path, *, wait_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
    )
    try:
        # Nothing is ever written: without a journal there is no second file.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
