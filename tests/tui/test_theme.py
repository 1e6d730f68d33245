"""The themes: whatever is written can be read, in colour and without."""

from __future__ import annotations

from itertools import combinations

import pytest
from textual.theme import BUILTIN_THEMES, Theme

from colony_tui.tui.palette import GROUNDS, INKS, MIN_CONTRAST, ROLES, SENDERS, Palette, contrast
from colony_tui.tui.theme import OWN_THEMES, css_variables, palette_of

OWN = [pytest.param(theme, id=theme.name) for theme in OWN_THEMES]
FOREIGN = [pytest.param(theme, id=name) for name, theme in BUILTIN_THEMES.items()]
MEANINGS = ("accent", "ok", "warn", "error")


def worst(palette: Palette) -> tuple[float, str, str]:
    return min((contrast(palette[ink], palette[ground]), ink, ground) for ink in INKS for ground in GROUNDS)


def hue_distance(palette: Palette, one: str, other: str) -> float:
    """In degrees."""
    apart = abs(palette[one].hsl.h - palette[other].hsl.h)
    return min(apart, 1 - apart) * 360


@pytest.mark.parametrize("theme", OWN + FOREIGN)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    assert worst(palette_of(theme)) >= (MIN_CONTRAST,)


@pytest.mark.parametrize("theme", OWN)
def test_text_can_be_read_without_colours(theme: Theme) -> None:
    grey = {role: color.monochrome for role, color in palette_of(theme).items()}
    assert worst(grey) >= (MIN_CONTRAST,)


@pytest.mark.parametrize("theme", OWN + FOREIGN)
def test_hues_of_senders_mean_nothing_else(theme: Theme) -> None:
    palette = palette_of(theme)
    for sender in SENDERS:
        assert min(hue_distance(palette, sender, meaning) for meaning in MEANINGS) >= 12, sender
    assert min(hue_distance(palette, one, other) for one, other in combinations(SENDERS, 2)) >= 12


@pytest.mark.parametrize("theme", OWN + FOREIGN)
def test_every_role_is_a_variable(theme: Theme) -> None:
    assert set(ROLES) <= css_variables(theme).keys()


@pytest.mark.parametrize("theme", OWN + FOREIGN)
def test_grounds_differ_from_one_another(theme: Theme) -> None:
    palette = palette_of(theme)
    assert len({palette[ground].hex for ground in GROUNDS}) == len(GROUNDS)


def test_a_theme_that_names_the_roles_is_taken_at_its_word() -> None:
    named = Theme(name="named", primary="#ff0000", variables={**dict.fromkeys(ROLES, "#123456"), "faint": "#abcdef"})
    assert palette_of(named)["faint"].hex == "#ABCDEF"
