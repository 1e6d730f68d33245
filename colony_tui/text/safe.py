"""Whole texts and labels made safe.

Owns the short way through for ordinary text; the work is the scanner's.
"""

from colony_tui.text.cells import cut_cells
from colony_tui.text.characters import QUIET, CharKind, kind_of
from colony_tui.text.incremental import IncrementalText
from colony_tui.text.scanner import Scanner
from colony_tui.text.spans import Cut, Limits, SafeText, Span
from colony_tui.text.tables import MODIFIERS

MAX_LABEL = 4_096
"""Characters of a label that are looked at when its width is not limited."""


def safe_text(payload: bytes | str, limits: Limits | None = None) -> SafeText:
    """A payload as text: printable lines, colour codes as styles, everything else visible.

    Args:
        payload: Bytes, UTF-8 or not; or characters, lone surrogates included.
        limits: How much is looked at (default: those of `Limits`); what lies beyond costs nothing.
    """
    if isinstance(payload, bytes):
        limits = limits or Limits()
        is_short = len(payload) <= limits.size and payload.count(b"\n") < limits.lines
        if is_short and payload and (quiet := quiet_text(payload)) is not None:
            return SafeText(tuple((Span(line),) if line else () for line in quiet.split("\n")))
        text = IncrementalText(limits)
        text.feed(payload)
        return text.finish()
    return _safe_characters(payload, limits or Limits())


def quiet_text(payload: bytes) -> str | None:
    """The text of a payload in which nothing has to be made safe: what `plain(safe_text(payload))` is, at little cost.

    Returns:
        None for a payload in which something has, or in which that takes a closer look.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    letters = text.replace("\n", "")
    return text.removesuffix("\n") if not letters or QUIET.fullmatch(letters) else None


def _safe_characters(text: str, limits: Limits) -> SafeText:
    end = min(len(text), limits.size)
    if text.count("\n", 0, end) >= limits.lines:
        end = 0
        for _ in range(limits.lines):
            end = text.find("\n", end) + 1
    scanner = Scanner(is_from_bytes=False)
    scanner.feed(text[:end])
    scanner.finish()
    return SafeText(tuple(scanner.lines), Cut(end, len(text)) if end < len(text) else None)


def safe_label(text: str | bytes, width_limit: int | None = None, *, drops_colors: bool = False) -> str:
    """One plain line of a name, an error or a label: nothing but printable text.

    Line breaks, tabs and colour codes are written out too (`␊`, `␉`, `␛[31m`).

    Args:
        text: Characters, lone surrogates included, or bytes, UTF-8 or not.
        width_limit: Cells at most, cut with `…`; None: not cut, unless it is absurdly long (`MAX_LABEL`).
        drops_colors: For excerpts of what is shown in its colours elsewhere: colour codes are left out.
    """
    longest = MAX_LABEL if width_limit is None else min(8 * (width_limit + 1), MAX_LABEL)
    is_long = len(text) > longest
    if isinstance(text, bytes):
        text = text[:longest].decode("utf-8", "surrogateescape")
        label = _written_label(text, is_from_bytes=True, drops_colors=drops_colors)
    else:
        label = _written_label(text[:longest], is_from_bytes=False, drops_colors=drops_colors)
    if width_limit is not None:
        return cut_cells(label + "…" if is_long else label, width_limit)
    return label + "…" if is_long else label


def safe_name(name: str, width_limit: int | None = None) -> str:
    """A name as `safe_label` makes it; one of which nothing can be seen is in quotation marks."""
    label = safe_label(name[:MAX_LABEL])
    if label.strip():
        return safe_label(name, width_limit)
    return f'"{label}"' if width_limit is None else cut_cells(f'"{label}"', width_limit)


def _written_label(text: str, *, is_from_bytes: bool, drops_colors: bool) -> str:
    if QUIET.fullmatch(text):
        return text
    scanner = Scanner(is_from_bytes=is_from_bytes, is_one_line=True, drops_colors=drops_colors)
    scanner.feed(text)
    scanner.finish()
    return "".join(span.text for line in scanner.lines for span in line)


def masked(text: str) -> str:
    """The text with every character that must not reach a terminal replaced by ``\ufffd``, one for one.

    For editors, which place their cursor by counting characters: nothing moves, and what is hidden is seen. Joiners,
    selectors and skin tones are masked as well, so that emoji come apart: their width would be anybody's guess.
    """
    if QUIET.fullmatch(text):
        return text
    return "".join("\ufffd" if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return is_selector or char in MODIFIERS or kind_of(char) is CharKind.BARRED
