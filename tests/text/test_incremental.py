"""A text that grows by the token."""

from __future__ import annotations

import pytest

from colony_tui.text import Cut, IncrementalText, Limits, plain


def _grown(*pieces: bytes) -> IncrementalText:
    text = IncrementalText()
    for piece in pieces:
        text.feed(piece)
    return text


def test_a_character_cut_between_two_entries_is_whole() -> None:
    first, second = "ä".encode()[:1], "ä".encode()[1:]
    assert plain(_grown(b"a", first)) == "a"
    assert plain(_grown(b"a", first, second)) == "aä"
    assert plain(_grown(b"a", first).finish()) == "a\\xc3"


def test_a_colour_code_cut_between_two_entries_is_one() -> None:
    text = _grown(b"a\x1b", b"[3", b"1", b"mb")
    assert plain(text) == "ab"
    assert text[0][1].style.fg == ("ansi", 1)


def test_half_a_sequence_is_held_back_and_shown_at_the_end() -> None:
    text = _grown(b"a\x1b[3")
    assert plain(text) == "a"
    assert plain(text.finish()) == "a␛[3"


def test_a_line_break_cut_between_two_entries_is_one() -> None:
    assert plain(_grown(b"a\r", b"\nb")) == "a\nb"
    assert plain(_grown(b"a\r", b"b")) == "a␍b"


def test_an_emoji_joined_across_entries_is_one() -> None:
    assert plain(_grown("👩\u200d".encode(), "👧".encode())) == "👩\u200d👧"
    assert plain(_grown("👩\u200d".encode()).finish()) == "👩‹U+200D›"


def test_it_is_a_sequence_of_lines() -> None:
    text = _grown(b"one\ntwo\nthr")
    assert len(text) == 3
    assert [line[0].text for line in text] == ["one", "two", "thr"]
    assert text[0][0].text == text[-3][0].text == "one"
    assert text[-1][0].text == "thr"
    assert [line[0].text for line in text[1:]] == ["two", "thr"]
    assert text.feed(b"ee\n") == 2
    assert (len(text), text.feed(b"")) == (3, 3)
    for index in (3, -4):
        with pytest.raises(IndexError):
            text[index]


def test_what_is_beyond_the_limits_is_counted() -> None:
    text = IncrementalText(Limits(size=4))
    cuts = []
    for piece in (b"abc", b"de", b"f" * 100):
        text.feed(piece)
        cuts.append(text.cut)
    assert cuts == [None, Cut(4, 5), Cut(4, 105)]
    assert (plain(text), text.finish().cut) == ("abcd", Cut(4, 105))


def test_a_finished_text_does_not_grow() -> None:
    text = _grown(b"a")
    assert text.finish() is text.finish()
    with pytest.raises(ValueError, match="finished"):
        text.feed(b"b")
