"""Keys and mouse: the cursor, find, copies, selections, marks."""

from __future__ import annotations

import pytest
from textual.events import MouseMove

from colony_tui.model import ChannelEntry
from colony_tui.store.views import RawView
from colony_tui.tui.widgets.stream import PendingLine, StreamView, Times
from colony_tui.tui.widgets.stream.reader import MAX_CONVERTED
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import ALICE, ANSWER, BOT, Channel, entry, tokens

TALK = [
    entry(1, "first question\nwith two lines", 0),
    entry(2, "an answer with **bold** words that is long enough to be wrapped on a narrow screen of forty", 1, BOT, 1),
    entry(3, "second question\nneedle one", 10),
    entry(4, "another answer: Needle two, needle three", 11, BOT, 3),
]


def copied(app: StreamApp) -> list[tuple[str, str]]:
    return [(event.text, event.what) for event in app.heard if isinstance(event, StreamView.Copied)]


async def test_the_cursor_walks_and_copies_the_source() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(42, 40)) as pilot:
        await pilot.press("j", "y", "j", "y", "Y")
        await settle(app, pilot)
        assert copied(app) == [
            ("first question\nwith two lines", "#1 of alice"),
            (TALK[1].payload.decode(), "#2 of chatbot"),
            (f"alice:\nfirst question\nwith two lines\n\nchatbot:\n{TALK[1].payload.decode()}", "thread, 2 entries"),
        ]


async def test_without_a_cursor_the_newest_entry_is_copied_and_named() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(42, 40)) as pilot:
        app.stream.set_pending([PendingLine("x", ALICE, "on its way")])
        await pilot.press("y", "Y")
        await settle(app, pilot)
        newest = TALK[3].payload.decode()
        thread = f"alice:\n{TALK[2].payload.decode()}\n\nchatbot:\n{newest}"
        assert copied(app) == [(newest, "#4 of chatbot, the newest"), (thread, "thread, 2 entries")]


@pytest.mark.parametrize("made", [[], [entry(1, "", 0)], [entry(9, b"", 0, BOT, kind="end")]])
async def test_that_there_is_nothing_to_copy_is_said(made: list[ChannelEntry]) -> None:
    app = StreamApp(Channel(made).view)
    async with app.run_test(size=(42, 40)) as pilot:
        await pilot.press("y")
        await settle(app, pilot)
        said = [event.sentence for event in app.heard if isinstance(event, StreamView.Noted)]
        assert len(said) == 1 and said[0].startswith("There is nothing") and not copied(app)


async def test_the_cursor_is_a_bar_on_the_whole_entry() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("j")
        await settle(app, pilot)
        assert [line.startswith("▌") for line in app.lines()[:5]] == [False, True, True, True, False]


async def test_parent_and_next_reply() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("j", "greater_than_sign", "greater_than_sign")
        row = app.stream.cursor_row
        assert row is not None and row.key[1] == 4
        await pilot.press("p")
        row = app.stream.cursor_row
        assert row is not None and row.key[1] == 3


