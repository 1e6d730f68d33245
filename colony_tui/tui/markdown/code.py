"""Colours for code blocks.

Owns which languages are coloured and how few colours that takes. Code is somebody else's text: what is long, or of a
language not in the list, stays plain, so that no pattern of a lexer can hold up the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style

from colony_tui.tui.markdown.look import ITALIC, Look

if TYPE_CHECKING:
    # Loaded with the first block that is coloured. Pygments has no types of its own.
    from pygments.lexer import Lexer  # type: ignore[import-untyped]
    from pygments.token import _TokenType  # type: ignore[import-untyped]

_NAMES = """
bash c c++ cpp cs csharp css diff docker dockerfile go golang graphql haskell html ini java javascript js json jsx julia
kotlin lua make makefile nix pascal perl php powershell proto py python python3 r rb rs ruby rust scala sh shell sql
swift toml ts tsx typescript xml yaml yml zig zsh
"""

LANGUAGES = frozenset(_NAMES.split())
"""Names of languages (after a fence) that are coloured."""

MAX_SIZE = 16_384
"""Characters of a block that is still coloured."""

MAX_LINE = 1_000
"""Characters of its longest line."""


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def warm_up() -> None:
    """Load what colours code, before the first block is to be seen. Takes some 50 ms, in any thread."""
    if (lexer := _lexer("python")) is not None:
        list(lexer.get_tokens("pass"))


def colored(code: str, language: str, look: Look) -> Iterator[list[tuple[str, Style]]]:
    """The lines of a code block as styled text on the background of code; no final line break is expected.

    Each is coloured when it is asked for.
    """
    lexer = _lexer(language.lower()) if language.lower() in LANGUAGES else None
    lines = code.split("\n")
    if lexer is None or len(code) > MAX_SIZE or max(map(len, lines)) > MAX_LINE:
        yield from ([(line, look.code)] if line else [] for line in lines)
        return
    colors = list(_styles(look))
    known: dict[_TokenType, Style] = {}
    styled: list[tuple[str, Style]] = []
    left = len(lines)
    for kind, text in lexer.get_tokens(code):
        style = known.get(kind)
        if style is None:
            style = known[kind] = next((style for parent, style in colors if kind in parent), look.code)
        for number, part in enumerate(text.split("\n")):
            if number:
                yield styled
                styled, left = [], left - 1
                if not left:  # a lexer may add a line break of its own
                    return
            if part:
                styled.append((part, style))
    yield styled


def _styles(look: Look) -> Iterator[tuple[_TokenType, Style]]:
    """Kinds of tokens that are coloured, the narrower first."""
    from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

    code = look.code
    yield Comment, code + _color(look.faint) + ITALIC
    yield Keyword, code + _color(look.senders[0])
    yield Operator.Word, code + _color(look.senders[0])
    yield String, code + _color(look.ok)
    yield Number, code + _color(look.warn)
    yield Name.Function, code + _color(look.accent)
    yield Name.Class, code + _color(look.accent)
    yield Name.Tag, code + _color(look.accent)
    yield Generic.Deleted, code + _color(look.error)
    yield Generic.Inserted, code + _color(look.ok)
    yield Generic.Heading, code + _color(look.dim)


def _color(style: Style) -> Style:
    return Style(color=style.color)
