"""The promises of the package, for any bytes and any characters."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from colony_tui.text import (
    PLAIN,
    UNLIMITED,
    Cut,
    IncrementalText,
    Limits,
    SafeText,
    ansi,
    cell_width,
    clusters,
    cut_cells,
    hex_lines,
    lay_out,
    masked,
    plain,
    quiet_text,
    safe_label,
    safe_text,
)
from tests.text.corpus import offence
from tests.text.strategies import limits, payloads, texts

_OUR_COLOR = re.compile(r"\x1b\[[0-9;]+m")


def assert_well_formed(text: SafeText) -> None:
    """What every safe text keeps, whatever it was made of."""
    assert offence(plain(text)) is None
    assert _OUR_COLOR.sub("", ansi(text)) == plain(text)
    for line in text:
        assert all(span.text and cell_len(span.text[0]) for span in line)
        assert all(left.style != right.style for left, right in pairwise(line))
        whole = "".join(span.text for span in line)
        assert "\n" not in whole
        assert sum(cell_width(span.text) for span in line) == cell_width(whole) == cell_len(whole)
        assert sum(cell_len(span.text) for span in line) == cell_len(whole)


@given(payloads | st.binary(max_size=80))
def test_any_bytes_become_harmless(payload: bytes) -> None:
    assert_well_formed(safe_text(payload))
    assert_well_formed(lay_out(payload))
    assert_well_formed(hex_lines(payload))


@given(payloads | st.text("ab\n é漢\u0301\t").map(str.encode))
def test_quiet_text_is_what_safe_text_would_be(payload: bytes) -> None:
    quiet = quiet_text(payload)
    assert quiet is None or quiet == plain(safe_text(payload, UNLIMITED))


@given(texts)
def test_any_characters_become_harmless(text: str) -> None:
    assert_well_formed(safe_text(text))


@given(texts | payloads, st.none() | st.integers(0, 30), st.booleans())
def test_any_label_is_one_harmless_line_of_its_width(text: str | bytes, width: int | None, drops_colors: bool) -> None:
    label = safe_label(text, width, drops_colors=drops_colors)
    assert offence(label) is None
    assert "\n" not in label
    assert width is None or cell_len(label) <= width
    assert safe_label(label, width) == label


@given(st.lists(payloads, max_size=5), limits)
def test_pieces_give_the_same_as_the_whole(pieces: list[bytes], limits: Limits) -> None:
    growing = IncrementalText(limits)
    for piece in pieces:
        growing.feed(piece)
    assert growing.finish() == safe_text(b"".join(pieces), limits)


@given(payloads, limits)
def test_single_bytes_give_the_same_as_the_whole(payload: bytes, limits: Limits) -> None:
    growing = IncrementalText(limits)
    for at in range(len(payload)):
        growing.feed(payload[at : at + 1])
    assert growing.finish() == safe_text(payload, limits)


@given(st.lists(payloads, min_size=1, max_size=5))
def test_a_feed_changes_no_line_above_the_one_it_names(pieces: list[bytes]) -> None:
    growing = IncrementalText()
    for piece in pieces:
        before = list(growing)
        first = growing.feed(piece)
        assert list(growing)[:first] == before[:first]
        assert len(before) <= first + 1
        assert offence(plain(growing)) is None
    assert list(growing.finish())[: len(growing) - 1] == list(growing)[:-1]


@given(payloads, limits)
def test_a_cut_text_is_the_text_of_what_is_shown(payload: bytes, limits: Limits) -> None:
    text = safe_text(payload, limits)
    if text.cut is None:
        assert text == safe_text(payload, UNLIMITED)
    else:
        assert text.cut == Cut(text.cut.shown, len(payload))
        assert text.cut.shown < len(payload)
        assert text.lines == safe_text(payload[: text.cut.shown], UNLIMITED).lines
    assert len(text) <= limits.lines


@given(payloads)
def test_what_was_printed_is_printed_the_same_again(payload: bytes) -> None:
    printed = plain(safe_text(payload))
    assert plain(safe_text((printed + "\n").encode())) == printed
    assert safe_text(printed) == safe_text(printed.encode())
    assert all(span.style == PLAIN for line in safe_text(printed) for span in line)


@given(payloads, st.integers(0, 40))
def test_cutting_never_tears_a_cluster_and_never_exceeds_the_width(payload: bytes, width: int) -> None:
    for line in plain(safe_text(payload)).split("\n"):
        parts = list(clusters(line))
        assert "".join(part for part, _ in parts) == line
        assert all(cell_width(part) == cells == cell_len(part) for part, cells in parts)
        cut = cut_cells(line, width)
        assert cell_len(cut) <= width
        if cut != line:
            assert cell_width(line) > width
            kept = cut.removesuffix("…")
            assert kept in {"".join(part for part, _ in parts[:count]) for count in range(len(parts))}


@given(texts)
def test_masking_keeps_every_place_and_hides_nothing(text: str) -> None:
    shown = masked(text)
    assert len(shown) == len(text)
    assert offence(shown.replace("\n", "")) is None
