"""What the stream says beside payloads: head lines, marks, notes.

Owns the words. Every state is a word; colour only helps.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from colony_tui.model import NANOSECONDS
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow, Parent, Timing
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

EMPTY_WORDS = "(empty)"
"""What an entry says that has no payload."""

BLANK_WORDS = "(blank)"
"""What one says of whose payload nothing would be seen."""

BINARY_WORDS = f"{SAVE_KEY} saves it"

_RATE_OVER = 20  # the latest entries that a rate is taken of

FRESH_NS = 3 * NANOSECONDS
"""A rate is of so long before the latest token, and stands for so long after it."""

GROWING_END = "▍"
"""What stands behind a reply to which more may come."""

_DELIVERY_TONES: dict[Delivery, Tone] = {"failed": "error", "unknown": "warn", "sending": "warn"}


def delivery_fact(state: Delivery, note: str = "") -> Fact:
    """How far an own entry has come."""
    words = {"failed": "✗ failed", "unknown": "? unknown whether it arrived"}.get(state, state)
    return (f"{words}: {safe_label(note, 60)}" if note else words, _DELIVERY_TONES.get(state, "faint"))


class Growth(NamedTuple):
    """What is known of a reply that nobody has ended yet."""

    words: str
    tone: Tone
    is_open: bool
    """Whether more may come just now."""


def growth_of(row: EntryRow, condition: ChannelCondition | None, now_ns: int) -> Growth | None:
    """How a reply grows; ``None`` where the process or its sender has ended it.

    Args:
        row: The reply.
        condition: The channel's; ``None``: nothing speaks against its being live.
        now_ns: As of when, by the server's clock.
    """
    if row.fold is not FoldState.GROWING:
        return None
    if condition is not None and not _may_come(row, condition):
        if condition.kind is ConditionKind.LOST:
            return Growth("paused: link lost", "faint", False)
        return Growth("no end seen" if condition.is_settled else "no end seen yet", "faint", False)
    if now_ns - row.last.timestamp_ns > FRESH_NS:
        return Growth(f"{GROWING_END} waiting for more", "faint", True)
    rate = tokens_per_second(row)
    return Growth(f"{GROWING_END} {rate} tok/s" if rate else f"{GROWING_END} growing", "ok", True)


def _may_come(row: EntryRow, condition: ChannelCondition) -> bool:
    """Whether what its sender adds is pushed to us; where entries were missed, its end may be among them."""
    if condition.kind is ConditionKind.ENDED_BY_SENDER:
        return condition.sender_id != row.sender_id
    return condition.kind is ConditionKind.LIVE


def reply_facts(row: EntryRow, growth: Growth | None = None) -> list[Fact]:
    """How far a reply has come, and how fast; ``growth`` of one that has not ended."""
    facts: list[Fact] = []
    if growth is not None:
        facts.append((growth.words, growth.tone))
    elif row.fold is FoldState.FAILED:
        facts.append(("✗ ended with an error", "error"))
    elif row.fold is FoldState.CLOSED:
        facts.append(("no end came", "warn"))
    if row.fold in (FoldState.ENDED, FoldState.CLOSED) and len(row.entries) > 1:
        facts.append((_timing(row.timing), "faint"))
    return facts


def _timing(timing: Timing) -> str:
    tokens = timing.count
    words = f"{tokens:,} token{'s' if tokens != 1 else ''} in {exact_span(timing.duration_ns / NANOSECONDS)}"
    if timing.first_after_ns is None:
        return words
    return f"{words}, first after {exact_span(timing.first_after_ns / NANOSECONDS)}"


def tokens_per_second(row: EntryRow) -> int:
    """Rate of the latest tokens by the server's times; 0 when it cannot be said."""
    since = row.last.timestamp_ns - FRESH_NS
    latest = [entry for entry in row.entries[-_RATE_OVER:] if entry.timestamp_ns >= since]
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
        case MarkKind.PUT_BACK:
            return f"attempt {row.attempt} was put back to wait for an executor", "warn"
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
