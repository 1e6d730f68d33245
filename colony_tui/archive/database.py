"""Opening a database file: its folder, who may read it, its schema, and each way to fail as one sentence.

Knows nothing of what is kept in a file. Whoever opens a connection here uses it in one thread at a time.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from colony_tui.errors import ArchiveError, ArchiveLocked

WAIT_S = 10.0
"""How long a lock that another program holds is waited for."""

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_WAL_RETRY_S = 0.02


@dataclass(frozen=True, slots=True)
class Schema:
    """What a kind of file holds, as the steps that lead there."""

    what: str
    """What the file is called in sentences."""
    application_id: int
    """Marks the file as ours, in its header."""
    migrations: tuple[tuple[str, ...], ...]
    """Statements that make version n + 1 of version n, for n from 0. Only ever added to."""

    @property
    def version(self) -> int:
        return len(self.migrations)


def connect(path: Path, schema: Schema, *, max_bytes: int | None = None, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """Open a file for writing, made or brought up to date if need be; its owner alone may read it.

    What is committed survives a crash and a loss of power.

    Args:
        max_bytes: how large the file may become; as large as the disk allows when ``None``.

    Raises:
        ArchiveLocked: it is to be made or brought up to date, and another program held it for ``wait_s``.
        ArchiveError: it cannot be opened, is not ours or was written by a newer version.
    """
    try:
        _make_private(path)
        connection = _open(path, "rw", wait_s)
    except (OSError, sqlite3.Error) as error:
        raise failure(error, path, schema) from None
    try:
        # Whose file it is comes first: nothing is changed in one that is not ours.
        _check(connection, path, schema)
        _use_wal(connection, wait_s)
        connection.execute("PRAGMA synchronous = FULL")
        if max_bytes is not None:
            (page,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count = {max(1, max_bytes // page)}")
        _migrate(connection, path, schema)
    except sqlite3.Error as error:
        connection.close()
        raise failure(error, path, schema) from None
    except ArchiveError:
        connection.close()
        raise
    return connection


def close(connection: sqlite3.Connection) -> None:
    """Close a connection that writes, with everything in the one file as far as nobody is in the way.

    SQLite does that by itself when it closes the last connection, but not where that one can only read.
    """
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


class FileGone(Exception):
    """What is written through a connection can be found by nobody any more."""


class OpenFile:
    """The files that a connection writes to, so as to tell whether they are still those that others would open.

    Used right after the connection was made, which has read at least once: then both files are there.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        self._identities = {each: _identity(each) for each in (path, _wal(path))}

    def check(self) -> None:
        """Raise :class:`FileGone` when another file stands at a path, or none."""
        for path, identity in self._identities.items():
            if _identity(path) != identity:
                raise FileGone


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def connect_to_read(path: Path, schema: Schema, *, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """Open a file that is there for reading only, from any thread; raises as :func:`connect` does."""
    try:
        connection, version = _open_to_read(path, schema, "ro", wait_s)
    except sqlite3.Error as error:
        kind = error.sqlite_errorcode & 0xFF
        if kind not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) or _wal(path).exists() or not path.is_file():
            raise failure(error, path, schema, doing="read") from None
        # Where nothing can be written, not even a lock: nobody does, so that none is needed.
        try:
            connection, version = _open_to_read(path, schema, "ro&immutable=1", wait_s)
        except sqlite3.Error:
            raise failure(error, path, schema, doing="read") from None
    if version < schema.version:
        connection.close()
        raise ArchiveError(f"The {schema.what} {path} is of an older version: open it for writing once")
    return connection


def failure(error: Exception, path: Path, schema: Schema, *, doing: str = "used") -> ArchiveError:
    """An error of the system, of SQLite or of what a file holds, as a sentence; ``doing`` is what it could not be."""
    where = f"The {schema.what} {path}"
    if isinstance(error, ArchiveError):
        return error
    if isinstance(error, FileGone):
        return ArchiveError(f"{where} was removed or replaced while it was open")
    if isinstance(error, sqlite3.Error):
        kind = ArchiveLocked if is_locked(error) else ArchiveError
        return kind(f"{where} {_reason(error, path, doing)}")
    if isinstance(error, OSError):
        return ArchiveError(f"{where} cannot be {doing}: {(error.strerror or str(error)).lower()}")
    return ArchiveError(f"{where} cannot be {doing}: {type(error).__name__}: {error}")


def is_locked(error: Exception) -> bool:
    """Whether it may be another time, since it is a lock of another program that was in the way."""
    if isinstance(error, ArchiveLocked):
        return True
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def fit(number: int) -> int:
    """The nearest number that a column can hold."""
    return max(INT64_MIN, min(INT64_MAX, number))


def _reason(error: sqlite3.Error, path: Path, doing: str) -> str:
    # The lowest byte is the kind; what is above tells only where it happened.
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "cannot grow: the disk is full or its limit is reached"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return "cannot be written: it or its folder is read-only"
        case sqlite3.SQLITE_NOTADB:
            return "is no database, or it is damaged: move it away to begin a new one"
        case sqlite3.SQLITE_CORRUPT:
            return "is damaged: move it away to begin a new one"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "is held locked by another program"
        case sqlite3.SQLITE_CANTOPEN:
            return "cannot be opened" + (": it is a directory" if path.is_dir() else "")
        case _:
            return f"cannot be {doing}: {error}"


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never opened but to make it: closing it again would drop the locks that SQLite holds on it in this program.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        return
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and mode & 0o077:
        path.chmod(0o600)


def _open(path: Path, mode: str, wait_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
    )


def _open_to_read(path: Path, schema: Schema, mode: str, wait_s: float) -> tuple[sqlite3.Connection, int]:
    connection = _open(path, mode, wait_s)
    try:
        return connection, _check(connection, path, schema)
    except BaseException:
        connection.close()
        raise


def _wal(path: Path) -> Path:
    """Where SQLite keeps what is committed and not yet in the file."""
    return path.with_name(path.name + "-wal")


def _use_wal(connection: sqlite3.Connection, wait_s: float) -> None:
    """Write ahead, so that readers and the writer leave each other alone."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait for a lock here: two programs may be making the file at once.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _check(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    """The version of the file, 0 for an empty one."""
    if connection.in_transaction:
        return _version(connection, path, schema)
    # In one transaction: another program may be making the tables between two questions.
    connection.execute("BEGIN")
    try:
        return _version(connection, path, schema)
    finally:
        connection.rollback()


def _version(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    is_empty = not (version or application or tables)
    if application != schema.application_id and not is_empty:
        raise ArchiveError(f"{path} is a database of something else, and no {schema.what}")
    if version > schema.version:
        raise ArchiveError(
            f"The {schema.what} {path} was written by a newer version of this program "
            f"(schema {version}; this one knows {schema.version})"
        )
    return int(version)


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if _check(connection, path, schema) == schema.version:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another program may have done it while the lock was waited for.
        version = _check(connection, path, schema)
        for migration in schema.migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.application_id}")
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
