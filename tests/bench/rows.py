"""What a benchmark is made of: rows, and the figures that they give."""

from __future__ import annotations

import re
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

    def as_json(self, name: str) -> dict[str, object]:
        """The line that a program reads: ``ratio`` is how many times better than the baseline, above 1 is better."""
        value, unit = quantity(self.ours)
        baseline, its_unit = quantity(self.baseline)
        if baseline is not None and unit != its_unit:
            is_time = unit in _IN_SECONDS and its_unit in _IN_SECONDS
            baseline = float(f"{baseline * _IN_SECONDS[its_unit] / _IN_SECONDS[unit]:.4g}") if is_time else None
        said = re.search(r"([\d.,]+) times (?:faster|less)", self.reached)
        ratio: float | None = None
        if said is not None:
            ratio = float(said[1].replace(",", ""))
        elif value and baseline:
            ratio = round(value / baseline if unit.endswith("/s") else baseline / value, 2)
        note = f"{'reached' if self.is_reached else 'MISSED'}: {self.goal}; {self.reached}; baseline {self.baseline}"
        return {
            "name": name,
            "value": value,
            "unit": unit,
            "baseline": baseline,
            "ratio": ratio,
            "note": f"{note}; {self.detail}" if self.detail else note,
        }


_IN_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


def quantity(text: str) -> tuple[float | None, str]:
    """The first number of a text and its unit; ``None`` where it has none."""
    for found in re.finditer(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*([^\s;,()\d]*)", text):
        if found[2] != "th":  # "99th percentile" is no quantity
            return float(found[1].replace(",", "")), found[2]
    return None, ""


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


def medians_by_turns_s(first: Callable[[], object], second: Callable[[], object], times: int) -> tuple[float, float]:
    """The median times of both, run by turns: what slows the machine down meanwhile slows both."""
    both: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for work, took in zip((first, second), both, strict=True):
            started = time.perf_counter()
            work()
            took.append(time.perf_counter() - started)
    return statistics.median(both[0]), statistics.median(both[1])
