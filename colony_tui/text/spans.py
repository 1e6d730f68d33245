"""The value types of safe text: spans with a style, lines, what was cut and how much to take.

Owns the types only; it makes nothing safe itself.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, overload

Color: TypeAlias = tuple[Literal["ansi"], int] | tuple[Literal["rgb"], int, int, int]
"""A palette index 0..255, or red, green and blue 0..255 each."""

Role: TypeAlias = Literal["escape", "json_key", "json_string", "json_number", "json_literal", "hex", "note"]
"""What a span is, where it is not simply the sender's text. "escape": a character or sequence made visible;
"note": words of ours. A payload can spell the same characters as an escape, never have the role."""


@dataclass(frozen=True, slots=True)
class SpanStyle:
    """How a span looks: what the payload's own colour codes asked for, and its role."""

    fg: Color | None = None
    """Colour of the text; None is the default."""
    bg: Color | None = None
    """Colour behind the text; None is the default. Never the same as `fg`: no text is hidden by its colours."""
    bold: bool = False
    """Strong."""
    dim: bool = False
    """Faint."""
    italic: bool = False
    """Slanted."""
    underline: bool = False
    """Underlined, of whatever kind."""
    reverse: bool = False
    """Foreground and background exchanged."""
    strike: bool = False
    """Struck through."""
    role: Role | None = None
    """None: the sender's text."""


PLAIN = SpanStyle()
"""The sender's text without any style."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of safe text of one style. It never starts with a combining mark, so widths of spans add up."""

    text: str
    """Printable, not empty, without a line break."""
    style: SpanStyle = PLAIN
    """How it looks."""


SafeLine: TypeAlias = tuple[Span, ...]
"""A line, left to right; neighbours differ in style; () is an empty line."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A payload of which only the beginning is shown."""

    shown: int
    """Bytes of the source (characters, if it was a str) that are shown."""
    total: int
    """Bytes (or characters) that there are; more than `shown`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a payload is looked at; what lies beyond costs nothing."""

    size: int = 65_536
    """Bytes of the source (characters, if it is a str), 0 or more."""
    lines: int = 2_000
    """Lines, 0 or more."""


UNLIMITED = Limits(sys.maxsize, sys.maxsize)
"""Everything; for output that goes into a pipe or a file."""


@dataclass(frozen=True, slots=True)
class SafeText(Sequence[SafeLine]):
    """Lines of safe text, a sequence of them. A final line break ends the last line and begins none."""

    lines: tuple[SafeLine, ...] = ()
    """Top to bottom; empty for an empty payload."""
    cut: Cut | None = None
    """What was left out at the end; None if nothing was."""

    @overload
    def __getitem__(self, index: int) -> SafeLine: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SafeLine, ...]: ...
    def __getitem__(self, index: int | slice) -> SafeLine | tuple[SafeLine, ...]:
        return self.lines[index]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[SafeLine]:
        return iter(self.lines)
