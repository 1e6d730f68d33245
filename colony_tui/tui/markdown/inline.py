"""What stands within a line of Markdown: emphasis, code, links, images.

Owns the walk over inline tokens, and finding each text again in the source so that a selection can give it back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style

from colony_tui.tui.markdown.look import BOLD, ITALIC, STRIKE, UNDERLINE, Look
from colony_tui.tui.markdown.runs import DECORATION, Run, Runs

if TYPE_CHECKING:
    from markdown_it.token import Token

GLUE = "\N{NO-BREAK SPACE}"
"""The margin of inline code: it must not be cut off when a line is wrapped. A page turns it into a blank."""

_WEIGHTS = {"strong": BOLD, "em": ITALIC, "s": STRIKE}


class Source:
    """The text that was parsed, read from the beginning to the end as its tokens come."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)
        self._starts.append(len(text) + 1)

    def enter(self, token: Token) -> None:
        """A block begins: nothing before its first line is looked for any more."""
        if token.map:
            self._at = max(self._at, self._starts[min(token.map[0], len(self._starts) - 1)])

    def locate(self, text: str) -> int:
        """Where that text stands next, within this line or the next three; `DECORATION` if it was written otherwise."""
        line = bisect_right(self._starts, self._at)
        end = self._starts[min(line + 3, len(self._starts) - 1)]
        at = self.text.find(text, self._at, max(end, self._at + len(text)))
        if at < 0:
            return DECORATION
        self._at = at + len(text)
        return at

    def run(self, text: str, style: Style) -> Run:
        """A run of the source's own text."""
        return text, style, self.locate(text)


def inline_lines(token: Token, source: Source, base: Style, look: Look) -> list[Runs]:
    """An inline token as lines (a line break of the source stays one), not wrapped."""
    lines: list[Runs] = [[]]
    styles = [base]
    links: list[tuple[str, int]] = []
    for child in token.children or ():
        kind = child.type
        if kind in ("softbreak", "hardbreak"):
            lines.append([])
        elif kind == "code_inline":
            code = look.code + Style(color=look.warn.color)
            lines[-1] += [(GLUE, code, DECORATION), source.run(child.content, code), (GLUE, code, DECORATION)]
        elif kind == "image":
            lines[-1] += _image(child, source, look)
        elif kind == "link_open":
            links.append((str(child.attrs.get("href", "")), sum(map(len, lines))))
            styles.append(styles[-1] + UNDERLINE)
        elif kind == "link_close":
            styles.pop()
            lines[-1] += _target(*links.pop(), lines, look)
        elif kind.endswith("_open"):
            styles.append(styles[-1] + _WEIGHTS.get(kind.removesuffix("_open"), Style.null()))
        elif kind.endswith("_close"):
            styles.pop()
        elif child.content:
            lines[-1].append(source.run(child.content, styles[-1]))
    return lines


def _target(href: str, runs_before: int, lines: Sequence[Runs], look: Look) -> Runs:
    """The address behind a link, unless it is what the link says."""
    runs = [run for line in lines for run in line][runs_before:]
    said = "".join(text for text, _, _ in runs)
    if not href or said in (href, href.removeprefix("mailto:")):
        return []
    return [(f" <{href}>", look.faint, DECORATION)]


def _image(token: Token, source: Source, look: Look) -> Runs:
    """An image as words: what it shows and where it lies. It is never fetched."""
    said = token.content
    address = str(token.attrs.get("src", ""))
    runs: Runs = [("image: ", look.faint, DECORATION)]
    if said:
        runs.append(source.run(said, look.dim))
    return [*runs, (f" <{address}>", look.faint, DECORATION)]
