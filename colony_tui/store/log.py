"""The log of one channel: which entries are held, in what order, and what is known to be missing from it.

Owns identity, order, attempts and epochs, and hands out a change for each thing that it takes in. It decides nothing
about how entries are shown, and keeps no clock: every time comes from an entry or from the caller.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from colony_tui.model import ChannelEntry, ProcessState
from colony_tui.store.condition import Conditioned, ConditionKind
from colony_tui.store.order import Attempts, Identity, OrderKey, Run, ends_stream
from colony_tui.store.rows import MarkKind

_MANY = 16  # sorting a stretch anew costs about as much as moving one entry in so many of it by itself


@dataclass(frozen=True, slots=True)
class LogMark:
    """Something that is known of a place in the log, other than an entry."""

    kind: MarkKind
    number: int
    """Which of its kind, from 0; of an attempt its number. Stays the mark's own."""
    order: OrderKey
    """Where it stands among the entries."""
    timestamp_ns: int | None = None
    sender_id: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class LogChange:
    """What one call did to a log; views apply it instead of reading the log again."""

    added: tuple[ChannelEntry, ...] = ()
    """Entries that were not held before, in the log's order."""
    moved: tuple[ChannelEntry, ...] = ()
    """Entries held before that stand elsewhere now, or belong to another attempt, in the log's order."""
    rekeyed: tuple[ChannelEntry, ...] = ()
    """Entries held before that are sorted by another key now, but stand among the others where they stood."""
    first: int | None = None
    """No position before this one differs; ``None`` when none does at all."""
    is_appended: bool = True
    """Whether all that was added stands behind all that was held."""
    facts: bool = False
    """Whether marks, attempts, executors or the end have changed."""
    needs_process: bool = False
    """An executor's sequence went back: the process may have begun another attempt, which only fetching it tells."""

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.facts)


