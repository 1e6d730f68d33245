"""Widths, against the tables that the screen is painted by."""

from __future__ import annotations

import sys
from unicodedata import category

import pytest
from rich._unicode_data import load
from rich.cells import cell_len

from colony_tui.text import cell_width, cut_cells, safe_label
from colony_tui.text.cells import char_width
from colony_tui.text.characters import QUIET, CharKind, kind_of
from colony_tui.text.tables import MODIFIERS, NARROW_RANGES, VARIATION_BASES, in_ranges


def _all_characters() -> list[str]:
    return list(map(chr, range(sys.maxunicode + 1)))


def test_every_character_that_is_let_through_has_the_screens_width() -> None:
    wrong = [
        char
        for char in _all_characters()
        if kind_of(char) is not CharKind.BARRED and char_width(char) != cell_len(char)
    ]
    assert wrong == []


def test_what_is_passed_on_unlooked_at_is_visible() -> None:
    quiet = [char for char in _all_characters() if QUIET.fullmatch(char)]
    assert len(quiet) > 80_000
    assert [char for char in quiet if kind_of(char) is not CharKind.VISIBLE or char in MODIFIERS] == []
    assert [char for char in quiet if in_ranges(ord(char), NARROW_RANGES) and char_width(char) != 1] == []


def test_every_label_of_one_character_has_the_screens_width() -> None:
    labels = [safe_label(char) for char in _all_characters() if category(char) not in ("Cn", "Co", "Cs")]
    assert [label for label in labels if cell_width(label) != cell_len(label) or cell_width(label) < 1] == []


def test_the_style_selector_widens_what_the_screen_widens() -> None:
    assert load("17.0.0").narrow_to_wide == VARIATION_BASES


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
        ("", 0, ""),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("👩\u200d👩\u200d👧x", 3, "👩\u200d👩\u200d👧x"),
        ("👩\u200d👩\u200d👧xy", 3, "👩\u200d👩\u200d👧…"),
        ("🇩🇪🇫🇷", 3, "🇩🇪…"),
    ],
)
def test_cut_to_cells(text: str, width: int, cut: str) -> None:
    assert cut_cells(text, width) == cut


def test_an_ellipsis_of_ones_own() -> None:
    assert cut_cells("abcdef", 5, "...") == "ab..."
    assert cut_cells("abcdef", 2, "...") == "ab"
    assert cut_cells("abcdef", 3, "") == "abc"
