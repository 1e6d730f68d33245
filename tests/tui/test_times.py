"""Spans and times as words."""

from __future__ import annotations

from datetime import UTC

import pytest

from colony_tui.tui.times import clock_span, date_and_time, exact_span, rough_span, round_trip, time_of_day


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "00:00"), (0, "00:00"), (134.9, "02:14"), (3599, "59:59"), (3734, "1:02:14"), (273_600, "3 d 04:00")],
)
def test_elapsed_times_count(seconds: float, words: str) -> None:
    assert clock_span(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(12, "12 s"), (190, "3 min"), (3_700, "1 h"), (800_000, "9 d")])
def test_ages_are_rough(seconds: float, words: str) -> None:
    assert rough_span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.312, "0.31 s"),
        (0.999, "1.0 s"),
        (5.6, "5.6 s"),
        (59.96, "1 m 0 s"),
        (134, "2 m 14 s"),
        (3_599.9, "1 h 0 m"),
        (15_000, "4 h 10 m"),
        (273_600, "3 d 4 h"),
    ],
)
def test_durations_are_exact(seconds: float, words: str) -> None:
    assert exact_span(seconds) == words


def test_round_trips() -> None:
    assert [round_trip(value) for value in (0.0001, 0.0042, 1.25)] == ["1 ms", "4 ms", "1.2 s"]


def test_times_of_day() -> None:
    assert time_of_day(1_700_000_000_250_000_000, UTC) == "22:13:20"
    assert date_and_time(1_700_000_000_250_999_999, UTC) == "2023-11-14 22:13:20.250 UTC"


def test_a_time_beyond_the_calendar_is_no_crash() -> None:
    assert time_of_day(2**62 * 100, UTC) == "?"
