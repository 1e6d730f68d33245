"""Rows of the list as values: what is written, what is left out, where rows stand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import FunctionSpec, ProcessState
from colony_tui.tui.palette import INKS
from colony_tui.tui.pieces import Piece, width_of
from colony_tui.tui.symbols import ASCII
from colony_tui.tui.widgets.process_list.arrange import RECENT, Arrangement, ListTab, arrange, count
from colony_tui.tui.widgets.process_list.rows import ProcessRowData, RowLook, row_lines
from tests.tui.data import NOW_NS, ROWS, process, says
from tests.tui.screen import HARMFUL

EVIL = "\x1b]0;x\x07[bold]\u202e\n"


def texts(row: ProcessRowData, width: int = 50, **look: object) -> list[str]:
    lines = row_lines(row, RowLook(width, NOW_NS, **look))  # type: ignore[arg-type]  # fields by name
    return ["".join(piece.text for piece in line) for line in lines]


def functions(arrangement: Arrangement) -> list[str]:
    return [item.row.process.spec.function if item.row else item.caption for item in arrangement.items]


def test_two_lines_say_what_where_how_long_and_how_far() -> None:
    assert texts(ROWS[1]) == [
        " ▶ long-task  worker-1                 00:41   12 ",
        "   running ████████░░ 8/10  Processing step 8/10  ",
    ]


def test_the_cursor_is_a_bar_and_another_shade() -> None:
    first, second = texts(ROWS[0], is_cursor=True)
    assert first.startswith("▌▶ chat") and second.startswith("▌  running")


def test_the_open_process_has_a_thin_bar_where_the_cursor_is_elsewhere() -> None:
    assert [line[:3] for line in texts(ROWS[0], is_open=True)] == ["▏▶ ", "▏  "]
    assert [line[:3] for line in texts(ROWS[0], is_open=True, is_cursor=True)] == ["▌▶ ", "▌  "]
    assert [line[:3] for line in texts(ROWS[0], is_open=True, symbols=ASCII)] == [":> ", ":  "]


def test_a_narrow_list_keeps_name_and_state() -> None:
    first, second = texts(ROWS[1], 28)
    assert first == " ▶ long-task     00:41   12 "
    assert second == "   running ████████░░ 8/10… "


def test_the_compact_form_is_one_line() -> None:
    assert texts(ROWS[1], 50, is_compact=True) == [" ▶ running long-task  ████████░░ 8/10… 00:41   12 "]
    (wide,) = texts(ROWS[5], 100, is_compact=True)
    assert wide.startswith(" ◷ waiting render  gpu  for alice  00000006  no gpu executor heard for 12 min")


def test_ascii_signs() -> None:
    assert texts(ROWS[1], symbols=ASCII)[1].startswith("   running ########.. 8/10")


@pytest.mark.parametrize("state", ProcessState)
def test_every_state_is_a_sign_and_a_word(state: ProcessState) -> None:
    first, second = texts(ProcessRowData(process(1, "f", state, 5)))
    assert second.split()[0] == state.word
    assert first[1] in "◷▶✓✗⊘"
    (compact,) = texts(ProcessRowData(process(1, "a-function-with-a-long-name", state, 5)), 28, is_compact=True)
    assert compact[1] == first[1] and compact.split()[1] == state.word


@given(
    st.integers(1, 120),
    st.text(max_size=20),
    st.text(max_size=40),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(allow_nan=False),
)
def test_whatever_a_row_holds_it_is_as_wide_as_the_list_and_harmless(
    width: int, name: str, sentence: str, is_compact: bool, is_cursor: bool, gauge: float | None
) -> None:
    spec = FunctionSpec(function=name + EVIL, executor_type=sentence)
    row = ProcessRowData(
        process(1, "f", ProcessState.RUNNING, 5, spec=spec, initiator_name=EVIL),
        EVIL,
        10**6,
        says(sentence + EVIL),
        gauge,
    )
    for line in row_lines(row, RowLook(width, NOW_NS, is_cursor=is_cursor, is_compact=is_compact)):
        assert all(not HARMFUL.search(piece.text) and piece.ink in INKS for piece in line)
        assert width_of(line) == width


def test_active_stands_running_waiting_then_recently_finished() -> None:
    assert functions(arrange(ROWS, ListTab.ACTIVE)) == [
        *("chat", "long-task", "tokens", "busy", "report", "render", "flaky", "summarize"),
        *("", "recently finished", "translate", "index", "train"),
    ]


def test_tabs_choose() -> None:
    assert functions(arrange(ROWS, ListTab.FINISHED)) == ["translate", "index", "train"]
    assert functions(arrange(ROWS, ListTab.MINE)) == ["chat", "long-task", "report"]
    assert [count(ROWS, tab) for tab in ListTab] == [8, None, 3, None]


def test_only_some_finished_ones_stand_below_the_active() -> None:
    rows = [ProcessRowData(process(number, f"f{number}", ProcessState.SUCCESS, number)) for number in range(40)]
    assert functions(arrange(rows, ListTab.ACTIVE)) == [
        "recently finished",
        *(f"f{number}" for number in range(RECENT)),
    ]
    assert len(arrange(rows, ListTab.ALL).places) == 40


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("CHATBOT", ["chat"]),
        ("worker-2 running", ["busy"]),
        ("4f2a91c0", ["chat"]),
        ("sync", ["chat", "report"]),
        ("no such thing", []),
    ],
)
def test_the_filter_finds_by_every_word(words: str, found: list[str]) -> None:
    assert [name for name in functions(arrange(ROWS, ListTab.ALL, words)) if name not in ("", "finished")] == found


@given(st.lists(st.sampled_from(ROWS), unique_by=lambda row: row.id), st.booleans())
def test_every_line_belongs_to_one_item(rows: list[ProcessRowData], is_compact: bool) -> None:
    arrangement = arrange(rows, ListTab.ALL, "", is_compact)
    found = [arrangement.at_line(y) for y in range(arrangement.height)]
    assert all(place is not None for place in found)
    assert [place[0] for place in found if place and place[1] == 0] == list(range(len(arrangement.items)))
    assert arrangement.at_line(arrangement.height) is None
    assert set(arrangement.ids_between(0, arrangement.height)) == {row.id for row in rows}


def test_a_sentence_of_several_inks_keeps_them() -> None:
    row = replace(ROWS[0], sentence=(Piece("a", "warn"), Piece("b", "dim")))
    second = row_lines(row, RowLook(40, NOW_NS))[1]
    assert [(piece.text, piece.ink) for piece in second if piece.text in "ab"] == [("a", "warn"), ("b", "dim")]
