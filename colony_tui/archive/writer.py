"""One thread that writes to one file, in batches, so that no event loop ever waits for a disk.

Owns when a batch is written and what its failure means: what another program's lock keeps back waits for it, within
bounds; any other failure is the last one, and everything after it is dropped and said so. Knows nothing of what is
written.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from colony_tui.archive.database import OpenFile, close, is_locked
from colony_tui.errors import ArchiveError

WINDOW_S = 0.1
"""How long what is recorded may wait for more to be written with it."""

BATCH_LIMIT = 500
"""How much is written in one transaction at most."""

CHECK_S = 1.0
"""How often is looked whether the file is still there while nobody asks."""

OPEN_AGAIN_S = 0.1
"""How soon it is tried again to open a file that another program has held for as long as one waits for a lock."""

HELD_ITEMS = 100_000
HELD_BYTES = 64 * 1024 * 1024
"""How much waits at most while another program holds the file; one of both is enough."""

SUSPEND_S = 1.0
"""How long :meth:`Writer.suspend` waits for each of its two steps."""

ItemT = TypeVar("ItemT")
T = TypeVar("T")


@dataclass(slots=True)
class _Item(Generic[ItemT]):
    item: ItemT
    weight: int
    size: int


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
        on_failure: called on the event loop, with why nothing is written any more, or for as long as a lock is held.
        on_recovery: called on the event loop when that lock is gone.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        store: Callable[[sqlite3.Connection, Sequence[ItemT]], None],
        explain: Callable[[Exception], ArchiveError],
        *,
        on_failure: Callable[[ArchiveError], None],
        on_recovery: Callable[[], None] = lambda: None,
        window_s: float = WINDOW_S,
    ) -> None:
        self._connect = connect
        self._store = store
        self._explain = explain
        self._on_failure = on_failure
        self._on_recovery = on_recovery
        self._window_s = window_s
        self._news = threading.Condition()
        self._queue: deque[_Item[ItemT] | _Ask[object]] = deque()
        self._weight = 0
        self._unwritten = self._unwritten_bytes = 0
        """Weight and size of all that was put and is not written, that of the present batch too."""
        self._since = 0.0
        self._asks = 0
        self._is_closing = False
        self._thread = threading.Thread(target=self._main, name="archive writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing = threading.Lock()
        """Held while a transaction may be open, and from :meth:`suspend` to :meth:`resume`."""
        self._is_suspended = False
        self._is_open = False
        self._failure: ArchiveError | None = None
        self._held: ArchiveError | None = None

    @property
    def failure(self) -> ArchiveError | None:
        """Why nothing is written any more, or just now."""
        return self._failure or self._held

    @property
    def is_over(self) -> bool:
        """Whether nothing will ever be written any more; a lock of another program passes."""
        return self._failure is not None

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
        self.resume()
        with self._news:
            self._is_closing = True
            self._news.notify()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    async def suspend(self) -> None:
        """Write what waits, and begin nothing before :meth:`resume`.

        A program that is stopped inside a transaction would keep every other one from writing.
        """
        if self._is_suspended:
            return
        with suppress(ArchiveError, TimeoutError):
            await asyncio.wait_for(self.ask(None), SUSPEND_S)
        # Whoever calls is about to stand still: the event loop may wait this once, and nothing comes in between.
        self._is_suspended = self._writing.acquire(timeout=SUSPEND_S)

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        if self._is_suspended:
            self._is_suspended = False
            self._writing.release()

    def put(self, item: ItemT, weight: int = 1, size: int = 0, *, is_needed: bool = False) -> bool:
        """Give something to be written; ``False`` when it is dropped.

        It is after a failure, and when too much waits for a lock of another program, unless it ``is_needed``.

        Args:
            weight: how many things it is.
            size: how many bytes of memory it takes, roughly, where that counts.
        """
        with self._news:
            if self._failure is not None or self._is_closing:
                return False
            is_full = self._unwritten >= HELD_ITEMS or self._unwritten_bytes >= HELD_BYTES
            if is_full and self._held is not None and not is_needed:
                return False
            was_empty = not self._queue
            if was_empty:
                self._since = time.monotonic()
            self._queue.append(_Item(item, weight, size))
            self._weight += weight
            self._count(weight, size)
            if was_empty or self._weight >= BATCH_LIMIT:
                self._news.notify()
            return True

    async def ask(self, run: Callable[[sqlite3.Connection], T] | None) -> T:
        """Have ``run`` called in its turn, inside a transaction, and wait until that is committed.

        Cancelling stops the waiting, and the call if its turn has not come.

        Raises:
            ArchiveError: it could not be written and will not be.
        """
        ask: _Ask[T] = _Ask(run)
        with self._news:
            if self._failure is not None:
                raise self._failure
            if self._is_closing:
                raise ArchiveError("The file is closed")
            if self._held is not None and not self._is_open:
                raise self._held
            self._queue.append(ask)  # type: ignore[arg-type]  # Its result goes to nobody but the one who asks.
            self._asks += 1
            self._news.notify()
        return await asyncio.wrap_future(ask.future)

    def _count(self, weight: int, size: int) -> None:
        self._unwritten += weight
        self._unwritten_bytes += size

    # In the thread

    def _main(self) -> None:
        connection = None
        batch: list[_Item[ItemT] | _Ask[object]] = []
        try:
            connection = self._open()
            file = OpenFile(connection)
            while not self._is_done():
                batch = self._take()
                with self._writing:
                    lock = self._write(connection, batch)
                # Before anything is called written: a file that has no name any more keeps nothing.
                file.check()
                if lock is not None:
                    self._hold(lock, batch)
                else:
                    self._let_go(batch)
                    _tell(batch, None)
        except Exception as error:  # noqa: BLE001  # Whatever it is, it is told: a silent end would lose entries.
            self._fail(self._explain(error), batch)
        finally:
            if connection is not None:
                close(connection)

    def _open(self) -> sqlite3.Connection:
        """Open the file. Where that means to write it and another program holds it, as often as it takes."""
        while True:
            try:
                with self._writing:
                    connection = self._connect()
            except Exception as error:
                if not is_locked(error):
                    raise
                self._hold(error, ())
                with self._news:
                    self._news.wait_for(lambda: self._is_closing, OPEN_AGAIN_S)
            else:
                with self._news:
                    self._is_open = True
                return connection

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

    def _write(
        self, connection: sqlite3.Connection, batch: Sequence[_Item[ItemT] | _Ask[object]]
    ) -> sqlite3.OperationalError | None:
        """Write a batch; the lock of another program that kept it from being written."""
        # While the file is held, a transaction of nothing tells whether it still is.
        if self._held is None and all(isinstance(each, _Ask) and each.run is None for each in batch):
            return None
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_locked(error):
                return error
            raise
        try:
            self._work(connection, batch)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return None

    def _hold(self, lock: Exception, batch: Sequence[_Item[ItemT] | _Ask[object]]) -> None:
        """Keep what is to be written until the next try; whoever asks is not kept waiting."""
        held = ArchiveError(f"{self._explain(lock)}: what is to be written waits for it")
        with self._news:
            if self._is_closing:
                raise lock
            left = [*batch, *self._queue]
            self._queue = deque(each for each in left if isinstance(each, _Item))
            self._weight = sum(each.weight for each in self._queue if isinstance(each, _Item))
            self._asks = 0
            was_held, self._held = self._held is not None, held
        _tell(left, held)
        if not was_held:
            self._call(lambda: self._on_failure(held))

    def _let_go(self, batch: Sequence[_Item[ItemT] | _Ask[object]]) -> None:
        """A batch is written: nothing holds the file any more."""
        with self._news:
            for each in batch:
                if isinstance(each, _Item):
                    self._count(-each.weight, -each.size)
            if self._held is None:
                return
            self._held = None
        self._call(self._on_recovery)

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
            self._failure = failure
            left = [*batch, *self._queue]
            self._queue.clear()
            self._weight = self._asks = 0
        _tell(left, failure)
        self._call(lambda: self._on_failure(failure))

    def _call(self, told: Callable[[], None]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(told)
        except RuntimeError:
            return  # The event loop is over, and with it everybody who could be told.


def _tell(batch: Sequence[_Item[ItemT] | _Ask[object]], failure: ArchiveError | None) -> None:
    for each in batch:
        if isinstance(each, _Ask):
            each.tell(failure)
