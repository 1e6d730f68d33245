"""Entries for tests: by hand, and as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from colony_tui.model import ChannelEntry
from colony_tui.store.log import ChannelLog

ALICE, BOT, OTHER_BOT = "a" * 64, "b" * 64, "c" * 64
SENDERS = (ALICE, BOT, OTHER_BOT)
HORIZON = 40


def entry(
    sender: str, sequence: int, at: int, reply: int | None = None, payload: bytes = b"x", type: str = "data"
) -> ChannelEntry:
    return ChannelEntry(sequence, reply, at, sender, payload, type)


def log_of(*entries: ChannelEntry, executors: tuple[str, ...] = (BOT,)) -> ChannelLog:
    log = ChannelLog("p" * 64, "chat", ALICE, executors)
    log.add(entries)
    return log


def entry_sets(max_size: int = 24) -> st.SearchStrategy[list[ChannelEntry]]:
    """Sets of entries, no two of one identity: few senders, sequences and times, so that much collides."""
    one = st.builds(
        ChannelEntry,
        sequence=st.integers(-2, 6),
        in_reply_to=st.none() | st.integers(-2, 6).filter(bool),
        timestamp_ns=st.integers(0, HORIZON),
        sender_id=st.sampled_from(SENDERS),
        payload=st.sampled_from([b"", b"x", b"\xc3", b"\xa9"]),
        type=st.sampled_from(["data", "data", "data", "data", "end", "error", "weird"]),
    )
    return st.lists(one, max_size=max_size, unique_by=lambda each: each.identity)


starts = st.lists(st.integers(0, HORIZON), max_size=3, unique=True).map(
    lambda found: tuple(sorted(start * SCALE for start in found))
)
SCALE = 10_000_000
"""Attempts less than a millisecond apart are one, so drawn times are spread."""


def spread(entries: list[ChannelEntry]) -> list[ChannelEntry]:
    """The same entries with their times as far apart as attempts need."""
    return [
        ChannelEntry(
            each.sequence, each.in_reply_to, each.timestamp_ns * SCALE, each.sender_id, each.payload, each.type
        )
        for each in entries
    ]
