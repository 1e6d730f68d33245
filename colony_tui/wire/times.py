"""RFC 3339 times with nanoseconds <-> integers of nanoseconds.

``datetime`` cuts to microseconds and refuses the year 0, in which servers west of Greenwich keep their unset times
(PROTOCOL.md, "RPCs that matter here"), so times are read by hand.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from colony_tui.errors import ProtocolError
from colony_tui.model import NANOSECONDS

UNSET = "0001-01-01T00:00:00Z"
"""How an unset time is written."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE = re.compile(r"(?:[zZ]|([+-])(\d\d):(\d\d)(?::(\d\d))?)\Z")
_SECONDS = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)\Z")


@lru_cache(maxsize=4096)
def _seconds(text: str) -> int | None:
    """Seconds since 1970 of a time without zone; ``None`` in the years 0 and 1, which mean unset."""
    match = _SECONDS.match(text)
    if match is None:
        raise ValueError
    year, month, day, hour, minute, second = map(int, match.groups())
    if year <= 1:
        return None
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds()) + (second == 60)


@lru_cache(maxsize=256)
def _offset(zone: str) -> int:
    match = _ZONE.match(zone)
    if match is None:
        raise ValueError
    sign, hours, minutes, seconds = match.groups()
    if sign is None:
        return 0
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * (-1 if sign == "-" else 1)


def parse_time(text: str) -> int | None:
    """Nanoseconds since 1970 of an RFC 3339 time, ``None`` for an unset one (year 0 or 1).

    Digits beyond nanoseconds are cut.

    Raises:
        ProtocolError: the text is no such time.
    """
    try:
        seconds = _seconds(text[:19])
        if seconds is None:
            return None
        if text[19:20] != ".":
            return (seconds - _offset(text[19:])) * NANOSECONDS
        # The zone of a set time is "Z" or six characters long; looking for it digit by digit is what would cost.
        end = -1 if text[-1] in "zZ" else -6
        digits = text[20:end]
        if not digits.isdecimal():
            raise ValueError
        fraction = int(digits[:9].ljust(9, "0"))
        return (seconds - _offset(text[end:])) * NANOSECONDS + fraction
    except (ValueError, OverflowError):
        raise ProtocolError(f"The server sent {text[:40]!r} where a time should be") from None


def format_time(time_ns: int | None, *, digits: int = 9) -> str:
    """RFC 3339 in UTC with ``digits`` of a second (trailing zeros left out, as the server does); unset for ``None``."""
    if time_ns is None:
        return UNSET
    seconds, fraction = divmod(time_ns, NANOSECONDS)
    moment = _EPOCH + timedelta(seconds=seconds)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}" if moment.year >= 1000 else moment.isoformat()[:19]
    decimals = f"{fraction:09d}"[:digits].rstrip("0")
    return f"{text}.{decimals}Z" if decimals else f"{text}Z"
