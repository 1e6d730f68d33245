"""The themes: two of our own, and the roles of the screen for every other theme of Textual.

Owns how a palette becomes variables of the style sheets. Colours are owned by ``palette``.
"""

from __future__ import annotations

from functools import lru_cache

from textual.color import Color
from textual.theme import Theme

from colony_tui.tui.palette import DARK, LIGHT, ROLES, Palette, Seeds, derive

DARK_THEME = "colony-dark"
LIGHT_THEME = "colony-light"


def _own_theme(name: str, palette: Palette, is_dark: bool) -> Theme:
    """A Textual theme of a palette: what Textual's own widgets take, and our roles."""
    color = {role: palette[role].hex for role in ROLES}
    return Theme(
        name=name,
        primary=color["accent"],
        secondary=color["sender-1"],
        accent=color["accent"],
        warning=color["warn"],
        error=color["error"],
        success=color["ok"],
        foreground=color["text"],
        background=color["bg"],
        surface=color["pane"],
        panel=color["bar"],
        dark=is_dark,
        variables=color,
    )


OWN_THEMES = (_own_theme(DARK_THEME, DARK, True), _own_theme(LIGHT_THEME, LIGHT, False))


def palette_of(theme: Theme) -> Palette:
    """The colours of all roles in a theme: its own variables where it names them, else derived from its colours.

    A theme of the terminal's own sixteen colours has no values to compute with: it gets our palette of its brightness.
    """
    if all(role in theme.variables for role in ROLES):
        return {role: Color.parse(theme.variables[role]) for role in ROLES}
    if theme.ansi:
        return DARK if theme.dark else LIGHT
    return derive(_seeds(theme))


def _seeds(theme: Theme) -> Seeds:
    colors = theme.to_color_system().generate()
    background = Color.parse(colors["background"])
    foreground = background + Color.parse(colors["foreground"])
    return Seeds(
        is_dark=theme.dark,
        background=background,
        text=foreground,
        accent=Color.parse(colors["primary"]),
        ok=Color.parse(colors["success"]),
        warn=Color.parse(colors["warning"]),
        error=Color.parse(colors["error"]),
    )


def css_variables(theme: Theme) -> dict[str, str]:
    """What the style sheets may use besides Textual's variables: every role, and what follows from them."""
    return dict(_css_variables(tuple((role, color.hex) for role, color in palette_of(theme).items())))


@lru_cache(maxsize=32)
def _css_variables(palette: tuple[tuple[str, str], ...]) -> dict[str, str]:
    color = dict(palette)
    return {
        **color,
        # Names of Textual's own widgets (text areas, palette, scroll bars), so that they look like ours.
        "scrollbar": color["line"],
        "scrollbar-hover": color["faint"],
        "scrollbar-active": color["accent"],
        "scrollbar-background": color["pane"],
        "scrollbar-background-hover": color["pane"],
        "scrollbar-background-active": color["pane"],
        "scrollbar-corner-color": color["pane"],
        "border": color["accent"],
        "border-blurred": color["line"],
        "input-cursor-background": color["accent"],
        "input-cursor-foreground": color["bg"],
        "input-cursor-text-style": "none",
        "input-selection-background": color["cursor-row"],
        "block-cursor-background": color["cursor-row"],
        "block-cursor-foreground": color["text"],
        "block-cursor-text-style": "bold",
    }
