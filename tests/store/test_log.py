"""ChannelLog: one order for a set of entries, whatever the way it came."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import ChannelEntry, ProcessState
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import ChannelLog
from colony_tui.store.order import Attempts
from colony_tui.store.rows import MarkKind
from tests.store.making import ALICE, BOT, OTHER_BOT, SCALE, entry, entry_sets, log_of, spread, starts
from tests.store.naive import Naive

MS = 1_000_000


def batches(entries: list[ChannelEntry], chance: random.Random) -> list[list[ChannelEntry]]:
    """The entries in any order, many of them twice, cut anywhere."""
    coming = entries + chance.choices(entries, k=len(entries) // 2) if entries else []
    chance.shuffle(coming)
    cuts = sorted(chance.choices(range(len(coming) + 1), k=4))
    return [coming[start:end] for start, end in zip([0, *cuts], [*cuts, len(coming)], strict=True)]


@given(entry_sets(), starts, st.randoms(use_true_random=False))
def test_any_permutation_and_duplication_gives_the_order_of_the_rule(
    drawn: list[ChannelEntry], starts_ns: tuple[int, ...], chance: random.Random
) -> None:
    entries = spread(drawn)
    log = log_of()
    coming = batches(entries, chance)
    know_at = chance.randrange(len(coming))
    for number, batch in enumerate(coming):
        if number == know_at:
            log.set_attempts(starts_ns)
        before, held = list(log), len(log)
        change = log.add(batch)
        assert [each for each in log if each in before] == sorted(before, key=log.position_of)
        assert len(log) == held + len(change.added)
        expected = next((i for i, (old, new) in enumerate(zip(before, log, strict=False)) if old != new), len(before))
        assert (change.first is None) == (not change.added)
        assert change.first is None or change.first <= expected
        if change.is_appended:
            assert list(log)[:held] == before
    assert list(log) == Naive(ALICE, starts_ns=starts_ns).in_order(entries)
    assert [log.position_of(each) for each in log] == list(range(len(log)))
    assert log.count == len(entries)


@given(entry_sets(), starts, st.randoms(use_true_random=False))
def test_attempts_known_late_give_the_same_log_as_known_at_once(
    drawn: list[ChannelEntry], starts_ns: tuple[int, ...], chance: random.Random
) -> None:
    entries = spread(drawn)
    late = log_of(*entries)
    before = {each.identity: (late.order_of(each), late.attempt_of(each)) for each in entries}
    change = late.set_attempts(starts_ns, executor_ids=[BOT] * len(starts_ns))
    early = log_of()
    early.set_attempts(starts_ns, executor_ids=[BOT] * len(starts_ns))
    early.add(entries)
    assert list(late) == list(early)
    assert late.marks == early.marks
    assert late.ended_by == early.ended_by
    other = {each.identity for each in entries if before[each.identity] != (late.order_of(each), late.attempt_of(each))}
    assert {each.identity for each in change.moved} == other


@given(entry_sets())
def test_the_sequences_of_a_sender_never_fall_within_an_attempt(drawn: list[ChannelEntry]) -> None:
    log = log_of(*spread(drawn))
    log.set_attempts((0, 20 * SCALE))
    for sender in (ALICE, BOT, OTHER_BOT):
        for attempt in (1, 2):
            said = [each.sequence for each in log if (each.sender_id, log.attempt_of(each)) == (sender, attempt)]
            assert said == sorted(said)


@given(entry_sets(), st.sampled_from([ALICE, BOT]), st.integers(-2, 6))
def test_an_entry_that_the_server_takes_late_moves_no_other(
    drawn: list[ChannelEntry], sender: str, sequence: int
) -> None:
    log = log_of(*drawn)
    before = list(log)
    late = entry(sender, sequence, max((each.timestamp_ns for each in before), default=0) + 1)
    change = log.add([late])
    assert change.moved == ()
    assert [each for each in log if each != late] == before


def test_a_late_lower_sequence_takes_its_place() -> None:
    log = log_of(entry(BOT, 10, 10), entry(ALICE, 1, 11), entry(BOT, 12, 12))
    change = log.add([entry(BOT, 5, 20)])
    assert [each.sequence for each in log] == [5, 10, 1, 12]
    assert (change.first, change.is_appended, change.moved) == (0, False, ())


def test_a_higher_sequence_with_an_earlier_time_draws_the_lower_ones_along() -> None:
    log = log_of(entry(BOT, 1, 30), entry(BOT, 2, 40), entry(ALICE, 1, 20))
    change = log.add([entry(BOT, 3, 10)])
    assert [(each.sender_id[0], each.sequence) for each in log] == [("b", 1), ("b", 2), ("b", 3), ("a", 1)]
    assert [each.sequence for each in change.moved] == [1, 2]


def test_sequences_that_are_negative_or_used_again_are_kept() -> None:
    log = log_of(entry(ALICE, 5, 10), entry(ALICE, -4, 30), entry(ALICE, 5, 20), entry(BOT, 5, 15))
    assert [(each.sequence, each.timestamp_ns) for each in log] == [(-4, 30), (5, 10), (5, 20), (5, 15)]


def test_an_executor_starts_its_sequences_again_in_another_attempt() -> None:
    log = log_of(entry(BOT, 2, 10 * MS), entry(BOT, 4, 20 * MS), entry(BOT, 2, 50 * MS), entry(ALICE, 1, 40 * MS))
    change = log.set_attempts((5 * MS, 45 * MS), executor_ids=(BOT, OTHER_BOT))
    assert [each.timestamp_ns // MS for each in log] == [10, 20, 40, 50]
    assert [log.attempt_of(each) for each in log] == [1, 1, 1, 2]
    assert [each.timestamp_ns // MS for each in change.moved] == [50]
    (mark,) = log.marks
    assert (mark.kind, mark.number, mark.sender_id) == (MarkKind.ATTEMPT, 2, OTHER_BOT)
    assert log.executor_ids == {BOT, OTHER_BOT}


def test_two_starts_within_a_millisecond_are_one() -> None:
    log = log_of(entry(BOT, 1, 10 * MS), entry(BOT, 1, 90 * MS))
    log.set_attempts((50 * MS + 900, 50 * MS, 5 * MS))
    assert log.attempts.starts_ns == (5 * MS, 50 * MS)
    assert not log.set_attempts((50 * MS, 5 * MS))


def test_of_two_starts_that_are_one_either_may_know_the_executor() -> None:
    for names in (("", BOT), (BOT, ""), (BOT, OTHER_BOT)):
        assert Attempts((0, MS // 2), None, names).executor_ids == (BOT,)


def test_attempts_are_counted_back_from_the_latest_when_earlier_ones_were_not_seen() -> None:
    log = log_of(entry(BOT, 1, 10 * MS), entry(BOT, 1, 90 * MS))
    log.set_attempts((50 * MS,), latest=3)
    assert [log.attempt_of(each) for each in log] == [2, 3]


def test_a_sequence_that_goes_back_asks_for_the_process() -> None:
    log = log_of(entry(BOT, 2, 10), entry(BOT, 4, 20), entry(ALICE, 9, 15))
    again = [entry(BOT, 2, 50)]
    assert log.goes_back(again)
    assert not log.goes_back([entry(BOT, 6, 50), entry(BOT, 3, 15), entry(ALICE, 1, 60), entry(BOT, 2, 10)])
    assert log.goes_back([entry(BOT, 8, 50), entry(BOT, 6, 51)])
    assert log.add(again).needs_process
    assert not log.add([entry(ALICE, 1, 60)]).needs_process


def test_a_sequence_that_goes_back_in_another_attempt_asks_for_nothing() -> None:
    log = log_of(entry(BOT, 2, 10 * MS), entry(BOT, 4, 20 * MS))
    log.set_attempts((5 * MS, 45 * MS))
    assert not log.goes_back([entry(BOT, 2, 50 * MS)])
    assert not log.add([entry(BOT, 2, 50 * MS)]).needs_process


def test_with_a_shared_key_going_back_is_judged_for_the_submitter_too() -> None:
    log = log_of(entry(ALICE, 3, 10), executors=(ALICE,))
    assert log.has_shared_key
    assert log.goes_back([entry(ALICE, 1, 20)])


def test_a_shorter_log_begins_another_epoch_and_keeps_what_was_held() -> None:
    log = log_of(entry(BOT, 8, 10), entry(BOT, 9, 20))
    change = log.reset(100)
    assert change.facts
    assert (log.count, len(log)) == (0, 2)
    assert log.condition.kind is ConditionKind.RESET
    assert log.condition.count == 2
    log.add([entry(BOT, 1, 110), entry(BOT, 9, 20)])
    assert log.count == 2, "one that both logs hold counts, but stands once"
    assert [each.sequence for each in log] == [8, 9, 1]
    assert [(mark.kind, mark.count) for mark in log.marks] == [(MarkKind.RESET, 2)]
    assert log.reset(200)
    assert [mark.count for mark in log.marks] == [2, 2]


@given(entry_sets(), entry_sets())
def test_epochs_stay_apart(first: list[ChannelEntry], second: list[ChannelEntry]) -> None:
    log = log_of(*first)
    log.reset(100)
    log.add(second)
    epochs = {each.identity: 1 for each in second} | {each.identity: 0 for each in first}
    kept = {each.identity: each for each in [*second, *first]}
    assert list(log) == Naive(ALICE, epochs=epochs).in_order(kept.values())
    assert log.count == len(second)


def test_what_is_known_of_a_log_stands_in_its_place() -> None:
    log = log_of(entry(BOT, 1, 10))
    log.mark_gap(50, count=3)
    log.add([entry(BOT, 9, 60)])
    log.mark_gap(70)
    log.mark_joined(56)
    log.close(ProcessState.SUCCESS, 80, 81)
    assert [(mark.kind, mark.count) for mark in log.marks] == [
        (MarkKind.JOINED, 56),
        (MarkKind.GAP, 3),
        (MarkKind.GAP, None),
        (MarkKind.CLOSED, None),
    ]
    assert log.order_of(log[0]) < log.marks[1].order < log.order_of(log[1]) < log.marks[2].order
    assert (log.condition.kind, log.condition.outcome, log.ended_ns) == (ConditionKind.ENDED, ProcessState.SUCCESS, 80)
    assert log.is_closed


def test_a_sender_has_ended_the_stream_until_it_speaks_again() -> None:
    log = log_of(entry(BOT, 2, 10), entry(BOT, 4, 20, type="end"), entry(ALICE, 1, 30, reply=4, type="end"))
    assert log.ended_by == (BOT,)
    log.add([entry(BOT, 3, 40)])
    assert log.ended_by == (BOT,), "a late lower one was said before"
    log.add([entry(BOT, 5, 50)])
    assert not list(log.ended_by)


def test_an_end_in_an_earlier_attempt_ends_no_later_one() -> None:
    log = log_of(entry(BOT, 4, 20 * MS, type="end"))
    log.set_attempts((1 * MS, 50 * MS))
    assert log.ended_by == ()


def test_a_put_back_is_marked_behind_its_attempt_until_the_next_one_begins() -> None:
    log = log_of(entry(BOT, 2, 20 * MS), entry(ALICE, 1, 60 * MS))
    log.set_attempts((1 * MS,), 1, [BOT])
    assert log.put_back(50 * MS).facts
    assert not log.put_back(55 * MS), "it is marked already"
    (mark,) = log.marks
    assert (mark.kind, mark.number, mark.timestamp_ns) == (MarkKind.PUT_BACK, 1, 50 * MS)
    assert log.order_of(log[0]) < mark.order < log.order_of(log[1])
    assert log.is_finished(0, 1)
    log.set_attempts((1 * MS, 70 * MS), 2, [BOT, OTHER_BOT])
    assert [(mark.kind, mark.number) for mark in log.marks] == [(MarkKind.ATTEMPT, 2)]
    assert not log.is_finished(0, 2)


def test_nothing_new_changes_nothing() -> None:
    log = log_of(entry(BOT, 1, 10))
    assert not log.add([entry(BOT, 1, 10)])
    assert not log.set_executors([BOT, ""])
    assert not log.set_attempts(())


def test_conditions_keep_their_facts_and_the_time_since_when() -> None:
    log = ChannelLog("p", "c", ALICE)
    assert log.condition.kind is ConditionKind.IDLE
    log.mark_waiting(1)
    log.mark_catching_up(2, 500)
    assert log.condition.count == 500
    log.mark_live(3, 0.012)
    assert (log.condition.since_ns, log.condition.round_trip_s) == (3, 0.012)
    log.mark_lost(4, "refused", 1.0)
    log.mark_lost(9, "timed out", 2.0)
    assert (log.condition.since_ns, log.condition.reason, log.condition.retry_in_s) == (4, "timed out", 2.0)
    log.mark_idle(10, checked_ns=10)
    assert log.condition.checked_ns == 10
    log.mark_ended_by_sender(11, BOT)
    assert (log.condition.sender_id, log.condition.is_settled) == (BOT, False)
    log.mark_put_back(12)
    assert (log.condition.kind, log.condition.is_settled) == (ConditionKind.PUT_BACK, False)
    log.mark_refused(12, "not allowed")
    assert log.condition.is_settled
    log.mark_recorded(214, ProcessState.FAILED)
    assert (log.condition.count, log.condition.outcome) == (214, ProcessState.FAILED)


def test_a_late_entry_that_draws_others_along_without_passing_any_moves_none() -> None:
    log = log_of(entry(BOT, 1, 30), entry(BOT, 2, 40), entry(ALICE, 1, 50))
    change = log.add([entry(BOT, 3, 20)])
    assert [(each.sender_id[0], each.sequence) for each in log] == [("b", 1), ("b", 2), ("b", 3), ("a", 1)]
    assert (change.moved, [each.sequence for each in change.rekeyed], change.first) == ((), [1, 2], 2)


def test_entries_that_are_drawn_across_a_mark_have_moved() -> None:
    log = log_of(entry(BOT, 1, 30))
    log.mark_gap(50, after_ns=25)
    change = log.add([entry(BOT, 3, 20)])
    assert [each.sequence for each in change.moved] == [1]
