"""Markdown as lines of runs: blocks, lists, quotes, code, tables.

Owns the walk over block tokens and where lines break. No widgets. The source must be safe text already; what parsing
makes of it (entities, addresses) is made safe again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from colony_tui.text import finished, safe_label
from colony_tui.tui.markdown import code
from colony_tui.tui.markdown.blocks import Pieces
from colony_tui.tui.markdown.code import colored
from colony_tui.tui.markdown.inline import GLUE, Source, inline_lines
from colony_tui.tui.markdown.look import BOLD, ITALIC, UNDERLINE, Look
from colony_tui.tui.markdown.runs import DECORATION, Run, Runs, width_of, wrap
from colony_tui.tui.markdown.table import table_steps

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_SIZE = 65_536
"""Characters of a source that is still parsed; beyond, it is better read as plain text."""

_BULLETS = "•◦▪"
_MIN_WIDTH = 8

_MAX_NESTING = 20
_MAX_INLINE = 8_192
_STEP_LINES = 32
"""Lines of code or of a table that are written in one step."""

Steps: TypeAlias = Generator[None, None, list[Runs] | None]


@cache
def _parser() -> MarkdownIt:
    """The parser, loaded with the first page.

    Definitions of references would vanish from the page: they stay text. What stands within lines is parsed block by
    block as the page is written, so that a long page can be set in steps.
    """
    from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
        .enable(["table", "strikethrough"])
        .disable(["reference", "inline", "text_join"])
    )


def warm_up() -> None:
    """Load the parser and what colours code, before the first page is to be seen. Takes some 100 ms, in any thread."""
    _parser()
    code.warm_up()


def _token(kind: str, tag: str, content: str = "") -> Token:
    from markdown_it.token import Token

    return Token(kind, tag, 0, content=content)


def render(source: str, width: int, look: Look) -> list[Runs] | None:
    """Markdown as lines of at most `width` cells (narrower than 8 is not honoured).

    Returns None where Markdown would not show all of it: a source longer than `MAX_SIZE`, or nested too deep.

    Args:
        source: Safe text. Offsets of the runs count its characters.
        width: Cells of the page.
        look: The styles to write in.
    """
    return finished(render_steps(source, width, look))


def render_steps(source: str, width: int, look: Look) -> Steps:
    """The same in steps of some milliseconds: a generator that yields nothing and returns what `render` does."""
    if len(source) > MAX_SIZE:
        return None
    page = _Page(Source(source), max(width, _MIN_WIDTH), look)
    before = _token("", "")
    for tokens in Pieces(source, _parser().parse):
        yield
        if any(token.level >= _MAX_NESTING - 1 for token in tokens):
            return None
        for token in tokens:
            if token.type == "inline":
                token.children = _inline(token.content)
            make_safe([token])
            yield from page.write(token, before)
            before = token
    return page.lines


def _inline(content: str) -> list[Token]:
    """What stands within a block; of an endless one only its lines, since parsing may cost the square of its size."""
    children: list[Token] = []
    if len(content) <= _MAX_INLINE:
        _parser().inline.parse(content, _parser(), {}, children)
        return children
    for number, line in enumerate(content.split("\n")):
        if number:
            children.append(_token("softbreak", "br"))
        children.append(_token("text", "", line))
    return children


def make_safe(tokens: list[Token]) -> None:
    """What entities (`&#27;`) and decoded addresses may have brought in becomes visible text."""
    for token in tokens:
        if token.children:
            make_safe(token.children)
        elif token.type in ("text", "text_special", "code_inline", "html_inline"):
            token.content = safe_label(token.content) if not token.content.isprintable() else token.content
        for name, value in token.attrs.items():
            if isinstance(value, str) and not value.isprintable():
                token.attrs[name] = safe_label(value)


@dataclass(slots=True)
class _Margin:
    """What stands before the lines of a container: `first` once, then `rest`, of the same width."""

    rest: Runs
    first: Runs | None = None


class _Page:
    """Lines written so far, and the margins of the containers that are open."""

    def __init__(self, source: Source, width: int, look: Look) -> None:
        self.lines: list[Runs] = []
        self._source = source
        self._width = width
        self._look = look
        self._margins: list[_Margin] = []
        self._lists: list[int | None] = []
        self._is_gap_due = False
        self._is_fresh = True
        """Nothing was written since a container began: no gap."""
        self._tables: list[Token] | None = None

    @property
    def room(self) -> int:
        """Cells that the margins leave."""
        return max(_MIN_WIDTH, self._width - sum(width_of(margin.rest) for margin in self._margins))

    def write(self, token: Token, before: Token) -> Iterator[None]:
        """Write a token, after the one before, in steps."""
        if self._tables is not None:
            self._tables.append(token)
            if token.type == "table_close":
                yield from self._write_table()
            elif token.type == "tr_close":
                yield
            return
        self._source.enter(token)
        if token.type == "inline":
            self._write_inline(token, before)
            yield
        elif token.type in ("fence", "code_block"):
            yield from self._write_code(token)
        elif (handler := _HANDLERS.get(token.type)) is not None:
            handler(self, token)

    def _put(self, line: Runs) -> None:
        if self._is_gap_due and not self._is_fresh:
            self.lines.append([run for margin in self._margins if margin.first is None for run in margin.rest])
        self._is_gap_due = self._is_fresh = False
        before: Runs = []
        for margin in self._margins:
            before += margin.rest if margin.first is None else margin.first
            margin.first = None
        self.lines.append(before + [(" ", *run[1:]) if run[0] == GLUE else run for run in line])

    def _write_inline(self, token: Token, before: Token) -> None:
        base = self._look.text
        if before.type == "heading_open":
            level = int(before.tag[1:])
            base += BOLD + UNDERLINE if level == 1 else BOLD if level == 2 else BOLD + ITALIC
        elif self._is_in_quote:
            base = self._look.dim
        self._is_gap_due = self._is_gap_due or not before.hidden
        for line in inline_lines(token, self._source, base, self._look):
            for part in wrap(line, self.room):
                self._put(part)
        if before.type == "heading_open" or not before.hidden:
            self._is_gap_due = True

    @property
    def _is_in_quote(self) -> bool:
        return any(margin.rest and margin.rest[0][0].startswith("▎") for margin in self._margins)

    def _open_list(self, token: Token) -> None:
        start = token.attrs.get("start", 1)
        self._lists.append(int(start) if token.type == "ordered_list_open" else None)

    def _close_list(self, token: Token) -> None:
        self._lists.pop()
        self._is_gap_due = self._is_gap_due or not self._lists

    def _open_item(self, token: Token) -> None:
        number = self._lists[-1]
        if number is None:
            depth = sum(one is None for one in self._lists) - 1
            mark = f"{_BULLETS[depth % len(_BULLETS)]} "
        else:
            mark = f"{number}. "
            self._lists[-1] = number + 1
        if self._is_gap_due and not self._is_fresh:
            self.lines.append([run for margin in self._margins for run in margin.rest])
            self._is_gap_due = False
        self._is_fresh = True
        blank: Run = (" " * len(mark), self._look.text, DECORATION)
        self._margins.append(_Margin([blank], [(mark, self._look.dim, DECORATION)]))

    def _close_item(self, token: Token) -> None:
        if self._margins[-1].first is not None:
            self._put([])  # an empty item still shows its mark
        self._margins.pop()

    def _open_quote(self, token: Token) -> None:
        self._flush_gap()
        self._is_fresh = True
        self._margins.append(_Margin([("▎ ", self._look.faint, DECORATION)]))

    def _close_quote(self, token: Token) -> None:
        self._margins.pop()
        self._is_gap_due = True

    def _flush_gap(self) -> None:
        """The blank line before a container stands outside of it."""
        if self._is_gap_due and not self._is_fresh:
            self.lines.append([run for margin in self._margins if margin.first is None for run in margin.rest])
        self._is_gap_due = False

    def _write_code(self, token: Token) -> Iterator[None]:
        words = token.info.split()
        content = token.content.removesuffix("\n")
        room = self.room - 4
        ground = self._look.code
        for number, line in enumerate(colored(content, words[0] if words else "", self._look), 1):
            runs = [self._source.run(text, style) for text, style in line]
            for part in wrap(runs, room) if runs else [[]]:
                blank = " " * max(0, room - width_of(part))
                head: Runs = [("  ", self._look.text, DECORATION), (" ", ground, DECORATION)]
                self._put([*head, *part, (blank + " ", ground, DECORATION)])
            if number % _STEP_LINES == 0:
                yield
        self._is_gap_due = True

    def _write_rule(self, token: Token) -> None:
        self._put([("─" * self.room, self._look.line, DECORATION)])
        self._is_gap_due = True

    def _write_text(self, token: Token) -> None:
        for line in token.content.splitlines():
            for part in wrap([self._source.run(line, self._look.text)], self.room):
                self._put(part)
        self._is_gap_due = True

    def _open_table(self, token: Token) -> None:
        self._tables = [token]

    def _write_table(self) -> Iterator[None]:
        (opening, *tokens), self._tables = self._tables or [], None
        lines = yield from table_steps(tokens, self._source, self.room, self._look)
        if lines is None:
            rows = [token.map for token in (opening, *tokens) if token.map]
            written = "\n".join(self._source.text.split("\n")[rows[0][0] : rows[-1][1]])
            self._source.enter(opening)
            self._write_text(_token("text", "", written))
            return
        for number, line in enumerate(lines, 1):
            self._put(line)
            if number % _STEP_LINES == 0:
                yield
        self._is_gap_due = True


_HANDLERS: dict[str, Callable[[_Page, Token], None]] = {
    "bullet_list_open": _Page._open_list,
    "ordered_list_open": _Page._open_list,
    "bullet_list_close": _Page._close_list,
    "ordered_list_close": _Page._close_list,
    "list_item_open": _Page._open_item,
    "list_item_close": _Page._close_item,
    "blockquote_open": _Page._open_quote,
    "blockquote_close": _Page._close_quote,
    "html_block": _Page._write_text,
    "hr": _Page._write_rule,
    "table_open": _Page._open_table,
}
