"""Tokens, topics and the pace, which need no colony."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from colony_tui.demo import topics
from colony_tui.demo.pace import Pace
from colony_tui.demo.tokens import said, tokens


@given(st.text())
def test_tokens_are_the_text(text: str) -> None:
    pieces = tokens(text)
    assert "".join(pieces) == text
    assert all(pieces)


def test_tokens_are_as_small_as_a_model_says_them() -> None:
    pieces = tokens(topics.CACHING)
    assert 3 < len(topics.CACHING) / len(pieces) < 6
    assert max(len(piece.strip()) for piece in pieces) <= 6


async def test_tokens_are_said_one_by_one() -> None:
    assert [piece async for piece in said("Hello you", Pace(0))] == tokens("Hello you")


@pytest.mark.parametrize("answer", [topics.SORTING, topics.MERGING, topics.CACHING, topics.CHANNELS])
def test_every_topic_has_code_and_something_to_lay_out(answer: str) -> None:
    kinds = {token.type for token in MarkdownIt().enable("table").parse(answer)}
    assert "fence" in kinds
    assert kinds & {"table_open", "ordered_list_open", "bullet_list_open"}


@given(st.text())
def test_an_answer_to_anything_is_markdown_with_one_of_everything(question: str) -> None:
    answer = topics.answer(question)
    assert answer == topics.answer(question)
    if topics.known(question) is None:
        kinds = [token.type for token in MarkdownIt().enable("table").parse(answer)]
        assert {kinds.count(kind) for kind in ("heading_open", "table_open", "ordered_list_open", "fence")} == {1}


class _Loop:
    """The event loop's time as the pace sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        monkeypatch.setattr(asyncio, "sleep", self.sleep)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


async def test_rests_are_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = _Loop(monkeypatch)
    for speed in (1.0, 4.0, 0.0):
        await Pace(speed).rest(2)
    assert loop.slept == [2, 0.5, 0]


async def test_ticks_make_up_for_a_late_one(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = _Loop(monkeypatch)
    async for tick in Pace(2).ticks(4, 5):
        loop.now += 0.25 if tick == 1 else 0.0
    assert loop.slept == [0, 0.1, 0, 0]


@pytest.mark.parametrize(
    ("question", "words"), [("turtles", "**1** word:"), ("turtles turtles everywhere", "**2** words:")]
)
def test_the_words_that_were_understood_are_counted(question: str, words: str) -> None:
    assert words in topics.answer(question)
