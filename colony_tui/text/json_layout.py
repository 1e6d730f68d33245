"""JSON objects and arrays laid out from their own source text.

Owns the grammar (RFC 8259, strict) and the layout. The tokens are the source's: big numbers, duplicate keys, escapes
and the order of keys stay as they were sent; only the white space between tokens is ours. Not recursive, so depth
is a limit and not a danger.
"""

import codecs
import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

from colony_tui.text.characters import QUIET
from colony_tui.text.scanner import Scanner
from colony_tui.text.spans import Cut, Limits, SafeLine, SafeText, Span, SpanStyle
from colony_tui.text.steps import finished

MAX_DEPTH = 32
"""Deeper nesting is shown as text: its layout would be all indentation."""
_FLAT_SIZE = 64
"""Characters, white space aside, up to which a container stands on one line with all that is in it."""
_INDENT = "  "
_STEP = 256
"""Tokens that are looked at or laid out in one step: some milliseconds."""

TokenKind = Literal["{", "}", "[", "]", ",", ":", "key", "string", "number", "literal"]

_SPACE = re.compile(r"[ \t\n\r]*+")
_TOKEN = re.compile(
    r"(?P<mark>[{}\[\],:])"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"
    r"|(?P<literal>true|false|null)"
)
_STRING_BEGUN = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrtu])*+\\?')
_OTHER_BEGUN = re.compile(r"[-+.eE0-9]*|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?")
_STYLES: dict[TokenKind, SpanStyle] = {
    "key": SpanStyle(role="json_key"),
    "string": SpanStyle(role="json_string"),
    "number": SpanStyle(role="json_number"),
    "literal": SpanStyle(role="json_literal"),
}


@dataclass(slots=True)
class _Token:
    kind: TokenKind
    text: str
    start: int
    """Index in the source's characters."""
    size_before: int = 0
    """Characters of all tokens before it."""
    is_flat: bool = False
    """Of an opening mark: its container stands on one line."""


def json_lines(payload: bytes, limits: Limits | None = None) -> SafeText | None:
    """The payload laid out as JSON, hostile strings made safe.

    Args:
        payload: Bytes; white space around the value is allowed, nothing else.
        limits: How much of the source is looked at, and how many laid-out lines there are at most. A payload that
            is longer is taken for JSON if it is as far as it is looked at.

    Returns:
        None if it is no JSON object or array (a plain number or string is text), not UTF-8, or nested deeper than
        `MAX_DEPTH`.
    """
    return finished(json_steps(payload, limits))


def json_steps(payload: bytes, limits: Limits | None = None) -> Generator[None, None, SafeText | None]:
    """The same in steps: a generator that yields nothing and returns what `json_lines` does."""
    source = _Source.of(payload, limits or Limits())
    if source is None:
        return None
    tokens = yield from source.tokens()
    if tokens is None:
        return None
    layout = _Layout((limits or Limits()).lines)
    end = yield from layout.add(tokens)
    if end is None and source.size == len(payload):
        return SafeText(tuple(layout.lines))
    shown = source.size if end is None else len(source.text[:end].encode())
    return SafeText(tuple(layout.lines), Cut(shown, len(payload)))


def is_json(payload: bytes, limits: Limits | None = None) -> bool:
    """True if `json_lines` would lay it out."""
    source = _Source.of(payload, limits or Limits())
    return source is not None and finished(source.tokens()) is not None


@dataclass(slots=True)
class _Source:
    """The characters of a payload as far as they are looked at."""

    text: str
    size: int
    """Bytes of the payload that `text` is."""
    is_whole: bool

    @classmethod
    def of(cls, payload: bytes, limits: Limits) -> "_Source | None":
        taken = payload[: limits.size]
        if taken[:256].lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
            return None
        is_whole = len(taken) == len(payload)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            text = decoder.decode(taken, final=is_whole)
        except UnicodeDecodeError:
            return None
        return cls(text, len(taken) - len(decoder.getstate()[0]), is_whole)

    def tokens(self) -> Generator[None, None, list[_Token] | None]:
        """The tokens, or None if they are no object or array, in steps."""
        grammar = _Grammar()
        at = 0
        while (at := _end_of(_SPACE, self.text, at)) < len(self.text):
            match = _TOKEN.match(self.text, at)
            is_cut = match is not None and match["number"] and match.end() == len(self.text) and not self.is_whole
            if match is None or is_cut:  # a number's beginning would be another number
                return self._with_rest(grammar, at)
            if not grammar.take(match):
                return None
            at = match.end()
            if len(grammar.tokens) % _STEP == 0:
                yield
        return grammar.tokens if grammar.is_done or not self.is_whole else None

    def _with_rest(self, grammar: "_Grammar", at: int) -> list[_Token] | None:
        """The tokens with the one that the end of what is looked at cuts."""
        if self.is_whole:
            return None
        if (match := _STRING_BEGUN.fullmatch(self.text, at)) is not None:
            return grammar.tokens if grammar.take_string(match.group(), at) else None
        self.size -= len(self.text) - at  # what follows is ASCII if it is the beginning of a token
        return grammar.tokens if _OTHER_BEGUN.fullmatch(self.text, at) else None


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


