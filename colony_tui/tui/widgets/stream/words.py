"""What the stream says beside payloads: head lines, marks, notes.

Owns the words. Every state is a word; colour only helps.
"""

from __future__ import annotations

from typing import TypeAlias

from colony_tui.model import NANOSECONDS, duration_s
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow, Parent
from colony_tui.text import Cut, safe_label
from colony_tui.tui.times import exact_span
from colony_tui.tui.widgets.stream.people import Delivery, Names, Tone

Fact: TypeAlias = tuple[str, Tone]
"""Some words beside a name, and their tone."""

OPEN_KEY = "o"
"""The key that shows more of a payload that was cut."""

SAVE_KEY = "S"
"""The key that saves a payload to a file."""

ERROR_LEAD = "✗ error: "
"""What stands before the error that closes a reply."""

NO_ERROR_WORDS = "without a word"
"""What such an error says that is empty."""

BINARY_WORDS = f"{SAVE_KEY} saves it"

_RATE_OVER = 20  # the latest entries that a rate is taken of

_DELIVERY_TONES: dict[Delivery, Tone] = {"failed": "error", "unknown": "warn", "sending": "warn"}


def delivery_fact(state: Delivery, note: str = "") -> Fact:
    """How far an own entry has come."""
    words = {"failed": "✗ failed", "unknown": "? unknown whether it arrived"}.get(state, state)
    return (f"{words}: {safe_label(note, 60)}" if note else words, _DELIVERY_TONES.get(state, "faint"))


def reply_facts(row: EntryRow, parent: EntryRow | None) -> list[Fact]:
    """How far a reply has come, and how fast."""
    facts: list[Fact] = []
    if row.fold is FoldState.GROWING:
        rate = tokens_per_second(row)
        facts.append((f"▍ {rate} tok/s" if rate else "▍ growing", "ok"))
    elif row.fold is FoldState.FAILED:
        facts.append(("✗ ended with an error", "error"))
    elif row.fold is FoldState.CLOSED:
        facts.append(("no end came", "warn"))
    if row.fold in (FoldState.ENDED, FoldState.CLOSED) and len(row.entries) > 1:
        facts.append((_timing(row, parent), "faint"))
    return facts


def _timing(row: EntryRow, parent: EntryRow | None) -> str:
    tokens = sum(1 for entry in row.entries if entry.type == "data")
    elapsed = exact_span(duration_s(row.first.timestamp_ns, row.last.timestamp_ns))
    words = f"{tokens:,} token{'s' if tokens != 1 else ''} in {elapsed}"
    if parent is None:
        return words
    return f"{words}, first after {exact_span(duration_s(parent.last.timestamp_ns, row.first.timestamp_ns))}"


def tokens_per_second(row: EntryRow) -> int:
    """Rate of the latest tokens by the server's times; 0 when it cannot be said."""
    latest = row.entries[-_RATE_OVER:]
    elapsed = latest[-1].timestamp_ns - latest[0].timestamp_ns
    return round((len(latest) - 1) * NANOSECONDS / elapsed) if elapsed > 0 else 0


def parent_facts(row: EntryRow, is_threaded: bool) -> list[Fact]:
    """What is known of the entry that a row answers, where its place does not say it."""
    sequence = row.first.in_reply_to
    if row.parent is Parent.AMBIGUOUS:
        return [(f"answers one of {row.candidates} entries #{sequence}", "warn")]
    if row.parent is Parent.MISSING:
        return [(f"answers #{sequence}, which never arrived", "warn")]
    if row.parent is Parent.FOUND and not is_threaded:
        return [(f"↩ #{sequence}", "faint")]
    return []


def type_facts(row: EntryRow) -> list[Fact]:
    """The type of an entry that stands alone, unless it is plain data."""
    kind = row.first.type
    if kind == "data" or row.fold is not FoldState.SINGLE:
        return []
    if kind == "error":
        return [("✗ error", "error")]
    return [("ended the stream" if kind == "end" else f"type {safe_label(kind, 24)}", "faint")]


def cut_words(cut: Cut, can_open: bool) -> str:
    """The note below a payload of which only the beginning is shown."""
    shown, total = size_words(cut.shown), size_words(cut.total)
    return f"… {shown} of {total} shown, {_more_words(can_open)}"


def earlier_words(count: int, can_open: bool) -> str:
    """The note above a growing reply of which only the end is shown: before it are so many whole lines."""
    what = f"{count:,} earlier line{'s are' if count > 1 else ' is'} not shown" if count else "cut at the beginning"
    return f"… {what}, {_more_words(can_open)}"


def _more_words(can_open: bool) -> str:
    return f"{OPEN_KEY} shows more, {SAVE_KEY} saves all of it" if can_open else f"{SAVE_KEY} saves all of it"


def size_words(size: int) -> str:
    """A size in bytes, KiB or MiB."""
    if size < 1024:
        return f"{size} byte{'s' if size != 1 else ''}"
    if size < 1024 * 1024:
        return f"{size / 1024:.1f} KiB"
    return f"{size / 1024 / 1024:.1f} MiB"


def mark_fact(row: MarkRow, names: Names) -> Fact:
    """The words of a mark between entries."""
    count = row.count
    match row.kind:
        case MarkKind.ATTEMPT:
            by = f", taken by {safe_label(names.person(row.sender_id).name, 40)}" if row.sender_id else ""
            return f"attempt {row.attempt}{by}", "warn"
        case MarkKind.ENDED_BY_SENDER:
            return "the sender has ended this stream; the process still runs", "warn"
        case MarkKind.GAP:
            return f"gap: {_entries(count)} not seen", "warn"
        case MarkKind.RESET:
            held = f"; {_entries(count)} recorded only" if count else ""
            return f"reset: the server's log is shorter than ours{held}", "warn"
        case MarkKind.JOINED:
            return f"joined late: {_entries(count)} not seen before this", "warn"
        case MarkKind.CLOSED:
            return "the process has ended", "faint"


def _entries(count: int | None) -> str:
    if count is None:
        return "some entries were"
    return "1 entry was" if count == 1 else f"{count:,} entries were"
