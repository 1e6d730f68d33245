"""How far something is, where its newest line says so.

Owns one pure function over text. Guesses nothing: a line without a clear share has no gauge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_READ = 400
"""Characters of a line that are looked at."""

_OF = re.compile(r"(?<![\w/.,:-])(\d{1,9})\s?/\s?(\d{1,9})(?![\w/-]|[.,:]\d)")
_PERCENT = re.compile(r"(?<![\w/.,:-])(\d{1,3}(?:[.,]\d{1,3})?)\s?%")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A share that was read from a line."""

    share: float
    """0 to 1."""
    label: str
    """As it was written, spaces evened out: ``3/12`` or ``40 %``."""


def read_gauge(text: str) -> Gauge | None:
    """The share that the last line with words in it tells as ``n/m`` or ``n %``; the first of them wins."""
    line = next((line for line in reversed(text.splitlines()) if line.strip()), "")[:_READ]
    for done, whole in _OF.findall(line):
        if 0 < int(whole) >= int(done):
            return Gauge(int(done) / int(whole), f"{int(done)}/{int(whole)}")
    for share in _PERCENT.findall(line):
        value = float(share.replace(",", "."))
        if value <= 100:
            return Gauge(value / 100, f"{share} %")
    return None
