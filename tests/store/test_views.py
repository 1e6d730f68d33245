"""Views of a log: the rows that the rules give, reached change by change, each change told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import ChannelEntry, ProcessState
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.log_view import LogView, key_of
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow, Op, OpKind, Parent, Row, Timing
from colony_tui.store.views import RawView, SubThreadView, ThreadView, TimeView
from tests.store.making import ALICE, BOT, OTHER_BOT, SCALE, entry, entry_sets, log_of, spread, starts
from tests.store.mirror import Mirror, facts_of
from tests.store.naive import Naive, NaiveFold
from tests.store.test_log import batches

VIEWS: list[type[LogView]] = [ThreadView, TimeView, RawView]
MS = 1_000_000


def said(fold: NaiveFold, depth: int) -> tuple[object, ...]:
    identities = tuple(each.identity for each in fold.entries)
    above = fold.above.entries[0].identity if fold.above else None
    return (identities, fold.attempt, depth, fold.kind, above, fold.candidates, fold.state)


def walked(folds: list[NaiveFold], depth: int = 0) -> Iterator[tuple[NaiveFold, int]]:
    for fold in folds:
        yield fold, depth
        yield from walked(fold.children, depth + 1)


def is_bare_end(fold: NaiveFold) -> bool:
    first = fold.entries[0]
    return first.type == "end" and first.in_reply_to is None and not first.payload


def shown(row: EntryRow) -> tuple[object, ...]:
    identities = tuple(each.identity for each in row.entries)
    above = row.parent_key[:3] if row.parent_key else None
    return (identities, row.attempt, row.depth, row.parent, above, row.candidates, row.fold)


def entry_rows(view: LogView) -> list[EntryRow]:
    return [row for row in view if isinstance(row, EntryRow)]


def drive(
    log: ChannelLog, views: list[LogView], coming: list[list[ChannelEntry]], starts_ns: tuple[int, ...], seed: int
) -> None:
    """Add batches and, at moments that the seed chooses, the facts; every view is followed by its operations."""
    chance = random.Random(seed)
    mirrors = [(view, Mirror(view, position=isinstance(view, RawView))) for view in views]

    def turn(change: LogChange) -> None:
        for view, mirror in mirrors:
            mirror.follow(view.apply(change))

    facts: list[Callable[[], LogChange]] = [
        lambda: log.set_attempts(starts_ns, executor_ids=[BOT] * len(starts_ns)),
        lambda: log.mark_gap(chance.randrange(40) * SCALE, 5 * SCALE, 2),
        lambda: log.mark_joined(4),
    ]
    moments = [chance.randrange(len(coming)) for _ in facts]
    for number, batch in enumerate(coming):
        turn(log.add(batch))
        for moment, fact in zip(moments, facts, strict=True):
            if moment == number:
                turn(fact())


@pytest.mark.parametrize("executors", [(BOT,), (ALICE,)], ids=["own-keys", "shared-key"])
@given(entry_sets(), starts, st.booleans(), st.randoms(use_true_random=False))
def test_any_way_of_coming_gives_the_rows_of_the_rules(
    executors: tuple[str, ...],
    drawn: list[ChannelEntry],
    starts_ns: tuple[int, ...],
    closes: bool,
    chance: random.Random,
) -> None:
    entries = spread(drawn)
    log = ChannelLog("p", "c", ALICE)
    thread, time, raw = ThreadView(log), TimeView(log), RawView(log)
    coming = batches(entries, chance)
    drive(log, [thread, time, raw], coming, starts_ns, chance.randrange(1000))
    for change in (log.set_executors(executors), *([log.close(ProcessState.FAILED, 99 * SCALE, 0)] if closes else ())):
        for view in (thread, time, raw):
            mirror = Mirror(view, position=view is raw)
            mirror.follow(view.apply(change))
    executor_ids = frozenset(executors) | ({BOT} if starts_ns else set())
    naive = Naive(ALICE, executor_ids, starts_ns, is_closed=closes)
    roots = naive.threads(entries)
    expected = [(fold, depth) for fold, depth in walked(roots) if not is_bare_end(fold)]
    assert [shown(row) for row in entry_rows(thread)] == [said(fold, depth) for fold, depth in expected]
    ordered = naive.in_order(entries)
    by_time = sorted((fold for fold, _ in expected), key=lambda fold: ordered.index(fold.entries[0]))
    assert [shown(row) for row in entry_rows(time)] == [said(fold, 0) for fold in by_time]
    assert [row.entries for row in entry_rows(raw)] == [[each] for each in ordered]
    for view in (thread, time, raw):
        assert [row.index for row in entry_rows(view)] == [log.position_of(row.first) for row in entry_rows(view)]
        anew = type(view)(log)
        assert [facts_of(row) for row in view] == [facts_of(row) for row in anew]


@given(entry_sets(), st.randoms(use_true_random=False))
def test_a_thread_alone_is_told_as_a_part_of_the_whole(drawn: list[ChannelEntry], chance: random.Random) -> None:
    log = log_of(*drawn[: len(drawn) // 2])
    whole = ThreadView(log)
    alone = [whole.only(key_of(row.first)) for row in entry_rows(whole)]
    for view in alone:
        assert [facts_of(row) for row in view] == [facts_of(row) for row in subtree(whole, view)]
    mirrors = [Mirror(view) for view in alone]
    for batch in batches(drawn, chance):
        change = log.add(batch)
        whole.apply(change)
        for view, mirror in zip(alone, mirrors, strict=True):
            mirror.follow(view.apply(change))
            assert [facts_of(row) for row in view] == [facts_of(row) for row in subtree(whole, view)]


@pytest.mark.parametrize("executors", [(BOT,), (ALICE,)], ids=["own-keys", "shared-key"])
@given(entry_sets(), starts, st.randoms(use_true_random=False))
def test_a_view_made_at_any_moment_goes_on_as_one_that_was_there_from_the_beginning(
    executors: tuple[str, ...], drawn: list[ChannelEntry], starts_ns: tuple[int, ...], chance: random.Random
) -> None:
    log = ChannelLog("p", "c", ALICE, [BOT])
    steps: list[Callable[[], LogChange]] = [
        *(partial(log.add, batch) for batch in batches(spread(drawn), chance)),
        lambda: log.set_attempts(starts_ns, executor_ids=[BOT] * len(starts_ns)),
        lambda: log.set_executors(executors),
        lambda: log.mark_gap(chance.randrange(40) * SCALE, 5 * SCALE, 2),
        lambda: log.put_back(20 * SCALE),
    ]
    chance.shuffle(steps)
    moment = chance.randrange(len(steps))
    first: list[LogView] = [kind(log) for kind in VIEWS]
    for step in steps[:moment]:
        change = step()
        for view in first:
            view.apply(change)
    mirrors = [(view, Mirror(view, position=isinstance(view, RawView))) for view in (kind(log) for kind in VIEWS)]
    for step in steps[moment:]:
        change = step()
        for view, (late, mirror) in zip(first, mirrors, strict=True):
            view.apply(change)
            mirror.follow(late.apply(change))
            assert [facts_of(row) for row in late] == [facts_of(row) for row in view]


@given(entry_sets(), st.integers(0, 30), st.integers(0, 30))
def test_a_range_of_rows_is_what_stands_at_its_indexes(drawn: list[ChannelEntry], start: int, stop: int) -> None:
    log = log_of(*drawn)
    whole = ThreadView(log)
    parts: list[LogView] = [whole.only(key_of(row.first)) for row in entry_rows(whole)]
    for view in (whole, RawView(log), *parts):
        assert view.between(start, stop) == list(view)[start:stop]


def subtree(whole: ThreadView, part: SubThreadView) -> list[Row]:
    indexes = [whole.index_of(key) for key in whole.thread_keys(part[0].key)]
    return [whole[index] for index in indexes if index is not None]


@given(entry_sets(), entry_sets(), st.randoms(use_true_random=False))
def test_a_reset_keeps_what_was_held_apart_from_what_comes(
    first: list[ChannelEntry], second: list[ChannelEntry], chance: random.Random
) -> None:
    log = log_of()
    views: list[LogView] = [ThreadView(log), TimeView(log), RawView(log)]
    drive(log, views, batches(first, chance), (), 1)
    change = log.reset(100 * SCALE)
    for view in views:
        Mirror(view, position=isinstance(view, RawView)).follow(view.apply(change))
    later = [each for each in second if each.identity not in {other.identity for other in first}]
    drive(log, views, batches(later, chance), (), 1)
    epochs = {each.identity: 1 for each in later}
    roots = Naive(ALICE, frozenset([BOT]), epochs=epochs, epoch=1).threads([*first, *later])
    expected = [said(fold, depth) for fold, depth in walked(roots) if not is_bare_end(fold)]
    assert [shown(row) for row in entry_rows(views[0])] == expected


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_a_reply_is_the_very_bytes_that_were_sent(pieces: list[bytes], chance: random.Random) -> None:
    tokens = [entry(BOT, 2 * n + 2, 10 + n, 1, piece) for n, piece in enumerate(pieces)]
    tokens.append(entry(BOT, 2 * len(pieces) + 2, 99, 1, b"!", "end"))
    log = log_of(entry(ALICE, 1, 1))
    view = ThreadView(log)
    for batch in batches(tokens, chance):
        view.apply(log.add(batch))
    row = view[1]
    assert isinstance(row, EntryRow)
    assert row.payload == b"".join(pieces) + b"!"
    assert row.fold is FoldState.ENDED


def test_one_more_token_updates_one_row() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(BOT, 2, 2, 1), entry(BOT, 4, 3, 1), entry(ALICE, 3, 4))
    for view in (ThreadView(log), TimeView(log)):
        row = view[1]
        assert isinstance(row, EntryRow)
        assert row.fold is FoldState.GROWING
        version, held = row.version, len(row.entries)
        log_view = log.add([entry(BOT, 6 + held, 5 + held, 1)])
        assert view.apply(log_view) == [Op(OpKind.UPDATE, 1, 1)]
        assert (view[1] is row, row.version, len(row.entries)) == (True, version + 1, held + 1)
        break
    log = log_of(entry(ALICE, 1, 1), entry(BOT, 2, 2, 1), entry(BOT, 4, 3, 1), entry(ALICE, 3, 4))
    time = TimeView(log)
    assert time.apply(log.add([entry(BOT, 6, 5, 1)])) == [Op(OpKind.UPDATE, 1, 1)]


def test_a_batch_of_tokens_is_one_update_and_a_batch_of_lines_one_insertion() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(BOT, 2, 2, 1))
    view = ThreadView(log)
    assert view.apply(log.add([entry(BOT, n, n, 1) for n in range(4, 50)])) == [Op(OpKind.UPDATE, 1, 1)]
    assert view.apply(log.add([entry(BOT, n, n) for n in range(50, 100)])) == [Op(OpKind.INSERT, 2, 50)]


def test_interleaved_replies_of_one_sender_stay_two() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(ALICE, 3, 2))
    log.add([entry(BOT, 2 * n, 10 + n, 1 if n % 2 else 3, b"%d" % n) for n in range(1, 7)])
    assert [(row.depth, row.payload) for row in entry_rows(ThreadView(log))] == [
        (0, b"x"),
        (1, b"135"),
        (0, b"x"),
        (1, b"246"),
    ]


def test_after_an_end_or_an_error_another_reply_begins() -> None:
    log = log_of(entry(ALICE, 1, 1))
    log.add([entry(BOT, 2, 2, 1), entry(BOT, 3, 3, 1, b"?", "error"), entry(BOT, 4, 4, 1), entry(BOT, 5, 5, 1)])
    log.add([entry(BOT, 6, 6, 1, b"", "end"), entry(BOT, 7, 7, 1, b"", "end"), entry(BOT, 8, 8, 1, b"", "weird")])
    rows = entry_rows(ThreadView(log))[1:]
    assert [row.fold for row in rows] == [FoldState.FAILED, FoldState.ENDED, FoldState.ENDED, FoldState.SINGLE]
    assert [row.payload for row in rows] == [b"x", b"xx", b"", b""]
    assert rows[0].last.payload == b"?"


def test_a_late_end_cuts_a_reply_in_two() -> None:
    log = log_of(entry(ALICE, 1, 1), *(entry(BOT, n, n, 1, b"%d" % n) for n in (2, 3, 5, 6)))
    view = ThreadView(log)
    mirror = Mirror(view)
    mirror.follow(view.apply(log.add([entry(BOT, 4, 9, 1, b"", "end")])))
    assert [row.payload for row in entry_rows(view)] == [b"x", b"23", b"56"]


def test_what_answers_nothing_never_folds() -> None:
    log = log_of(*(entry(BOT, n, n) for n in range(1, 6)))
    assert [row.fold for row in entry_rows(ThreadView(log))] == [FoldState.SINGLE] * 5


def test_lines_typed_in_answer_to_one_entry_stay_lines_unless_a_stream_is_ended() -> None:
    log = log_of(entry(BOT, 2, 1), entry(ALICE, 1, 2, 2, b"one"), entry(ALICE, 3, 3, 2, b"two"))
    view = ThreadView(log)
    assert [row.payload for row in entry_rows(view)] == [b"x", b"one", b"two"]
    Mirror(view).follow(view.apply(log.add([entry(ALICE, 5, 4, 2, b"", "end")])))
    assert [row.payload for row in entry_rows(view)] == [b"x", b"onetwo"]


def test_one_key_for_both_parties_folds_the_answers_and_finds_the_questions() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(ALICE, 2, 2, 1), entry(ALICE, 4, 3, 1), executors=())
    view = ThreadView(log)
    assert [row.depth for row in entry_rows(view)] == [0, 1, 1]
    Mirror(view).follow(view.apply(log.set_executors([ALICE])))
    rows = entry_rows(view)
    assert [(row.depth, row.fold, row.parent) for row in rows] == [
        (0, FoldState.SINGLE, Parent.NONE),
        (1, FoldState.GROWING, Parent.FOUND),
    ]


def test_the_other_party_is_meant_before_ones_own() -> None:
    log = log_of(entry(BOT, 1, 1), entry(ALICE, 1, 2), entry(OTHER_BOT, 2, 3, 1), entry(ALICE, 3, 4, 2))
    rows = {row.key: row for row in entry_rows(ThreadView(log))}
    assert rows[key_of(log[2])].parent_key == key_of(log[1])
    assert rows[key_of(log[3])].parent_key == key_of(log[2]), "all executors are one party"


def test_a_sequence_used_twice_is_ambiguous_and_means_the_latest_before() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(ALICE, 1, 5), entry(BOT, 2, 6, 1), entry(ALICE, 1, 9))
    row = next(row for row in entry_rows(ThreadView(log)) if row.sender_id == BOT)
    assert (row.parent, row.candidates) == (Parent.AMBIGUOUS, 2)
    assert row.parent_key == (ALICE, 1, 5, "entry")


def test_a_parent_that_comes_late_adopts_its_replies() -> None:
    log = log_of(entry(ALICE, 9, 2), entry(BOT, 4, 4, 1), entry(ALICE, 11, 5, 4))
    view = ThreadView(log)
    mirror = Mirror(view)
    reply = key_of(log[1])
    assert [row.parent for row in entry_rows(view)] == [Parent.NONE, Parent.MISSING, Parent.FOUND]
    mirror.follow(view.apply(log.add([entry(ALICE, 1, 1)])))
    parent = (ALICE, 1, 1, "entry")
    assert [row.depth for row in entry_rows(view)] == [0, 1, 2, 0]
    assert view.parent_of(reply) == parent
    assert view.thread_keys(parent) == [row.key for row in entry_rows(view)[:3]]
    assert view.root_of(key_of(log[3])) == parent if log[3].in_reply_to else True
    assert view.next_reply(parent) == reply


def test_helpers_walk_a_thread_and_stop_at_its_end() -> None:
    log = log_of(entry(ALICE, 1, 1), entry(BOT, 2, 2, 1), entry(ALICE, 3, 3, 2), entry(ALICE, 5, 4))
    view = ThreadView(log)
    keys = [row.key for row in view]
    assert [view.next_reply(key) for key in keys] == [keys[1], keys[2], None, None]
    assert [view.parent_of(key) for key in keys] == [None, keys[0], keys[1], None]
    assert [view.root_of(key) for key in keys] == [keys[0], keys[0], keys[0], keys[3]]
    assert [view.index_of(key) for key in keys] == [0, 1, 2, 3]
    nowhere = ("f" * 64, 1, 1, "entry")
    for ask in (view.index_of, view.root_of, view.next_reply, view.parent_of, view.answered):
        assert ask(nowhere) is None
    assert view.thread_keys(nowhere) == []
    with pytest.raises(KeyError):
        view.only(nowhere)
    with pytest.raises(IndexError):
        view[4]
    assert view[-1].key == keys[3]


def test_a_reply_given_in_the_middle_of_another_one_names_what_it_answers() -> None:
    log = log_of(entry(ALICE, 1, 1), *(entry(BOT, n, n, 1) for n in (2, 4, 6)), entry(ALICE, 3, 5, 4))
    view = ThreadView(log)
    row = entry_rows(view)[-1]
    assert row.parent_key == (BOT, 2, 2, "entry")
    asked = view.answered(row.key)
    assert asked is not None
    assert asked.sequence == 4
    assert view.row_of(asked).key == row.parent_key


def test_timing_tells_first_token_count_and_duration() -> None:
    log = log_of(entry(ALICE, 1, 1_000 * MS), *(entry(BOT, 2 * n, (1_500 + 100 * n) * MS, 1) for n in range(1, 12)))
    log.add([entry(BOT, 90, 4_000 * MS, 1, b"", "end")])
    asked, reply = entry_rows(ThreadView(log))
    assert reply.timing == Timing(first_after_ns=600 * MS, duration_ns=2_400 * MS, count=11)
    assert asked.timing == Timing(first_after_ns=None, duration_ns=0, count=1)


def test_a_reply_to_a_token_is_timed_from_that_token() -> None:
    log = log_of(entry(ALICE, 1, 1), *(entry(BOT, n, n * 1_000, 1) for n in (2, 4, 20)), entry(ALICE, 3, 5_000, 4))
    assert entry_rows(ThreadView(log))[-1].timing.first_after_ns == 1_000


def test_growing_replies_close_with_their_attempt_and_with_the_process() -> None:
    log = log_of(entry(ALICE, 1, 1 * MS), entry(BOT, 2, 10 * MS, 1), entry(BOT, 4, 11 * MS, 1))
    view = ThreadView(log)
    mirror = Mirror(view)
    mirror.follow(view.apply(log.set_attempts((5 * MS, 50 * MS), executor_ids=(BOT, OTHER_BOT))))
    mirror.follow(view.apply(log.add([entry(OTHER_BOT, 2, 60 * MS, 1), entry(OTHER_BOT, 4, 61 * MS, 1)])))
    first, second = entry_rows(view)[1:]
    assert (first.fold, second.fold) == (FoldState.CLOSED, FoldState.GROWING)
    mirror.follow(view.apply(log.close(ProcessState.SUCCESS, 70 * MS, 71 * MS)))
    assert second.fold is FoldState.CLOSED
    assert entry_rows(view)[0].fold is FoldState.SINGLE
    assert [row.kind for row in view if isinstance(row, MarkRow)] == [MarkKind.ATTEMPT, MarkKind.CLOSED]
    assert view.index_of(("", 2, 0, "attempt")) == 3


def test_a_reply_is_closed_when_its_attempt_is_put_back() -> None:
    log = log_of(entry(ALICE, 1, 1 * MS), entry(BOT, 2, 2 * MS, 1), entry(BOT, 4, 3 * MS, 1))
    log.set_attempts((0,), 1, [BOT])
    view = ThreadView(log)
    mirror = Mirror(view)
    row = view[1]
    assert isinstance(row, EntryRow) and row.fold is FoldState.GROWING
    mirror.follow(view.apply(log.put_back(5 * MS)))
    last = view[2]
    assert isinstance(last, MarkRow)
    assert (row.fold, last.kind, last.attempt) == (FoldState.CLOSED, MarkKind.PUT_BACK, 1)
    mirror.follow(view.apply(log.add([entry(ALICE, 3, 6 * MS)])))
    mirror.follow(view.apply(log.set_attempts((0, 7 * MS), 2, [BOT, OTHER_BOT])))
    marks = [row for row in view if isinstance(row, MarkRow)]
    assert [(mark.kind, mark.attempt) for mark in marks] == [(MarkKind.ATTEMPT, 2)]


def test_the_end_of_a_stream_is_a_mark_and_its_last_words_are_kept() -> None:
    log = log_of(entry(BOT, 2, 1), entry(BOT, 4, 2, type="end", payload=b""), entry(ALICE, 1, 3))
    log.add([entry(BOT, 6, 4, type="end", payload=b"bye"), entry(ALICE, 3, 5, reply=6)])
    kinds = [row.kind if isinstance(row, MarkRow) else row.payload for row in TimeView(log)]
    assert kinds == [b"x", MarkKind.ENDED_BY_SENDER, b"x", b"bye", MarkKind.ENDED_BY_SENDER, b"x"]
    thread = [row.kind if isinstance(row, MarkRow) else row.payload for row in ThreadView(log)]
    assert thread == [b"x", MarkKind.ENDED_BY_SENDER, b"x", b"bye", b"x", MarkKind.ENDED_BY_SENDER]
    assert [row.payload for row in entry_rows(RawView(log))] == [b"x", b"", b"x", b"bye", b"x"]


def test_marks_stand_where_they_happened() -> None:
    log = log_of(entry(BOT, 1, 10 * MS))
    view = TimeView(log)
    mirror = Mirror(view)
    mirror.follow(view.apply(log.mark_gap(20 * MS, count=3)))
    mirror.follow(view.apply(log.reset(30 * MS)))
    mirror.follow(view.apply(log.add([entry(BOT, 1, 40 * MS)])))
    mirror.follow(view.apply(log.mark_joined(5)))
    mirror.follow(view.apply(log.close(None, None, 50 * MS)))
    shown = [(row.kind, row.count) if isinstance(row, MarkRow) else row.first.timestamp_ns for row in view]
    assert shown == [
        (MarkKind.JOINED, 5),
        10 * MS,
        (MarkKind.GAP, 3),
        (MarkKind.RESET, 1),
        40 * MS,
        (MarkKind.CLOSED, None),
    ]
    mirror.follow(view.apply(log.close(None, 45 * MS, 50 * MS)))
    assert view[-1].timestamp_ns == 45 * MS  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", VIEWS)
def test_a_row_is_found_by_the_key_of_any_entry_that_it_shows(kind: type[LogView]) -> None:
    log = log_of(entry(ALICE, 1, 0), entry(BOT, 4, 10, 1), entry(BOT, 6, 20, 1))
    view = kind(log)
    late = entry(BOT, 2, 30, 1)
    view.apply(log.add([late]))
    for held in log:
        index = view.index_of(key_of(held))
        assert index is not None
        row = view[index]
        assert isinstance(row, EntryRow) and held in row.entries
    assert view.index_of((*entry(BOT, 8, 40, 1).identity, "entry")) is None
