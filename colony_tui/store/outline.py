"""An ordered tree kept as a list of rows, which tells every change of that list.

Owns where a row stands: siblings by their order, replies behind what they answer. The list is kept in chunks, so that
a row's place is found, and one is put anywhere, at a cost that hardly grows. Knows nothing of entries.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from colony_tui.store.rows import EntryRow, Op, OpKind, Row

Order = tuple[int | str, ...]

CHUNK = 256
"""Rows that a chunk holds when it is made; it is split at twice that."""

_order = attrgetter("order")

_NONE: list[Node] = []
"""What nodes without children share; never changed."""


class Node:
    """A row with its place in the tree."""

    __slots__ = ("children", "chunk", "depth", "order", "parent", "row")

    def __init__(self, row: Row, order: Order) -> None:
        self.row = row
        self.order = order
        self.parent: Node | None = None
        self.children: list[Node] = _NONE
        """In order; a list of its own once there are any."""
        self.chunk: list[Node] | None = None
        """Where it stands in the list; ``None`` while it is out of it."""
        self.depth = 0

    @property
    def is_listed(self) -> bool:
        """Whether it stands in the list now."""
        return self.chunk is not None

    def last(self) -> Node:
        """The node that stands last under this one, or itself."""
        node = self
        while node.children:
            node = node.children[-1]
        return node

    def is_under(self, other: Node) -> bool:
        """Whether it is somewhere under another one; not under itself."""
        node = self.parent
        while node is not None and node is not other:
            node = node.parent
        return node is not None

    def walk(self) -> Iterator[Node]:
        """Itself and all under it, as they stand."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


