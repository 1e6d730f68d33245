"""The server's clock, as far as its replies tell.

Durations against the server's times use this clock. Pure: both clocks' readings are passed in.
"""

from __future__ import annotations

from colony_tui.model import NANOSECONDS


class ServerClock:
    """Narrows down how far the server's clock is ahead of ours from the ``Date`` of replies.

    A ``Date`` has whole seconds, so one reply tells the difference to a second; the bounds of many replies overlap
    in a few milliseconds. Bounds that contradict (a clock was set) start over with the newest.
    """

    def __init__(self) -> None:
        self._low: int | None = None
        self._high = 0

    def observe(self, date: str | None, sent_ns: int, received_ns: int) -> None:
        """Take in a reply's ``Date`` header with our clock's times around it; what is no date is left out."""
        # It comes with all of a mail reader: loaded with the first reply.
        from email.utils import parsedate_to_datetime

        try:
            second = int(parsedate_to_datetime(date or "").timestamp()) * NANOSECONDS
        except (ValueError, TypeError):
            return
        low, high = second - received_ns, second + NANOSECONDS - sent_ns
        if self._low is None or low > self._high or high < self._low:
            self._low, self._high = low, high
        else:
            self._low, self._high = max(low, self._low), min(high, self._high)

    @property
    def is_known(self) -> bool:
        return self._low is not None

    @property
    def ahead_ns(self) -> int:
        """How far the server is ahead of us; 0 within the known bounds, else the middle of the bounds."""
        if self._low is None or self._low <= 0 <= self._high:
            return 0
        return (self._low + self._high) // 2

    def server_time(self, our_time_ns: int) -> int:
        """The server's time at one of ours, in nanoseconds."""
        return our_time_ns + self.ahead_ns
