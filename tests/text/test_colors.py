"""Colour codes to styles, and styles to our own colour codes."""

from __future__ import annotations

import pytest

from colony_tui.text import PLAIN, Color, SpanStyle, ansi, lay_out, plain, safe_label, safe_text

_RED: Color = ("ansi", 1)


def _style(codes: bytes) -> SpanStyle:
    """The style of the text behind the codes."""
    (line,) = safe_text(codes + b"x")
    (span,) = line
    assert span.text == "x"
    return span.style


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        (b"\x1b[31m", SpanStyle(fg=("ansi", 1))),
        (b"\x1b[97;100m", SpanStyle(fg=("ansi", 15), bg=("ansi", 8))),
        (b"\x1b[47;90m", SpanStyle(fg=("ansi", 8), bg=("ansi", 7))),
        (b"\x1b[38;5;208m", SpanStyle(fg=("ansi", 208))),
        (b"\x1b[48;5;0;1m", SpanStyle(bg=("ansi", 0), bold=True)),
        (b"\x1b[38;2;1;2;3m", SpanStyle(fg=("rgb", 1, 2, 3))),
        (b"\x1b[48;2;;;9;4m", SpanStyle(bg=("rgb", 0, 0, 9), underline=True)),
        (b"\x1b[38:5:208;1m", SpanStyle(fg=("ansi", 208), bold=True)),
        (b"\x1b[38:2:1:2:3m", SpanStyle(fg=("rgb", 1, 2, 3))),
        (b"\x1b[38:2::1:2:3m", SpanStyle(fg=("rgb", 1, 2, 3))),
        (b"\x1b[38:2:7:1:2:3:0:1m", SpanStyle(fg=("rgb", 1, 2, 3))),
        (b"\x1b[58;5;9;3m", SpanStyle(italic=True)),
        (b"\x1b[58:2::1:2:3;3m", SpanStyle(italic=True)),
        (b"\x1b[1;2;3;4;7;9m", SpanStyle(bold=True, dim=True, italic=True, underline=True, reverse=True, strike=True)),
        (b"\x1b[1;2;3;4;7;9m\x1b[22;23;24;27;29m", PLAIN),
        (b"\x1b[4:3m", SpanStyle(underline=True)),
        (b"\x1b[4:3m\x1b[4:0m", PLAIN),
        (b"\x1b[21m", SpanStyle(underline=True)),
        (b"\x1b[31;42;1m\x1b[39;49m", SpanStyle(bold=True)),
        (b"\x1b[31;1m\x1b[m", PLAIN),
        (b"\x1b[31;1m\x1b[0m", PLAIN),
        (b"\x1b[31;;1m", SpanStyle(bold=True)),
        (b"\x1b[31m\x1b[0;1m", SpanStyle(bold=True)),
    ],
)
def test_codes_become_styles(codes: bytes, style: SpanStyle) -> None:
    assert _style(codes) == style


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m and \x1b[1;38;5;208mmore\x1b[m", "red and more"),
        ("\x1b[2J\x1b[31m\x1b]0;t\x07x\ty\nz", "␛[2J␛]0;t␇x␉y␊z"),
        ("\x1b[>4;2mx\x1b[3 mx", "␛[>4;2mx␛[3 mx"),
        ("\x1b[3\x1b[0m1mx", "␛[31mx"),
        ("\x1b[31", "␛[31"),
    ],
)
def test_an_excerpt_leaves_colour_codes_out_and_nothing_else(text: str, shown: str) -> None:
    assert safe_label(text, drops_colors=True) == safe_label(text.encode(), drops_colors=True) == shown


@pytest.mark.parametrize(
    "codes",
    [
        b"\x1b[5m",
        b"\x1b[8m",
        b"\x1b[999m",
        b"\x1b[38;5;256m",
        b"\x1b[38;9;1m",
        b"\x1b[38m",
        b"\x1b[38:9m",
        b"\x1b[:m",
        b"\x1b[99999999999999999999m",
        b"\x1b[38;2;300;0;0m",
        b"\x1b[38:5m",
        b"\x1b[38:2:1m",
    ],
)
def test_what_blinks_hides_or_means_nothing_changes_nothing(codes: bytes) -> None:
    assert _style(codes) == PLAIN


@pytest.mark.parametrize(
    "codes",
    [
        b"\x1b[31;41m",
        b"\x1b[38;5;16;48;2;0;0;0m",
        b"\x1b[38;5;231;48;2;255;255;255m",
        b"\x1b[38;5;110;48;2;135;175;215m",
        b"\x1b[38;5;232;48;2;8;8;8m",
        b"\x1b[38:5:200;48;5;200m",
    ],
)
def test_text_is_never_hidden_by_its_own_colour(codes: bytes) -> None:
    assert _style(codes) == PLAIN


def test_what_was_hidden_by_its_colour_gets_it_back_with_another_background() -> None:
    (line,) = safe_text(b"\x1b[31;41ma\x1b[49mb")
    assert [(span.text, span.style) for span in line] == [("a", PLAIN), ("b", SpanStyle(fg=_RED))]


def test_colours_go_on_over_lines_and_around_escapes() -> None:
    lines = safe_text(b"\x1b[31ma\nb\x07c\x1b]0;t\x07d")
    assert [[(span.text, span.style.fg) for span in line] for line in lines] == [
        [("a", _RED)],
        [("b", _RED), ("␇", None), ("c", _RED), ("␛]0;t␇", None), ("d", _RED)],
    ]


def test_a_code_that_changes_nothing_does_not_tear_a_character_from_its_mark() -> None:
    assert plain(safe_text("a\x1b[m\u0301".encode())) == "a\u0301"
    assert plain(safe_text("a\x1b[1m\u0301".encode())) == "a◌\u0301"


def test_ansi_resets_each_styled_span() -> None:
    text = safe_text(b"\x1b[1;31;48;2;1;2;3mred\nstill\x1b[0m plain")
    assert ansi(text) == ("\x1b[1;38;5;1;48;2;1;2;3mred\x1b[0m\n\x1b[1;38;5;1;48;2;1;2;3mstill\x1b[0m plain")


def test_ansi_means_the_same_again() -> None:
    text = safe_text(b"\x1b[2;3;4;7;9;38;5;200mx\x1b[0my\x1b[1;32mz")
    assert safe_text(ansi(text)).lines == text.lines


def test_roles_have_colours_of_their_own_or_none() -> None:
    assert ansi(safe_text(b"a\x07")) == "a\x1b[2m␇\x1b[0m"
    assert ansi(lay_out(b'{"a": 1}')) == '{\x1b[1m"a"\x1b[0m: \x1b[36m1\x1b[0m}'
    assert ansi(lay_out(b"\0")).startswith("\x1b[2m1 byte of binary data\x1b[0m\n0000  00 ")
