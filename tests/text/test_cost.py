"""What things cost, counted in calls and allocated bytes and not in seconds."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from colony_tui.text import (
    UNLIMITED,
    IncrementalText,
    Limits,
    classify,
    hex_lines,
    lay_out,
    plain,
    safe_label,
    safe_text,
)
from tests.text.corpus import HOSTILE

_MEBIBYTE = 1_048_576


def _calls(work: Callable[[], object]) -> int:
    """How many functions are called, those written in C included."""
    count = 0

    def count_call(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _peak(work: Callable[[], object]) -> int:
    """The most bytes that are allocated at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("unit", [b"x", b"x\n", b"\x1b[", b"\xff", b'{"a":[', b"\0", "漢".encode(), b"\t"])
def test_a_huge_payload_costs_what_its_limit_costs(unit: bytes) -> None:
    limits = Limits(size=3_000, lines=500)
    small = unit * (2 * limits.size // len(unit))
    huge = unit * (10 * _MEBIBYTE // len(unit))
    for function in (lay_out, classify, safe_text, hex_lines):
        function(small, limits)
        assert _calls(partial(function, huge, limits)) <= _calls(partial(function, small, limits)) + 5
        assert _peak(partial(function, huge, limits)) < 2 * _MEBIBYTE


def test_a_long_label_costs_what_its_width_costs() -> None:
    for text in ("\u202e" * 5_000_000, "a\u0301" * 5_000_000, b"\x1b" * 10_000_000):
        safe_label(text[:2_000], 20)
        assert _calls(partial(safe_label, text, 20)) <= _calls(partial(safe_label, text[:2_000], 20)) + 5
        assert _peak(partial(safe_label, text, 20)) < _MEBIBYTE


@pytest.mark.parametrize(
    "token", [b"tok ", b"\x1b[31mx", "a\u0301".encode(), b"\x1b]", b"x\t", "漢".encode(), b"\xff", b"line\n"]
)
def test_a_token_costs_the_same_at_the_start_and_after_ten_thousand(token: bytes) -> None:
    text = IncrementalText(UNLIMITED)
    for _ in range(10):
        text.feed(token)
    early_calls, early_peak = _calls(lambda: text.feed(token)), _peak(lambda: text.feed(token))
    for _ in range(10_000):
        text.feed(token)
    assert _calls(lambda: text.feed(token)) <= early_calls + 2
    assert min(_peak(lambda: text.feed(token)) for _ in range(3)) <= early_peak + 512


@pytest.mark.parametrize("name", [name for name, payload in HOSTILE.items() if 0 < len(payload) < 200])
def test_cost_grows_no_faster_than_the_payload(name: str) -> None:
    once, fourfold = HOSTILE[name] * 20, HOSTILE[name] * 80
    safe_text(fourfold)
    for function in (safe_text, lay_out):
        assert _calls(partial(function, fourfold)) <= 4 * _calls(partial(function, once)) + 20


def test_ordinary_lines_take_a_few_calls_each() -> None:
    lines = 100
    payload = ("An ordinary line — with “quotes”, Größe and 日本語 →\n" * lines).encode()
    assert plain(safe_text(payload)).encode() + b"\n" == payload
    assert _calls(lambda: safe_text(payload)) < 4 * lines
    assert _calls(lambda: safe_text(payload + b"\x1b[1m")) < 40 * lines  # where something has to be looked at
