"""Times as people type them: `12:04`, `12:04:11`, `2026-11-23 12:04`, `-5m`.

Owns reading them. The present moment and the day that is meant come from outside; the zone is the one that is shown.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from colony_tui.model import NANOSECONDS
from colony_tui.tui.widgets.stream.times import Times

_AGO = re.compile(r"[-−]\s*(\d{1,6})\s*([smhd])")
_CLOCK = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2})[ T]+)?(\d{1,2}):(\d{2})(?::(\d{2}))?")
_UNIT_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def moment_of(text: str, times: Times, near_ns: int, now_ns: int) -> int | None:
    """The moment that a text means, in nanoseconds; None if it means none.

    Args:
        text: A time of day, with or without a date, or how long ago.
        times: How times are shown: whether UTC or local time is meant.
        near_ns: A time of day without a date is meant on the day of this moment.
        now_ns: What `-5m` counts from.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return now_ns - int(ago[1]) * _UNIT_S[ago[2]] * NANOSECONDS
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    zone = UTC if times is Times.UTC else None
    try:
        day = datetime.fromtimestamp(near_ns // NANOSECONDS, zone)
        if clock[1]:
            day = day.replace(int(clock[1]), int(clock[2]), int(clock[3]))
        moment = day.replace(hour=int(clock[4]), minute=int(clock[5]), second=int(clock[6] or 0), microsecond=0)
        return int(moment.timestamp()) * NANOSECONDS
    except (ValueError, OverflowError, OSError):
        return None
