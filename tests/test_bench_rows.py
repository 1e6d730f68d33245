"""The lines that the benchmarks print."""

from __future__ import annotations

import pytest

from tests.bench.rows import Figure, quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15.4 ms", (15.4, "ms")),
        ("median 8.65 ms, 99th percentile 14.3 ms", (8.65, "ms")),
        ("11.2% of a core", (11.2, "%")),
        ("106,778 entries/s", (106778.0, "entries/s")),
        ("99th percentile 4.03 ms, worst 5.64 ms", (4.03, "ms")),
        ("–", (None, "")),
    ],
)
def test_the_first_number_of_a_figure_and_its_unit(text: str, expected: tuple[float | None, str]) -> None:
    assert quantity(text) == expected


def test_a_ratio_above_one_is_better_in_the_unit_of_ours() -> None:
    faster = Figure("20 µs", "1 ms (pure Python)", "goal", "50.00 times faster", True).as_json("sign")
    assert (faster["value"], faster["unit"], faster["baseline"], faster["ratio"]) == (20.0, "µs", 1000.0, 50.0)
    slower = Figure("300 ms", "150 ms (hello)", "goal", "2.00 times (median)", False, "noisy").as_json("startup")
    assert slower["ratio"] == 0.5 and str(slower["note"]).startswith("MISSED: goal")
    rate = Figure("50 entries/s", "100 entries/s", "goal", "0.5", True).as_json("rate")
    assert rate["ratio"] == 0.5
    alone = Figure("5 ms", "–", "goal", "5 ms", True).as_json("lag")
    assert alone["baseline"] is None and alone["ratio"] is None
