"""What a payload is taken for, and the hex preview."""

from __future__ import annotations

import pytest

from colony_tui.text import Cut, Limits, PayloadKind, SafeText, classify, hex_lines, lay_out, plain, safe_text


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"", PayloadKind.EMPTY),
        (b"hello", PayloadKind.TEXT),
        (b"42", PayloadKind.TEXT),
        (b'"quoted"', PayloadKind.TEXT),
        (b"{not json}", PayloadKind.TEXT),
        (b"caf\xe9", PayloadKind.TEXT),
        ("日本語".encode()[:-1], PayloadKind.TEXT),
        (b"\x1b[2J\x1b[31m\x07\x07", PayloadKind.TEXT),
        (b" {} ", PayloadKind.JSON),
        (b"[1, 2]", PayloadKind.JSON),
        (b"words\0" * 10, PayloadKind.BINARY),
        (b"\xff", PayloadKind.BINARY),
        (b"\x89PNG\r\n\x1a\n\x00", PayloadKind.BINARY),
        (b"\x01\x02abc", PayloadKind.BINARY),
        ("é".encode() * 4_000, PayloadKind.TEXT),
        (b"a" + "é".encode() * 4_000, PayloadKind.TEXT),
    ],
)
def test_kinds(payload: bytes, kind: PayloadKind) -> None:
    assert classify(payload) is kind


def test_each_kind_is_laid_out_its_own_way() -> None:
    assert lay_out(b"") == SafeText()
    assert lay_out(b"{x\x1b[31my") == safe_text(b"{x\x1b[31my")
    assert plain(lay_out(b'{"a":1}')) == '{"a": 1}'
    assert lay_out(b"\0") == hex_lines(b"\0")


def test_hex_preview() -> None:
    text = hex_lines(bytes(range(0x1E, 0x30)))
    assert plain(text).split("\n") == [
        "18 bytes of binary data",
        "0000  1e 1f 20 21 22 23 24 25  26 27 28 29 2a 2b 2c 2d  .. !\"#$%&'()*+,-",
        "0010  2e 2f" + " " * 43 + "  ./",
    ]
    assert [line[0].style.role for line in text] == ["note", "hex", "hex"]
    assert text.cut is None


def test_a_long_hex_preview_is_cut() -> None:
    text = hex_lines(bytes(1_000_000))
    assert len(text) == 17
    assert plain(text).startswith("1,000,000 bytes of binary data\n")
    assert text.cut == Cut(256, 1_000_000)


@pytest.mark.parametrize(
    ("limits", "lines", "cut"),
    [(Limits(size=20), 3, Cut(20, 100)), (Limits(lines=2), 2, Cut(16, 100)), (Limits(lines=0), 0, Cut(0, 100))],
)
def test_a_hex_preview_keeps_its_limits(limits: Limits, lines: int, cut: Cut) -> None:
    text = hex_lines(bytes(100), limits)
    assert (len(text), text.cut) == (lines, cut)


@pytest.mark.parametrize(
    ("payload", "lines", "cut"),
    [
        ("", 0, None),
        ("\n", 1, None),
        ("a", 1, None),
        ("a\nb\n", 2, None),
        ("a\nb\nc", 2, Cut(4, 5)),
        ("a\nb\n\n", 2, Cut(4, 5)),
        ("123456789", 1, Cut(8, 9)),
        ("1234567ä", 1, None),
    ],
)
def test_limits_of_characters(payload: str, lines: int, cut: Cut | None) -> None:
    text = safe_text(payload, Limits(size=8, lines=2))
    assert (len(text), text.cut) == (lines, cut)


@pytest.mark.parametrize(("payload", "cut"), [(b"a\nb\n", None), (b"a\nb\nc", Cut(4, 5)), (b"a\nb\n\n", Cut(4, 5))])
def test_limits_of_lines_of_bytes(payload: bytes, cut: Cut | None) -> None:
    text = safe_text(payload, Limits(lines=2))
    assert (plain(text), text.cut) == ("a\nb", cut)


def test_limits_of_bytes_leave_no_half_character() -> None:
    text = safe_text("1234567ä".encode(), Limits(size=8))
    assert (plain(text), text.cut) == ("1234567", Cut(7, 9))
