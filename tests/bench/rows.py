"""What a benchmark is made of: rows, and the figures that they give."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What one run of a row gave."""

    ours: str
    """Our value with its unit."""
    baseline: str
    """The baseline's value and what it is; "–" where the goal is absolute."""
    goal: str
    """What is to be reached, in words."""
    reached: str
    """What was reached, in the terms of the goal."""
    is_reached: bool
    detail: str = ""
    """What else the run showed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One benchmark."""

    name: str
    """Dotted, e.g. ``stream.open``; rows are chosen by how it begins."""
    work: str
    """What is measured, in one line."""
    run: Callable[[], Figure]


def times_faster(ours_s: float, baseline_s: float, at_least: float, what: str, detail: str = "") -> Figure:
    """A figure of two durations in seconds whose ratio is the goal; ``what`` names the baseline."""
    ratio = baseline_s / ours_s
    return Figure(
        ours=in_unit(ours_s),
        baseline=f"{in_unit(baseline_s)} ({what})",
        goal=f"at least {at_least:g} times faster",
        reached=f"{ratio:.2f} times faster" if ratio < 100 else f"{ratio:.0f} times faster",
        is_reached=ratio >= at_least,
        detail=detail,
    )


def in_unit(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def median_s(work: Callable[[], object], rounds: int) -> float:
    """The median duration in seconds of ``rounds`` calls."""
    durations = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)
