"""Every hostile payload, by every way out of the package."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from colony_tui.text import ansi, cell_width, classify, hex_lines, json_lines, lay_out, plain, safe_label, safe_text
from tests.text.corpus import HOSTILE, WHY, offence

_OUR_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_comes_out(name: str) -> None:
    payload = HOSTILE[name]
    classify(payload)
    json = json_lines(payload)
    for lines in (lay_out(payload), safe_text(payload), hex_lines(payload), [] if json is None else json):
        assert offence(plain(lines)) is None, WHY[name]
        assert offence(_OUR_COLOR.sub("", ansi(lines))) is None, WHY[name]
        for line in lines:
            assert sum(cell_width(span.text) for span in line) == cell_len("".join(span.text for span in line))


@pytest.mark.parametrize("name", HOSTILE)
def test_labels_are_one_harmless_line(name: str) -> None:
    payload = HOSTILE[name]
    for text in (payload, payload.decode("utf-8", "surrogateescape"), payload.decode("latin-1")):
        for width in (None, 0, 1, 20):
            for drops_colors in (False, True):
                label = safe_label(text, width, drops_colors=drops_colors)
                assert offence(label) is None, WHY[name]
                assert "\n" not in label
                assert width is None or cell_len(label) <= width


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"\x1b]52;c;ZXZpbA==\x07x", "␛]52;c;ZXZpbA==␇x"),
        (b"\x1b]0;t\x1b\\x", "␛]0;t␛\\x"),
        (b"\x1b[2Jx", "␛[2Jx"),
        (b"\x1b[>4;2mx", "␛[>4;2mx"),
        (b"\x1b[31mx\x1b[0m", "x"),
        (b"\x1b", "␛"),
        (b"a\x00\x08\x7f", "a␀␈␡"),
        ("\u009b2J".encode(), "‹U+009B›2J"),
        (b"\x9b2J", "\\x9b2J"),
        (b"caf\xe9", "caf\\xe9"),
        ("日本".encode()[:-1], "日\\xe6\\x9c"),
        (b"\xed\xb2\x80", "\\xed\\xb2\\x80"),
        ("a\u202eb".encode(), "a‹U+202E›b"),
        ("a\u200bb\ufeff".encode(), "a‹U+200B›b‹U+FEFF›"),
        ("\U000e0041".encode(), "‹U+E0041›"),
        ("a\u200db".encode(), "a‹U+200D›b"),
        (b"safe\revil", "safe␍evil"),
        (b"a\r\nb\n", "a\nb"),
        (b"a\tb\n\tc", "a       b\n        c"),
        ("日\tb".encode(), "日      b"),
        (("a" + "\u0301" * 7).encode(), "a" + "\u0301" * 6 + "‹+1 mark›"),
        (("a" + "\u0301" * 9 + "b").encode(), "a" + "\u0301" * 6 + "‹+3 marks›b"),
        ("\u0301".encode(), "◌\u0301"),
        ("👩\u200d❤\ufe0f\u200d👨 1\ufe0f\u20e3 👍🏽 🇩🇪".encode(), "👩\u200d❤\ufe0f\u200d👨 1\u20e3 👍 🇩🇪"),
        ("☝🏽 ☝\ufe0f🏽 ☔\ufe0f ✔\ufe0f".encode(), "☝ ☝ ☔ ✔"),
        ("👩🏽\u200d🔬".encode(), "👩\u200d🔬"),
        ("\u200d".join("👩" * 5).encode(), "\u200d".join("👩" * 4) + "‹U+200D›👩"),
        ("👩\u0301\u200d👩".encode(), "👩\u0301‹U+200D›👩"),
        ("❤\u200d🔥 ❤\ufe0f\u200d🔥".encode(), "❤🔥 ❤🔥"),
        ("❤\ufe0f\ufe0f".encode(), "❤‹U+FE0F›"),
        ("1\u0301\ufe0f".encode(), "1\u0301‹U+FE0F›"),
        ("⌚\ufe0e".encode(), "⌚‹U+FE0E›"),
        ("a\x07\u0301\n\u0301".encode(), "a␇◌\u0301\n◌\u0301"),
        (b"\x1b[1 mx", "␛[1 mx"),
        (b"a\tb\nab\tc", "a       b\nab      c"),
        ("a🏽".encode(), "a‹U+1F3FD›"),
        ("a\ufe0f".encode(), "a‹U+FE0F›"),
        (b"[bold]x[/] [@click=app.quit]y", "[bold]x[/] [@click=app.quit]y"),
    ],
)
def test_what_is_hostile_is_visible(payload: bytes, shown: str) -> None:
    assert plain(safe_text(payload)) == shown


def test_what_was_made_visible_has_the_role_and_what_only_looks_so_has_not() -> None:
    (line,) = safe_text("\x1b]0;t\x07 ␛]0;t".encode())
    assert [(span.text, span.style.role) for span in line] == [("␛]0;t␇", "escape"), (" ␛]0;t", None)]


@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\", b"\x18", b"\x1a", "\u009c".encode(), b"\x1b[2J", b"\x1bc"])
@pytest.mark.parametrize("start", [b"\x1b]0;", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", "\u009d".encode()])
def test_a_string_has_the_role_up_to_its_end(start: bytes, end: bytes) -> None:
    (line,) = safe_text(start + b"string" + end + b"text")
    assert [span.style.role for span in line] == ["escape", None]
    assert line[-1].text == "text"


def test_a_string_that_never_ends_ends_with_its_line() -> None:
    lines = safe_text(b"\x1b]0;t\nnext")
    assert [[span.style.role for span in line] for line in lines] == [["escape"], [None]]


@pytest.mark.parametrize(
    "text", ["Grüße, ça va?", "日本語テキスト", "Привет", "שלום", "مرحبا", "नमस्ते", "ไทย", "한국어", "→ ✓ ▶ █ ░"]
)
def test_honest_text_of_any_script_is_left_alone(text: str) -> None:
    assert plain(safe_text(text.encode())) == text
    assert safe_label(text) == text


def test_lone_surrogates_of_a_str_are_visible() -> None:
    assert safe_label("a\ud800\udc80b") == "a‹U+D800›‹U+DC80›b"
    assert plain(safe_text("a\udcffb")) == "a‹U+DCFF›b"
