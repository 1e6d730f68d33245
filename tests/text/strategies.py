"""Examples that hit what matters: random bytes alone would hardly ever make an escape sequence."""

from __future__ import annotations

from hypothesis import strategies as st

from colony_tui.text import Limits
from tests.text.corpus import HOSTILE

_FRAGMENTS = [
    *(payload for payload in HOSTILE.values() if len(payload) < 200),
    *(b"\x1b[31m", b"\x1b[m", b"\x1b[1;38:2::1:2:3m", b"\x1b[", b"\x1b]", b"\x1b\\", b"\x1b", b"\x07", b"\x9c", b";5"),
    *(b"\r", b"\n", b"\r\n", b"\t", b" ", b"a", b"\xe2\x80", b"\xae", b"\xff", b"m", b"[", b"{", b'"', b"\\"),
    *(
        text.encode()
        for text in (
            *("\u0301", "\u0301" * 7, "\u200d", "\ufe0e", "\ufe0f", "\u20e3", "🏽", "👩", "❤", "♂", "☝", "1", "🇩"),
            *("日", "é", "ᄀ", "ᅡ", "ᆨ", "नि", "\u202e", "\u200b", "\u009d", "\u2028", "☰", "䷀", "𝌆", "\u3000"),
        )
    ),
]

payloads = st.lists(
    st.sampled_from(_FRAGMENTS) | st.binary(max_size=4) | st.text(max_size=3).map(lambda text: text.encode()),
    max_size=24,
).map(b"".join)
"""Bytes rich in control sequences, combining characters and broken UTF-8."""

texts = st.lists(
    st.sampled_from(_FRAGMENTS).map(lambda part: part.decode("utf-8", "surrogateescape"))
    | st.text(st.characters(exclude_categories=()), max_size=4),
    max_size=16,
).map("".join)
"""Characters of every category, lone surrogates included."""

limits = st.builds(Limits, size=st.integers(0, 60), lines=st.integers(0, 4)) | st.just(Limits())
"""Tight ones and the default."""
