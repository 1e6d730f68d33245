"""What is said where there are no entries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from colony_tui.model import ProcessState
from colony_tui.store.log import ChannelLog
from colony_tui.tui.empty_words import empty_sentence
from colony_tui.tui.session import Acknowledging
from tests.tui.data import ALICE, NOW_NS, process
from tests.tui.screen import HARMFUL

RAN = process(1, "f", ProcessState.RUNNING, 5)


def log_of(mark: Callable[[ChannelLog], object], channel: str = "chat") -> ChannelLog:
    log = ChannelLog(RAN.id, channel, ALICE)
    mark(log)
    return log


LIVE = log_of(lambda log: log.mark_live(NOW_NS))


def test_nothing_is_known_at_first() -> None:
    assert empty_sentence(None, None, Acknowledging.STORED) == "Opening …"


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (lambda log: None, "Nothing yet"),
        (lambda log: log.mark_waiting(0), "No executor has taken the process yet. The channel opens then."),
        (lambda log: log.mark_refused(0, "\x1b[2Jno"), "Not allowed: ␛[2Jno"),
        (lambda log: log.mark_lost(0, "timed out"), "The link is lost: timed out"),
        (lambda log: log.mark_live(0), "Nothing has been said yet – i writes"),
    ],
)
def test_why_there_is_nothing(mark: Callable[[ChannelLog], object], words: str) -> None:
    said = empty_sentence(log_of(mark), process(1, "f", ProcessState.WAITING, 5), Acknowledging.STORED)
    assert said == words and not HARMFUL.search(said)


def test_what_was_taken_before_waits_again() -> None:
    back = process(1, "f", ProcessState.WAITING, 5, retries=1)
    for mark in (lambda log: log.mark_waiting(0), lambda log: log.mark_put_back(0)):
        assert "put back" in empty_sentence(log_of(mark), back, Acknowledging.STORED)


def closed(log: ChannelLog) -> None:
    log.close(ProcessState.CANCELLED, NOW_NS, NOW_NS)


def test_what_never_ran_said_nothing() -> None:
    never = process(1, "f", ProcessState.CANCELLED, 5, started_ns=None)
    ran = process(1, "f", ProcessState.CANCELLED, 5)
    assert empty_sentence(log_of(closed), never, Acknowledging.STORED) == "The process never ran: nothing was said."
    assert "Nothing of this channel was recorded" in empty_sentence(log_of(closed), ran, Acknowledging.STORED)

    def closed_unseen(log: ChannelLog) -> None:
        log.mark_gap(NOW_NS, is_live=False)
        closed(log)

    assert empty_sentence(log_of(closed_unseen), never, Acknowledging.STORED) == "The process never ran."

    def closed_after_a_start(log: ChannelLog) -> None:
        log.set_attempts((5,), 1, ["bot"])
        closed(log)

    assert "never ran" not in empty_sentence(log_of(closed_after_a_start), never, Acknowledging.STORED)


@pytest.mark.parametrize("who", Acknowledging)
def test_sync_says_who_acknowledges(who: Acknowledging) -> None:
    said = empty_sentence(log_of(lambda log: log.mark_live(NOW_NS), "sync"), RAN, who)
    words = {
        Acknowledging.STORED: "writes ack here once all output is stored",
        Acknowledging.HELD: "in memory only",
        Acknowledging.ELSEWHERE: "submitted elsewhere: whoever submitted it acknowledges; i writes ack by hand",
        Acknowledging.OTHERS: "Its submitter acknowledges",
        Acknowledging.OFF: "acknowledge nothing; i writes ack by hand",
        Acknowledging.READ_ONLY: "Read-only",
    }
    assert words[who] in said
    assert "ack" not in empty_sentence(LIVE, RAN, who)


def test_who_cannot_write_is_not_asked_to() -> None:
    assert empty_sentence(LIVE, RAN, Acknowledging.READ_ONLY) == "Nothing has been said yet"
