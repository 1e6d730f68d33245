"""What a change costs as the log grows, counted in lines of Python that run, so that no machine's speed matters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from colony_tui.model import ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.store.log_view import LogView, key_of
from colony_tui.store.rows import Op, OpKind
from colony_tui.store.views import RawView, ThreadView, TimeView
from tests.store.making import ALICE, BOT, entry

SMALL, LARGE = 100, 10_000
AFTER = LARGE * 10


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of the package ``work`` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if "colony_tui" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(former)
    return count


def conversation(size: int) -> list[ChannelEntry]:
    """Every fifth entry answers the one before it."""
    return [
        entry(BOT, n, n, n - 1, b"answer") if n % 5 == 0 else entry(ALICE, n, n, None, b"line")
        for n in range(1, size + 1)
    ]


def prepared(kind: type[LogView], size: int) -> tuple[ChannelLog, LogView]:
    log = ChannelLog("p", "c", ALICE, [BOT])
    log.add(conversation(size))
    return log, kind(log)


def cost(kind: type[LogView], size: int, late: list[ChannelEntry]) -> int:
    log, view = prepared(kind, size)
    return lines_run(lambda: view.apply(log.add(late)))


CHANGES = {
    "a line at the end": [entry(ALICE, AFTER, AFTER)],
    "an answer to the first line": [entry(BOT, AFTER, AFTER, 1)],
    "an answer to a line in the middle": [entry(BOT, AFTER, AFTER, 52)],
    "a hundred lines": [entry(ALICE, AFTER + n, AFTER + n) for n in range(100)],
}


@pytest.mark.parametrize("kind", [ThreadView, TimeView, RawView])
@pytest.mark.parametrize("late", CHANGES.values(), ids=CHANGES)
def test_adding_in_order_costs_the_same_at_ten_thousand_entries(kind: type[LogView], late: list[ChannelEntry]) -> None:
    small, large = cost(kind, SMALL, late), cost(kind, LARGE, late)
    chunks = 3 * LARGE // 256
    assert large <= small + chunks * len(late) if kind is ThreadView else large <= small + chunks


@pytest.mark.parametrize("kind", [ThreadView, TimeView])
def test_one_more_token_costs_the_same_on_a_reply_of_ten_thousand(kind: type[LogView]) -> None:
    def tokens(size: int) -> int:
        log = ChannelLog("p", "c", ALICE, [BOT])
        log.add([entry(ALICE, 1, 1), *(entry(BOT, n, n, 1) for n in range(2, size))])
        view = kind(log)
        more = [entry(BOT, AFTER, AFTER, 1)]
        ops: list[Op] = []
        spent = lines_run(lambda: ops.extend(view.apply(log.add(more))))
        assert ops == [Op(OpKind.UPDATE, 1, 1)]
        return spent

    assert tokens(LARGE) == tokens(SMALL)


@pytest.mark.parametrize("kind", [ThreadView, TimeView, RawView])
def test_finding_a_row_is_cheap_right_after_a_change(kind: type[LogView]) -> None:
    log, view = prepared(kind, LARGE)
    late = entry(BOT, AFTER, AFTER, 1)
    view.apply(log.add([late]))
    assert lines_run(lambda: view.index_of(key_of(late))) < 4 * LARGE // 256 + 20


def test_a_batch_costs_in_proportion_to_itself() -> None:
    def batch(size: int) -> int:
        log, view = prepared(ThreadView, SMALL)
        return lines_run(lambda: view.apply(log.add([entry(ALICE, AFTER + n, AFTER + n) for n in range(size)])))

    assert batch(1000) <= 11 * batch(100)


def test_a_late_entry_costs_at_most_the_shift() -> None:
    def late(size: int) -> tuple[int, int]:
        near_end = size - 19
        log, view = prepared(ThreadView, size)
        change = log.add([])

        def add() -> None:
            nonlocal change
            change = log.add([entry(BOT, near_end, near_end, near_end - 10)])

        spent = lines_run(add)
        assert (change.first, change.is_appended) == (near_end, False)
        return spent, lines_run(lambda: view.apply(change))

    (log_small, view_small), (log_large, view_large) = late(SMALL), late(LARGE)
    assert log_large == log_small
    assert view_large <= view_small + 3 * 3 * LARGE // 256


@pytest.mark.parametrize("kind", [ThreadView, TimeView, RawView])
def test_opening_a_channel_costs_a_few_lines_for_each_entry(kind: type[LogView]) -> None:
    log = ChannelLog("p", "c", ALICE, [BOT])
    log.add(conversation(LARGE))
    assert lines_run(lambda: kind(log)) <= 90 * LARGE


@pytest.mark.parametrize("kind", [ThreadView, TimeView, RawView])
def test_ten_thousand_entries_come_as_one_insertion(kind: type[LogView]) -> None:
    log = ChannelLog("p", "c", ALICE, [BOT])
    view = kind(log)
    assert view.apply(log.add(conversation(LARGE))) == [Op(OpKind.INSERT, 0, LARGE)]
    assert len(view) == LARGE


def against_time(size: int) -> list[ChannelEntry]:
    """Sequences that rise while their times fall, as whoever keeps the server's clock can send them."""
    return [entry(BOT, n, size - n) for n in range(1, size)]


