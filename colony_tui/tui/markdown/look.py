"""The styles that the stream and its Markdown are written in, each by what it means.

Owns names only; the colours come from the style sheet of the widget that paints.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style

BOLD = Style(bold=True)
ITALIC = Style(italic=True)
STRIKE = Style(strike=True)
UNDERLINE = Style(underline=True)


@dataclass(frozen=True, slots=True)
class Look:
    """A style for each meaning. All but the last group stand on the page's background."""

    text: Style
    dim: Style
    faint: Style
    line: Style
    accent: Style
    ok: Style
    warn: Style
    error: Style
    senders: tuple[Style, ...]
    """Hues of people, in the order of their numbers; not empty."""
    code: Style
    """Text on the background of code."""
    cursor: Style
    """Only a background: the row under the cursor."""
    selection: Style
    hit: Style
    """A place that was found."""
    hit_now: Style
    """The found place where the reader is."""

    def sender(self, hue: int) -> Style:
        """The style of a hue; numbers past the last begin again."""
        return self.senders[hue % len(self.senders)]


_NONE = Style()

PLAIN_LOOK = Look(
    text=_NONE,
    dim=_NONE,
    faint=_NONE,
    line=_NONE,
    accent=_NONE,
    ok=_NONE,
    warn=_NONE,
    error=_NONE,
    senders=(_NONE,),
    code=_NONE,
    cursor=_NONE,
    selection=_NONE,
    hit=_NONE,
    hit_now=_NONE,
)
"""Without any style: before a sheet has been read."""