class ChannelLog(Conditioned):
    """Entries of one channel as a set, put in order, with attempts, epochs, gaps and ends as facts beside them.

    The order depends on the set of entries and on the facts given, never on the order of arrival; what is held
    already is ignored. Adding costs in proportion to the batch when it continues the log, and at most the shift of
    what stands behind when it does not.
    """

    def __init__(self, process_id: str, channel: str, submitter_id: str, executor_ids: Iterable[str] = ()) -> None:
        """``submitter_id`` is the process's initiator; ``executor_ids`` whoever is known to have been assigned."""
        super().__init__()
        self.process_id = process_id
        self.channel = channel
        self.submitter_id = submitter_id
        self.executor_ids = frozenset(executor_ids) - {""}
        self.attempts = Attempts()
        self.epoch = 0
        """How many times the server's log was found shorter than ours."""
        self.ended_ns: int | None = None
        self.outcome: ProcessState | None = None
        self._entries: list[ChannelEntry] = []
        self._order: list[OrderKey] = []
        self._keys: dict[Identity, OrderKey] = {}
        self._runs: dict[tuple[str, int, int], Run] = {}
        self._marks: dict[tuple[MarkKind, int], LogMark] = {}
        self._resets_ns: list[int] = []
        self._earlier = 0
        self._seen_again: set[Identity] = set()

    # What is held

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[ChannelEntry]:
        return iter(self._entries)

    def __getitem__(self, position: int) -> ChannelEntry:
        return self._entries[position]

    def __contains__(self, entry: ChannelEntry) -> bool:
        return entry.identity in self._keys

    @property
    def entries(self) -> Sequence[ChannelEntry]:
        """All that is held, earlier epochs first, in order. Not to be changed, and not a copy."""
        return self._entries

    @property
    def orders(self) -> Sequence[OrderKey]:
        """What `entries` are sorted by, one after the other. Not to be changed, and not a copy."""
        return self._order

    @property
    def count(self) -> int:
        """Distinct entries held of the server's present log: the n of "Following a channel" (PROTOCOL.md)."""
        return len(self._entries) - self._earlier + len(self._seen_again)

    @property
    def last_ns(self) -> int | None:
        """Timestamp of the entry that stands last."""
        return self._entries[-1].timestamp_ns if self._entries else None

    @property
    def is_closed(self) -> bool:
        """Whether the process has ended, so that nothing can come any more."""
        return self.ended_ns is not None or self.outcome is not None

    @property
    def has_shared_key(self) -> bool:
        """Whether submitter and executor are known to speak with one key, so that the sender tells no party."""
        return self.submitter_id in self.executor_ids

    @property
    def ended_by(self) -> tuple[str, ...]:
        """Senders, by id, whose last entry of the present attempt ends the stream."""
        present = (self.epoch, self.attempts.latest)
        return tuple(
            sorted(who for (who, *line), run in self._runs.items() if tuple(line) == present and ends_stream(run.last))
        )

    def order_of(self, entry: ChannelEntry) -> OrderKey:
        """What the entry is sorted by. Raises ``KeyError`` for one that is not held."""
        return self._keys[entry.identity]

    def position_of(self, entry: ChannelEntry) -> int:
        """Where it stands, from 0. Raises ``KeyError`` for one that is not held."""
        return bisect_left(self._order, self._keys[entry.identity])

    def attempt_of(self, entry: ChannelEntry) -> int:
        """The attempt it belongs to, from 1."""
        return self.attempts.at(entry.timestamp_ns)

    def is_from_submitter(self, sender_id: str) -> bool:
        """Which of the two parties a sender counts to: the submitter, or all executors together."""
        return sender_id == self.submitter_id

    def is_finished(self, epoch: int, attempt: int) -> bool:
        """Whether nothing can be added to that attempt of that epoch any more."""
        latest = self.attempts.latest
        is_over = attempt == latest and (MarkKind.PUT_BACK, latest) in self._marks
        return self.is_closed or is_over or epoch < self.epoch or attempt < latest

    @property
    def marks(self) -> tuple[LogMark, ...]:
        """Attempts, gaps, resets, what was not seen before and the end, in order."""
        return tuple(sorted(self._marks.values(), key=lambda mark: mark.order))

    # Entries

    def add(self, entries: Iterable[ChannelEntry]) -> LogChange:
        """Take a batch in, in whatever order it came; entries that are held already change nothing."""
        before = first = len(self._entries)
        added = self._fresh(entries)
        moved: list[ChannelEntry] = []
        rekeyed: list[ChannelEntry] = []
        goes_back = False
        for identity, entry in added.items():
            at, others = self._take(entry, identity)
            goes_back = goes_back or self._tells_of_attempt(entry, others)
            if others:
                at, has_moved = self._move(others, entry)
                (moved if has_moved else rekeyed).extend(others)
            first = min(first, at)
        if not added:
            return LogChange()
        is_appended = first == before and not moved
        return LogChange(
            added=tuple(self._entries[before:]) if is_appended else self._sorted(added.values()),
            moved=self._sorted(moved),
            rekeyed=tuple(rekeyed),
            first=first,
            is_appended=is_appended,
            needs_process=goes_back,
        )

    def goes_back(self, entries: Iterable[ChannelEntry]) -> bool:
        """Whether among entries not yet held an executor's sequence goes back in time.

        Such a batch may belong to another attempt: fetch the process and give its starts before adding it, so that
        it does not jump. Late lower sequences within one attempt look the same and are added thereafter.
        """
        highest: dict[tuple[str, int], int] = {}
        fresh = [entry for entry in entries if entry.identity not in self._keys and self._is_executor(entry.sender_id)]
        for entry in sorted(fresh, key=lambda entry: entry.timestamp_ns):
            line = (entry.sender_id, self.attempt_of(entry))
            if entry.sequence <= highest.get(line, entry.sequence - 1):
                return True
            run = self._runs.get((entry.sender_id, self.epoch, line[1]))
            earliest = run.earliest_from(entry.sequence) if run else None
            if earliest is not None and earliest < entry.timestamp_ns:
                return True
            highest[line] = entry.sequence
        return False

    # Facts from elsewhere

    def set_attempts(
        self, starts_ns: Sequence[int], latest: int | None = None, executor_ids: Sequence[str] = ()
    ) -> LogChange:
        """All starts known of the process's attempts, and who took each, as far as known.

        ``latest`` is the number of the attempt of the last start, where earlier ones were never seen. Entries whose
        attempt turns out to be another one come back as moved.
        """
        attempts = Attempts(tuple(starts_ns), latest, tuple(executor_ids))
        known = self.set_executors(executor_ids)
        if attempts == self.attempts:
            return known
        former, self.attempts = self.attempts, attempts
        self._place_attempt_marks()
        if all(former.at(entry.timestamp_ns) == attempts.at(entry.timestamp_ns) for entry in self._entries):
            return replace(known, facts=True)
        return self._order_again(former, {entry.identity for entry in known.moved})

    def set_executors(self, executor_ids: Iterable[str]) -> LogChange:
        """More executors are known to have been assigned.

        If one of them is the submitter, its entries come back as moved: they are not a person's lines alone.
        """
        known = self.executor_ids | frozenset(executor_ids) - {""}
        if known == self.executor_ids:
            return LogChange()
        had_shared_key, self.executor_ids = self.has_shared_key, known
        if had_shared_key == self.has_shared_key:
            return LogChange(facts=True)
        own = tuple(entry for entry in self._entries if entry.sender_id == self.submitter_id)
        return LogChange(moved=own, is_appended=not own, facts=True)

    def put_back(self, at_ns: int) -> LogChange:
        """The latest attempt is over, and the process waits to be taken again; said again, it changes nothing.

        The mark stands until the mark of the next attempt takes its place.
        """
        number = self.attempts.latest
        if (MarkKind.PUT_BACK, number) in self._marks:
            return LogChange()
        mark = LogMark(MarkKind.PUT_BACK, number, self._behind(at_ns, number), at_ns)
        self._marks[(MarkKind.PUT_BACK, number)] = mark
        return LogChange(facts=True)

    def mark_gap(
        self, now_ns: int, after_ns: int | None = None, count: int | None = None, *, is_live: bool = True
    ) -> LogChange:
        """Entries behind ``after_ns`` (default: the last one held) were not seen and cannot be read any more."""
        place = after_ns if after_ns is not None else (self.last_ns if self.last_ns is not None else now_ns)
        if is_live:
            self._turn(ConditionKind.GAP, now_ns, count=count)
        return self._mark(MarkKind.GAP, place, count=count)

    def reset(self, now_ns: int) -> LogChange:
        """The server's log is shorter than ours: what is held is recorded only from here on, and a new log begins."""
        self.epoch += 1
        held = self.count
        self._earlier = len(self._entries)
        self._seen_again.clear()
        self._resets_ns.append(now_ns)
        self._turn(ConditionKind.RESET, now_ns, count=held)
        number = self.epoch - 1
        mark = LogMark(MarkKind.RESET, number, (self.epoch, -1, "", 0, 0), now_ns, count=held)
        self._marks[(MarkKind.RESET, number)] = mark
        return LogChange(facts=True)

    def mark_joined(self, count: int | None = None) -> LogChange:
        """What came before the first entry held was never seen: ``count`` entries, if anybody knows."""
        self._marks[(MarkKind.JOINED, 0)] = LogMark(MarkKind.JOINED, 0, (-1, 0, "", 0, 0), count=count)
        return LogChange(facts=True)

    def close(self, outcome: ProcessState | None, ended_ns: int | None, now_ns: int) -> LogChange:
        """The process has ended: replies that are still open stay so for ever."""
        self.outcome, self.ended_ns = outcome, ended_ns if ended_ns is not None else now_ns
        self._turn(ConditionKind.ENDED, now_ns, outcome=outcome)
        order = (self.epoch + 1, -2, "", 0, 0)
        self._marks[(MarkKind.CLOSED, 0)] = LogMark(MarkKind.CLOSED, 0, order, self.ended_ns)
        return LogChange(facts=True)

    # Inside

    def _fresh(self, entries: Iterable[ChannelEntry]) -> dict[Identity, ChannelEntry]:
        """What is not held yet, the earliest first: so no entry of a batch moves for another one of it."""
        fresh: dict[Identity, ChannelEntry] = {}
        for entry in entries:
            identity = entry.identity
            held = self._keys.get(identity)
            if held is None:
                fresh.setdefault(identity, entry)
            elif held[0] < self.epoch:
                self._seen_again.add(identity)
        return dict(sorted(fresh.items(), key=_time_of))

    def _take(self, entry: ChannelEntry, identity: Identity) -> tuple[int, list[ChannelEntry]]:
        line = (entry.sender_id, self.epoch, self.attempt_of(entry))
        run = self._runs.get(line)
        if run is None:
            run = self._runs[line] = Run()
        anchor, others = run.add(entry)
        at = self._insert(entry, (self.epoch, anchor, *identity))
        return at, others

    def _insert(self, entry: ChannelEntry, key: OrderKey) -> int:
        order = self._order
        at = len(order) if not order or key > order[-1] else bisect_left(order, key)
        order.insert(at, key)
        self._entries.insert(at, entry)
        self._keys[entry.identity] = key
        return at

    def _move(self, others: Sequence[ChannelEntry], late: ChannelEntry) -> tuple[int, bool]:
        """Let entries stand at the time of a late one; they are neighbours of one run, and in order.

        Returns:
            The first position that differs, and whether any of them has passed a third entry or a mark.
        """
        order, entries = self._order, self._entries
        former = [self._keys[other.identity] for other in others]
        keys = [(old[0], late.timestamp_ns, *old[2:]) for old in former]
        self._keys.update((other.identity, key) for other, key in zip(others, keys, strict=True))
        start, end = bisect_left(order, keys[0]), bisect_left(order, former[-1]) + 1
        if _MANY * len(others) < end - start:
            for other, old, key in zip(others, former, keys, strict=True):
                at = bisect_left(order, old)
                del order[at], entries[at]
                self._insert(other, key)
            return min(start, self.position_of(late)), True
        renamed = dict(zip(former, keys, strict=True))
        held = entries[start:end]
        pairs = sorted(zip([renamed.get(key, key) for key in order[start:end]], held, strict=True), key=itemgetter(0))
        order[start:end] = [key for key, _ in pairs]
        entries[start:end] = [entry for _, entry in pairs]
        at = self.position_of(late)
        has_moved = [entry for entry in held if entry is not late] != [each for _, each in pairs if each is not late]
        if has_moved or any(keys[0] < mark.order < former[-1] for mark in self._marks.values()):
            return min(start, at), True
        return at, False

    def _sorted(self, entries: Iterable[ChannelEntry]) -> tuple[ChannelEntry, ...]:
        return tuple(sorted(entries, key=self.order_of))

    def _is_executor(self, sender_id: str) -> bool:
        return sender_id != self.submitter_id or self.has_shared_key

    def _tells_of_attempt(self, entry: ChannelEntry, others: Sequence[ChannelEntry]) -> bool:
        return self._is_executor(entry.sender_id) and (bool(others) or self.order_of(entry)[1] < entry.timestamp_ns)

    def _mark(self, kind: MarkKind, place_ns: int, count: int | None) -> LogChange:
        number = sum(known is kind for known, _ in self._marks)
        self._marks[(kind, number)] = LogMark(kind, number, self._behind(place_ns, number), place_ns, count=count)
        return LogChange(facts=True)

    def _behind(self, time_ns: int, number: int) -> OrderKey:
        """Behind every entry that stands at that time; no sender's id is above the last character there is."""
        return (self._epoch_at(time_ns), time_ns, chr(0x10FFFF), number, 0)

    def _epoch_at(self, time_ns: int) -> int:
        return sum(reset <= time_ns for reset in self._resets_ns)

    def _place_attempt_marks(self) -> None:
        attempts = self.attempts
        for kind, number in list(self._marks):
            is_past = kind is MarkKind.PUT_BACK and number < attempts.latest
            if kind is MarkKind.ATTEMPT or is_past:
                del self._marks[kind, number]
        for index, start in enumerate(attempts.starts_ns):
            number = attempts.first + index
            if number > 1:
                order = (self._epoch_at(start), start, "", 0, 0)
                who = attempts.executor_ids[index]
                self._marks[(MarkKind.ATTEMPT, number)] = LogMark(MarkKind.ATTEMPT, number, order, start, who)

    def _order_again(self, former: Attempts, others: set[Identity]) -> LogChange:
        """Put everything in order under the attempts known now; what stands elsewhere or changed attempt has moved."""
        before, held = self._keys, self._entries
        self._runs = {}
        for entry in held:
            line = (entry.sender_id, before[entry.identity][0], self.attempt_of(entry))
            self._runs.setdefault(line, Run()).add(entry)
        self._keys = {
            entry.identity: (line[1], anchor, *entry.identity)
            for line, run in self._runs.items()
            for entry, anchor in run
        }
        self._entries = sorted(held, key=self.order_of)
        self._order = [self._keys[entry.identity] for entry in self._entries]
        moved = tuple(
            entry
            for entry in self._entries
            if entry.identity in others
            or self._keys[entry.identity] != before[entry.identity]
            or former.at(entry.timestamp_ns) != self.attempt_of(entry)
        )
        differs = (at for at, (old, new) in enumerate(zip(held, self._entries, strict=True)) if old is not new)
        return LogChange(moved=moved, first=next(differs, None), is_appended=False, facts=True)


def _time_of(item: tuple[Identity, ChannelEntry]) -> int:
    return item[0][2]
