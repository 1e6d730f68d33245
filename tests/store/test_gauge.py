"""Shares read from lines, and not read from what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.store.gauge import Gauge, read_gauge


@pytest.mark.parametrize(
    ("line", "share", "label"),
    [
        ("step 3/12", 0.25, "3/12"),
        ("step 3 / 12: fetching", 0.25, "3/12"),
        ("[3/4] build (10 %)", 0.75, "3/4"),
        ("40%", 0.4, "40 %"),
        ("done: 12.5 % of it", 0.125, "12.5 %"),
        ("0/7.", 0.0, "0/7"),
        ("old 1/2\nnew 2/2\n\n", 1.0, "2/2"),
    ],
)
def test_shares_are_read(line: str, share: float, label: str) -> None:
    assert read_gauge(line) == Gauge(share, label)


@pytest.mark.parametrize(
    "line",
    ["", "2026/11/23", "a/b", "path/3/4", "5/0", "9/4", "120 %", "v1/2x", "1/2\nready", "10:3/4", "and/or 3", "3/4.5"],
)
def test_what_is_no_share_has_no_gauge(line: str) -> None:
    assert read_gauge(line) is None


@given(st.text(alphabet="0123456789/% .,\nx"))
def test_any_text_gives_a_share_between_nothing_and_all_or_none(text: str) -> None:
    gauge = read_gauge(text)
    assert gauge is None or 0 <= gauge.share <= 1
