"""The state of the link as the top line shows it."""

from __future__ import annotations

from colony_tui.client.link import Link as ClientLink
from colony_tui.model import NANOSECONDS
from colony_tui.tui.widgets.top_line import Link, LinkKind

OFFLINE_AFTER_S = 60
"""Seconds after which a lost link is called offline."""


def link_of(link: ClientLink, now_s: float, now_ns: int) -> Link:
    """``now_s`` and ``now_ns`` are the same moment, by the event loop's clock and by the server's."""
    if link.is_up:
        return Link(LinkKind.LIVE, link.round_trip_s)
    if link.down_since is None:
        return Link(LinkKind.CONNECTING)

    def as_ns(at_s: float | None) -> int | None:
        return None if at_s is None else now_ns + int((at_s - now_s) * NANOSECONDS)

    return Link(
        LinkKind.OFFLINE if now_s - link.down_since >= OFFLINE_AFTER_S else LinkKind.RECONNECTING,
        since_ns=as_ns(link.down_since),
        reason=str(link.error or ""),
        retry_ns=as_ns(link.next_try_at),
        heard_ns=as_ns(link.last_heard),
    )
