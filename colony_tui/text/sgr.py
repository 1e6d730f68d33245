"""Colour codes (CSI … m, "select graphic rendition") to styles.

Owns their meaning; finding them in a text is the scanner's. Blinking and concealing are left out on purpose: text
neither blinks nor hides.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from colony_tui.text.spans import PLAIN, Color, SpanStyle

_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}
_CUBE = (0, 95, 135, 175, 215, 255)


@lru_cache(maxsize=1024)
def apply_sgr(style: SpanStyle, parameters: str) -> SpanStyle:
    """The style after a colour code.

    Args:
        style: The style before it.
        parameters: What stands between `CSI` and `m`: digits, `;` and `:` only; "" is a reset. What is unknown,
            malformed or out of range changes nothing.
    """
    fields = iter(parameters.split(";"))
    for field in fields:
        style = _apply_field(style, field, fields)
    return style


def _apply_field(style: SpanStyle, field: str, rest: Iterator[str]) -> SpanStyle:
    """The style after one field; an extended colour takes what it needs from `rest`."""
    head, *parts = field.split(":")
    code = _number(head, default=0)
    if code == 0:
        return replace(PLAIN, role=style.role)
    if code in (38, 48, 58):
        color = _color_of_parts(parts) if parts else _color_of_fields(rest)
        if color is None or code == 58:  # the colour of an underline is not shown
            return style
        return replace(style, fg=color) if code == 38 else replace(style, bg=color)
    if code == 4 and parts:
        return replace(style, underline=_number(parts[0], default=0) != 0)
    if code in _SWITCHES:
        return replace(style, **_SWITCHES[code])  # type: ignore[arg-type]  # flags only: the table above
    return _apply_palette(style, code)


def _apply_palette(style: SpanStyle, code: int) -> SpanStyle:
    """The sixteen short colours and the two defaults."""
    if code == 39:
        return replace(style, fg=None)
    if code == 49:
        return replace(style, bg=None)
    for first, base in ((30, 0), (90, 8)):
        if first <= code <= first + 7:
            return replace(style, fg=("ansi", base + code - first))
        if first + 10 <= code <= first + 17:
            return replace(style, bg=("ansi", base + code - first - 10))
    return style


def _color_of_fields(rest: Iterator[str]) -> Color | None:
    """`5;n` or `2;r;g;b`, taken from the fields that follow."""
    mode = next(rest, "")
    if mode == "5":
        return _color("5", [next(rest, "")])
    if mode == "2":
        return _color("2", [next(rest, ""), next(rest, ""), next(rest, "")])
    for _ in rest:
        pass  # how many of them belong to an unknown mode cannot be known
    return None


def _color_of_parts(parts: list[str]) -> Color | None:
    """`5:n`, `2:r:g:b` or `2:space:r:g:b`, where the colour space may be empty and tolerances may follow."""
    mode, *values = parts
    if mode == "2" and len(values) > 3:
        values = values[1:4]
    return _color(mode, values)


def _color(mode: str, values: list[str]) -> Color | None:
    numbers = [_number(value, default=0) for value in values]
    if not all(0 <= number <= 255 for number in numbers):
        return None
    if mode == "5" and len(numbers) == 1:
        return ("ansi", numbers[0])
    if mode == "2" and len(numbers) == 3:
        return ("rgb", numbers[0], numbers[1], numbers[2])
    return None


def _number(text: str, default: int) -> int:
    """A parameter; empty is the default, absurdly long or not a number is -1, which means nothing."""
    if not text:
        return default
    return int(text) if text.isdecimal() and len(text) <= 9 else -1


@lru_cache(maxsize=1024)
def legible(style: SpanStyle) -> SpanStyle:
    """The style without its colours if they are one and the same: text on its own colour would be hidden."""
    if style.fg is None or style.bg is None or _as_rgb(style.fg) != _as_rgb(style.bg):
        return style
    return replace(style, fg=None, bg=None)


def _as_rgb(color: Color) -> Color:
    """The fixed part of the palette as red, green and blue; the first sixteen are the terminal's own."""
    if color[0] == "rgb" or color[1] < 16:
        return color
    if color[1] >= 232:
        grey = 8 + 10 * (color[1] - 232)
        return ("rgb", grey, grey, grey)
    red, rest = divmod(color[1] - 16, 36)
    green, blue = divmod(rest, 6)
    return ("rgb", _CUBE[red], _CUBE[green], _CUBE[blue])
