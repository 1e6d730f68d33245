"""Bodies of entries: a payload as lines of runs.

Owns the choice between plain text, laid-out JSON, hex and Markdown, and the colours of safe text. Payload bytes pass
through `colony_tui.text` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.color import Color as RichColor
from rich.style import Style

from colony_tui.store.rows import EntryRow, FoldState, Parent
from colony_tui.text import (
    Color,
    Cut,
    IncrementalText,
    Limits,
    PayloadKind,
    Role,
    SafeLine,
    SafeText,
    SpanStyle,
    classify,
    finished,
    hex_lines,
    json_lines,
    json_steps,
    lay_out,
    plain,
    quiet_text,
    safe_text,
)
from colony_tui.tui.markdown import DECORATION, Look, Run, Runs, render_steps, wrap
from colony_tui.tui.widgets.stream.line import Line
from colony_tui.tui.widgets.stream.people import Role as PersonRole
from colony_tui.tui.widgets.stream.setting import NotYet, SetPage
from colony_tui.tui.widgets.stream.words import ERROR_LEAD, NO_ERROR_WORDS

REPLY_LIMITS = Limits(65_536, 2_000)
"""How much of a reply is shown."""

ENTRY_LIMITS = Limits(16_384, 400)
"""How much of a single entry is shown."""

FED = 4_096
"""Bytes that are made safe in one step."""

_STEP_LINES = 128
"""Lines that are wrapped in one step."""

MAX_OPENED = 4
"""How many times more can be shown of a payload; what is longer still is saved to a file to be read."""

_OPENED_SIZE, _OPENED_LINES = 131_072, 5_000  # what is shown more of each time


def opened_limits(base: Limits, opened: int) -> Limits:
    """How much of a payload is shown of which the reader asked so many times to see more."""
    return Limits(_OPENED_SIZE * opened, _OPENED_LINES * opened) if opened else base


def limits_of(row: EntryRow, opened: int = 0) -> Limits:
    """How much of a row is shown."""
    return opened_limits(ENTRY_LIMITS if len(row.entries) == 1 else REPLY_LIMITS, opened)


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
    painted: list[Line] | None = None
    """The lines with what stands before them, if they are so many that this was done in steps."""

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
    grown: Callable[[], Body | None] = lambda: None,
) -> Body:
    """The body of a row that does not grow, as much of it as is shown of any.

    Args:
        row: The row.
        role: Its sender's: what a bot answers is Markdown.
        width: Cells of a line.
        look: The styles.
        set_page: Sets Markdown; None for the payload as it is, neither Markdown nor JSON laid out.
        grown: Gives the body as it stood while the row grew, to stand there until a long page is set.
    """
    payload, limits = row.payload, limits_of(row)
    if _is_hex(row):
        return _hex_body(payload, limits, width, look)
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


class OpenedText(NamedTuple):
    """The text of a row of which more is shown."""

    text: SafeText
    is_json: bool


def text_steps(row: EntryRow, opened: int, *, is_raw: bool) -> Generator[None, None, OpenedText]:
    """The text of a row of which more is shown, in steps; raw, JSON is not laid out."""
    payload, limits = row.payload, limits_of(row, opened)
    laid_out = None if is_raw else (yield from json_steps(payload, limits))
    if laid_out is not None:
        return OpenedText(laid_out, True)
    text = IncrementalText(limits)
    at = 0
    while at < min(len(payload), limits.size):
        text.feed(payload[at : at + FED])
        at += FED
        yield
    text.feed(payload[at:])  # beyond the limits: only counted
    return OpenedText(text.finish(), False)


def opened_steps(
    row: EntryRow, opened: int, shown: OpenedText, role: PersonRole, width: int, look: Look, *, is_raw: bool
) -> Generator[None, None, Body]:
    """The body of a row of which more is shown, in steps."""
    text, is_json = shown
    if _is_hex(row):
        return _hex_body(row.payload, limits_of(row, opened), width, look)
    if not is_raw and not is_json and _is_markdown(row, role):
        source = plain(text)
        lines = yield from render_steps(source, width, look)
        if lines is not None:
            return Body(lines or [[]], source, text.cut)
    return (yield from plain_steps(text, width, look))


def _hex_body(payload: bytes, limits: Limits, width: int, look: Look) -> Body:
    body = plain_body(hex_lines(payload, limits), width, look)
    body.is_binary = True
    return body


def _is_hex(row: EntryRow) -> bool:
    """Whether a row is shown as bytes: a reply of tokens is text, whatever one of them holds."""
    return len(row.entries) == 1 and _is_binary(row.payload)


def source_of(row: EntryRow, *, is_plain: bool, is_raw: bool) -> str:
    """The text that a row's block has as its source when the reader has opened as much of it as can be opened.

    Args:
        row: The row.
        is_plain: JSON is not laid out.
        is_raw: A growing reply is shown like any other.
    """
    limits = opened_limits(REPLY_LIMITS, MAX_OPENED)
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
    limits = opened_limits(ENTRY_LIMITS, opened)
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
    return finished(plain_steps(text, width, look, lead, start))


def plain_steps(
    text: SafeText, width: int, look: Look, lead: Sequence[Run] = (), start: int = 0
) -> Generator[None, None, Body]:
    """The same in steps."""
    lines: list[Runs] = []
    source: list[str] = []
    offset = start
    for number, safe_line in enumerate(text.lines):
        runs, size = runs_of(safe_line, offset, look)
        source.append("".join([run[0] for run in runs]))
        if not number:
            runs = [*lead, *runs]
        lines += wrap(runs, width) if runs else [[]]
        offset += size + 1
        if number % _STEP_LINES == _STEP_LINES - 1:
            yield
    return Body(lines or [[]], "\n".join(source), text.cut)


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