def test_sequences_against_time_cost_in_proportion_to_their_batch() -> None:
    def batch(size: int) -> int:
        log = ChannelLog("p", "c", ALICE, [BOT])
        view = ThreadView(log)
        return lines_run(lambda: view.apply(log.add(against_time(size))))

    assert batch(1000) <= 11 * batch(100)


def test_one_more_sequence_against_time_costs_a_few_lines_for_each_that_it_draws_along() -> None:
    size = 1000
    log = ChannelLog("p", "c", ALICE, [BOT])
    view = ThreadView(log)
    view.apply(log.add(against_time(size)))
    ops: list[Op] = []
    spent = lines_run(lambda: ops.extend(view.apply(log.add([entry(BOT, size, 0)]))))
    assert ops == [Op(OpKind.INSERT, size - 1, 1)]
    assert spent <= 25 * size


@pytest.mark.parametrize("kind", [ThreadView, TimeView, RawView])
@pytest.mark.parametrize("passed", [1, 5])
def test_an_entry_that_draws_many_past_a_few_moves_the_few(kind: type[LogView], passed: int) -> None:
    size = 1000
    log = ChannelLog("p", "c", ALICE, [BOT])
    log.add([entry(BOT, n, 100 + n) for n in range(size)])
    log.add([entry(ALICE, n, 50 + n) for n in range(passed)])
    view = kind(log)
    ops: list[Op] = []
    spent = lines_run(lambda: ops.extend(view.apply(log.add([entry(BOT, size, 10)]))))
    assert sum(op.count for op in ops if op.kind is OpKind.REMOVE) == passed
    assert sum(op.count for op in ops if op.kind is OpKind.INSERT) == passed + 1
    assert len(ops) <= 4
    assert spent <= 120 * size


def test_replies_that_are_drawn_along_stay_under_what_they_answer() -> None:
    size = 500
    log = ChannelLog("p", "c", ALICE, [BOT])
    log.add([made for n in range(size) for made in (entry(ALICE, n, 10 * n), entry(BOT, n, 10 * n + 5, n))])
    view = ThreadView(log)
    ops = view.apply(log.add([entry(BOT, size, 1)]))
    assert [op.kind for op in ops] == [OpKind.INSERT]


def test_a_late_token_costs_the_same_on_a_long_reply() -> None:
    def token(size: int) -> int:
        log = ChannelLog("p", "c", ALICE, [BOT])
        log.add([entry(ALICE, 1, 1), *(entry(BOT, 2 * n, 2 * n, 1) for n in range(1, size))])
        view = ThreadView(log)
        late = [entry(BOT, 2 * size - 9, 2 * size - 9, 1)]
        return lines_run(lambda: view.apply(log.add(late)))

    assert token(LARGE) <= token(SMALL) + 4 * 16
