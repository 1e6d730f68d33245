"""Markdown as lines that know their source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.tui.markdown import PLAIN_LOOK, Runs, render, width_of, wrap
from tests.store.test_growth import lines_run

PAGE = """# Title

Some **strong** and *soft* words, `code`, ~~gone~~, a [link](http://example.org/x) and <http://example.org>
on two lines.

- one
- two
  1. nested
  2. again

> quoted
> twice

```python
for i in range(3):
    print(i)
```

| a | number |
|---|------:|
| x | 1 |

***

![a picture](cat.png)
"""


def text_of(lines: list[Runs] | None) -> list[str]:
    assert lines is not None
    return ["".join(text for text, _, _ in line).rstrip() for line in lines]


def test_all_kinds_of_blocks() -> None:
    assert text_of(render(PAGE, 60, PLAIN_LOOK)) == [
        "Title",
        "",
        "Some strong and soft words,  code , gone, a link",
        "<http://example.org/x> and http://example.org",
        "on two lines.",
        "",
        "• one",
        "• two",
        "  1. nested",
        "  2. again",
        "",
        "▎ quoted",
        "▎ twice",
        "",
        "   for i in range(3):",
        "       print(i)",
        "",
        "│ a   │ number │",
        "├─────┼────────┤",
        "│ x   │      1 │",
        "",
        "─" * 60,
        "",
        "image: a picture <cat.png>",
    ]


def test_runs_know_where_they_come_from() -> None:
    lines = render(PAGE, 60, PLAIN_LOOK)
    assert lines is not None
    known = [(text, at) for line in lines for text, _, at in line if at >= 0]
    assert all(PAGE[at : at + len(text)] == text for text, at in known)
    places = [at for _, at in known]
    assert places == sorted(places)
    assert {"Title", "strong", "code", "link", "nested", "print", "number", "a picture"} <= {text for text, _ in known}


@pytest.mark.parametrize("width", [8, 20, 33, 100])
def test_lines_fit(width: int) -> None:
    lines = render(PAGE.replace("***", "words " * 40), width, PLAIN_LOOK)
    assert lines is not None
    # Margins of nested lists, code and the lines of tables need their room.
    assert max(map(width_of, lines)) <= max(width, 26)


@pytest.mark.parametrize(
    "source",
    [
        "[a]: http://example.org",
        "<b>html</b> & <script>alert(1)</script>",
        "<div>\n\nblock\n</div>",
        "[bold red]not our markup[/]",
        "a &amp; b",
        "1986. a year",
        "|" + " a1 |" * 40 + "\n|" + "---|" * 40 + "\n|" + " b2 |" * 40,
    ],
)
def test_nothing_disappears(source: str) -> None:
    shown = "".join(text_of(render(source, 80, PLAIN_LOOK)))
    for word in source.replace("&amp;", "&").split():
        assert word in shown


def test_what_entities_bring_in_is_made_visible() -> None:
    shown = "\n".join(text_of(render("a &#27;[31m b &#x202e;c [x](http://e/%1b%E2%80%AE)", 80, PLAIN_LOOK)))
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "‹U+202E›" in shown


def test_nesting_too_deep_is_left_to_plain_text() -> None:
    assert render(">" * 500 + " deep", 80, PLAIN_LOOK) is None


@given(st.text(alphabet="ab *_`[]()<>!#-+|\n\\&;~1.>\t é漢", max_size=200), st.integers(8, 60))
def test_never_fails_and_stays_printable(source: str, width: int) -> None:
    source = source.replace("\t", " ")
    lines = render(source, width, PLAIN_LOOK)
    if lines is not None:
        assert all(text.isprintable() for line in lines for text, _, _ in line)
        assert all(source[at : at + len(text)] == text for line in lines for text, _, at in line if at >= 0)


@given(st.text(alphabet="ab é漢👍\u0301", max_size=120), st.integers(2, 30))
def test_wrapping_keeps_every_character_but_blanks_at_cuts(text: str, width: int) -> None:
    parts = wrap([(text, PLAIN_LOOK.text, 7)], width)
    at = 7
    for part in parts:
        for shown, _, offset in part:
            assert set(text[at - 7 : offset - 7]) <= {" "}
            assert text[offset - 7 : offset - 7 + len(shown)] == shown
            at = offset + len(shown)
        assert width_of(part) <= width or len(part[0][0]) == 1 or "\u0301" in part[0][0]
    assert set(text[at - 7 :]) <= {" "}


@given(st.lists(st.text(alphabet="ab 漢", max_size=9), max_size=20), st.integers(2, 12))
def test_a_line_of_many_runs_is_cut_where_one_of_one_run_is(parts: list[str], width: int) -> None:
    runs, at = [], 0
    for part in parts:
        runs.append((part, PLAIN_LOOK.text, at))
        at += len(part)
    whole = text_of(wrap([("".join(parts), PLAIN_LOOK.text, 0)], width))
    assert text_of(wrap(runs, width)) == whole


def test_wrapping_costs_in_proportion_to_the_runs_of_a_line() -> None:
    def spent(size: int) -> int:
        runs = [("ab", PLAIN_LOOK.text, 2 * number) for number in range(size)]
        return lines_run(lambda: wrap(runs, 80))

    assert spent(10_000) <= 11 * spent(1_000)
