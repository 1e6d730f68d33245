"""Replies that grow: what is new is shown, whatever the length, at the cost of what is new."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from colony_tui.store.log_view import key_of
from colony_tui.store.rows import EntryRow, FoldState
from colony_tui.text import Limits, safe_text
from colony_tui.tui.markdown import PLAIN_LOOK
from colony_tui.tui.widgets.stream.body import plain_body
from colony_tui.tui.widgets.stream.growing import GrowingBody
from colony_tui.tui.widgets.stream.words import GROWING_END
from tests.store.test_growth import lines_run
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import BOT, Channel, entry, tokens

WIDTH = 12


def row_of(parts: list[str]) -> EntryRow:
    made = [entry(2 * number, part, number, BOT, 1) for number, part in enumerate(parts, 1)]
    return EntryRow(key_of(made[0]), made, fold=FoldState.GROWING)


def texts(body: GrowingBody, row: EntryRow) -> list[str]:
    return ["".join(text for text, _, _ in line.runs) for line in body.lines(row, is_open=True)]


_PARTS = st.lists(st.text(st.sampled_from("ab 漢é\u0301\n\x1b[31m"), max_size=8), min_size=1, max_size=30)


@given(_PARTS)
@example(["aaaaaaaaaaa", " ", "", "b"])
def test_token_by_token_is_what_the_whole_is(parts: list[str]) -> None:
    body, row = GrowingBody([], WIDTH, PLAIN_LOOK), row_of(parts)
    for count in range(1, len(parts)):
        body.lines(row_of(parts[:count]), is_open=True)
    once = GrowingBody([], WIDTH, PLAIN_LOOK)
    assert "".join(texts(body, row)).split() == "".join(texts(once, row)).split()
    assert body.source == once.source
    for line in body.lines(row, is_open=True):
        for text, _, offset in line.runs:
            assert offset < 0 or body.source[offset : offset + len(text)] == text


def test_a_long_word_and_a_paragraph_wrap_as_at_once() -> None:
    text = "one two three four " + "x" * 40 + " 漢字漢字漢字漢字 and so on to the end"
    body = GrowingBody([], WIDTH, PLAIN_LOOK)
    for count in range(1, len(text) + 1):
        shown = texts(body, row_of(list(text[:count])))
    whole = plain_body(safe_text(text), WIDTH, PLAIN_LOOK)
    assert "".join(shown).replace(" ", "") == text.replace(" ", "") + GROWING_END
    assert len(shown) == len(whole.lines)


def test_one_more_token_costs_the_same_on_a_long_line_of_wide_characters() -> None:
    def token(size: int) -> int:
        parts = ["漢字" * 8] * size
        body = GrowingBody([], WIDTH, PLAIN_LOOK)
        body.lines(row_of(parts), is_open=True)
        more = row_of([*parts, "漢字"])
        return lines_run(lambda: body.lines(more, is_open=True))

    assert token(1000) <= token(10) + 50


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 3), st.integers(1, 7))
def test_the_end_is_shown_within_the_limits(count: int, size: int, every: int, step: int) -> None:
    limits = Limits(200, 20)
    parts = [f"{number} {'w' * size}" + ("\n" if every and number % every == 0 else "") for number in range(count)]
    body = GrowingBody([], WIDTH, PLAIN_LOOK, limits)
    for upto in range(step, count + step, step):
        shown = texts(body, row_of(parts[:upto]))
    whole = "".join(parts)
    said = "".join(shown).removesuffix(GROWING_END).replace(" ", "")
    assert whole.replace(" ", "").replace("\n", "").endswith(said)
    assert said.endswith(parts[-1].replace(" ", "").replace("\n", "")[-WIDTH:])
    assert len(said) <= limits.size + WIDTH
    assert body.is_cut == (said != whole.replace(" ", "").replace("\n", ""))
    assert body.earlier <= whole.count("\n")


async def test_what_is_new_is_seen_of_a_long_growing_reply_and_o_shows_more() -> None:
    numbered = "".join(f"line number {number} of what grows\n" for number in range(3000))
    channel = Channel([entry(1, "q", 0), *tokens(numbered, 2, 1, 1, size=400, ends=False)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.show(channel.add(entry(90_001, "the newest", 9000, BOT, 1)))
        await settle(app, pilot)
        assert "the newest▍" in app.lines()[-1]
        await pilot.press("g")
        await settle(app, pilot)
        assert any("earlier lines are not shown, o shows more" in line for line in app.lines())
        await pilot.press("G", "k", "o", "g")
        await settle(app, pilot)
        assert any("line number 0 of" in line for line in app.lines())
