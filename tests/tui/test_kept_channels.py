"""Channels that are left and opened again: each where it was, and nothing that is still so is built again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import EntryRow
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.screens.kept_channels import MAX_KEPT
from colony_tui.tui.screens.stream_holder import StreamHolder
from colony_tui.tui.session import NamesChanged, StreamChanged
from colony_tui.tui.widgets.stream import core, shapes
from tests.tui.data import ALICE, NOW_NS, ROWS
from tests.tui.screen import screen_text, until
from tests.tui.scripted import CHATBOT, ScriptedSession

SIZE = 10_000
CHAT, PROGRESS, BUSY = (ROWS[0].id, "chat"), (ROWS[1].id, "progress"), (ROWS[3].id, "chat")


def made(name: str, number: int, size: int) -> ChannelEntry:
    """Every fifth answers the one before it."""
    at = NOW_NS - (size - number) * NANOSECONDS
    if number % 5:
        return ChannelEntry(number, None, at, ALICE, f"{name} line {number} ".encode() * (1 + number % 7))
    return ChannelEntry(number, number - 1, at, CHATBOT, f"{name} answer {number}".encode())


def session_of(*places: tuple[str, str], size: int = SIZE) -> ScriptedSession:
    session = ScriptedSession()
    for number, (process_id, channel) in enumerate(places):
        log = session.channel_logs[process_id, channel] = ChannelLog(process_id, channel, ALICE, (CHATBOT,))
        log.add(made(f"{channel}{number}", at, size) for at in range(1, size + 1))
        log.mark_live(NOW_NS)
    return session


class Work:
    """What is built: views of logs, and guesses of heights."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.views = self.guesses = 0
        begin, estimates = LogView.__init__, shapes.estimates

        def counted_begin(view: LogView, log: ChannelLog) -> None:
            self.views += 1
            begin(view, log)

        def counted_estimates(*given: Any) -> list[int]:
            made = estimates(*given)
            self.guesses += len(made)
            return made

        monkeypatch.setattr(LogView, "__init__", counted_begin)
        monkeypatch.setattr(core, "estimates", counted_estimates)

    def of(self, work: Callable[[], object]) -> tuple[int, int]:
        """What that builds."""
        before = self.views, self.guesses
        work()
        return self.views - before[0], self.guesses - before[1]


class Seat:
    """An app, and what is done in it."""

    def __init__(self, app: ColonyApp, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.holder = app.screen.query_one(StreamHolder)
        self.stream = self.holder.stream

    def open(self, place: tuple[str, str]) -> None:
        self.holder.open(*place)

    async def lines(self) -> list[str]:
        await until(self.pilot, lambda: not self.stream.is_unsettled)
        await self.pilot.pause()
        return [seen.line.strip(99, self.stream._stream.painter.look).text for seen in self.stream._seen]


async def test_each_of_several_long_channels_opens_where_it_was_and_builds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = session_of(CHAT, PROGRESS, BUSY)
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 10000" in screen_text(app))
        seat = Seat(app, pilot)
        left: dict[tuple[str, str], list[str]] = {}
        for number, place in enumerate((CHAT, PROGRESS, BUSY)):
            seat.open(place)
            if place != BUSY:
                seat.stream.go_to(2_000 + 3_000 * number, 1)
            left[place] = await seat.lines()
        assert "progress1" in "".join(left[PROGRESS]) and "chat2 answer 10000" in "".join(left[BUSY])
        work = Work(monkeypatch)
        for place in (CHAT, PROGRESS, BUSY, PROGRESS, CHAT):
            assert work.of(lambda place=place: seat.open(place)) == (0, 0)  # type: ignore[misc]
            assert await seat.lines() == left[place]
            assert seat.stream.is_following == (place == BUSY)


async def test_what_came_meanwhile_is_there_and_nothing_else_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(CHAT, PROGRESS)
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 10000" in screen_text(app))
        seat = Seat(app, pilot)
        seat.stream.go_to(5_000)
        before = await seat.lines()
        seat.open(PROGRESS)
        work = Work(monkeypatch)

        def come() -> None:
            for number in range(3):
                session.add(*CHAT, ChannelEntry(SIZE + 1 + number, None, NOW_NS + number, ALICE, b"came meanwhile"))

        views, guesses = work.of(come)
        assert (views, guesses <= 20) == (0, True)
        assert work.of(lambda: seat.open(CHAT)) == (0, 0)
        assert await seat.lines() == before
        assert seat.stream.new_count == 3
        seat.stream.follow()
        assert "came meanwhile" in "".join(await seat.lines())


async def test_another_view_another_width_and_other_names_reach_what_was_left() -> None:
    session = session_of(CHAT, PROGRESS, size=300)
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 300" in screen_text(app))
        seat = Seat(app, pilot)
        seat.stream.go_to(100)
        first = seat.stream.top_key
        seat.open(PROGRESS)
        seat.holder.next_view()
        await pilot.resize_terminal(100, 30)
        session.tell(NamesChanged())
        await pilot.pause()
        seat.open(CHAT)
        assert seat.stream.top_key == first
        facts = seat.stream._stream.facts
        assert facts.page.width == seat.stream.page_size.width and not facts.is_threaded


async def test_a_thread_alone_is_alone_again_and_leads_back() -> None:
    session = session_of(CHAT, PROGRESS, size=300)
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 300" in screen_text(app))
        seat = Seat(app, pilot)
        row = seat.stream._stream.rows[103]
        assert isinstance(row, EntryRow)
        seat.stream.select_row(row.key)
        seat.stream.action_open_thread()
        await until(pilot, lambda: seat.stream.is_alone)
        alone = await seat.lines()
        seat.open(PROGRESS)
        assert (seat.stream.is_alone, len(await seat.lines()) > len(alone)) == (False, True)
        seat.open(CHAT)
        assert (seat.stream.is_alone, await seat.lines()) == (True, alone)
        seat.stream.action_leave()
        await until(pilot, lambda: not seat.stream.is_alone)
        assert len(await seat.lines()) > len(alone)


async def test_a_log_that_began_anew_and_one_left_long_ago_open_at_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(CHAT, PROGRESS, size=300)
    others = [(f"{number:064x}", "chat") for number in range(MAX_KEPT)]
    for place in others:
        session.channel_logs[place] = ChannelLog(*place, ALICE, ())
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 300" in screen_text(app))
        seat = Seat(app, pilot)
        seat.stream.go_to(100)
        seat.open(PROGRESS)
        session.channel_logs[CHAT] = session_of(CHAT, size=20).channel_logs[CHAT]
        seat.open(CHAT)
        assert seat.stream.is_following and len(seat.stream._stream) == 20
        seat.stream.go_to(0)
        for place in others:
            seat.open(place)
        work = Work(monkeypatch)
        seat.open(PROGRESS)
        assert work.views == 1 and seat.stream.is_following


async def test_what_comes_behind_the_tab_of_the_logs_is_there_when_one_comes_back() -> None:
    session = session_of(CHAT, size=300)
    app = ColonyApp(session, process_id=CHAT[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "chat0 answer 300" in screen_text(app))
        await pilot.press("left")
        await until(pilot, lambda: "chat0 answer 300" not in screen_text(app))
        change = session.channel_logs[CHAT].add([ChannelEntry(301, None, NOW_NS, ALICE, b"behind a tab")])
        session.tell(StreamChanged(*CHAT, change))
        await pilot.press("right")
        await until(pilot, lambda: "behind a tab" in screen_text(app))
