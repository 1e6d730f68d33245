"""Whether one can write to a channel, and what is said where one cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from colony_tui.model import Process, ProcessState
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.writing import excerpt, input_state
from tests.tui.data import ALICE, BOB, ROWS, process
from tests.tui.scripted import STANDING

CHAT = Head(ROWS[0].process, "chatbot")
LIVE = ChannelCondition(kind=ConditionKind.LIVE)


def test_an_excerpt_is_the_first_line_without_its_colours() -> None:
    assert excerpt(b"\n\x1b[31mred\x1b[0m alert\x07\nmore") == "red alert␇"


def test_the_title_says_where_and_as_whom() -> None:
    assert input_state(CHAT, "chat", STANDING, LIVE).title == "to chat on chatbot, as alice"


def test_the_executor_writes_to_the_submitter() -> None:
    mine = process(1, "f", ProcessState.RUNNING, 5, executor_id=ALICE, initiator_id=BOB, initiator_name="bob")
    assert input_state(Head(mine, "alice"), "chat", STANDING, LIVE).title == "to chat on bob, as alice"


@pytest.mark.parametrize(
    ("run", "words", "offers"),
    [
        (process(1, "f", ProcessState.SUCCESS, 5), "this process has ended", ["a", "escape"]),
        (process(1, "f", ProcessState.WAITING, 5), "opens when an executor takes it", ["x", "escape"]),
        (process(1, "f", ProcessState.RUNNING, 5, initiator_id=BOB), "only the submitter", ["escape"]),
    ],
)
def test_where_one_cannot_write_it_says_why_and_what_else(run: Process, words: str, offers: list[str]) -> None:
    state = input_state(Head(run), "chat", STANDING, None)
    assert state.title.startswith(words)
    assert [hint.key for hint in state.offers] == offers


def test_a_removed_process_takes_nothing() -> None:
    state = input_state(replace(CHAT, is_removed=True), "chat", STANDING, LIVE)
    assert state.closed == "the server has removed this process"


def test_read_only_offers_nothing_that_changes() -> None:
    standing = replace(STANDING, is_read_only=True)
    ended = Head(process(1, "f", ProcessState.SUCCESS, 5))
    for head in (CHAT, ended):
        state = input_state(head, "chat", standing, LIVE)
        assert state.closed and [hint.key for hint in state.offers] == ["escape"]


def test_a_refusal_is_said() -> None:
    assert input_state(CHAT, "chat", STANDING, ChannelCondition(kind=ConditionKind.REFUSED)).closed


def test_a_lost_link_still_takes_lines() -> None:
    assert not input_state(CHAT, "chat", STANDING, ChannelCondition(kind=ConditionKind.LOST)).closed


def test_the_title_is_harmless() -> None:
    state = input_state(replace(CHAT, executor_name="x\x1b[2J\n"), "ch\x07", STANDING, LIVE)
    assert state.title == "to ch␇ on x␛[2J␊, as alice"
