"""Views of a log: the rows of a channel by threads, by time, or raw, kept in step with the log change by change.

Owns which rows there are and what each says; where they stand is the outline's. A change costs what it touches: one
more token on a growing reply is one row updated. Nothing is painted, worded or measured here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from colony_tui.model import ChannelEntry
from colony_tui.store.folds import Fold, FoldChange, Folds
from colony_tui.store.log import ChannelLog, LogChange, LogMark
from colony_tui.store.order import OrderKey, ends_stream
from colony_tui.store.outline import Node, Outline
from colony_tui.store.rows import Change, EntryRow, MarkKind, MarkRow, Op, OpKind, Row, RowKey
from colony_tui.store.shifting import shift
from colony_tui.store.threads import Link, Parents

ENTRY = "entry"
"""Kind of an entry row's key; marks have their kind's name in lower case."""

END = MarkKind.ENDED_BY_SENDER.name.lower()


_earliest = attrgetter("rank")


def key_of(entry: ChannelEntry) -> RowKey:
    """The key of the row whose first entry this is."""
    return (*entry.identity, ENTRY)


class LogView:
    """Rows over a log. Make it at any time; from then on pass it every change of the log, in order."""

    _is_threaded = False
    _is_folded = True
    _tells_positions = False

    def __init__(self, log: ChannelLog) -> None:
        self._log = log
        self._folds = Folds(log, is_raw=not self._is_folded)
        self._parents = Parents(log)
        self._outline = Outline()
        self._placed: dict[Fold, Node] = {}
        self._above: dict[Fold, Fold] = {}
        self._answerers: dict[Fold, dict[Fold, None]] = {}
        self._tails: dict[Fold, Node] = {}
        self._marks: dict[RowKey, Node] = {}
        self._build()

    # The list

    def __len__(self) -> int:
        return len(self._outline)

    def __getitem__(self, index: int) -> Row:
        """The row at an index; negative ones count from the end. Raises ``IndexError``."""
        return self._outline[index].row

    def between(self, start: int, stop: int) -> list[Row]:
        """The rows of that range (0 or more), cut to what there is."""
        return [node.row for node in self._outline.between(start, stop)]

    def __iter__(self) -> Iterator[Row]:
        return (node.row for node in self._outline)

    def index_of(self, key: RowKey) -> int | None:
        """Where the row of that key stands now, else the one that shows the entry it began with, if any."""
        node = self._node_of(key)
        return None if node is None else self._outline.index_of(node)

    def _node_of(self, key: RowKey) -> Node | None:
        node = self._at(key)
        if node is not None:
            return node
        fold = self._folds.holding(key[:3])
        return None if fold is None else self._placed.get(fold)

    def _at(self, key: RowKey) -> Node | None:
        """The node of the very row that has that key now."""
        fold = self._folds.holding(key[:3])
        if fold is not None:
            for node in (self._placed.get(fold), self._tails.get(fold)):
                if node is not None and node.row.key == key:
                    return node
        return self._marks.get(key)

    def row_of(self, entry: ChannelEntry) -> Row:
        """The row that shows an entry. Raises ``KeyError`` for one that the log does not hold."""
        return self._placed[self._folds.of(entry)].row

    def answered(self, key: RowKey) -> ChannelEntry | None:
        """The very entry that a row answers; a reply of many tokens may have been answered in its middle."""
        node = self._at(key)
        if node is None or not isinstance(node.row, EntryRow):
            return None
        return self._parents.find(self._folds.of(node.row.first)).entry

    # Keeping in step

    def apply(self, change: LogChange) -> Change:
        """Take over a change of the log; what it did to the rows, to be applied one after the other."""
        return self._turn(change)

    def _build(self) -> list[Op]:
        """Make the rows of all that the log holds, where there are none: what every single entry would have come to."""
        self._folds.fill()
        self._parents.fill()
        self._outline.plant(self._places())
        self._set_marks({})
        return self._outline.take_ops()

    def _places(self) -> Iterator[tuple[Node, Node | None]]:
        """Nodes for all folds, by the order of what they began with, each with what it goes under."""
        for position, order, fold in self._folds.begun():
            self._make(fold, order, position)
        for fold, node in self._placed.items():
            parent = None
            if fold.in_reply_to is not None:
                self._parents.answer(fold)
                link = self._parents.find(fold)
                above = self._folds.of(link.entry) if link.entry else None
                self._relate(fold, above)
                self._describe(node.row, fold, link, above)
                parent = self._placed[above] if self._is_threaded and above is not None else None
            yield node, parent
            if fold in self._tails:
                yield self._tails[fold], None

    def _turn(self, change: LogChange) -> list[Op]:
        if not len(self._outline):
            return self._build()
        folds = self._folds.apply(change.added, change.moved, facts=change.facts)
        for fold in folds.gone:
            self._parents.forget(fold)
        loose = self._loose(folds, change.added)
        dirty = self._settle(loose, folds, change.rekeyed)
        if change.facts:
            self._set_marks(dirty)
        for fold in folds.grown:
            node = self._placed[fold]
            if isinstance(node.row, EntryRow):
                node.row.fold = fold.state
            dirty[node] = None
        self._number(change, folds)
        for node in dirty:
            node.row.version += 1
            self._outline.update(node)
        return self._outline.take_ops()

    def _loose(self, folds: FoldChange, added: Iterable[ChannelEntry]) -> dict[Fold, None]:
        """Folds whose place or parent may be another one now."""
        loose = dict.fromkeys(folds.reshaped)
        for fold in (*folds.reshaped, *folds.gone):
            loose.update(self._answerers.get(fold, {}))
        for entry in added:
            if asked := self._parents.take(entry):
                loose.update(dict.fromkeys(asked))
        for fold in folds.new:
            self._parents.answer(fold)
        loose.update(folds.new)
        for fold in folds.gone:
            loose.pop(fold, None)
        return loose

    def _settle(self, loose: dict[Fold, None], folds: FoldChange, rekeyed: Sequence[ChannelEntry]) -> dict[Node, None]:
        """Give loose folds their places; the nodes that stayed where they were but look different.

        All that moves is taken out first, from the deepest on, and put back from the earliest on: a parent is earlier
        than what answers it, so it stands before its replies come.
        """
        moving: dict[Fold, tuple[OrderKey, Fold | None]] = {}
        dirty: dict[Node, None] = {}
        described: list[Fold] = []
        for fold in loose:
            link = self._parents.find(fold)
            above = self._folds.of(link.entry) if link.entry else None
            order = self._log.order_of(fold.entries[0])
            node = self._placed.get(fold)
            stays = node is not None and node.order == order
            if self._is_threaded and above is not self._above.get(fold):
                stays = False
            self._relate(fold, above)
            if node is None:
                node = self._make(fold, order)
            if self._describe(node.row, fold, link, above):
                described.append(fold)
            if not stays:
                moving[fold] = (order, above)
        bare: dict[Fold, tuple[OrderKey, Node | None]] = {}
        if not rekeyed:  # else others of them stand by keys that are not theirs any more
            movers = ((fold, place) for fold, place in moving.items() if fold not in self._tails)
            bare = {fold: (order, self._parent(above)) for fold, (order, above) in movers}
        shifted = dict.fromkeys(shift(self._outline, self._placed, bare))
        for fold in shifted:
            del moving[fold]
        # One entry that stays is what it was: its fold's state tells if it had others.
        changed = [*described, *(fold for fold in folds.reshaped if fold not in shifted or len(fold.entries) > 1)]
        for fold in changed:
            if fold not in moving:
                dirty.update((node, None) for node in (self._placed[fold], self._tails.get(fold)) if node is not None)
        self._take_out([*moving, *folds.gone])
        for fold in folds.gone:
            self._forget(fold)
        self._rekey(rekeyed)
        self._put_in(moving)
        return dirty

    def _rekey(self, entries: Iterable[ChannelEntry]) -> None:
        """Give rows that stay at their places the keys by which they stand there now."""
        for entry in entries:
            fold = self._folds.of(entry)
            if fold.entries[0] is entry:
                order = self._placed[fold].order = self._log.order_of(entry)
                if tail := self._tails.get(fold):
                    tail.order = (*order, 1)

    def _parent(self, above: Fold | None) -> Node | None:
        return self._placed[above] if self._is_threaded and above is not None else None

    def _relate(self, fold: Fold, above: Fold | None) -> None:
        former = self._above.pop(fold, None)
        if former is not None and former in self._answerers:
            self._answerers[former].pop(fold, None)
        if above is not None:
            self._above[fold] = above
            self._answerers.setdefault(above, {})[fold] = None

    def _make(self, fold: Fold, order: OrderKey, position: int = 0) -> Node:
        first = fold.entries[0]
        is_end = self._is_folded and ends_stream(first)
        if is_end and not first.payload:
            row: Row = self._end_row(fold)
        else:
            row = EntryRow((*order[2:], ENTRY), fold.entries, position, fold.attempt, fold=fold.state)
        node = self._placed[fold] = Node(row, order)
        if is_end and first.payload:
            self._tails[fold] = Node(self._end_row(fold), (*order, 1))
        return node

    def _key_for(self, fold: Fold) -> RowKey:
        first = fold.entries[0]
        is_mark = self._is_folded and ends_stream(first) and not first.payload
        return (*first.identity, END) if is_mark else key_of(first)

    def _end_row(self, fold: Fold) -> MarkRow:
        end = fold.entries[0]
        key = (*end.identity, END)
        return MarkRow(key, MarkKind.ENDED_BY_SENDER, end.timestamp_ns, end.sender_id, fold.attempt)

    def _describe(self, row: Row, fold: Fold, link: Link, above: Fold | None) -> bool:
        """Write onto a row what is known of its fold; whether that is something else than before."""
        if tail := self._tails.get(fold):
            tail.row.attempt = fold.attempt
        if not isinstance(row, EntryRow):
            changed, row.attempt = row.attempt != fold.attempt, fold.attempt
            return changed
        key = self._key_for(above) if above is not None else None
        asked = link.entry.timestamp_ns if link.entry else None
        facts = (fold.attempt, fold.state, link.kind, key, link.candidates, asked)
        if facts == (row.attempt, row.fold, row.parent, row.parent_key, row.candidates, row.asked_ns):
            return False
        row.attempt, row.fold, row.parent, row.parent_key, row.candidates, row.asked_ns = facts
        return True

    def _take_out(self, folds: Iterable[Fold]) -> None:
        if not len(self._outline):
            return
        nodes = [node for fold in folds for node in (self._placed[fold], self._tails.get(fold)) if node is not None]
        for node in sorted(nodes, key=lambda node: -node.depth):
            if node.is_listed:
                self._outline.detach(node)

    def _put_in(self, moving: Mapping[Fold, tuple[OrderKey, Fold | None]]) -> None:
        """Put folds where they belong now, from the earliest on."""
        places: list[tuple[Node, Node | None]] = []
        for fold in sorted(moving, key=_earliest):
            order, above = moving[fold]
            node, tail = self._placed[fold], self._tails.get(fold)
            node.order = order
            node.row.version += 1
            places.append((node, self._parent(above)))
            if tail is not None:
                tail.order = (*order, 1)
                tail.row.version += 1
                places.append((tail, None))
        if not len(self._outline) and self._outline.scope is None:
            self._outline.plant(places)
            return
        for node, parent in places:
            self._outline.attach(node, parent)

    def _forget(self, fold: Fold) -> None:
        self._relate(fold, None)
        self._answerers.pop(fold, None)
        del self._placed[fold]
        self._tails.pop(fold, None)

    def _number(self, change: LogChange, folds: FoldChange) -> None:
        """Tell rows their positions in the log, from the first that differs; what moved may have made rows before."""
        for fold in folds.new if change.moved else ():
            row = self._placed[fold].row
            if isinstance(row, EntryRow):
                row.index = self._log.position_of(row.first)
        if change.first is None:
            return
        for position in range(change.first, len(self._log)):
            entry = self._log[position]
            fold = self._folds.of(entry)
            row = self._placed[fold].row
            if fold.entries[0] is entry and isinstance(row, EntryRow) and row.index != position:
                row.index = position
                row.version += self._tells_positions
        if self._tells_positions and not change.is_appended:
            at = self._outline.index_of(self._placed[self._folds.of(self._log[change.first])])
            self._outline.tell(Op(OpKind.UPDATE, at, len(self._outline) - at))

    def _set_marks(self, dirty: dict[Node, None]) -> None:
        """Bring the log's marks in step; there are few."""
        wanted = {mark_key(mark): mark for mark in self._log.marks}
        for key, node in list(self._marks.items()):
            if key not in wanted or node.order != wanted[key].order:
                self._outline.detach(node)
                del self._marks[key]
        for key, mark in wanted.items():
            is_of_attempt = mark.kind in (MarkKind.ATTEMPT, MarkKind.PUT_BACK)
            attempt = mark.number if is_of_attempt else self._log.attempts.at(mark.timestamp_ns or 0)
            facts = (mark.timestamp_ns, mark.sender_id, attempt, mark.count)
            held = self._marks.get(key)
            if held is None:
                held = self._marks[key] = Node(MarkRow(key, mark.kind, *facts), mark.order)
                self._outline.attach(held, None)
                continue
            row = held.row
            if isinstance(row, MarkRow) and facts != (row.timestamp_ns, row.sender_id, row.attempt, row.count):
                row.timestamp_ns, row.sender_id, row.attempt, row.count = facts
                dirty[held] = None


def mark_key(mark: LogMark) -> RowKey:
    """The key of the row that shows a mark."""
    return ("", mark.number, 0, mark.kind.name.lower())
