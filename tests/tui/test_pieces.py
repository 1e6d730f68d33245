"""Lines of pieces: cut, spread and wrapped by cells, nothing lost and nothing too wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.text import cell_width, safe_label
from colony_tui.tui.pieces import Piece, cut, joined, label, pad, spread, widest, width_of, wrap

safe_texts = st.text(alphabet=st.sampled_from("ab  c日é\u0301🇸🇪👩‍🔬-"), max_size=30).map(safe_label)
lines = st.lists(st.builds(Piece, safe_texts, st.sampled_from(["text", "dim"])), max_size=5)
widths = st.integers(2, 40)


def text_of(line: list[Piece]) -> str:
    return "".join(piece.text for piece in line)


@given(lines, widths)
def test_a_cut_line_fits_and_says_that_it_was_cut(line: list[Piece], width: int) -> None:
    shorter = cut(line, width)
    assert width_of(shorter) <= width
    if width_of(line) > width:
        assert text_of(shorter).endswith("…")
    else:
        assert shorter == line


@given(lines, lines, widths)
def test_a_spread_line_ends_at_the_right(left: list[Piece], right: list[Piece], width: int) -> None:
    line = spread(left, right, width)
    assert width_of(line) <= width
    if text_of(right) and width_of(right) <= width:
        assert width_of(line) == width
        assert text_of(line).endswith(text_of(right))


@given(lines, widths)
def test_wrapped_lines_fit_and_keep_every_character(line: list[Piece], width: int) -> None:
    wrapped = wrap(line, width)
    assert all(width_of(part) <= width for part in wrapped)
    assert "".join(map(text_of, wrapped)).replace(" ", "") == text_of(line).replace(" ", "")


def test_wrapping_breaks_at_blanks() -> None:
    assert [text_of(part) for part in wrap([Piece("no gpu executor heard for 12 min")], 16)] == [
        "no gpu executor",
        "heard for 12 min",
    ]


def test_wrapping_breaks_words_that_are_too_long() -> None:
    assert [text_of(part) for part in wrap([Piece("a 0123456789")], 5)] == ["a 012", "34567", "89"]


def test_a_wide_character_is_not_torn() -> None:
    assert [text_of(part) for part in wrap([Piece("日本語")], 3)] == ["日", "本", "語"]


def test_a_line_too_narrow_for_its_text_still_ends() -> None:
    assert [text_of(part) for part in wrap([Piece("日本")], 1)] == ["日", "本"]


def test_labels_are_harmless() -> None:
    assert label("\x1b[31m[bold]x\n").text == "␛[31m[bold]x␊"


def test_the_first_form_that_fits_is_taken() -> None:
    forms = [[Piece("long words")], [Piece("words")], [Piece("w")]]
    assert [text_of(widest(forms, width)) for width in (10, 9, 4, 1)] == ["long words", "words", "w", "w"]


def test_empty_parts_leave_no_gap() -> None:
    assert text_of(joined([[Piece("a")], [], [Piece("b")]])) == "a  b"


@given(lines, widths)
def test_padding_fills(line: list[Piece], width: int) -> None:
    assert width_of(pad(line, width)) == max(width, sum(cell_width(piece.text) for piece in line))
