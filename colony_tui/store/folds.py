"""Folds: which entries of a log are one reply, and how far it has come.

Owns the rule of ARCHITECTURE.md ("Folds"): entries of one sender that answer the same entry in the same attempt are one
reply until its ``end`` or ``error``; then the next begins. Only ``data`` folds, and only where it answers something;
every other entry stands alone.

One deviation, for the reader's sake: a submitter who is nobody's executor is a person, or a program that speaks in
lines. Two lines typed in answer to one entry are two lines, not half a reply each, so they fold only once an ``end``
or ``error`` shows that they were a stream. Where submitter and executor share a key, the rule holds as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from colony_tui.model import ChannelEntry, EntryType
from colony_tui.store.log import ChannelLog
from colony_tui.store.order import Identity, OrderKey, Rank, rank_of
from colony_tui.store.rows import FoldState

Line = tuple[str, int, int, int]
"""Sender, epoch, attempt, answered sequence: what folds share that differ only in their ordinal."""

_CLOSING = (EntryType.END, EntryType.ERROR)
_FOLDING = (EntryType.DATA, *_CLOSING)


class Fold:
    """One reply, or one entry that stands alone. The object lives on while the reply grows."""

    __slots__ = ("attempt", "earliest", "entries", "line", "state")

    def __init__(self, entries: list[ChannelEntry], attempt: int, line: Line | None) -> None:
        self.entries = entries
        """In the log's order; at least one."""
        self.attempt = attempt
        self.line = line
        """``None`` for what never folds."""
        self.state = FoldState.SINGLE
        self.earliest = entries[0] if len(entries) == 1 else min(entries, key=rank_of)
        """The member that is earliest in time: what decides about the parent."""

    def append(self, entry: ChannelEntry) -> None:
        """Take in an entry that stands behind all others."""
        self.insert(len(self.entries), entry)

    def insert(self, at: int, entry: ChannelEntry) -> None:
        """Take in an entry at its place."""
        self.entries.insert(at, entry)
        self.earliest = min(self.earliest, entry, key=rank_of)

    def refill(self, entries: Iterable[ChannelEntry]) -> None:
        """Have these entries instead."""
        self.entries[:] = entries
        self.earliest = min(self.entries, key=rank_of)

    @property
    def rank(self) -> Rank:
        """Where its earliest member stands in time."""
        return rank_of(self.earliest)

    @property
    def in_reply_to(self) -> int | None:
        return self.entries[0].in_reply_to

    @property
    def is_closed(self) -> bool:
        """Whether its sender has ended it."""
        return self.entries[-1].type in _CLOSING


@dataclass(slots=True)
class FoldChange:
    """What a change of the log did to its folds. No fold is in two of the lists."""

    new: dict[Fold, None] = field(default_factory=dict)
    """In the order in which they were found."""
    grown: list[Fold] = field(default_factory=list)
    """Have taken in entries behind their own, or have changed their state."""
    reshaped: dict[Fold, None] = field(default_factory=dict)
    """Have changed otherwise: their members, their place, or the place of members."""
    gone: list[Fold] = field(default_factory=list)


