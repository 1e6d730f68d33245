"""Times and spans of time as people read them. Pure: the clock is the caller's."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from colony_tui.model import NANOSECONDS

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def clock_span(seconds: float) -> str:
    """An elapsed time that counts: ``02:14``, ``1:02:14``, ``3 d 04:00``."""
    total = max(0, int(seconds))
    days, rest = divmod(total, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    if days:
        return f"{days} d {hours:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def rough_span(seconds: float) -> str:
    """How long ago, in one unit: ``12 s``, ``3 min``, ``1 h``, ``9 d``."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return f"{total} s"
    if total < _HOUR:
        return f"{total // _MINUTE} min"
    if total < _DAY:
        return f"{total // _HOUR} h"
    return f"{total // _DAY} d"


def exact_span(seconds: float) -> str:
    """A duration in two units: ``0.31 s``, ``5.6 s``, ``2 m 14 s``, ``4 h 10 m``, ``3 d 4 h``."""
    seconds = max(0.0, seconds)
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    total = round(seconds)
    for unit, name, smaller, small_name in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "m")):
        if total >= unit:
            return f"{total // unit} {name} {total % unit // smaller} {small_name}"
    return f"{total // _MINUTE} m {total % _MINUTE} s"


def round_trip(seconds: float) -> str:
    """A link's round trip: ``4 ms``, ``1.2 s``."""
    return f"{max(1, round(seconds * 1000))} ms" if seconds < 1 else f"{seconds:.1f} s"


def time_of_day(ns: int, zone: tzinfo | None = None) -> str:
    """``12:04:11`` in a zone, the machine's own where ``None``; out of a calendar's reach: ``?``."""
    moment = _moment(ns, zone)
    return moment.strftime("%H:%M:%S") if moment else "?"


def date_and_time(ns: int, zone: tzinfo | None = None) -> str:
    """``2026-11-23 12:04:11.250 UTC``: to the millisecond, the zone named."""
    moment = _moment(ns, zone)
    if moment is None:
        return "?"
    milliseconds = ns // 1_000_000 % 1_000
    return f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds:03} {moment:%Z}"


def _moment(ns: int, zone: tzinfo | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(ns // NANOSECONDS, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return None