@dataclass(slots=True)
class _Grammar:
    """Takes tokens as long as they make sense."""

    tokens: list[_Token] = field(default_factory=list)
    is_done: bool = False
    _size: int = 0
    _open: list[_Token] = field(default_factory=list)
    _expected: str = "{["
    """What may come: marks, "k" a key, "v" a value."""

    def take(self, match: re.Match[str]) -> bool:
        text, at = match.group(), match.start()
        if match.lastgroup == "string":
            return self.take_string(text, at)
        if match.lastgroup == "number":
            return self._take_value("number", text, at)
        if match.lastgroup == "literal":
            return self._take_value("literal", text, at)
        return self._take_mark(text, at)

    def take_string(self, text: str, at: int) -> bool:
        if "k" in self._expected:
            self._add(_Token("key", text, at))
            self._expected = ":"
            return True
        return self._take_value("string", text, at)

    def _take_value(self, kind: TokenKind, text: str, at: int) -> bool:
        if "v" not in self._expected:
            return False
        self._add(_Token(kind, text, at))
        self._expected = self._after_value()
        return True

    def _add(self, token: _Token) -> None:
        token.size_before = self._size
        self._size += len(token.text)
        self.tokens.append(token)

    def _take_mark(self, mark: str, at: int) -> bool:
        if mark not in self._expected and not (mark in "{[" and "v" in self._expected):
            return False
        token = _Token(mark, mark, at)  # type: ignore[arg-type]  # the pattern gives these marks only
        if mark in "{[":
            self._open.append(token)
            self._expected = "k}" if mark == "{" else "v]"
        elif mark in "}]":
            self._close()
        else:
            self._expected = "v" if mark == ":" or self._open[-1].kind == "[" else "k"
        self._add(token)
        return len(self._open) <= MAX_DEPTH

    def _close(self) -> None:
        opening = self._open.pop()
        opening.is_flat = self._size - opening.size_before <= _FLAT_SIZE
        self.is_done = not self._open
        self._expected = self._after_value() if self._open else ""

    def _after_value(self) -> str:
        return ",}" if self._open[-1].kind == "{" else ",]"


@dataclass(slots=True)
class _Layout:
    """Tokens to lines."""

    line_limit: int
    lines: list[SafeLine] = field(default_factory=list)
    _line: list[Span] = field(default_factory=list)
    _line_start: int | None = None
    """Index in the source of the line's first token."""
    _open: list[_Token] = field(default_factory=list)
    _flat: _Token | None = None
    """The outermost open container that stands on one line."""

    def add(self, tokens: list[_Token]) -> Generator[None, None, int | None]:
        """Lay all out in steps; where in the source the lines ran out, None if they did not."""
        for number, token in enumerate(tokens, 1):
            if number % _STEP == 0:
                yield
            if len(self.lines) >= self.line_limit:
                return token.start
            self._add_token(token)
            if len(self.lines) >= self.line_limit and self._line_start is not None:
                return self._line_start
        if self._line_start is not None:
            self._break()
        return None

    def _add_token(self, token: _Token) -> None:
        kind = token.kind
        if kind in "}]":
            self._close(token)
            return
        if self._line_start is None:
            self._line_start = token.start
        if kind in "{[":
            self._put(Span(kind))
            self._enter(token)
        elif kind == ",":
            self._put(Span(", " if self._flat else ","))
            self._break_unless_flat()
        elif kind == ":":
            self._put(Span(": "))
        else:
            for span in _safe_spans(token):
                self._put(span)

    def _enter(self, opening: _Token) -> None:
        self._open.append(opening)
        if opening.is_flat and self._flat is None:
            self._flat = opening
        self._break_unless_flat()

    def _close(self, token: _Token) -> None:
        opening = self._open.pop()
        self._break_unless_flat()
        if self._line_start is None:
            self._line_start = token.start
        self._put(Span(token.text))
        if self._flat is opening:
            self._flat = None

    def _break_unless_flat(self) -> None:
        if self._flat is None:
            self._break()

    def _break(self) -> None:
        if self._line_start is not None:
            self.lines.append(tuple(self._line))
        self._line_start = None
        self._line = [Span(_INDENT * len(self._open))] if self._open else []

    def _put(self, span: Span) -> None:
        if self._line and self._line[-1].style == span.style:
            span = Span(self._line.pop().text + span.text, span.style)
        self._line.append(span)


def _safe_spans(token: _Token) -> tuple[Span, ...]:
    """A name, string, number or literal as spans; what is hostile in it is visible."""
    style = _STYLES[token.kind]
    if QUIET.fullmatch(token.text):
        return (Span(token.text, style),)
    scanner = Scanner(style, is_from_bytes=False, is_one_line=True)
    scanner.feed(token.text)
    scanner.finish()
    return scanner.lines[0]
