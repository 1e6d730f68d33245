"""The foot of a stream: what is known of it, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from colony_tui.model import MAX_ENTRIES, duration_s
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.text import safe_label
from colony_tui.tui.pieces import Line, Piece, cut, joined, spread, width_of
from colony_tui.tui.symbols import Symbols
from colony_tui.tui.times import rough_span
from colony_tui.tui.widgets.drawn import Drawn


@dataclass(frozen=True, slots=True)
class Foot:
    """What the foot says."""

    condition: ChannelCondition
    entries: int
    """How many are held."""
    view: str = "threads"
    times: str = "local time"
    is_following: bool = True
    new: int = 0
    """Entries that came while it did not follow."""


class StreamFoot(Drawn):
    """One line."""

    class EndAsked(Message):
        """The end of the stream is wanted."""

    def __init__(self) -> None:
        super().__init__(id="stream-foot")
        self._foot: Foot | None = None
        self._now_ns = 0

    def show(self, foot: Foot | None, now_ns: int) -> None:
        """Takes what is known now; ``None`` where no stream is shown."""
        self._foot, self._now_ns = foot, now_ns
        self.redraw()

    def tick(self, now_ns: int) -> None:
        """Brings the times up to date."""
        self._now_ns = now_ns
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        if self._foot is None:
            return [()]
        foot = self._foot
        # Where there are no entries, the reason stands in their place.
        known = condition_words(foot.condition, self._now_ns, self.symbols, has_reason=foot.entries > 0)
        if foot.is_following:
            end = Piece("following", "ok" if not foot.condition.is_settled else "dim")
        else:
            end = Piece(f"{foot.new:,} new, G" if foot.new else "G follows", "accent", bool(foot.new), hit="end")
        view = [Piece(foot.view, "dim")]
        times = [Piece(foot.times, "faint")]
        amount = entries_words(foot, is_short=width < 60)
        forms = (
            ([known, amount], [view, times, [end]]),
            ([known, amount], [view, [end]]),
            ([known, amount], [[end]]),
            ([known], [[end]]),
        )
        for left, right in forms:
            line, tail = [Piece("  "), *joined(left, "   ")], [*joined(right, "   "), Piece(" ")]
            if width_of(line) + width_of(tail) + 2 <= width:
                return [spread(line, tail, width)]
        return [spread([Piece("  "), *cut(known, max(1, width - width_of([end]) - 5))], [end, Piece(" ")], width)]

    def hit(self, target: str) -> None:
        self.post_message(self.EndAsked())


def entries_words(foot: Foot, is_short: bool = False) -> Line:
    """How many entries there are."""
    condition = foot.condition
    if condition.kind is ConditionKind.RECORDED:
        return []
    if condition.kind in (ConditionKind.REFUSED, ConditionKind.WAITING) and not foot.entries:
        return []
    if condition.is_settled or is_short:
        return [Piece(f"{foot.entries:,} {'entry' if foot.entries == 1 else 'entries'}", "dim")]
    is_full = foot.entries >= MAX_ENTRIES
    return [
        Piece(f"{foot.entries:,} of {MAX_ENTRIES:,} entries{', full' if is_full else ''}", "warn" if is_full else "dim")
    ]


def condition_words(condition: ChannelCondition, now_ns: int, symbols: Symbols, has_reason: bool = True) -> Line:
    """A condition as a sign and words; never more than is known."""
    since = rough_span(duration_s(condition.since_ns, now_ns)) if condition.since_ns is not None else ""
    match condition.kind:
        case ConditionKind.LIVE:
            return [Piece(f"{symbols.live} live", "ok")]
        case ConditionKind.IDLE if condition.checked_ns is not None:
            ago = rough_span(duration_s(condition.checked_ns, now_ns))
            return [Piece(f"{symbols.pending} checked {ago} ago", "dim")]
        case ConditionKind.IDLE:
            return [Piece(f"{symbols.pending} opening", "dim")]
        case ConditionKind.CATCHING_UP:
            left = "" if condition.count is None else f", {condition.count:,} to read"
            return [Piece(f"{symbols.pending} catching up{left}", "warn")]
        case ConditionKind.WAITING:
            return [Piece(f"{symbols.pending} opens when an executor takes it", "warn")]
        case ConditionKind.PUT_BACK:
            return [Piece(f"{symbols.pending} put back, opens when an executor takes it", "warn")]
        case ConditionKind.LOST:
            return [Piece(f"{symbols.lost} lost {since}", "error", True), Piece(", retrying", "dim")]
        case ConditionKind.GAP:
            missed = "entries were" if condition.count is None else f"{condition.count:,} were"
            return [Piece(f"{symbols.live} live", "ok"), Piece(f", {missed} not seen", "warn")]
        case ConditionKind.RESET:
            return [Piece(f"{symbols.live} live", "ok"), Piece(", the server began a new log", "warn")]
        case ConditionKind.ENDED_BY_SENDER:
            return [Piece(f"{symbols.live} ended by its sender", "warn"), Piece(", process still running", "dim")]
        case ConditionKind.ENDED:
            return [Piece(f"{symbols.ended} ended", "text")]
        case ConditionKind.REFUSED:
            reason = f": {safe_label(condition.reason)}" if has_reason and condition.reason else ""
            return [Piece(f"{symbols.lost} not allowed", "warn"), Piece(reason, "dim")]
        case ConditionKind.RECORDED:
            return recorded_words(condition, symbols)


def recorded_words(condition: ChannelCondition, symbols: Symbols) -> Line:
    """How much of a channel was recorded, and in amber what is known to be missing."""
    held, comma, missing = condition.reason.partition(",")
    amount = safe_label(held.removesuffix(" recorded")) or f"{condition.count or 0:,}"
    words = [Piece(f"{symbols.ended} recorded {amount}", "text")]
    return [*words, Piece(f"{comma}{safe_label(missing)}", "warn")] if missing else words
