"""One thread that writes to one file, in batches, so that no event loop ever waits for a disk.

Owns when a batch is written and what its failure means: the first one is the last, everything after it is dropped and
said so. Knows nothing of what is written.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from colony_tui.archive.database import OpenFile
from colony_tui.errors import ArchiveError

WINDOW_S = 0.1
"""How long what is recorded may wait for more to be written with it."""

BATCH_LIMIT = 500
"""How much is written in one transaction at most."""

CHECK_S = 1.0
"""How often is looked whether the file is still there while nobody asks."""

ItemT = TypeVar("ItemT")
T = TypeVar("T")


@dataclass(slots=True)
class _Item(Generic[ItemT]):
    item: ItemT
    weight: int


class _Ask(Generic[T]):
    """Something to be done in its turn, whose result is told once it is committed."""

    __slots__ = ("_result", "future", "run")

    def __init__(self, run: Callable[[sqlite3.Connection], T] | None) -> None:
        self.run = run
        self.future: Future[T] = Future()
        self._result: T | None = None

    def work(self, connection: sqlite3.Connection) -> None:
        if self.run is not None:
            self._result = self.run(connection)

    def tell(self, failure: ArchiveError | None) -> None:
        if self.future.set_running_or_notify_cancel():
            if failure is None:
                self.future.set_result(self._result)  # type: ignore[arg-type]  # T, or None where T is None
            else:
                self.future.set_exception(failure)


class Writer(Generic[ItemT]):
    """Hands what is put into it to ``store``, in order, in transactions of its own thread.

    A batch is written when :data:`BATCH_LIMIT` of it waits, :data:`WINDOW_S` after its first item at the latest, and
    at once when somebody waits for it. Used from one event loop.

    Args:
        connect: opens the file, in the thread.
        store: writes items, inside a transaction, in the thread.
        explain: an exception as a sentence.
        on_failure: called once on the event loop, with why nothing is written any more.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        store: Callable[[sqlite3.Connection, Sequence[ItemT]], None],
        explain: Callable[[Exception], ArchiveError],
        *,
        on_failure: Callable[[ArchiveError], None],
        window_s: float = WINDOW_S,
    ) -> None:
        self._connect = connect
        self._store = store
        self._explain = explain
        self._on_failure = on_failure
        self._window_s = window_s
        self._news = threading.Condition()
        self._queue: deque[_Item[ItemT] | _Ask[object]] = deque()
        self._weight = 0
        self._since = 0.0
        self._asks = 0
        self._is_closing = False
        self._thread = threading.Thread(target=self._main, name="archive writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failure: ArchiveError | None = None
        """Why nothing is written any more."""

    async def start(self) -> None:
        """Open the file; a failure is told like any later one."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        try:
            await self.ask(None)
        except ArchiveError:
            return

    async def close(self) -> None:
        """Write what waits and close the file."""
        with self._news:
            self._is_closing = True
            self._news.notify()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def put(self, item: ItemT, weight: int = 1) -> None:
        """Give something to be written; dropped after a failure."""
        with self._news:
            if self.failure is not None or self._is_closing:
                return
            was_empty = not self._queue
            if was_empty:
                self._since = time.monotonic()
            self._queue.append(_Item(item, weight))
            self._weight += weight
            if was_empty or self._weight >= BATCH_LIMIT:
                self._news.notify()

    async def ask(self, run: Callable[[sqlite3.Connection], T] | None) -> T:
        """Have ``run`` called in its turn, inside a transaction, and wait until that is committed.

        Cancelling stops the waiting, and the call if its turn has not come.

        Raises:
            ArchiveError: it could not be written, nor can anything else.
        """
        ask: _Ask[T] = _Ask(run)
        with self._news:
            if self.failure is not None:
                raise self.failure
            if self._is_closing:
                raise ArchiveError("The file is closed")
            self._queue.append(ask)  # type: ignore[arg-type]  # Its result goes to nobody but the one who asks.
            self._asks += 1
            self._news.notify()
        return await asyncio.wrap_future(ask.future)

    # In the thread

    def _main(self) -> None:
        connection = None
        batch: list[_Item[ItemT] | _Ask[object]] = []
        try:
            connection = self._connect()
            file = OpenFile(connection)
            while not self._is_done():
                batch = self._take()
                self._write(connection, batch)
                # Before anything is called written: a file that has no name any more keeps nothing.
                file.check()
                _tell(batch, None)
        except Exception as error:  # noqa: BLE001  # Whatever it is, it is told: a silent end would lose entries.
            self._fail(self._explain(error), batch)
        finally:
            if connection is not None:
                connection.close()

    def _is_done(self) -> bool:
        with self._news:
            return self._is_closing and not self._queue

    def _take(self) -> list[_Item[ItemT] | _Ask[object]]:
        """Wait for the next batch; empty when none came within :data:`CHECK_S` or the writer closes."""
        with self._news:
            if not self._queue and not self._is_closing:
                self._news.wait(CHECK_S)
            while self._queue and not (self._is_closing or self._asks or self._weight >= BATCH_LIMIT):
                left = self._since + self._window_s - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(left)
            batch: list[_Item[ItemT] | _Ask[object]] = []
            weight = 0
            while self._queue:
                first = self._queue[0]
                if isinstance(first, _Ask):
                    self._asks -= 1
                elif batch and weight + first.weight > BATCH_LIMIT:
                    break
                else:
                    weight += first.weight
                batch.append(self._queue.popleft())
            self._weight -= weight
            return batch

    def _write(self, connection: sqlite3.Connection, batch: Sequence[_Item[ItemT] | _Ask[object]]) -> None:
        if not all(isinstance(each, _Ask) and each.run is None for each in batch):
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._work(connection, batch)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _work(self, connection: sqlite3.Connection, batch: Sequence[_Item[ItemT] | _Ask[object]]) -> None:
        items: list[ItemT] = []
        for each in batch:
            if isinstance(each, _Item):
                items.append(each.item)
                continue
            if items:
                self._store(connection, items)
                items = []
            each.work(connection)
        if items:
            self._store(connection, items)

    def _fail(self, failure: ArchiveError, batch: Sequence[_Item[ItemT] | _Ask[object]]) -> None:
        with self._news:
            self.failure = failure
            left = [*batch, *self._queue]
            self._queue.clear()
            self._weight = self._asks = 0
        _tell(left, failure)
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._on_failure, failure)
        except RuntimeError:
            return  # The event loop is over, and with it everybody who could be told.


def _tell(batch: Sequence[_Item[ItemT] | _Ask[object]], failure: ArchiveError | None) -> None:
    for each in batch:
        if isinstance(each, _Ask):
            each.tell(failure)
