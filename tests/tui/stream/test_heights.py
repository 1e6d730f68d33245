"""Heights against a plain list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.tui.widgets.stream.heights import Heights, Known

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "remove", "set", "fill", "stale"]),
        st.integers(0, 3000),
        st.integers(1, 1500),
        st.integers(1, 9),
    ),
    max_size=30,
)


@given(_STEPS)
def test_equals_a_plain_list(steps: list[tuple[str, int, int, int]]) -> None:
    heights = Heights()
    lines: list[int] = []
    known: list[Known] = []
    for kind, where, count, value in steps:
        at = min(where, len(lines))
        end = min(at + count, len(lines))
        if kind == "insert":
            heights.insert(at, count)
            lines[at:at], known[at:at] = [0] * count, [Known.STALE] * count
        elif kind == "remove":
            heights.remove(at, count)
            del lines[at:end], known[at:end]
        elif kind == "stale":
            heights.stale(at, at + count)
            known[at:end] = [Known.STALE] * (end - at)
        elif kind == "fill":
            heights.fill(at, [value] * (end - at))
            lines[at:end], known[at:end] = [value] * (end - at), [Known.ESTIMATED] * (end - at)
        elif at < len(lines):
            heights.set(at, value)
            lines[at], known[at] = value, Known.EXACT
    assert len(heights) == len(lines)
    assert heights.total == sum(lines)
    assert [heights[at] for at in range(len(lines))] == lines
    assert [at for start, stop in heights.stale_runs() for at in range(start, stop)] == [
        at for at, state in enumerate(known) if state is Known.STALE
    ]
    for at in range(0, len(lines) + 1, 97):
        assert heights.top(at) == sum(lines[:at])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=2000), st.integers(0, 10_000))
def test_finds_the_row_of_a_line(lines: list[int], line: int) -> None:
    heights = Heights(len(lines))
    heights.fill(0, lines)
    rows = [(at, inner) for at, height in enumerate(lines) for inner in range(height)]
    if line < len(rows):
        assert heights.find(line) == rows[line]
    else:
        assert heights.find(line)[0] == len(lines) - 1
