"""The colours by role, and how they are found for a theme that does not name them.

Owns the roles of the screen, the two palettes of our own and the rule that text can be read: every text role has a
contrast of at least 4.5 : 1 (WCAG) on every ground it can stand on. Knows no theme's format and no widgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.color import Color

GROUNDS = ("bg", "pane", "bar", "cursor-row", "code-bg")
"""What text stands on."""

SENDERS = tuple(f"sender-{number}" for number in range(1, 7))
"""Hues of senders: never those of accent, ok, warn and error."""

INKS = ("text", "dim", "faint", "accent", "ok", "warn", "error", *SENDERS)
"""What text is written in."""

ROLES = (*GROUNDS, *INKS, "line")
"""All roles; each is a variable of the style sheets (``$bg``, ``$sender-1`` …)."""

MIN_CONTRAST = 4.5
_AIM = 4.6  # rounding to whole steps of a channel must not fall below the minimum
_HUE_DISTANCE = 20 / 360

Palette = Mapping[str, Color]
"""A colour for each of ``ROLES``."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """The colours of a foreign theme from which a palette grows."""

    is_dark: bool
    background: Color
    text: Color
    accent: Color
    ok: Color
    warn: Color
    error: Color


def _palette(**colors: str) -> Palette:
    return {role.replace("_", "-"): Color.parse(color) for role, color in colors.items()}


DARK = _palette(
    bg="#0f1216",
    pane="#13171d",
    bar="#1a1f27",
    cursor_row="#222a35",
    code_bg="#171c24",
    text="#d5dae1",
    dim="#a3abb6",
    faint="#8a939f",
    line="#2a313b",
    accent="#7cb7ff",
    ok="#7ecf8f",
    warn="#e8b55f",
    error="#f28b82",
    sender_1="#d7a6ff",
    sender_2="#7fd6c2",
    sender_3="#f2a0d4",
    sender_4="#cfd670",
    sender_5="#aaa6ff",
    sender_6="#6fd3e8",
)
LIGHT = _palette(
    bg="#fdfdfb",
    pane="#f5f5f1",
    bar="#ebebe5",
    cursor_row="#dfe6ef",
    code_bg="#efefe9",
    text="#24292f",
    dim="#4d555f",
    faint="#5f6771",
    line="#d5d6d0",
    accent="#0b5cad",
    ok="#1a6e33",
    warn="#7a4f00",
    error="#b3261e",
    sender_1="#7a3fb0",
    sender_2="#0b6b5e",
    sender_3="#a8286f",
    sender_4="#5b6200",
    sender_5="#4a44c4",
    sender_6="#0a6680",
)


def luminance(color: Color) -> float:
    """Relative luminance by WCAG 2, 0 (black) to 1 (white)."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in color.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Contrast of two opaque colours by WCAG 2: 1 (the same) to 21 (black and white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(color: Color, grounds: Sequence[Color]) -> Color:
    """The colour, moved as little as needed towards black or white until it can be read on every one of ``grounds``."""
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    goal = max((black, white), key=lambda extreme: min(contrast(extreme, ground) for ground in grounds))
    for step in range(101):
        moved = color.blend(goal, step / 100)
        if min(contrast(moved, ground) for ground in grounds) >= _AIM:
            return moved
    return goal


def derive(seeds: Seeds) -> Palette:
    """A palette for a theme that names none of our roles."""
    base = seeds.background
    grounds = {
        "bg": base,
        "pane": base.blend(seeds.text, 0.03),
        "bar": base.blend(seeds.text, 0.07),
        "cursor-row": base.blend(seeds.text, 0.08).blend(seeds.accent, 0.06),
        "code-bg": base.blend(seeds.text, 0.045),
    }
    inks = {
        "text": seeds.text,
        "dim": seeds.text.blend(base, 0.25),
        "faint": seeds.text.blend(base, 0.4),
        "accent": seeds.accent,
        "ok": seeds.ok,
        "warn": seeds.warn,
        "error": seeds.error,
    }
    inks |= zip(SENDERS, _sender_hues(seeds), strict=True)
    stand_on = tuple(grounds.values())
    readable_inks = {role: readable(color, stand_on) for role, color in inks.items()}
    return {**grounds, **readable_inks, "line": base.blend(seeds.text, 0.2)}


def _sender_hues(seeds: Seeds) -> list[Color]:
    """As many hues as there are senders, away from those that mean something, and from one another."""
    taken = [color.hsl.h for color in (seeds.accent, seeds.ok, seeds.warn, seeds.error) if color.hsl.s > 0.15]
    free = [hue for hue in (step / 36 for step in range(36)) if _nearest(hue, taken) >= _HUE_DISTANCE]
    chosen: list[float] = []
    for _ in SENDERS:
        chosen.append(max(free, key=lambda hue: (_nearest(hue, chosen), _nearest(hue, taken))))
    lightness = 0.78 if seeds.is_dark else 0.36
    return [Color.from_hsl(hue, 0.6, lightness) for hue in chosen]


def _nearest(hue: float, others: Iterable[float]) -> float:
    """Distance on the circle of hues (0 to 0.5) to the nearest of ``others``; 1 when there are none."""
    return min((min(abs(hue - other), 1 - abs(hue - other)) for other in others), default=1.0)
