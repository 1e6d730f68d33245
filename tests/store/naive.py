"""What a set of entries means, worked out in the plainest way there is, to hold the package against.

Everything is built anew from the whole set by the words of the rules, with no thought of cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from colony_tui.model import ChannelEntry
from colony_tui.store.rows import FoldState, Parent

Identity = tuple[str, int, int]
CLOSING = ("end", "error")


@dataclass
class NaiveFold:
    entries: list[ChannelEntry]
    attempt: int
    epoch: int
    state: FoldState = FoldState.SINGLE
    kind: Parent = Parent.NONE
    candidates: int = 0
    above: NaiveFold | None = None
    children: list[NaiveFold] = field(default_factory=list)

    @property
    def earliest(self) -> tuple[int, str, int]:
        return min(rank(entry) for entry in self.entries)


def rank(entry: ChannelEntry) -> tuple[int, str, int]:
    return (entry.timestamp_ns, entry.sender_id, entry.sequence)


@dataclass
class Naive:
    """The facts beside the entries."""

    submitter_id: str
    executor_ids: frozenset[str] = frozenset()
    starts_ns: tuple[int, ...] = ()
    is_closed: bool = False
    epochs: Mapping[Identity, int] = field(default_factory=dict)
    epoch: int = 0

    def attempt(self, entry: ChannelEntry) -> int:
        return max(1, sum(start <= entry.timestamp_ns for start in self.starts_ns))

    def in_order(self, entries: Iterable[ChannelEntry]) -> list[ChannelEntry]:
        held = list({entry.identity: entry for entry in entries}.values())

        def standing(entry: ChannelEntry) -> tuple[int, int, str, int, int]:
            line = (entry.sender_id, self.attempt(entry), self.epochs.get(entry.identity, 0))
            own = [
                other.timestamp_ns
                for other in held
                if (other.sender_id, self.attempt(other), self.epochs.get(other.identity, 0)) == line
                and other.sequence >= entry.sequence
            ]
            return (line[2], min(own), *entry.identity)

        return sorted(held, key=standing)

    def folds(self, entries: Iterable[ChannelEntry]) -> list[NaiveFold]:
        """All folds in the order of their first entries."""
        found: list[NaiveFold] = []
        lines: dict[tuple[str, int, int, int], list[ChannelEntry]] = defaultdict(list)
        for entry in self.in_order(entries):
            attempt, epoch = self.attempt(entry), self.epochs.get(entry.identity, 0)
            if entry.in_reply_to is None or entry.type not in ("data", *CLOSING):
                found.append(NaiveFold([entry], attempt, epoch))
            else:
                lines[entry.sender_id, attempt, epoch, entry.in_reply_to].append(entry)
        for (sender, attempt, epoch, _), members in lines.items():
            is_typed = sender == self.submitter_id and self.submitter_id not in self.executor_ids
            part: list[ChannelEntry] = []
            for entry in members:
                part.append(entry)
                if entry.type in CLOSING:
                    found.append(NaiveFold(part, attempt, epoch))
                    part = []
            for rest in [[entry] for entry in part] if is_typed else [part]:
                if rest:
                    found.append(NaiveFold(rest, attempt, epoch))
        for fold in found:
            fold.state = self.state(fold)
        places = {entry.identity: place for place, entry in enumerate(self.in_order(entries))}
        return sorted(found, key=lambda fold: places[fold.entries[0].identity])

    def state(self, fold: NaiveFold) -> FoldState:
        last = fold.entries[-1].type
        if last == "end":
            return FoldState.ENDED
        if last == "error":
            return FoldState.FAILED
        if len(fold.entries) == 1:
            return FoldState.SINGLE
        is_over = fold.attempt < max(1, len(self.starts_ns)) or fold.epoch < self.epoch or self.is_closed
        return FoldState.CLOSED if is_over else FoldState.GROWING

    def threads(self, entries: Iterable[ChannelEntry]) -> list[NaiveFold]:
        """Roots in order, each with its children in order."""
        held = list(entries)
        folds = self.folds(held)
        for fold in folds:
            self.answer(fold, folds)
        return [fold for fold in folds if fold.above is None]

    def answer(self, fold: NaiveFold, folds: list[NaiveFold]) -> None:
        sequence = fold.entries[0].in_reply_to
        if sequence is None:
            return
        is_own = fold.entries[0].sender_id == self.submitter_id
        before = [
            (entry, other)
            for other in folds
            for entry in other.entries
            if entry.sequence == sequence and rank(entry) < fold.earliest
        ]
        theirs = [each for each in before if (each[0].sender_id == self.submitter_id) != is_own]
        chosen = theirs or [each for each in before if (each[0].sender_id == self.submitter_id) == is_own]
        fold.kind = (Parent.MISSING, Parent.FOUND, Parent.AMBIGUOUS)[min(2, len(chosen))]
        if chosen:
            fold.candidates = len(chosen)
            fold.above = max(chosen, key=lambda each: rank(each[0]))[1]
            fold.above.children.append(fold)
