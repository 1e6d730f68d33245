"""The views of a log: its rows by threads, by time, or raw, and one thread alone.

Owns how they differ. How rows are made and kept in step is the base's.
"""

from __future__ import annotations

from collections.abc import Iterator

from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.log_view import LogView
from colony_tui.store.outline import Node
from colony_tui.store.rows import Change, Op, OpKind, Row, RowKey


class TimeView(LogView):
    """All rows by the log's order, replies folded but not put under what they answer."""


class RawView(LogView):
    """Every entry on a row of its own, with the position that it has: a late one changes all rows behind it."""

    _is_folded = False
    _tells_positions = True


class ThreadView(LogView):
    """Roots in the log's order, replies under what they answer, in order among their siblings."""

    _is_threaded = True

    def parent_of(self, key: RowKey) -> RowKey | None:
        """The row that a row stands under."""
        node = self._at(key)
        return node.parent.row.key if node is not None and node.parent is not None else None

    def root_of(self, key: RowKey) -> RowKey | None:
        """The row that begins the thread of a row; itself for a root, ``None`` for an unknown key."""
        node = self._at(key)
        while node is not None and node.parent is not None:
            node = node.parent
        return node.row.key if node is not None else None

    def next_reply(self, key: RowKey) -> RowKey | None:
        """The row that follows in the same thread, whether it answers this row or another one above."""
        node = self._at(key)
        at = self._outline.index_of(node) + 1 if node is not None else len(self._outline)
        following = self._outline[at] if at < len(self._outline) else None
        return following.row.key if following is not None and following.parent is not None else None

    def thread_keys(self, root: RowKey) -> list[RowKey]:
        """That row and all under it, as they stand; empty for an unknown key."""
        node = self._at(root)
        return [each.row.key for each in node.walk()] if node is not None else []

    def only(self, root: RowKey) -> SubThreadView:
        """A view of one row and all under it. Raises ``KeyError`` for an unknown key and for a mark of the log."""
        return SubThreadView(self._log, root)


class SubThreadView(ThreadView):
    """One row and all under it. Depths are those in the whole; the first row's is to be taken off."""

    def __init__(self, log: ChannelLog, root: RowKey) -> None:
        super().__init__(log)
        node = self._at(root)
        if node is None or root in self._marks:
            raise KeyError(root)
        self._root = self._outline.scope = node

    def __len__(self) -> int:
        return self._outline.index_of(self._root.last()) - self._start + 1

    def __getitem__(self, index: int) -> Row:
        length = len(self)
        at = index + length if index < 0 else index
        if not 0 <= at < length:
            raise IndexError(index)
        return self._outline[self._start + at].row

    def between(self, start: int, stop: int) -> list[Row]:
        first = self._start
        return [node.row for node in self._outline.between(first + start, first + min(stop, len(self)))]

    def __iter__(self) -> Iterator[Row]:
        return (node.row for node in self._root.walk())

    def index_of(self, key: RowKey) -> int | None:
        node = self._node_of(key)
        if node is None or not (node is self._root or node.is_under(self._root)):
            return None
        return self._outline.index_of(node) - self._start

    def apply(self, change: LogChange) -> Change:
        """As for the whole, told for these rows only; a root that has become part of another row is followed."""
        length, depth, version = len(self), self._root.depth, self._root.row.version
        ops = self._turn(change)
        if not self._root.is_listed:
            self._root = self._outline.scope = self._successor()
            return [Op(OpKind.REMOVE, 0, length), Op(OpKind.INSERT, 0, len(self))]
        if self._root.depth != depth:
            return [*ops, Op(OpKind.UPDATE, 0, len(self))]
        is_told = any(op.kind is OpKind.UPDATE and op.index == 0 for op in ops)
        if self._root.row.version != version and not is_told:
            return [*ops, Op(OpKind.UPDATE, 0, 1)]
        return ops

    def _successor(self) -> Node:
        """The row that now shows what the root began with."""
        node = self._node_of(self._root.row.key)
        assert node is not None, "entries are never lost"
        return node

    @property
    def _start(self) -> int:
        return self._outline.index_of(self._root)
