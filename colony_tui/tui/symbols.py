"""Signs of the screen: one set for terminals that can, one in ASCII for those that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colony_tui.model import ProcessState

STATE_INKS: Mapping[ProcessState, str] = {
    ProcessState.WAITING: "warn",
    ProcessState.RUNNING: "ok",
    ProcessState.SUCCESS: "ok",
    ProcessState.FAILED: "error",
    ProcessState.CANCELLED: "dim",
}
"""The ink of each state's sign and word."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """One set of signs, each one cell wide unless said otherwise."""

    states: Mapping[ProcessState, str]
    live: str
    pending: str
    lost: str
    ended: str
    reply: str
    bar: str
    """At the left of the row under the cursor."""
    thin: str
    """At the left of the row of the open process."""
    rule: str
    thick: str
    separator: str
    full: str
    empty: str
    eighths: str
    """Parts of a cell, from one eighth to seven; empty where there are none."""

    def gauge(self, fraction: float, cells: int) -> tuple[str, str]:
        """The filled and the empty part of a gauge of ``cells`` cells."""
        steps = len(self.eighths) + 1
        filled = round(min(1.0, max(0.0, fraction)) * cells * steps)
        whole, part = divmod(filled, steps)
        done = self.full * whole + (self.eighths[part - 1] if part else "")
        return done, self.empty * (cells - len(done))


UNICODE = Symbols(
    states=dict(zip(ProcessState, "◷▶✓✗⊘", strict=True)),
    live="●",
    pending="◌",
    lost="○",
    ended="■",
    reply="↩",
    bar="▌",
    thin="▏",
    rule="─",
    thick="━",
    separator="·",
    full="█",
    empty="░",
    eighths="▏▎▍▌▋▊▉",
)
ASCII = Symbols(
    states=dict(zip(ProcessState, "~>+xo", strict=True)),
    live="*",
    pending="~",
    lost="o",
    ended="#",
    reply="<",
    bar="|",
    thin=":",
    rule="-",
    thick="=",
    separator="-",
    full="#",
    empty=".",
    eighths="",
)
