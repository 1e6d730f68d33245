"""Bodies of entries: a payload as lines of runs.

Owns the choice between plain text, laid-out JSON, hex and Markdown, and the colours of safe text. Payload bytes pass
through `colony_tui.text` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from rich.color import Color as RichColor
from rich.style import Style

from colony_tui.store.rows import EntryRow, FoldState, Parent
from colony_tui.text import (
    Color,
    Cut,
    Limits,
    PayloadKind,
    Role,
    SafeLine,
    SafeText,
    SpanStyle,
    classify,
    hex_lines,
    json_lines,
    lay_out,
    plain,
    quiet_text,
    safe_text,
)
from colony_tui.tui.markdown import DECORATION, Look, Run, Runs, wrap
from colony_tui.tui.widgets.stream.people import Role as PersonRole
from colony_tui.tui.widgets.stream.setting import NotYet, SetPage
from colony_tui.tui.widgets.stream.words import ERROR_LEAD, NO_ERROR_WORDS

REPLY_LIMITS = Limits(65_536, 2_000)
"""How much of a reply is shown."""

ENTRY_LIMITS = Limits(16_384, 400)
"""How much of a single entry is shown."""

MAX_OPENED = 4
"""How many times more can be shown of a payload; what is longer still is saved to a file to be read."""

_OPENED_SIZE, _OPENED_LINES = 131_072, 5_000  # what is shown more of each time: the slowest JSON takes some frames


def limits_of(base: Limits, opened: int) -> Limits:
    """How much of a payload is shown of which the reader asked so many times to see more."""
    return Limits(_OPENED_SIZE * opened, _OPENED_LINES * opened) if opened else base


@dataclass(slots=True)
class Body:
    """A payload laid out."""

    lines: list[Runs]
    source: str
    """What the offsets of the runs count: safe text, unwrapped."""
    cut: Cut | None = None
    is_binary: bool = False
    is_cut: bool = False
    """Whether something is not shown, be it at the end (`cut`) or elsewhere."""

    def __post_init__(self) -> None:
        self.is_cut = self.is_cut or self.cut is not None


Setter: TypeAlias = Callable[[bytes, Limits], SetPage | NotYet]
"""Makes a Markdown page of a payload, in the width and look at hand."""


def body_of(
    row: EntryRow,
    role: PersonRole,
    width: int,
    look: Look,
    set_page: Setter | None,
    opened: int = 0,
    grown: Callable[[], Body | None] = lambda: None,
) -> Body:
    """The body of a row that does not grow.

    Args:
        row: The row.
        role: Its sender's: what a bot answers is Markdown.
        width: Cells of a line.
        look: The styles.
        set_page: Sets Markdown; None for the payload as it is, neither Markdown nor JSON laid out.
        opened: How many times the reader asked to see more of it.
        grown: Gives the body as it stood while the row grew, to stand there until a long page is set.
    """
    payload = row.payload
    limits = limits_of(ENTRY_LIMITS if len(row.entries) == 1 else REPLY_LIMITS, opened)
    if len(row.entries) == 1 and _is_binary(payload):  # a reply of tokens is text, whatever one of them holds
        body = plain_body(hex_lines(payload, limits), width, look)
        body.is_binary = True
        return body
    laid_out = json_lines(payload, limits) if set_page is not None else None
    if laid_out is not None:
        return plain_body(laid_out, width, look)
    if set_page is None or not _is_markdown(row, role):
        return plain_body(safe_text(payload, limits), width, look)
    page = set_page(payload, limits)
    if page is NotYet.NOT_YET:
        return grown() or plain_body(safe_text(payload, limits), width, look)
    if page.lines is None:
        return plain_body(page.text, width, look)
    return Body(page.lines or [[]], page.source, page.text.cut)


def source_of(row: EntryRow, *, is_plain: bool, is_raw: bool) -> str:
    """The text that a row's block has as its source when the reader has opened as much of it as can be opened.

    Args:
        row: The row.
        is_plain: JSON is not laid out.
        is_raw: A growing reply is shown like any other.
    """
    limits = limits_of(REPLY_LIMITS, MAX_OPENED)
    payload = row.payload
    if row.fold is FoldState.GROWING and not is_raw:
        return _text_of(payload[-limits.size :], limits)
    if len(row.entries) > 1:
        laid_out = None if is_plain else json_lines(payload, limits)
        source = _text_of(payload, limits) if laid_out is None else plain(laid_out)
    elif is_plain:
        source = plain(hex_lines(payload, limits)) if _is_binary(payload) else _text_of(payload, limits)
    else:
        source = _laid_out_source(payload, limits)
    if not row.error:
        return source
    error = _laid_out_source(row.error, limits)
    return f"{source}\n{error}" if source else error


def _laid_out_source(payload: bytes, limits: Limits) -> str:
    quiet = None if may_be_json(payload) else _quiet(payload, limits)
    return plain(lay_out(payload, limits)) if quiet is None else quiet


def may_be_json(payload: bytes) -> bool:
    """Whether a payload begins as an object or an array does."""
    return payload[:256].lstrip()[:1] in (b"{", b"[")


def _text_of(payload: bytes, limits: Limits) -> str:
    quiet = _quiet(payload, limits)
    return plain(safe_text(payload, limits)) if quiet is None else quiet


def _quiet(payload: bytes, limits: Limits) -> str | None:
    is_short = len(payload) <= limits.size and payload.count(b"\n") < limits.lines
    return quiet_text(payload) if is_short else None


def _is_binary(payload: bytes) -> bool:
    """Whether it is no text; that is told by its beginning, and JSON is not looked for."""
    return classify(payload, Limits(0, 0)) is PayloadKind.BINARY


def _is_markdown(row: EntryRow, role: PersonRole) -> bool:
    """Completed replies, and what a bot answers with a single entry."""
    if row.fold is FoldState.SINGLE:
        return role == "bot" and row.parent is not Parent.NONE and row.first.type == "data"
    return row.fold is not FoldState.GROWING


def error_body(error: bytes, before: str, width: int, look: Look, opened: int = 0) -> Body:
    """The error that closes a reply, whose content has the source ``before``: offsets go on behind that."""
    limits = limits_of(ENTRY_LIMITS, opened)
    lead: Run = (ERROR_LEAD, look.error, DECORATION)
    if not error:
        return Body(wrap([lead, (NO_ERROR_WORDS, look.error, DECORATION)], width), before)
    start = len(before) + 1 if before else 0
    body = plain_body(lay_out(error, limits), width, look, [lead], start)
    body.lines = [
        [(text, look.error if style == look.text else style, offset) for text, style, offset in line]
        for line in body.lines
    ]
    body.is_binary = _is_binary(error)
    body.source = f"{before}\n{body.source}" if before else body.source
    return body


def plain_body(text: SafeText, width: int, look: Look, lead: Sequence[Run] = (), start: int = 0) -> Body:
    """Safe text as it is, wrapped; `lead` stands before it, and its offsets count from `start` on."""
    lines: list[Runs] = []
    offset = start
    for number, safe_line in enumerate(text.lines):
        runs, size = runs_of(safe_line, offset, look)
        if not number:
            runs = [*lead, *runs]
        lines += wrap(runs, width) if runs else [[]]
        offset += size + 1
    return Body(lines or [[]], plain(text), text.cut)


def runs_of(line: SafeLine, offset: int, look: Look) -> tuple[Runs, int]:
    """A line of safe text as runs from that offset of the source on, and its length."""
    runs: Runs = []
    size = 0
    for span in line:
        runs.append((span.text, span_style(span.style, look), offset + size))
        size += len(span.text)
    return runs, size


def span_style(style: SpanStyle, look: Look) -> Style:
    """The style of a span on the page."""
    if style.role is not None:
        return _role_style(style.role, look)
    return look.text if style == _PLAIN else look.text + _asked_style(style)


_PLAIN = SpanStyle()


def _role_style(role: Role, look: Look) -> Style:
    match role:
        case "escape" | "json_number":
            return look.warn
        case "json_key":
            return look.accent
        case "json_literal":
            return look.senders[0]
        case "hex":
            return look.dim
        case "note":
            return look.faint
        case _:
            return look.text


@lru_cache(maxsize=1024)
def _asked_style(style: SpanStyle) -> Style:
    """What the payload's own colour codes ask for."""
    return Style(
        color=_rich_color(style.fg),
        bgcolor=_rich_color(style.bg),
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        reverse=style.reverse or None,
        strike=style.strike or None,
    )


def _rich_color(color: Color | None) -> RichColor | None:
    if color is None:
        return None
    if color[0] == "ansi":
        return RichColor.from_ansi(color[1])
    return RichColor.from_rgb(color[1], color[2], color[3])
