"""Payloads laid out by what they are.

Owns the judgement (text, JSON, binary, nothing) and the hex preview.
"""

import codecs
from enum import Enum

from colony_tui.text.json_layout import is_json, json_lines
from colony_tui.text.safe import safe_text
from colony_tui.text.spans import Cut, Limits, SafeLine, SafeText, Span, SpanStyle

_SAMPLE = 4_096
_PREVIEW = 256
_ROW = 16
_TEXT_CONTROLS = frozenset("\t\n\r\x1b\x07\x08\x0b\x0c")
_HEX = SpanStyle(role="hex")
_NOTE = SpanStyle(role="note")


class PayloadKind(Enum):
    """What a payload is taken for."""

    EMPTY = "empty"
    """No bytes."""
    TEXT = "text"
    """Mostly UTF-8; a plain JSON number or string is text."""
    JSON = "json"
    """A JSON object or array."""
    BINARY = "binary"
    """A NUL, or more than three in ten characters that no text has, within the first 4,096 bytes."""


def classify(payload: bytes, limits: Limits | None = None) -> PayloadKind:
    """What the payload is taken for, judged by no more of it than the limits allow."""
    if not payload:
        return PayloadKind.EMPTY
    if _is_binary(payload[:_SAMPLE]):
        return PayloadKind.BINARY
    return PayloadKind.JSON if is_json(payload, limits) else PayloadKind.TEXT


def lay_out(payload: bytes, limits: Limits | None = None) -> SafeText:
    """The payload as it is best read: text, JSON laid out, or a size with a hex preview; empty for no bytes."""
    if _is_binary(payload[:_SAMPLE]):
        return hex_lines(payload, limits)
    laid_out = json_lines(payload, limits)
    return safe_text(payload, limits) if laid_out is None else laid_out


def hex_lines(payload: bytes, limits: Limits | None = None) -> SafeText:
    """A line with the size, then up to 256 bytes as rows of offset, sixteen bytes in hex, and their ASCII."""
    limits = limits or Limits()
    rows = max(0, min(limits.lines - 1, _PREVIEW // _ROW))
    shown = payload[: min(limits.size, rows * _ROW)]
    unit = "byte" if len(payload) == 1 else "bytes"
    lines: list[SafeLine] = [(Span(f"{len(payload):,} {unit} of binary data", _NOTE),)]
    lines += [_hex_row(shown[at : at + _ROW], at) for at in range(0, len(shown), _ROW)]
    cut = Cut(len(shown), len(payload)) if len(shown) < len(payload) else None
    return SafeText(tuple(lines[: limits.lines]), cut)


def _hex_row(row: bytes, offset: int) -> SafeLine:
    digits = row[:8].hex(" ").ljust(23) + "  " + row[8:].hex(" ").ljust(23)
    letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
    return (Span(f"{offset:04x}  {digits}  {letters}", _HEX),)


def _is_binary(sample: bytes) -> bool:
    if b"\0" in sample:
        return True
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample)
    strange = sum((char < " " and char not in _TEXT_CONTROLS) or "\udc80" <= char <= "\udcff" for char in text)
    return 10 * strange > 3 * len(text)