class Outline:
    """The rows, and the operations since they were last taken."""

    def __init__(self) -> None:
        self._roots: list[Node] = []
        self._chunks: list[list[Node]] = []
        self._length = 0
        self._ops: list[Op] = []
        self.scope: Node | None = None
        """If given, only what happens under this node is told, with indexes counted from it."""

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Node:
        """The node at an index; negative ones count from the end. Raises ``IndexError``."""
        at = index + self._length if index < 0 else index
        if 0 <= at < self._length:
            for chunk in self._chunks:
                if at < len(chunk):
                    return chunk[at]
                at -= len(chunk)
        raise IndexError(index)

    def between(self, start: int, stop: int) -> list[Node]:
        """The nodes of that range (0 or more), cut to what there is."""
        found: list[Node] = []
        for chunk in self._chunks:
            if start < len(chunk):
                found += chunk[max(0, start) : max(0, stop)]
            start -= len(chunk)
            stop -= len(chunk)
            if stop <= 0:
                break
        return found

    def __iter__(self) -> Iterator[Node]:
        for chunk in self._chunks:
            yield from chunk

    @property
    def roots(self) -> list[Node]:
        """Nodes that are under none, in order. Not to be changed."""
        return self._roots

    def index_of(self, node: Node) -> int:
        """Where a node stands. Raises ``ValueError`` for one that is not in the list."""
        before = 0
        for chunk in self._chunks:
            if chunk is node.chunk:
                return before + chunk.index(node)
            before += len(chunk)
        raise ValueError("the node is not in the outline")

    def attach(self, node: Node, parent: Node | None) -> None:
        """Put a node, with all that is under it, under another one or among the roots."""
        siblings = self._siblings(parent)
        place = len(siblings)
        if siblings and siblings[-1].order > node.order:
            place = bisect_left(siblings, node.order, key=_order)
        index = self._index_at(siblings, place, parent)
        siblings.insert(place, node)
        node.parent = parent
        nodes = list(node.walk()) if node.children else [node]
        self._set_depths(nodes)
        self._put(index, nodes)
        self._tell(OpKind.INSERT, index, len(nodes), node)

    def plant(self, nodes: Iterable[tuple[Node, Node | None]]) -> None:
        """Put many nodes, each under another one or among the roots, into an outline that is empty and has no scope.

        The list is made once, so this costs less than one after the other; least if siblings come in order.
        """
        for node, parent in nodes:
            siblings = self._roots if parent is None else self._siblings(parent)
            if siblings and siblings[-1].order > node.order:
                insort(siblings, node, key=_order)
            else:
                siblings.append(node)
            node.parent = parent
        planted = [node for root in self._roots for node in (root.walk() if root.children else (root,))]
        self._set_depths(planted)
        for start in range(0, len(planted), CHUNK):
            chunk = planted[start : start + CHUNK]
            self._chunks.append(chunk)
            for node in chunk:
                node.chunk = chunk
        self._length = len(planted)
        if planted:
            self.tell(Op(OpKind.INSERT, 0, len(planted)))

    def detach(self, node: Node) -> None:
        """Take a node out of the list, with all that is under it."""
        siblings = self._roots if node.parent is None else node.parent.children
        index = self.index_of(node)
        count = sum(1 for _ in node.walk()) if node.children else 1
        self._tell(OpKind.REMOVE, index, count, node)
        del siblings[bisect_left(siblings, node.order, key=_order)]
        self._drop(index, count)
        node.parent = None

    def shift(self, nodes: Sequence[Node], orders: Sequence[Order], parent: Node | None) -> bool:
        """Give siblings other orders, by moving those that they pass; whether these are fewer, so that it was done.

        Args:
            nodes: In order.
            orders: Their orders from now on, in order as well.
            parent: Whose children they are; None for roots.
        """
        siblings = self._siblings(parent)
        first, last = min(nodes[0].order, orders[0]), max(nodes[-1].order, orders[-1])
        start, stop = bisect_left(siblings, first, key=_order), bisect_right(siblings, last, key=_order)
        if stop - start >= 2 * len(nodes):
            return False
        own = set(map(id, nodes))
        passed = [node for node in siblings[start:stop] if id(node) not in own]
        for node in passed:
            self.detach(node)
        for node, order in zip(nodes, orders, strict=True):
            node.order = order
        for node in passed:
            self.attach(node, parent)
        return True

    def update(self, node: Node) -> None:
        """Tell that a node's row looks different now."""
        self._tell(OpKind.UPDATE, self.index_of(node), 1, node)

    def tell(self, op: Op) -> None:
        """Add an operation, to the last one where both are one."""
        last = self._ops[-1] if self._ops else None
        if last is not None and last.kind is op.kind:
            reach = last.index if op.kind is OpKind.REMOVE else last.index + last.count
            if op.index == reach:
                self._ops[-1] = Op(op.kind, last.index, last.count + op.count)
                return
        self._ops.append(op)

    def take_ops(self) -> list[Op]:
        """What has happened since the last time."""
        ops, self._ops = self._ops, []
        return ops

    def _tell(self, kind: OpKind, index: int, count: int, node: Node) -> None:
        if self.scope is not None:
            if not self.scope.is_listed:
                return
            is_own = node is self.scope and kind is OpKind.UPDATE
            if not is_own and not node.is_under(self.scope):
                return
            index -= self.index_of(self.scope)
        self.tell(Op(kind, index, count))

    def _siblings(self, parent: Node | None) -> list[Node]:
        """The list that a node under this parent goes into."""
        if parent is None:
            return self._roots
        if parent.children is _NONE:
            parent.children = []
        return parent.children

    def _index_at(self, siblings: list[Node], place: int, parent: Node | None) -> int:
        if place < len(siblings):
            return self.index_of(siblings[place])
        if parent is None:
            return self._length
        return self.index_of(parent.last()) + 1

    def _set_depths(self, nodes: list[Node]) -> None:
        """A node's depth follows from its parent's, and every parent stands before its children."""
        for node in nodes:
            depth = node.parent.depth + 1 if node.parent is not None else 0
            if depth != node.depth:
                node.depth = depth
                node.row.version += 1
                if isinstance(node.row, EntryRow):
                    node.row.depth = depth

    def _put(self, index: int, nodes: list[Node]) -> None:
        number, at = self._chunk_at(index)
        self._length += len(nodes)
        if number == len(self._chunks):
            self._chunks.append([])
        chunk = self._chunks[number]
        chunk[at:at] = nodes
        for node in nodes:
            node.chunk = chunk
        if len(chunk) >= 2 * CHUNK:
            self._split(number)

    def _chunk_at(self, index: int) -> tuple[int, int]:
        """Number of the chunk that a place is in, and the place within it; a full last one is left as it is."""
        if index == self._length:
            last = len(self._chunks) - 1
            has_room = last >= 0 and len(self._chunks[last]) < CHUNK
            return (last, len(self._chunks[last])) if has_room else (last + 1, 0)
        for number, chunk in enumerate(self._chunks):
            if index < len(chunk):
                return number, index
            index -= len(chunk)
        raise IndexError(index)

    def _split(self, number: int) -> None:
        whole = self._chunks[number]
        parts = [whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK)]
        for part in parts:
            for node in part:
                node.chunk = part
        self._chunks[number : number + 1] = parts

    def _drop(self, index: int, count: int) -> None:
        self._length -= count
        at, left = index, count
        number = 0
        while left:
            chunk = self._chunks[number]
            if at >= len(chunk):
                at -= len(chunk)
                number += 1
                continue
            part = chunk[at : at + left]
            for node in part:
                node.chunk = None
            del chunk[at : at + len(part)]
            left -= len(part)
            if not chunk:
                del self._chunks[number]
