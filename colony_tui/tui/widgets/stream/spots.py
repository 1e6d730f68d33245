"""Spots: places in the source of a row that outlive what happens to the row.

Owns which entry a place belongs to, and where that entry's part of the source stands after tokens have come between,
or its row was folded, split, or is shown by another view. Knows rows, no lines.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from colony_tui.model import ChannelEntry
from colony_tui.store.log_view import key_of
from colony_tui.store.rows import EntryRow, RowKey
from colony_tui.text import IncrementalText
from colony_tui.tui.widgets.stream.body import MAX_OPENED, REPLY_LIMITS, opened_limits
from colony_tui.tui.widgets.stream.rows import StreamRow, StreamRows


class Spot(NamedTuple):
    """A place in the source of a row."""

    key: RowKey
    offset: int
    entries: tuple[ChannelEntry, ...] = ()
    """What the row had when the place was taken: tells to which entry it belongs once the row has others."""


def spot_in(row: StreamRow, offset: int) -> Spot:
    """A place in a row as it is now."""
    return Spot(row.key, offset, tuple(row.entries) if isinstance(row, EntryRow) else ())


def find_spot(rows: StreamRows, spot: Spot) -> tuple[int, int] | None:
    """The index of the row that shows the place now, and where in its source; None if nothing is left of the row."""
    index = rows.index_of(spot.key)
    row = None if index is None else rows[index]
    if index is None or not isinstance(row, EntryRow) or _begins_with(row.entries, spot.entries):
        return None if index is None else (index, spot.offset)
    entry, rest = _entry_at(spot.entries, spot.offset)
    found = rows.index_of(key_of(entry))
    row = None if found is None else rows[found]
    if found is None or not isinstance(row, EntryRow):
        return index, spot.offset
    before = next(at for at, held in enumerate(row.entries) if held.identity == entry.identity)
    return found, _size(row.entries[:before]) + rest


def _begins_with(entries: Sequence[ChannelEntry], former: tuple[ChannelEntry, ...]) -> bool:
    return tuple(entries[: len(former)]) == former


def _entry_at(entries: Sequence[ChannelEntry], offset: int) -> tuple[ChannelEntry, int]:
    """The entry that a place of the source belongs to, and how far into its part."""
    before = bisect_right(range(1, len(entries)), offset, key=lambda count: _size(entries[:count]))
    return entries[before], offset - _size(entries[:before])


def _size(entries: Sequence[ChannelEntry]) -> int:
    """Characters of the source that entries before others take."""
    payload = b"".join(entry.payload for entry in entries if entry.type != "error")
    text = IncrementalText(opened_limits(REPLY_LIMITS, MAX_OPENED))
    text.feed(payload)
    characters = sum(len(span.text) for line in text for span in line)
    breaks = max(0, len(text) - 1) + payload.endswith(b"\n")
    return characters + breaks
