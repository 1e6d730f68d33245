"""The list as a widget: cursor and place survive, only what changed is painted, intents are reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.geometry import Region

from colony_tui.model import NANOSECONDS, ProcessState
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.process_list import ListPane, ListTab, ProcessList, ProcessRowData
from tests.tui.data import NOW_NS, ROWS, process
from tests.tui.screen import Messages, screen_text, type_at_once, until, widget_text

MANY = [ProcessRowData(process(number, f"f{number}", ProcessState.RUNNING, 1000 - number)) for number in range(100)]


class ListApp(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield ListPane()

    @property
    def pane(self) -> ListPane:
        return self.query_one(ListPane)

    @property
    def rows(self) -> ProcessList:
        return self.pane.processes

    def on_mount(self) -> None:
        self.rows.focus()


@pytest.fixture
def app() -> ListApp:
    return ListApp()


@pytest.fixture
def told() -> Messages:
    return Messages(ProcessList.Highlighted, ProcessList.Opened, ProcessList.VisibleChanged, ProcessList.CopyAsked)


@contextmanager
def painted(app: ListApp) -> Iterator[list[Region]]:
    """The regions of the list that are asked to be painted."""
    regions: list[Region] = []
    refresh = app.rows.refresh

    def note(*asked: Region, **kwargs: Any) -> Any:
        regions.extend(asked)
        return refresh(*asked, **kwargs)

    app.rows.refresh = note  # type: ignore[method-assign]  # looking over its shoulder
    try:
        yield regions
    finally:
        app.rows.refresh = refresh  # type: ignore[method-assign]  # as above


async def test_keys_move_the_cursor_over_captions(app: ListApp) -> None:
    async with app.run_test(size=(50, 40)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.press("j", "down", "k")
        assert app.rows.cursor_id == ROWS[1].id
        await pilot.press("G")
        assert app.rows.cursor_id == ROWS[-1].id
        await pilot.press("k", "k", "k")
        assert app.rows.cursor_id == ROWS[7].id
        await pilot.press("g")
        assert app.rows.cursor_id == ROWS[0].id


async def test_the_cursor_stays_in_sight(app: ListApp) -> None:
    async with app.run_test(size=(50, 12)) as pilot:
        app.pane.show(MANY, NOW_NS)
        for key in ("pagedown", "j", "j", "j", "j", "j", "j", "j", "G", "pageup", "g", "c", "G"):
            await pilot.press(key)
            await until(pilot, lambda: "▌" in widget_text(app.rows))


async def test_cursor_and_place_survive_what_comes_above(app: ListApp) -> None:
    async with app.run_test(size=(50, 13)) as pilot:
        app.pane.show(MANY, NOW_NS)
        await pilot.press("pagedown", "pagedown", "k")
        await pilot.pause()
        before, cursor = widget_text(app.rows), app.rows.cursor_id
        new = [ProcessRowData(process(1000 + number, "new", ProcessState.RUNNING, 1)) for number in range(7)]
        app.pane.show([*new, *MANY], NOW_NS)
        await pilot.pause()
        assert widget_text(app.rows) == before
        assert app.rows.cursor_id == cursor


async def test_the_cursor_stands_on_the_first_row_until_it_is_moved(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show([ROWS[5]], NOW_NS)
        app.pane.show(ROWS, NOW_NS)
        assert app.rows.cursor_id == ROWS[0].id
        await pilot.press("k")
        app.pane.show([ProcessRowData(process(1000, "new", ProcessState.RUNNING, 1)), *ROWS], NOW_NS)
        assert app.rows.cursor_id == ROWS[0].id


async def test_the_cursor_goes_to_what_was_opened_once_it_is_listed(app: ListApp) -> None:
    new = ProcessRowData(process(1000, "new", ProcessState.RUNNING, 1))
    async with app.run_test(size=(50, 12)) as pilot:
        app.pane.show(MANY, NOW_NS)
        await pilot.press("j")
        app.rows.mark_open(new.id)
        assert app.rows.cursor_id == MANY[1].id
        app.pane.show([*MANY, new], NOW_NS)
        assert app.rows.cursor_id == new.id
        await until(pilot, lambda: "▌▶ new" in widget_text(app.rows))
        app.pane.show([new, *MANY], NOW_NS)
        await until(pilot, lambda: "▌▶ new" in widget_text(app.rows))
        await pilot.press("j")
        app.pane.show([*MANY, new], NOW_NS)
        assert app.rows.cursor_id == MANY[0].id


async def test_the_open_process_is_marked_where_the_cursor_is_elsewhere(app: ListApp) -> None:
    async with app.run_test(size=(50, 12)) as pilot:
        app.pane.show(MANY, NOW_NS)
        app.rows.mark_open(MANY[1].id)
        await pilot.press("j")
        await until(pilot, lambda: "▏▶ f1" in widget_text(app.rows) and "▌▶ f2" in widget_text(app.rows))


async def test_the_cursor_stays_where_somebody_has_moved_it_meanwhile(app: ListApp) -> None:
    new = ProcessRowData(process(1000, "new", ProcessState.RUNNING, 1))
    async with app.run_test(size=(50, 12)) as pilot:
        app.pane.show(MANY, NOW_NS)
        app.rows.mark_open(new.id)
        await pilot.press("j")
        app.pane.show([new, *MANY], NOW_NS)
        assert app.rows.cursor_id == MANY[1].id


async def test_the_row_of_what_was_opened_stays_in_sight(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(MANY, NOW_NS)
        app.rows.mark_open(MANY[12].id)
        await until(pilot, lambda: "▌▶ f12" in widget_text(app.rows))
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: app.rows.size.height == 8 and "▌▶ f12" in widget_text(app.rows))
        app.rows.show_matching("f1")
        app.rows.show_matching("")
        await until(pilot, lambda: "▌▶ f12" in widget_text(app.rows))


async def test_what_comes_above_at_the_top_does_not_push_the_cursor_out_of_sight(app: ListApp) -> None:
    async with app.run_test(size=(50, 12)) as pilot:
        app.pane.show(MANY, NOW_NS)
        await pilot.press("j", "j", "j", "j")
        new = [ProcessRowData(process(1000 + number, "new", ProcessState.RUNNING, 1)) for number in range(7)]
        app.pane.show([*new, *MANY], NOW_NS)
        await until(pilot, lambda: "▌▶ f4" in widget_text(app.rows))


async def test_a_row_that_goes_leaves_the_cursor_in_its_place(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.press("j", "j")
        app.pane.show([*ROWS[:2], *ROWS[3:]], NOW_NS)
        assert app.rows.cursor_id == ROWS[3].id
        app.pane.show([], NOW_NS)
        assert app.rows.cursor_id == ""
        await pilot.pause()
        assert "No process yet – n starts one" in screen_text(app)
        app.pane.show(ROWS, NOW_NS)
        assert app.rows.cursor_id == ROWS[0].id


async def test_a_second_paints_only_the_elapsed_times(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.pause()
        with painted(app) as regions:
            app.rows.tick(NOW_NS + NANOSECONDS)
        assert len(regions) == 8  # the active ones; what has ended counts minutes
        assert all(region.height == 1 and region.width <= 8 for region in regions)
        await pilot.pause()
        assert "02:15" in screen_text(app)


async def test_a_refresh_that_changes_nothing_paints_nothing(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.pause()
        with painted(app) as regions:
            app.pane.show(tuple(ROWS), NOW_NS)
        assert regions == []


async def test_what_is_seen_is_told(app: ListApp, told: Messages) -> None:
    async with app.run_test(size=(50, 12), message_hook=told) as pilot:
        app.pane.show(MANY, NOW_NS)
        await until(pilot, lambda: told.seen)
        visible = [message for message in told.take() if isinstance(message, ProcessList.VisibleChanged)]
        assert visible[-1].ids == tuple(row.id for row in MANY[:5])
        app.pane.show(MANY, NOW_NS + 1)
        await pilot.pause()
        assert told.take() == []
        await pilot.press("G")
        await until(pilot, lambda: told.seen)
        visible = [message for message in told.take() if isinstance(message, ProcessList.VisibleChanged)]
        assert visible[-1].ids[-1] == MANY[-1].id


async def test_enter_opens_and_y_copies(app: ListApp, told: Messages) -> None:
    async with app.run_test(size=(50, 30), message_hook=told) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.pause()
        told.take()
        await pilot.press("j", "enter", "y")
        await pilot.pause()
        highlighted, opened, copied = told.take()
        assert (highlighted.process_id, opened.process_id, copied.text) == (ROWS[1].id,) * 3


async def test_a_click_opens_what_it_hits(app: ListApp, told: Messages) -> None:
    async with app.run_test(size=(50, 40), message_hook=told) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.pause()
        told.take()
        await pilot.click(ProcessList, offset=(10, 5))
        await until(pilot, lambda: any(isinstance(message, ProcessList.Opened) for message in told.seen))
        assert told.take()[-1].process_id == ROWS[2].id
        await pilot.click(ProcessList, offset=(10, 17))  # the caption
        await pilot.pause()
        assert told.take() == []


async def test_tabs_by_key_and_mouse(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.press("right")
        await until(pilot, lambda: app.rows.tab is ListTab.FINISHED)
        assert app.rows.cursor_id == ROWS[8].id
        await pilot.click("ListTabs", offset=(25, 0))
        await until(pilot, lambda: app.rows.tab is ListTab.MINE)
        await pilot.press("left", "left", "left")
        await until(pilot, lambda: app.rows.tab is ListTab.ALL)


async def test_the_filter_is_typed_kept_and_dropped(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.press("slash", *"worker-2", "enter")
        await until(pilot, lambda: app.rows.has_focus)
        assert app.rows.filter_words == "worker-2"
        assert "chatbot" not in screen_text(app) and "busy" in screen_text(app) and "worker-2" in screen_text(app)
        await pilot.press("slash", *" nowhere")
        await until(pilot, lambda: "Nothing matches" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "chatbot" in screen_text(app))
        assert app.rows.has_focus


async def test_what_is_typed_right_behind_the_slash_is_the_filter(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        type_at_once(app, "/cgj")
        await until(pilot, lambda: app.rows.filter_words == "cgj")


async def test_behind_enter_the_filter_is_left(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        type_at_once(app, "/chat\rcy")
        await until(pilot, lambda: app.rows.has_focus and app.rows.filter_words == "chat")


async def test_what_a_row_says_changes_in_place(app: ListApp) -> None:
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(ROWS, NOW_NS)
        await pilot.press("g")
        done = process(0x4F2A91C0, "chat", ProcessState.SUCCESS, 0)
        app.pane.show([replace(ROWS[0], process=done), *ROWS[1:]], NOW_NS)
        await until(pilot, lambda: "✓ chat" in screen_text(app))
        assert app.rows.cursor_id == ROWS[0].id


async def test_a_thousand_rows_do_no_harm(app: ListApp) -> None:
    rows = [ProcessRowData(process(number, f"f{number}", ProcessState.WAITING, number)) for number in range(1000)]
    async with app.run_test(size=(50, 30)) as pilot:
        app.pane.show(rows, NOW_NS)
        await pilot.press("G")
        await until(pilot, lambda: "f999" in screen_text(app))
