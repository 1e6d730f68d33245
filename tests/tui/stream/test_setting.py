"""Long Markdown pages, set in pieces: as if at once, never much at a time, and nothing moves meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from colony_tui.tui.markdown import PLAIN_LOOK, blocks, render_steps
from colony_tui.tui.markdown.blocks import MAX_PIECE, Pieces
from colony_tui.tui.markdown.page import _parser
from colony_tui.tui.widgets.stream import body
from tests.store.test_growth import lines_run
from tests.tui.stream.talk import BOT, entry, tokens
from tests.tui.stream.test_core import lines_in_sight
from tests.tui.stream.test_place import Reading

_LINES = (
    *("- a", "- b", "  - nested", "* star", "+ plus", "-", "1. one", "2. two", "3) other", "   - three", "    - deep"),
    *("> quoted", ">", "> - in it", "> ```", "> > twice", "lazy", "text", "===", "---", "***", "- - -", "# head"),
    *("", "", "", "```", "~~~", "    code", "  para", "| a | b |\n|---|---|", "| 1 | 2 |", "| x", "&amp; *b*"),
)

SHAPES: dict[str, Callable[[int], str]] = {
    "paragraphs": lambda size: "Some *soft* words and `code` of a paragraph.\n\n" * (size // 46),
    "a list": lambda size: "- an *item* with `code`\n" * (size // 24),
    "a numbered list": lambda size: "1. an *item* with `code`\n" * (size // 25),
    "a quote": lambda size: "> a *quoted* line with `code`\n>\n" * (size // 32),
    "a table": lambda size: "| a | b |\n|---|---|\n" + "| one *two* | `three` |\n" * (size // 24),
    "code": lambda size: "```python\n" + "for i in range(10): print(i)\n" * (size // 29) + "```\n",
    "coloured code": lambda size: ("```python\n" + "for i in range(10): print(i)\n" * 500 + "```\n") * (size // 14_600),
}


def facts_of(tokens: list[Token], *, is_cut: bool) -> list[tuple[object, ...]]:
    """What tells tokens from others; where a container is cut, where it ends and how tight it is are its parts'."""
    return [
        (
            *(token.type, token.level, token.nesting, token.content, token.markup, token.attrs),
            *((token.map and token.map[0],) if is_cut else (token.map, token.hidden)),
        )
        for token in tokens
    ]


@given(st.lists(st.sampled_from(_LINES), max_size=30), st.integers(1, 40), st.sampled_from([1, 30, 10_000]))
def test_pieces_are_what_one_parse_of_all_gives(lines: list[str], size: int, longest: int) -> None:
    source = "\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "PIECE", size)
        patch.setattr(blocks, "MAX_PIECE", longest)
        pieces = [token for piece in Pieces(source, _parser().parse) for token in piece]
    is_cut = longest < 10_000
    assert facts_of(pieces, is_cut=is_cut) == facts_of(_parser().parse(source), is_cut=is_cut)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_step_of_a_long_page_does_more_than_some(
    shape: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    parse = MarkdownIt.parse

    def counted(parser: MarkdownIt, source: str) -> list[Token]:
        parsed.append(len(source))
        return parse(parser, source)

    monkeypatch.setattr(MarkdownIt, "parse", counted)

    def longest_step(size: int) -> int:
        steps = render_steps(shape(size), 80, PLAIN_LOOK)
        costs: list[int] = []

        def step() -> None:
            with suppress(StopIteration):
                next(steps)
                costs.append(0)

        while True:
            before = len(costs)
            spent = lines_run(step)
            if len(costs) == before:
                return max(*costs, spent)
            costs[-1] = spent

    spent = longest_step(30_000)
    assert sum(parsed) < 4 * 30_000
    if "```" not in shape(30_000):  # which takes next to nothing to parse
        assert max(parsed) <= MAX_PIECE + 100
    assert spent < 30_000  # lines of Python: some milliseconds


def test_a_long_reply_stands_as_it_grew_until_its_page_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(f"**paragraph {number}** with\nseveral\n- a\n- b" for number in range(400))
    reading = Reading(tokens(text, 10, 1, 1, ends=False))
    before = reading.read_from("**paragraph 40**")
    laid_out: list[str] = []
    for name in ("safe_text", "plain_body", "json_lines"):
        monkeypatch.setattr(body, name, lambda *given, name=name: laid_out.append(name))
    change = reading.log.add([entry(90_000, "", 8_000, BOT, 1, "end")])
    assert reading.change(change) == before
    assert not {"safe_text", "plain_body"} & {*laid_out}
    monkeypatch.undo()
    setter = reading.stream.painter.typesetter
    steps = 0
    while setter.is_busy:
        steps += 1
        setter.work(lambda: True)
        if setter.is_busy:
            assert lines_in_sight(reading.stream) == before
    assert steps > 100
    assert "paragraph 40" in lines_in_sight(reading.stream)[0] and "**" not in lines_in_sight(reading.stream)[0]
