"""What a stream shows, as one list: the rows of its view, then our lines on their way, then how it ended.

Owns joining them; the view's own indexes stay what they are, since everything else stands behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from colony_tui.store.rows import EntryRow, MarkKind, MarkRow, RowKey, RowView
from colony_tui.tui.widgets.stream.people import Ending, PendingLine


@dataclass(slots=True, eq=False)
class PendingRow:
    """A line of ours that is not in the log yet."""

    key: RowKey
    line: PendingLine
    version: int = 0


@dataclass(slots=True, eq=False)
class EndingRow:
    """How it ended, where the view has no row that says that it did."""

    key: RowKey
    ending: Ending
    version: int = 0


StreamRow: TypeAlias = EntryRow | MarkRow | PendingRow | EndingRow


class Empty:
    """A view without rows."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int) -> EntryRow | MarkRow:
        raise IndexError(index)

    def between(self, start: int, stop: int) -> list[EntryRow | MarkRow]:
        return []

    def index_of(self, key: RowKey) -> int | None:
        return None


class StreamRows:
    """The rows of a view with a tail behind them."""

    def __init__(self, view: RowView | None = None) -> None:
        self.view: RowView = Empty() if view is None else view
        self.tail: list[PendingRow | EndingRow] = []
        self._near: dict[int, StreamRow] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """While nothing changes: each row is looked up once."""
        self._near = {}
        try:
            yield
        finally:
            self._near = None

    def __len__(self) -> int:
        return len(self.view) + len(self.tail)

    def __getitem__(self, index: int) -> StreamRow:
        near = self._near
        if near is None:
            return self._find(index)
        row = near.get(index)
        if row is None:
            row = near[index] = self._find(index)
        return row

    def between(self, start: int, stop: int) -> list[StreamRow]:
        """The rows of that range (0 or more), cut to what there is."""
        count = len(self.view)
        return [*self.view.between(start, stop), *self.tail[max(0, start - count) : max(0, stop - count)]]

    def __iter__(self) -> Iterator[StreamRow]:
        yield from iter(self.view)
        yield from self.tail

    def _find(self, index: int) -> StreamRow:
        count = len(self.view)
        return self.view[index] if index < count else self.tail[index - count]

    def index_of(self, key: RowKey) -> int | None:
        """Where the row of that key stands now."""
        if key[3].startswith("tail:"):
            for number, row in enumerate(self.tail):
                if row.key == key:
                    return len(self.view) + number
            return None
        return self.view.index_of(key)

    def depth_of(self, row: EntryRow) -> int:
        """Replies above a row, within this view: the first row of a thread alone is its root."""
        first = self.view[0] if len(self.view) else None
        return max(0, row.depth - first.depth) if isinstance(first, EntryRow) else row.depth

    def set_tail(self, pending: Sequence[PendingLine], ending: Ending | None) -> None:
        """Give it another tail. The ending stands there only if the last row of the view does not say it."""
        tail: list[PendingRow | EndingRow] = []
        for line in pending:
            tail.append(PendingRow(("", line.sequence or 0, 0, f"tail:{line.key}"), line, hash(line)))
        if ending is not None and not self._has_end():
            tail.append(EndingRow(("", 0, 0, "tail:ending"), ending, hash(ending)))
        self.tail = tail

    def _has_end(self) -> bool:
        count = len(self.view)
        last = self.view[count - 1] if count else None
        return isinstance(last, MarkRow) and last.kind is MarkKind.CLOSED


def sent_of(row: EntryRow) -> tuple[str, int]:
    """Sender and sequence by which an own entry's delivery is known."""
    return row.first.sender_id, row.first.sequence