class Folds:
    """All folds of a log, kept in step with it."""

    def __init__(self, log: ChannelLog, *, is_raw: bool = False) -> None:
        """``is_raw`` leaves every entry by itself."""
        self._log = log
        self._is_raw = is_raw
        self._lines: dict[Line, list[Fold]] = {}
        self._owner: dict[Identity, Fold] = {}
        self._growing: dict[Fold, None] = {}

    def of(self, entry: ChannelEntry) -> Fold:
        """The fold that an entry is in."""
        return self._owner[entry.identity]

    def holding(self, identity: Identity) -> Fold | None:
        """The fold that has the entry of that identity."""
        return self._owner.get(identity)

    def fill(self) -> None:
        """Take in all that the log holds, where nothing was taken in before: every line is split once."""
        owner, attempt_at = self._owner, self._log.attempts.at
        lines: dict[Line, list[ChannelEntry]] = {}
        for entry, order in zip(self._log.entries, self._log.orders, strict=True):
            attempt = attempt_at(entry.timestamp_ns)
            if self._is_raw or entry.in_reply_to is None or entry.type not in _FOLDING:
                fold = owner[order[2:]] = Fold([entry], attempt, None)
                if entry.type != EntryType.DATA:
                    self._judge(fold)
            else:
                lines.setdefault((entry.sender_id, order[0], attempt, entry.in_reply_to), []).append(entry)
        for line, entries in lines.items():
            folds = self._lines[line] = [self._begin(part, line) for part in self._parts(entries, line)]
            for fold in folds:
                self._judge(fold)

    def begun(self) -> Iterator[tuple[int, OrderKey, Fold]]:
        """All folds by the order of what they began with: its position in the log, and by what it is sorted."""
        owner = self._owner
        for position, (entry, order) in enumerate(zip(self._log.entries, self._log.orders, strict=True)):
            fold = owner[order[2:]]
            if fold.entries[0] is entry:
                yield position, order, fold

    def apply(self, added: Iterable[ChannelEntry], moved: Iterable[ChannelEntry], *, facts: bool) -> FoldChange:
        """Bring the folds in step with a change of the log; only lines that it touches are looked at."""
        change = FoldChange()
        loose: dict[Line, list[ChannelEntry]] = {}
        grown: dict[Fold, None] = {}
        for entry in moved:
            self._loosen(entry, loose, change)
        for entry in added:
            line = self._line_of(entry)
            if line is None:
                change.new[self._begin([entry], None)] = None
            elif line in loose:
                loose[line].append(entry)
            elif not self._append(entry, line, grown, change):
                loose[line] = [entry]
        for line, entries in loose.items():
            self._split_again(line, entries, change)
        self._settle(grown, change, facts=facts)
        return change

    def _settle(self, grown: dict[Fold, None], change: FoldChange, *, facts: bool) -> None:
        """Work out the states; facts can close what grows. What is new or reshaped is not told as grown as well."""
        told = {*change.new, *change.reshaped, *change.gone}
        for fold in told | grown.keys():
            self._judge(fold)
        if facts:
            for fold in list(self._growing):
                if self._judge(fold):
                    grown[fold] = None
        for fold in change.gone:
            self._growing.pop(fold, None)
        change.grown = [fold for fold in grown if fold not in told]

    def _line_of(self, entry: ChannelEntry) -> Line | None:
        if self._is_raw or entry.in_reply_to is None or entry.type not in _FOLDING:
            return None
        epoch = self._log.order_of(entry)[0]
        return (entry.sender_id, epoch, self._log.attempt_of(entry), entry.in_reply_to)

    def _append(self, entry: ChannelEntry, line: Line, grown: dict[Fold, None], change: FoldChange) -> bool:
        """Take in an entry at the end of its line; ``False`` when the line must be split again."""
        folds = self._lines.setdefault(line, [])
        last = folds[-1] if folds else None
        if last is not None and self._log.order_of(last.entries[-1]) > self._log.order_of(entry):
            return self._insert(entry, folds, change)
        if last is not None and not last.is_closed:
            if not self._is_typed(line):
                former = last.earliest
                last.append(entry)
                self._owner[entry.identity] = last
                grown[last] = None
                if last.earliest is not former and last not in change.new:
                    change.reshaped[last] = None
                return True
            if entry.type in _CLOSING:
                return False
        fold = self._begin([entry], line)
        folds.append(fold)
        change.new[fold] = None
        return True

    def _insert(self, entry: ChannelEntry, folds: list[Fold], change: FoldChange) -> bool:
        """Take in an entry that came late, where it falls within one fold; ``False`` for any other place."""
        order = self._log.order_of
        at = bisect_left(folds, order(entry), key=lambda fold: order(fold.entries[0])) - 1
        fold = folds[at]
        if at < 0 or entry.type in _CLOSING or order(fold.entries[-1]) < order(entry) or fold.state is FoldState.SINGLE:
            return False
        fold.insert(bisect_left(fold.entries, order(entry), key=order), entry)
        self._owner[entry.identity] = fold
        if fold not in change.new:
            change.reshaped[fold] = None
        return True

    def _begin(self, entries: list[ChannelEntry], line: Line | None) -> Fold:
        fold = Fold(entries, self._log.attempt_of(entries[0]), line)
        for entry in entries:
            self._owner[entry.identity] = fold
        return fold

    def _is_typed(self, line: Line) -> bool:
        return self._log.is_from_submitter(line[0]) and not self._log.has_shared_key

    def _loosen(self, entry: ChannelEntry, loose: dict[Line, list[ChannelEntry]], change: FoldChange) -> None:
        """Note what an entry that has moved puts in question: its own place, or its line's folds, old and new."""
        fold = self._owner[entry.identity]
        if fold.line is None:
            fold.attempt = self._log.attempt_of(entry)
            change.reshaped[fold] = None
            return
        line = self._line_of(entry)
        loose.setdefault(fold.line, [])
        if line is not None and line != fold.line:
            loose.setdefault(line, []).append(entry)

    def _split_again(self, line: Line, more: list[ChannelEntry], change: FoldChange) -> None:
        """Split a whole line into folds; a fold whose first entry stays the same lives on."""
        former = {fold.entries[0].identity: fold for fold in self._lines.get(line, ())}
        held = [entry for fold in former.values() for entry in fold.entries if self._line_of(entry) == line]
        self._lines[line] = folds = []
        for part in self._parts(sorted(held + more, key=self._log.order_of), line):
            fold = former.pop(part[0].identity, None)
            if fold is None:
                fold = self._begin(part, line)
                change.new[fold] = None
            else:
                self._refill(fold, part)
                if fold not in change.new:
                    change.reshaped[fold] = None
            folds.append(fold)
        for fold in former.values():
            if fold in change.new:
                del change.new[fold]
            else:
                change.gone.append(fold)

    def _refill(self, fold: Fold, entries: list[ChannelEntry]) -> None:
        fold.refill(entries)
        for entry in entries:
            self._owner[entry.identity] = fold

    def _parts(self, entries: list[ChannelEntry], line: Line) -> Iterator[list[ChannelEntry]]:
        """Cut a line behind each ``end`` and ``error``; typed lines that nothing ends stay by themselves."""
        part: list[ChannelEntry] = []
        for entry in entries:
            part.append(entry)
            if entry.type in _CLOSING:
                yield part
                part = []
        if self._is_typed(line):
            yield from ([entry] for entry in part)
        elif part:
            yield part

    def _judge(self, fold: Fold) -> bool:
        """Work out a fold's state; whether it has changed."""
        state = self._state_of(fold)
        if state is FoldState.GROWING:
            self._growing[fold] = None
        else:
            self._growing.pop(fold, None)
        changed, fold.state = state is not fold.state, state
        return changed

    def _state_of(self, fold: Fold) -> FoldState:
        last = fold.entries[-1].type
        if last == EntryType.END:
            return FoldState.ENDED
        if last == EntryType.ERROR:
            return FoldState.FAILED
        if len(fold.entries) == 1 or fold.line is None:
            return FoldState.SINGLE
        return FoldState.CLOSED if self._log.is_finished(fold.line[1], fold.line[2]) else FoldState.GROWING