async def test_a_tall_entry_is_walked_through() -> None:
    channel = Channel([entry(1, "\n".join(f"line {number}" for number in range(60)), 0), entry(3, "after\nit", 1)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("g", "j")
        first = app.stream.top_key
        await pilot.press("j", "j")
        await settle(app, pilot)
        assert app.stream.top_key == first and "line 20" in "".join(app.lines())
        for _ in range(6):
            await pilot.press("j")
        row = app.stream.cursor_row
        assert row is not None and row.key[1] == 3


TALL = [
    entry(1, "before\nit", 0),
    entry(3, "\n".join(f"line {number}" for number in range(200)), 1),
    *[entry(5 + 2 * number, f"after {number}\nit", 2 + number) for number in range(20)],
]


@pytest.mark.parametrize("how", ["j", "k", "enter", "click", "double"])
async def test_pointing_into_a_tall_entry_scrolls_nothing(how: str) -> None:
    app = StreamApp(Channel(TALL).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.go_to(1, 100)
        await settle(app, pilot)
        before = app.lines()
        if how in ("click", "double"):
            await pilot.click(offset=(20, 5), times=1 + (how == "double"))
        else:
            await pilot.press(how)
        await settle(app, pilot)
        assert app.stream.cursor_index == 1
        assert [line[1:] for line in app.lines()] == [line[1:] for line in before]


async def test_keys_step_through_a_tall_entry_in_both_directions() -> None:
    app = StreamApp(Channel(TALL).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.go_to(2)
        await pilot.press("j", "k")
        await settle(app, pilot)
        assert app.stream.cursor_index == 1 and app.lines()[9].endswith("line 199")
        await pilot.press("k")
        await settle(app, pilot)
        assert app.lines()[19].endswith("line 199")
        await pilot.press("k", "j")
        await settle(app, pilot)
        assert app.stream.cursor_index == 1 and app.lines()[19].endswith("line 199")
        await pilot.press("j")
        await settle(app, pilot)
        assert app.stream.cursor_index == 2 and app.lines()[15].endswith("line 199")


async def test_a_cursor_out_of_sight_starts_again_in_sight() -> None:
    app = StreamApp(Channel(TALL).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("g", "j")
        app.stream.go_to(1, 100)
        await settle(app, pilot)
        before = app.lines()
        await pilot.press("j")
        await settle(app, pilot)
        assert app.stream.cursor_index == 1 and [line[1:] for line in app.lines()] == [line[1:] for line in before]


async def test_the_cursor_stops_following_and_the_end_starts_it() -> None:
    channel = Channel([entry(2 * number + 1, f"entry {number}\nbody", number) for number in range(40)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("k")
        states = [app.stream.is_following]
        for key in ("k", "j"):
            await pilot.press(key)
            states.append(app.stream.is_following)
        assert states == [True, False, True]


async def test_find_counts_steps_and_goes_back() -> None:
    filler = [entry(101 + 2 * number, f"filler {number}\nbody", 100 + number) for number in range(60)]
    app = StreamApp(Channel([*TALK, *filler]).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        before = app.lines()
        assert app.stream.find("needle") == 3
        assert app.stream.find("Needle") == 1
        assert app.stream.find("needle") == 3
        await pilot.press("n")
        await settle(app, pilot)
        assert "needle one" in "".join(app.lines())
        await pilot.press("n", "n", "n", "N")
        found = [(event.position, event.count) for event in app.heard if isinstance(event, StreamView.Found)]
        assert found[-5:] == [(1, 3), (2, 3), (3, 3), (1, 3), (3, 3)]
        await pilot.press("escape")
        await settle(app, pilot)
        assert app.stream.is_following
        assert [line.lstrip("▌") for line in app.lines()] == [line.lstrip("▌") for line in before]


async def test_find_shows_matches_in_entries_that_come_later() -> None:
    channel = Channel(TALK)
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 30)) as pilot:
        app.stream.find("needle")
        app.stream.show(channel.add(entry(5, "a needle more", 20)))
        await pilot.press("N")
        found = [event for event in app.heard if isinstance(event, StreamView.Found)]
        assert found[-1].count == 4


async def test_the_mouse_selects_source_without_bars_and_wraps() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(42, 40)) as pilot:
        await settle(app, pilot)
        lines = app.lines()
        y = next(at for at, line in enumerate(lines) if "an answer" in line)
        start = lines[y].index("answer")
        end = lines[y + 1].index("wrapped")
        await pilot.mouse_down(offset=(start, y))
        await pilot.hover(offset=(end, y + 1))
        await pilot.mouse_up(offset=(end, y + 1))
        await settle(app, pilot)
        assert app.stream.selected_source.startswith("answer with **bold** words")
        assert app.stream.selected_source.endswith("be ")
        await pilot.press("y")
        await settle(app, pilot)
        assert copied(app)[0][1] == "selection"


async def test_a_selection_survives_what_is_inserted_above() -> None:
    channel = Channel(TALK)
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 40)) as pilot:
        await settle(app, pilot)
        y = next(at for at, line in enumerate(app.lines()) if "needle one" in line)
        await pilot.mouse_down(offset=(2, y))
        await pilot.hover(offset=(8, y))
        await pilot.mouse_up(offset=(8, y))
        assert app.stream.selected_source == "needle"
        app.stream.show(channel.add(entry(6, "late\n" * 5, 2, BOT, 1)))
        await settle(app, pilot)
        assert app.stream.selected_source == "needle"


async def test_a_selection_over_rows_takes_of_each_what_lies_between() -> None:
    texts = ["a first entry that is long", "short", "a third one, longer than both, by far"]
    app = StreamApp(Channel([entry(2 * number + 1, text, number) for number, text in enumerate(texts)]).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await settle(app, pilot)
        rows = [next(at for at, line in enumerate(app.lines()) if text in line) for text in texts]
        ends = [(app.lines()[rows[0]].index("entry"), rows[0]), (app.lines()[rows[2]].index(","), rows[2])]
        for start, end in (ends, ends[::-1]):
            await pilot.mouse_down(offset=start)
            await pilot.hover(offset=end)
            await pilot.mouse_up(offset=end)
            await settle(app, pilot)
            assert app.stream.selected_source == "entry that is long\nshort\na third one"
            marked = {seen.number + 100 * seen.row for seen in app.stream._seen if seen.marks}
            assert len(marked) == 3


@pytest.mark.parametrize(("y", "words"), [(20, "line 121"), (-1, "line 99")])
async def test_a_drag_past_the_edge_scrolls_and_selects_on(y: int, words: str) -> None:
    app = StreamApp(Channel(TALL).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.go_to(1, 102)
        await settle(app, pilot)
        assert app.lines()[0].endswith("line 100") and app.lines()[19].endswith("line 119")
        await pilot.mouse_down(offset=(2, 10))
        edge = 59 if y > 0 else 2
        for _ in range(1 + (y > 0)):
            app.stream.on_mouse_move(MouseMove(app.stream, edge, y, 0, 0, 1, False, False, False))
        selected = app.stream.selected_source.split("\n")
        await pilot.mouse_up(offset=(2, 10))
        assert words == (selected[-1] if y > 0 else selected[0])


async def test_a_double_click_selects_the_entry() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await settle(app, pilot)
        y = next(at for at, line in enumerate(app.lines()) if "second question" in line)
        await pilot.click(offset=(5, y), times=2)
        await settle(app, pilot)
        assert app.stream.selected_source == "second question\nneedle one"
        row = app.stream.cursor_row
        assert row is not None and row.key[0] == ALICE


async def test_own_marks_come_and_go() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("j", "m")
        await settle(app, pilot)
        assert app.lines()[4].startswith("  ── marked at 12:05:11 ──")
        await pilot.press("m")
        await settle(app, pilot)
        assert "marked" not in "".join(app.lines())


async def test_times_are_switched() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("t")
        assert app.stream.times is Times.UTC
        await settle(app, pilot)
        assert "12:04:11Z" in app.lines()[1]


async def test_keys_that_mean_nothing_here_go_on() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 40)):
        assert app.stream.check_action("leave", ()) is False
        app.stream.find("x")
        assert app.stream.check_action("leave", ()) is True


async def test_copying_a_reply_of_tokens_gives_its_markdown() -> None:
    app = StreamApp(Channel([entry(1, "How?", 0), *tokens(ANSWER, 2, 1, 1)]).view)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("G", "k", "y")
        await settle(app, pilot)
        assert copied(app)[0][0] == ANSWER.rstrip("\n")


async def test_the_error_of_a_reply_is_shown_found_and_copied_whole() -> None:
    trace = "\n".join(f"  File x.py line {number}" for number in range(60)) + "\nValueError: the point"
    parts = [entry(3, "q", 2), entry(4, "half", 3, BOT, 3), entry(6, trace, 4, BOT, 3, "error")]
    app = StreamApp(Channel(parts).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        assert app.lines()[-1].strip() == "┃ ValueError: the point"
        assert app.stream.find("the point") == 1
        await pilot.press("n", "y")
        assert copied(app) == [(f"half\n{trace}", "#4 of chatbot")]


async def test_a_long_error_of_a_reply_is_cut_and_opened() -> None:
    long = "\n".join(f"frame {number}" for number in range(1000))
    parts = [entry(3, "q", 2), entry(4, "half", 3, BOT, 3), entry(6, long, 4, BOT, 3, "error")]
    app = StreamApp(Channel(parts).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        assert "o shows more" in "".join(app.lines()[-2:])
        await pilot.press("k", "o", "G")
        await settle(app, pilot)
        assert "frame 999" in app.lines()[-1]


async def test_what_comes_while_a_key_looks_for_its_row_is_painted_all_the_same() -> None:
    channel = Channel(TALK)
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 40)) as pilot:
        await settle(app, pilot)
        app.stream.show(channel.add(entry(5, "painted at once", 20)))
        app.stream.show(channel.add(entry(7, "queued for the next frame", 21)))
        app.stream.action_copy()
        await settle(app, pilot)
        assert "queued for the next frame" in "".join(app.lines())


def noted(app: StreamApp) -> list[str]:
    return [event.sentence for event in app.heard if isinstance(event, StreamView.Noted)]


async def test_a_mark_without_a_cursor_is_drawn_in_sight_and_told() -> None:
    app = StreamApp(Channel(TALL).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.go_to(5)
        await pilot.press("m")
        await settle(app, pilot)
        drawn = [at for at, line in enumerate(app.lines()) if "marked at" in line]
        assert drawn and noted(app) == ["Marked below #17 of alice, the last in sight"]
        assert any("#17" in line for line in app.lines()[: drawn[0]])


async def test_a_step_without_a_search_says_how_to_begin_one() -> None:
    app = StreamApp(Channel(TALK).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("n", "N")
        await settle(app, pilot)
        assert noted(app) == ["Nothing is looked for; / finds"] * 2


async def test_what_is_counted_is_what_is_marked_on_the_screen() -> None:
    said = [
        entry(1, '{"needle":1,"a":{"x":[1,2],"long long name":"needle and a good deal more"}}', 0),
        entry(3, "\x1b[31mnee\x1b[0mdle", 1),
        entry(5, "x" * 20_000 + "\nneedle\n" + "y\n" * 20, 2),
        entry(7, "q", 3),
        entry(8, "half", 4, BOT, 7),
        entry(10, "a needle\nneedle", 5, BOT, 7, "error"),
    ]
    app = StreamApp(Channel(said).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        assert app.stream.find("needle") == 6
        assert app.stream.find('"needle": 1') == 1
        app.stream.find("needle")
        await pilot.press("g")
        for _ in range(6):
            await pilot.press("n")
            await settle(app, pilot)
            marked = [seen for seen in app.stream._seen if seen.marks]
            assert any(mark.style == app.stream._stream.painter.look.hit_now for seen in marked for mark in seen.marks)


async def test_what_was_counted_in_one_view_is_counted_anew_in_another() -> None:
    channel = Channel([entry(1, '{"a":{"x":[1,2],"long long long name":"and a good deal more of it all"}}', 0)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        assert app.stream.find('"a": {') == 1
        app.stream.set_rows(RawView(channel.log), is_raw=True)
        await pilot.press("n")
        found = [event.count for event in app.heard if isinstance(event, StreamView.Found)]
        assert found == [1, 0]


async def test_of_what_is_endless_only_what_can_be_copied_is_made_safe() -> None:
    endless = "\x1b[2J" * 500_000
    talk = [entry(1, endless, 0), entry(2, endless, 1, BOT, 1), entry(3, "x" * 300_000, 2)]
    app = StreamApp(Channel(talk).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("k", "y", "g", "j", "k", "y", "Y")
        await settle(app, pilot)
        (plain, _), (row, row_words), (thread, thread_words) = copied(app)
        assert plain == "x" * 300_000, "what is plain costs nothing"
        assert 0 < len(row) < 2 * MAX_CONVERTED and row_words == "#1 of alice without its last 1.8 MiB"
        assert len(thread) < 2 * MAX_CONVERTED + 100 and thread_words.startswith("thread, 2 entries without its last")
