"""One thread alone and the way back; jumps by time and along threads."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.bindings import help_rows
from colony_tui.tui.screens import main
from colony_tui.tui.widgets.stream import StreamView, Times, moment_of
from tests.tui.data import ALICE, NOW_NS, ROWS
from tests.tui.screen import screen_text, until, widget_text
from tests.tui.scripted import CHATBOT, ScriptedSession, entry

PROCESS = ROWS[0].id


def talk(threads: int = 30) -> list[ChannelEntry]:
    made: list[ChannelEntry] = []
    for number in range(threads):
        ago = 3_600 - 60 * number
        made += [
            entry(ALICE, 4 * number + 1, ago, f"question {number}"),
            entry(CHATBOT, 4 * number + 2, ago - 1, f"answer {number}", 4 * number + 1),
            entry(ALICE, 4 * number + 3, ago - 2, f"further {number}", 4 * number + 2),
        ]
    return made


def new_app(threads: int = 30) -> tuple[ColonyApp, ScriptedSession]:
    session = ScriptedSession()
    log = session.channel_logs[PROCESS, "chat"] = ChannelLog(PROCESS, "chat", ALICE, (CHATBOT,))
    log.add(talk(threads))
    log.mark_live(NOW_NS, 0.004)
    return ColonyApp(session, process_id=PROCESS), session


async def stream_of(app: ColonyApp, pilot: Pilot[None]) -> StreamView:
    await until(pilot, lambda: isinstance(app.focused, StreamView) and "question" in screen_text(app))
    return app.screen.query_one(StreamView)


async def test_enter_shows_the_thread_alone_and_escape_comes_back_to_the_same_place() -> None:
    app, session = new_app()
    async with app.run_test(size=(120, 30)) as pilot:
        stream = await stream_of(app, pilot)
        await pilot.press("pageup", "pageup", "k", "k")
        await pilot.pause()
        before = widget_text(stream)
        row = stream.cursor_row
        assert row is not None
        await pilot.press("enter")
        await until(pilot, lambda: "thread of 3 entries" in screen_text(app))
        alone = widget_text(stream)
        number = alone.split("question ")[1].split("\n")[0].strip()
        assert alone.count("question") == alone.count("answer") == alone.count("further") == 1
        await until(pilot, lambda: "Esc back   i write" in screen_text(app))
        assert "one thread" in screen_text(app) and f"question {number}" in screen_text(app)
        assert stream.cursor_row is not None and stream.cursor_row.key == row.key
        session.add(PROCESS, "chat", entry(CHATBOT, 1002, 0.5, "late answer", 4 * int(number) + 3))
        session.add(PROCESS, "chat", entry(CHATBOT, 1004, 0.4, "elsewhere", 1))
        await until(pilot, lambda: "late answer" in widget_text(stream) and "thread of 4" in screen_text(app))
        assert "elsewhere" not in widget_text(stream)
        await pilot.press("escape")
        await until(pilot, lambda: "thread of" not in screen_text(app))
        await until(pilot, lambda: widget_text(stream) == before and "Esc back" in screen_text(app))
        assert stream.cursor_row is not None and stream.cursor_row.key == row.key
        assert not stream.is_following


async def test_the_bottom_line_says_what_escape_does_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "NOTICE_S", 0.01)
    app, _ = new_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await stream_of(app, pilot)
        await until(pilot, lambda: "Esc list" in screen_text(app))
        await pilot.press("k")
        await until(pilot, lambda: "Esc back" in screen_text(app))
        await pilot.press("slash", *"question", "enter", "n")
        await pilot.press("escape")
        await until(pilot, lambda: "Esc back" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Esc list" in screen_text(app))
        assert isinstance(app.focused, StreamView)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.focused, StreamView))


async def test_the_way_back_to_the_end_follows_again() -> None:
    app, session = new_app()
    async with app.run_test(size=(120, 30)) as pilot:
        stream = await stream_of(app, pilot)
        await pilot.press("k", "enter")
        await until(pilot, lambda: "thread of 3" in screen_text(app))
        session.add(PROCESS, "chat", entry(CHATBOT, 1002, 0.5, "the newest of all"))
        await pilot.press("escape")
        await until(pilot, lambda: "the newest of all" in widget_text(stream))
        assert stream.is_following


@pytest.mark.parametrize("views", [1, 2])
async def test_a_thread_opens_from_the_other_views_and_is_copied_there(views: int) -> None:
    app, _ = new_app(3)
    async with app.run_test(size=(120, 40)) as pilot:
        stream = await stream_of(app, pilot)
        await pilot.press(*"v" * views)
        await until(pilot, lambda: ("", "time ", "raw ")[views] in screen_text(app))
        await pilot.press("k", "Y")
        await until(pilot, lambda: "Copied thread, 3 entries" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "thread of 3" in screen_text(app))
        assert "question 2" in widget_text(stream) and "question 1" not in widget_text(stream)
        await pilot.press("escape")
        await until(pilot, lambda: "question 1" in widget_text(stream))


async def test_another_channel_leaves_the_thread() -> None:
    app, _ = new_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await stream_of(app, pilot)
        await pilot.press("k", "enter")
        await until(pilot, lambda: "thread of 3" in screen_text(app))
        await pilot.press("right")
        await until(pilot, lambda: "thread of 3" not in screen_text(app))


async def test_parents_and_replies_are_walked_and_dead_ends_said() -> None:
    app, _ = new_app(2)
    async with app.run_test(size=(120, 40)) as pilot:
        stream = await stream_of(app, pilot)
        keys = []
        await pilot.press("g", "j")
        for key in (">", ">", ">", "p", "p"):
            await pilot.press("greater_than_sign" if key == ">" else key)
            row = stream.cursor_row
            assert row is not None
            keys.append(row.key[1])
        assert keys == [2, 3, 6, 5, 5]
        await until(pilot, lambda: "It answers nothing" in screen_text(app))
        await pilot.press("G", "k", "j", "greater_than_sign")
        await until(pilot, lambda: "No reply below" in screen_text(app))


async def test_a_time_is_gone_to() -> None:
    app, _ = new_app()
    async with app.run_test(size=(120, 30)) as pilot:
        stream = await stream_of(app, pilot)
        await pilot.press("T", *"-50m", "enter")
        await until(pilot, lambda: "question 10" in widget_text(stream))
        row = stream.cursor_row
        assert row is not None and row.key[1] == 41
        assert app.focused is stream
        await pilot.press("T", *"soon", "enter")
        await until(pilot, lambda: "soon is no time" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is stream)
        await pilot.press("T", *"-0s", "enter")
        await until(pilot, lambda: "Nothing is that late" in screen_text(app))
        assert stream.cursor_row is not None and stream.cursor_row.key[1] == 119


def test_times_as_people_type_them() -> None:
    noon = 1_795_435_200 * NANOSECONDS  # 2026-11-23 12:00:00 UTC
    now = noon + 100_000 * NANOSECONDS
    minute = 60 * NANOSECONDS

    def moment(text: str) -> int | None:
        return moment_of(text, Times.UTC, noon + 5 * minute, now)

    assert moment("12:04") == noon + 4 * minute
    assert moment(" 12:04:11 ") == noon + 4 * minute + 11 * NANOSECONDS
    assert moment("2026-11-22 12:00") == noon - 24 * 60 * minute
    assert moment("-5m") == now - 5 * minute
    assert moment("-90s") == now - 90 * NANOSECONDS
    assert moment("-2h") == now - 120 * minute
    assert moment("-1d") == now - 1440 * minute
    for text in ("", "12", "25:00", "12:60", "5m", "-5y", "2026-02-30 12:00", "0000-01-01 00:00", "-999999999d"):
        assert moment(text) is None, text


def test_every_jump_is_in_the_help() -> None:
    said = {words for _, rows in help_rows() for _, words in rows}
    for words in ("The thread of the entry alone", "To what this entry answers", "To the next reply", "Go to a time"):
        assert any(line.startswith(words) for line in said), words


async def test_lines_that_come_and_go_wrap_nothing_anew() -> None:
    app, _ = new_app()
    async with app.run_test(size=(80, 24)) as pilot:
        stream = await stream_of(app, pilot)
        width = stream.page_size.width
        for keys in (["slash"], ["escape", "T"], ["escape", "k", "enter"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert stream.page_size.width == width
