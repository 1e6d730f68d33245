"""Facts of Unicode that the standard library does not know, as ranges of code points.

`unicodedata` of Python 3.11 to 3.13 is Unicode 14 to 15.1; what a newer Unicode assigned counts as unassigned here
and is made visible.
"""

from typing import Final

Ranges = tuple[tuple[int, int], ...]

ZERO_WIDTH_JOINER: Final = "\u200d"
TEXT_STYLE: Final = "\ufe0e"
EMOJI_STYLE: Final = "\ufe0f"
MODIFIERS: Final = frozenset("🏻🏼🏽🏾🏿")
"""Skin tones: they colour the emoji before them and take no cells of their own."""


def _ranges(text: str) -> Ranges:
    pairs = (item.split("-") for item in text.split())
    return tuple((int(pair[0], 16), int(pair[-1], 16)) for pair in pairs)


def in_ranges(code: int, ranges: Ranges) -> bool:
    """True if the code point lies in one of the (few) ranges."""
    return any(first <= code <= last for first, last in ranges)


def ranges_class(ranges: Ranges) -> str:
    """The ranges as the inside of a regular expression's character class."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


NARROW_RANGES: Final = _ranges(
    "20-7e a0-ac ae-2ff 370-377 37a-37f 384-38a 38c 38e-3a1 3a3-482 48a-52f 2010-2027 2030-205e 2500-25fc 2800-28ff"
)
"""Printable in every supported version, one cell each, never combining."""

QUIET_RANGES: Final = NARROW_RANGES + _ranges(
    "531-556 559-58a 5d0-5ea 620-64a 660-66f 671-6d5 904-939 e01-e30 10a0-10c5 10d0-10ff 1e00-1f15 2000-200a 202f 205f "
    "2070-2071 2074-208e 2090-209c 20a0-20c0 2100-218b 2190-2426 2440-244a 2460-24ff 25fd-27ff 2900-2b73 2b76-2b95 "
    "2b97-2bff 3000-3029 3030-303f 3041-3096 309b-30ff 3105-312f 3131-3163 31f0-321e 3220-9ffc a000-a48c ac00-d7a3 "
    "f900-fa6d ff01-ff9f ffe0-ffe6 fffd 1f300-1f3fa 1f400-1f6d7 20000-2a6dd"
)
"""Printable in every supported version and never combining: what most text is made of, passed on unlooked at."""

IGNORABLE: Final = frozenset(
    chr(code)
    for first, last in _ranges("34f 115f-1160 17b4-17b5 180b-180d 180f 3164 fe00-fe0f ffa0 e0100-e01ef")
    for code in range(first, last + 1)
)
"""Invisible although their category says letter or mark (Default_Ignorable_Code_Point)."""

WIDE_SINCE_16: Final = _ranges("2630-2637 268a-268f 4dc0-4dff 1d300-1d356 1d360-1d376")
"""Two cells since Unicode 16, one before."""

VARIATION_BASES: Final = frozenset(
    chr(code)
    for first, last in _ranges(
        "23 2a 30-39 a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 2328 23cf 23ed-23ef 23f1-23f2 23f8-23fa 24c2 "
        "25aa-25ab 25b6 25c0 25fb-25fc 2600-2604 260e 2611 2618 261d 2620 2622-2623 2626 262a 262e-262f 2638-263a "
        "2640 2642 265f-2660 2663 2665-2666 2668 267b 267e 2692 2694-2697 2699 269b-269c 26a0 26a7 26b0-26b1 26c8 "
        "26cf 26d1 26d3 26e9 26f0-26f1 26f4 26f7-26f9 2702 2708-2709 270c-270d 270f 2712 2714 2716 271d 2721 "
        "2733-2734 2744 2747 2763-2764 27a1 2934-2935 2b05-2b07 1f170-1f171 1f17e-1f17f 1f321 1f324-1f32c 1f336 "
        "1f37d 1f396-1f397 1f399-1f39b 1f39e-1f39f 1f3cb-1f3ce 1f3d4-1f3df 1f3f3 1f3f5 1f3f7 1f43f 1f441 1f4fd "
        "1f549-1f54a 1f56f-1f570 1f573-1f579 1f587 1f58a-1f58d 1f590 1f5a5 1f5a8 1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 "
        "1f5d1-1f5d3 1f5dc-1f5de 1f5e1 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa 1f6cb 1f6cd-1f6cf 1f6e0-1f6e5 1f6e9 1f6f0 1f6f3"
    )
    for code in range(first, last + 1)
)
"""Narrow characters that the emoji style (U+FE0F) makes two cells wide (emoji-variation-sequences)."""
