"""Times as they stand beside entries, and days.

Owns the choice of what is shown. The present moment comes from outside as `now_ns`; the zone is the system's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache

from colony_tui.model import NANOSECONDS
from colony_tui.tui.times import rough_span, time_of_day

_DAY_S = 86_400
_QUARTER_S = 900  # zones change their offset on a quarter of an hour
_FIRST_S = -62_135_596_800 + 2 * _DAY_S  # what `datetime` can hold, in any zone
_LAST_S = 253_402_300_799 - 2 * _DAY_S


class Times(Enum):
    """How times are shown; the value is the word for the foot of the stream."""

    OFF = "no times"
    RELATIVE = "relative time"
    LOCAL = "local time"
    UTC = "UTC"

    @property
    def following(self) -> Times:
        """The next one in turn."""
        order = list(Times)
        return order[(order.index(self) + 1) % len(order)]


_UTC = Times.UTC  # looked up once: the days of thousands of rows are asked for at a time


@lru_cache(maxsize=4096)
def _offset_s(quarter: int) -> int:
    """Seconds that local time is ahead of UTC in that quarter of an hour."""
    offset = datetime.fromtimestamp(quarter * _QUARTER_S, UTC).astimezone().utcoffset()
    return int(offset.total_seconds()) if offset else 0


def day_of(timestamp_ns: int, times: Times) -> int:
    """The day on which that was, as a number that grows by one each day."""
    seconds = timestamp_ns // NANOSECONDS
    if not _FIRST_S <= seconds <= _LAST_S:
        seconds = _FIRST_S if seconds < _FIRST_S else _LAST_S
    return (seconds if times is _UTC else seconds + _offset_s(seconds // _QUARTER_S)) // _DAY_S


def day_words(day: int) -> str:
    """A day in words: `Monday, 23 November 2026`."""
    moment = datetime.fromtimestamp(day * _DAY_S, UTC)
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def clock(timestamp_ns: int, times: Times, now_ns: int) -> str:
    """A time beside an entry; empty when times are off."""
    match times:
        case Times.OFF:
            return ""
        case Times.RELATIVE:
            return f"{rough_span((now_ns - timestamp_ns) / NANOSECONDS)} ago"
        case Times.LOCAL:
            return time_of_day(timestamp_ns)
        case Times.UTC:
            return f"{time_of_day(timestamp_ns, UTC)}Z"


def full(timestamp_ns: int) -> str:
    """Everything that the server keeps of a time: UTC, with nanoseconds."""
    seconds, rest = divmod(timestamp_ns, NANOSECONDS)
    if not _FIRST_S < seconds < _LAST_S:
        return f"{timestamp_ns} ns"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
