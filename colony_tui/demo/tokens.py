"""Text in the small pieces in which a language model says it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from colony_tui.demo.pace import Pace

TOKENS_PER_S = 40.0

_PIECE = re.compile(r"\n+|[^\S\n]*[^\W_]{1,6}|[^\S\n]*[^\w\s]{1,3}|.", re.DOTALL)


def tokens(text: str) -> list[str]:
    """Pieces of at most a few characters, spaces in front of words, whose concatenation is ``text``."""
    return _PIECE.findall(text)


async def said(text: str, pace: Pace, rate: float = TOKENS_PER_S) -> AsyncIterator[str]:
    """The tokens of ``text`` at ``rate`` a second."""
    pieces = tokens(text)
    async for number in pace.ticks(len(pieces), rate):
        yield pieces[number]
