"""What each character is to a terminal, and how one is written that must not reach it.

Owns single characters; sequences are the scanner's. Letters of right-to-left scripts and spaces of any width are
honest text and stay; what has no look of its own (the non-joiner, soft hyphens, tags, private use) is written out.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final
from unicodedata import category

from colony_tui.text.cells import char_width
from colony_tui.text.tables import IGNORABLE, QUIET_RANGES, VARIATION_BASES, ranges_class

QUIET: Final = re.compile(f"[{ranges_class(QUIET_RANGES)}]+")
"""A run of characters that need no look: printable, visible and not combining."""

_BARRED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class CharKind(Enum):
    """What is done with a character that stands alone."""

    VISIBLE = auto()
    """Shown as it is."""
    MARK = auto()
    """Takes no cells: stands on the character before it."""
    BARRED = auto()
    """Never passed on: control, format, surrogate, private, unassigned, separator of lines, or invisible."""


@lru_cache(maxsize=8192)
def kind_of(char: str) -> CharKind:
    """The kind of a character by Unicode's categories and a list of invisible letters and marks."""
    if char in IGNORABLE or category(char) in _BARRED:
        return CharKind.BARRED
    return CharKind.VISIBLE if char_width(char) else CharKind.MARK


@lru_cache(maxsize=1024)
def is_emoji(char: str) -> bool:
    """True for a pictograph that can be joined or toned; False for the letters of flags and for digits."""
    if char in VARIATION_BASES:
        return not char.isascii()
    return char > "\u2300" and category(char) == "So" and char_width(char) == 2


def written_out(char: str, is_from_bytes: bool) -> str:
    """A barred character as printable text: `␀` for a control, `\\xff` for an undecodable byte, else `‹U+202E›`.

    Args:
        char: The character.
        is_from_bytes: A lone surrogate U+DC80..DCFF stands for a byte that was no UTF-8 ("surrogateescape").
    """
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if is_from_bytes and 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"‹U+{code:04X}›"
