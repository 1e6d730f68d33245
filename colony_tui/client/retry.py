"""When to try again. Pure: time and chance are passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Each second for the first minute, then ever more seldom (times in seconds)."""

    first: float = 1.0
    """Between tries while the link has been lost for less than ``patience``."""
    patience: float = 60.0
    longest: float = 10.0
    jitter: float = 0.2
    """Part of the delay by which it varies, so that many clients do not come back in step."""

    def delay(self, lost_for: float, chance: float) -> float:
        """Seconds until the next try.

        Args:
            lost_for: seconds since the link was lost.
            chance: a random number from 0 to 1.
        """
        base = self.first if lost_for < self.patience else min(self.longest, self.first * lost_for / self.patience * 2)
        return base * (1 + self.jitter * (2 * chance - 1))
