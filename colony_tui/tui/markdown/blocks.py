"""Blocks of Markdown, parsed a piece of the source at a time.

Owns where a source may be cut, so that no single parse takes long. A block is certain once the next one has begun:
each piece is parsed as it stands, and its last block again with the piece behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from markdown_it.token import Token

PIECE = 2_048
"""Characters that are parsed at a time: some milliseconds."""

MAX_PIECE = 4_096
"""Characters of a list, table or quote that is parsed as a whole; a longer one is cut between its parts."""

Parse: TypeAlias = "Callable[[str], list[Token]]"

_PARTS = {"bullet_list_open": 1, "ordered_list_open": 1, "blockquote_open": 1, "table_open": 2}
"""What can be cut within, and the level of its parts."""


class Pieces:
    """The tokens of a source: those that one parse of all would give, maps included.

    But of a list that is longer than `MAX_PIECE`, each part is tight or loose by itself.
    """

    def __init__(self, source: str, parse: Parse) -> None:
        self._lines = source.split("\n")
        self._parse = parse
        self._at = 0
        self._opening: Token | None = None
        """Of the container that the piece before was cut within."""

    def __iter__(self) -> Iterator[list[Token]]:
        size = PIECE
        while self._at < len(self._lines):
            end = self._end(size)
            tokens = self._tokens(end)
            if end == len(self._lines):
                yield tokens
                return
            cut = (_last_block(tokens) or self._last_part(tokens, size)) if tokens else 0
            if not cut:
                size *= 2
                continue
            if tokens[cut].level:
                self._opening = self._opening or tokens[0]
            else:
                self._opening = None
            self._at, size = _first_line(tokens[cut]), PIECE
            yield tokens[:cut]

    def _end(self, size: int) -> int:
        """The line behind a piece of that many characters, of one line at least."""
        at = self._at
        while at < len(self._lines) and size > 0:
            size -= len(self._lines[at]) + 1
            at += 1
        return at

    def _tokens(self, end: int) -> list[Token]:
        """What stands from here to that line; of a container that goes on, without its opening."""
        head: Sequence[str] = ()
        opening = self._opening
        if opening is not None and opening.type == "table_open":  # its rows are rows only below its head
            first = _first_line(opening)
            head = self._lines[first : first + 2]
        tokens = self._parse("\n".join([*head, *self._lines[self._at : end]]))
        for token in tokens:
            if token.map:
                token.map = [line + self._at - len(head) for line in token.map]
        if opening is None:
            return tokens
        return tokens[1 if not head else _parts_begin(tokens, 2, self._at) :]

    def _last_part(self, tokens: list[Token], size: int) -> int:
        """Where the last part of a container begins that is to be cut; 0 if it is not, or has only one."""
        opening = self._opening or tokens[0]
        if opening.type not in _PARTS or (self._opening is None and size < MAX_PIECE):
            return 0
        level = _PARTS[opening.type]
        first = _parts_begin(tokens, level, _first_line(opening) + 2 if level == 2 else 0)
        for at in range(len(tokens) - 1, first, -1):
            if tokens[at].level == level and tokens[at].nesting >= 0 and tokens[at].map:
                return at
        return 0


def _last_block(tokens: list[Token]) -> int:
    """Where the last block begins that stands in nothing else; 0 if there is no other before it."""
    for at in range(len(tokens) - 1, 0, -1):
        if tokens[at].level == 0 and tokens[at].nesting >= 0 and tokens[at].map:
            return at
    return 0


def _parts_begin(tokens: list[Token], level: int, line: int) -> int:
    """The first token of that level that begins at that line or below."""
    found = (at for at, token in enumerate(tokens) if token.level == level and token.map and token.map[0] >= line)
    return next(found, len(tokens))


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0
