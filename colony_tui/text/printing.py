"""Safe text as strings for a terminal or a pipe.

Owns the only control sequences that this package ever writes: its own colour codes.
"""

from collections.abc import Iterable

from colony_tui.text.spans import Color, Role, SafeLine, Span, SpanStyle

_RESET = "\x1b[0m"
_ROLE_CODES: dict[Role, str] = {
    "escape": "2",
    "note": "2",
    "hex": "",
    "json_key": "1",
    "json_string": "",
    "json_number": "36",
    "json_literal": "35",
}


def plain(lines: Iterable[SafeLine]) -> str:
    """The lines without any style, joined by line breaks, none at the end.

    Holds no character of the categories Cc (but the line breaks), Cf (but the joiner inside an emoji), Cs, Co, Cn,
    Zl, Zp.
    """
    return "\n".join("".join(span.text for span in line) for line in lines)


def ansi(lines: Iterable[SafeLine]) -> str:
    """The lines with their colours as `ESC[…m`, each styled span reset at its end: no line colours the next.

    Every ESC in it is of our writing; besides these it is `plain`.
    """
    return "\n".join("".join(map(_colored, line)) for line in lines)


def _colored(span: Span) -> str:
    codes = _codes(span.style)
    return f"\x1b[{codes}m{span.text}{_RESET}" if codes else span.text


def _codes(style: SpanStyle) -> str:
    if style.role is not None:
        return _ROLE_CODES[style.role]
    switches = (
        (style.bold, "1"),
        (style.dim, "2"),
        (style.italic, "3"),
        (style.underline, "4"),
        (style.reverse, "7"),
        (style.strike, "9"),
    )
    codes = [code for is_on, code in switches if is_on]
    codes += [f"{ground};{_color(color)}" for ground, color in (("38", style.fg), ("48", style.bg)) if color]
    return ";".join(codes)


def _color(color: Color) -> str:
    return f"5;{color[1]}" if color[0] == "ansi" else f"2;{color[1]};{color[2]};{color[3]}"
