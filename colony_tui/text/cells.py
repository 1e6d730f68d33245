"""Widths of safe text in terminal cells, and cutting by them.

Widths follow Unicode 17 as Rich and Textual count them: tested to be equal for every safe text. The functions are
meant for *safe* text (one line of it): what an unsafe text would occupy nobody knows.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

from colony_tui.text.tables import (
    EMOJI_STYLE,
    MODIFIERS,
    NARROW_RANGES,
    VARIATION_BASES,
    WIDE_SINCE_16,
    ZERO_WIDTH_JOINER,
    in_ranges,
    ranges_class,
)

_NARROW = re.compile(f"[{ranges_class(NARROW_RANGES)}]*")
_NEVER_ALONE = re.compile(f"[{ZERO_WIDTH_JOINER}{EMOJI_STYLE}]")


@lru_cache(maxsize=8192)
def char_width(char: str) -> int:
    """Cells of one printable character by itself: 0 (it combines), 1 or 2."""
    code = ord(char)
    if category(char).startswith("M") or char in MODIFIERS:
        return 0
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF or code in (ord(ZERO_WIDTH_JOINER), 0x3164, 0xFFA0):
        return 0  # Hangul vowels and finals stand in the cells of the initial; its fillers are blank
    return 2 if east_asian_width(char) in "WF" or in_ranges(code, WIDE_SINCE_16) else 1


def cell_width(text: str) -> int:
    """Cells that a safe text without line breaks occupies."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    if _NEVER_ALONE.search(text):
        return sum(width for _, width in clusters(text))
    return sum(map(char_width, text))


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """What may not be torn apart when a safe text is cut or wrapped, each with its cells.

    A character with its combining marks, variation selector and skin tone, emoji joined to one, the two letters of
    a flag. Concatenated they are the text.
    """
    start = 0
    while start < len(text):
        end, width = _cluster_end(text, start)
        yield text[start:end], width
        start = end


def _cluster_end(text: str, start: int) -> tuple[int, int]:
    """End and cells of the cluster that begins at `start`."""
    head = text[start]
    width, end = char_width(head), start + 1
    if _is_flag_letter(head) and _is_flag_letter(text[end : end + 1]):
        width, end = width + 1, end + 1
    while end < len(text):
        char = text[end]
        if char == ZERO_WIDTH_JOINER:
            end += 2  # what is joined takes no cells of its own
        elif char_width(char):
            break
        else:
            if char == EMOJI_STYLE and head in VARIATION_BASES:
                width = 2
            end += 1
    return min(end, len(text)), width


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def cut_cells(text: str, width: int, ellipsis: str = "…") -> str:
    """A safe text cut to at most `width` cells, `ellipsis` included if anything was cut.

    Returns it unchanged if it fits; an ellipsis that does not fit is left out.
    """
    if len(text) <= width // 2 or cell_width(text) <= width:
        return text
    room = width - cell_width(ellipsis)
    if room < 0:
        room, ellipsis = width, ""
    taken: list[str] = []
    for cluster, cells in clusters(text):
        if cells > room:
            break
        room -= cells
        taken.append(cluster)
    return "".join(taken) + ellipsis
