"""Who answers whom: the entry that a reply's ``in_reply_to`` means.

Owns the rule of ARCHITECTURE.md ("Parents"). There are two parties, the submitter and all executors together. A
reply means the other party's entry of that sequence, the latest one before it; else one of its own party. "Before" is
in (timestamp, sender, sequence) and never by arrival. A fold is judged by its member that is earliest in that sense,
so a parent always begins before its reply and no circle can form.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from colony_tui.model import ChannelEntry
from colony_tui.store.folds import Fold
from colony_tui.store.log import ChannelLog
from colony_tui.store.order import Rank, rank_of
from colony_tui.store.rows import Parent


class Link(NamedTuple):
    """What a fold answers."""

    kind: Parent
    entry: ChannelEntry | None = None
    """The answered entry, when it is here."""
    candidates: int = 0
    """Entries of the chosen party that the sequence may mean."""


_NONE = Link(Parent.NONE)
_MISSING = Link(Parent.MISSING)


class Parents:
    """Entries by party and sequence, and the folds that answer each sequence."""

    def __init__(self, log: ChannelLog) -> None:
        self._log = log
        self._spoken: dict[bool, dict[int, ChannelEntry | list[ChannelEntry]]] = {False: {}, True: {}}
        """By whether the submitter is the speaker, and sequence. Nearly all sequences are used once: no list then."""
        self._answers: dict[int, dict[Fold, None]] = {}
        self._latest: Rank | None = None

    def take(self, entry: ChannelEntry) -> list[Fold]:
        """Take a new entry in; the folds that might mean it."""
        rank = rank_of(entry)
        spoken = self._spoken[self._log.is_from_submitter(entry.sender_id)]
        held = spoken.setdefault(entry.sequence, entry)
        if held is not entry:
            self._insert(entry, spoken)
        if self._latest is None or rank > self._latest:
            self._latest = rank
            return []
        return [fold for fold in self._answers.get(entry.sequence, ()) if fold.rank > rank]

    def _insert(self, entry: ChannelEntry, spoken: dict[int, ChannelEntry | list[ChannelEntry]]) -> None:
        """Take in one more entry of a sequence."""
        held = spoken[entry.sequence]
        if isinstance(held, ChannelEntry):
            held = spoken[entry.sequence] = [held]
        if rank_of(held[-1]) < rank_of(entry):
            held.append(entry)
        else:
            insort(held, entry, key=rank_of)

    def fill(self) -> None:
        """Take in all that the log holds, where nothing was taken in before and no fold is known."""
        submitter_id, spoken = self._log.submitter_id, self._spoken
        for entry in self._log.entries:
            of_party = spoken[entry.sender_id == submitter_id]
            if of_party.setdefault(entry.sequence, entry) is not entry:
                self._insert(entry, of_party)
        self._latest = max(map(rank_of, self._log.entries), default=None)

    def answer(self, fold: Fold) -> None:
        """A fold has come into being."""
        if fold.in_reply_to is not None:
            self._answers.setdefault(fold.in_reply_to, {})[fold] = None

    def forget(self, fold: Fold) -> None:
        """A fold is no more."""
        if fold.in_reply_to is not None:
            self._answers[fold.in_reply_to].pop(fold, None)

    def find(self, fold: Fold) -> Link:
        """The entry that a fold answers."""
        sequence = fold.in_reply_to
        if sequence is None:
            return _NONE
        own = self._log.is_from_submitter(fold.entries[0].sender_id)
        for party in (not own, own):
            held = self._spoken[party].get(sequence)
            if held is None:
                continue
            spoken = [held] if isinstance(held, ChannelEntry) else held
            if candidates := bisect_left(spoken, fold.rank, key=rank_of):
                kind = Parent.FOUND if candidates == 1 else Parent.AMBIGUOUS
                return Link(kind, spoken[candidates - 1], candidates)
        return _MISSING
