"""The reading rule in a running app: what is read does not move, whatever arrives."""

from __future__ import annotations

import random
import re

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from colony_tui.model import ChannelEntry
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import RowKey
from colony_tui.store.views import RawView, ThreadView, TimeView
from colony_tui.tui.widgets.stream import StreamView, surface
from colony_tui.tui.widgets.stream.block import Above, Block
from colony_tui.tui.widgets.stream.painter import Painter
from colony_tui.tui.widgets.stream.rows import StreamRow
from colony_tui.tui.widgets.stream.shapes import Shape
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import ALICE, ANSWER, BOT, OTHER, Channel, entry, tokens

_SIZE = (100, 30)


def mixed(count: int, start: int = 0) -> list[ChannelEntry]:
    """Entries of mixed length, every fifth a reply to the one before."""
    chance = random.Random(start)
    made = []
    for number in range(start, start + count):
        text = " ".join("word" * chance.randint(1, 3) for _ in range(chance.choice([2, 5, 12, 60])))
        if number % 5 == 4:
            made.append(entry(2 * number, text, number, BOT, 2 * (number - 1) + 1))
        else:
            made.append(entry(2 * number + 1, f"{number}: {text}", number, ALICE))
    return made


def watch_painting(app: StreamApp, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines of the view that are painted again from now on."""
    painted: list[int] = []
    refresh = app.stream.refresh

    def watched(*regions: Region, **more: bool) -> object:
        for region in regions or (app.stream.size.region,):
            painted.extend(region.line_range)
        return refresh(*regions, **more)

    monkeypatch.setattr(app.stream, "refresh", watched)
    return painted


async def scrolled_up(app: StreamApp, pilot: Pilot[None]) -> list[str]:
    await pilot.press("pageup", "pageup", "k")
    await settle(app, pilot)
    assert not app.stream.is_following
    return app.lines()


async def test_opens_at_the_end_and_follows() -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        assert app.stream.is_following
        app.stream.show(channel.add(entry(9001, "the newest", 9000)))
        await settle(app, pilot)
        assert app.lines()[-1].strip() == "the newest"


async def test_nothing_moves_while_entries_stream_in() -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        coming = mixed(2000, 300)
        for at in range(0, 2000, 40):
            app.stream.show(channel.add(*coming[at : at + 40]))
            await pilot.pause()
            assert app.lines() == before
        await settle(app, pilot)
        assert app.lines() == before
        assert app.stream.new_count == 2000


async def test_nothing_moves_when_late_entries_are_inserted_above() -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        for number in range(40):
            app.stream.show(channel.add(entry(5000 + 2 * number, "late\nreply " * number, number + 0.5, OTHER, 1)))
        await settle(app, pilot)
        assert app.lines() == before


async def test_nothing_moves_when_a_reply_below_grows_and_becomes_markdown() -> None:
    channel = Channel(mixed(100))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        for token in tokens(ANSWER, 10_000, 1, 1000):
            app.stream.show(channel.add(token))
        await settle(app, pilot)
        assert app.lines() == before


async def test_the_place_holds_while_the_reply_above_becomes_markdown() -> None:
    *growing, end = tokens(ANSWER * 4, 1000, 1, 1)
    below = [entry(2003 + 2 * number, f"line {number} of what is read\nand more", 500 + number) for number in range(60)]
    channel = Channel([entry(1, "How?", 0), *growing, *below])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        app.stream.show(channel.add(end))
        await settle(app, pilot)
        assert app.lines() == before


async def test_the_top_line_holds_when_the_reply_being_read_becomes_markdown() -> None:
    text = "\n".join(f"paragraph {number} of the reply" for number in range(100))
    *growing, end = tokens(text, 1000, 1, 1)
    channel = Channel([entry(1, "How?", 0), *growing])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        app.stream.show(channel.add(end))
        await settle(app, pilot)
        assert app.lines()[0] == before[0]


@pytest.mark.parametrize("size", [(60, 30), (100, 12), (140, 50), (40, 8)])
async def test_resize_and_back_returns_to_the_same_lines(size: tuple[int, int]) -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        top = app.stream.top_key
        await pilot.resize_terminal(*size)
        await settle(app, pilot)
        assert app.stream.top_key == top
        await pilot.resize_terminal(*_SIZE)
        await settle(app, pilot)
        assert app.lines() == before


async def test_resize_near_the_end_leaves_no_hole_and_comes_back() -> None:
    channel = Channel(mixed(40))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await pilot.press("k", "k", "k")
        await settle(app, pilot)
        before = app.lines()
        await pilot.resize_terminal(100, 60)
        await settle(app, pilot)
        assert app.lines()[-1]
        await pilot.resize_terminal(*_SIZE)
        await settle(app, pilot)
        assert app.lines() == before


async def test_following_survives_a_resize() -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        last = app.lines()[-1]
        await pilot.resize_terminal(60, 20)
        await settle(app, pilot)
        assert app.stream.is_following
        assert app.lines()[-1].split()[-1] == last.split()[-1]
        assert app.stream.page_size == (59, 20)


async def test_g_follows_again_and_tells() -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await scrolled_up(app, pilot)
        app.stream.show(channel.add(*mixed(3, 300)))
        await settle(app, pilot)
        await pilot.press("G")
        await settle(app, pilot)
        assert app.stream.is_following and app.stream.new_count == 0
        assert any("── 3 new ──" in line for line in app.lines())
        told = [
            (event.is_following, event.new_count) for event in app.heard if isinstance(event, StreamView.FollowChanged)
        ]
        assert told == [(False, 0), (False, 3), (True, 0)]


async def test_scrolling_is_exact_line_by_line_in_both_directions() -> None:
    channel = Channel(mixed(200))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        frames = [app.lines()]
        for _ in range(60):
            app.stream.move(-1)
            await pilot.pause()
            frames.append(app.lines())
            assert frames[-1][1:] == frames[-2][:-1]
        for frame in reversed(frames[:-1]):
            app.stream.move(1)
            await pilot.pause()
            assert app.lines() == frame
        assert app.stream.is_following


@pytest.mark.parametrize(("other", "is_raw"), [(TimeView, False), (RawView, True)])
async def test_another_view_keeps_the_place(other: type[LogView], is_raw: bool) -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        before = await scrolled_up(app, pilot)
        top = app.stream.top_key
        app.stream.set_rows(other(channel.log), keep_place=True, is_threaded=False, is_raw=is_raw)
        await settle(app, pilot)
        assert app.stream.top_key == top
        app.stream.set_rows(ThreadView(channel.log), keep_place=True)
        await settle(app, pilot)
        assert app.lines() == before


async def test_only_lines_that_differ_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel([entry(1, "How?", 0), *tokens("some words of an answer", 2, 1, 1, ends=False)])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        painted = watch_painting(app, monkeypatch)
        app.stream.show(channel.add(entry(500, " more", 3, BOT, 1)))
        await settle(app, pilot)
        assert set(painted) <= {4, 5}
        assert 5 in painted


async def test_what_arrives_out_of_sight_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel(mixed(300))
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await scrolled_up(app, pilot)
        painted = watch_painting(app, monkeypatch)
        app.stream.show(channel.add(*mixed(50, 300)))
        await settle(app, pilot)
        assert painted == []


async def test_a_long_reply_is_set_in_steps_and_the_place_holds() -> None:
    source = "\n\n".join(f"**paragraph {number}** of a long reply, `code` and all" for number in range(400))
    *growing, end = tokens(source, 1000, 1, 1, size=60)
    channel = Channel([entry(1, "How?", 0), *growing])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await pilot.press("pageup", "pageup")
        await settle(app, pilot)
        before = app.lines()
        app.stream.show(channel.add(end))
        assert app.stream.is_unsettled
        await settle(app, pilot)
        after = app.lines()
        assert "**" in "".join(before) and "**" not in "".join(after)
        assert paragraphs(after[:2]) == paragraphs(before[:2]) != []


def paragraphs(lines: list[str]) -> list[str]:
    return re.findall(r"paragraph \d+", "".join(lines))


async def test_everything_that_is_long_is_open_at_once_and_scrolls() -> None:
    reply = tokens("word " * 10_000, 2, 1, 1, size=5)
    threads = [
        made
        for number in range(1000)
        for made in (
            entry(100_001 + 2 * number, f"question {number}\nin two lines", 1000 + number),
            entry(100_002 + 2 * number, f"answer {number}", 1000.5 + number, BOT, 100_001 + 2 * number),
        )
    ]
    large = entry(500_001, b"large " * (10 * 1024 * 1024 // 6), 5000)
    wide = entry(500_003, "x" * 1_000_000, 5001)
    channel = Channel([entry(1, "How?", 0), *reply, *threads, large, wide])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        assert "of 976.6 KiB shown" in app.lines()[-1]
        await pilot.press("g")
        await settle(app, pilot)
        assert app.lines()[1].startswith("  alice you")
        for _ in range(60):
            await pilot.press("pagedown")
        await settle(app, pilot)
        assert any("question" in line for line in app.lines())


async def test_what_is_long_costs_only_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = tokens("word " * 10_000, 2, 1, 1, size=5, ends=False)
    roots = [entry(100_001 + 2 * number, f"question {number}\nin two lines", 1000 + number) for number in range(1000)]
    large = [entry(500_001, b"large " * (10 * 1024 * 1024 // 6), 5000), entry(500_003, bytes(1_000_000), 5001)]
    channel = Channel([entry(1, "How?", 0), *reply, *roots, *large])
    app = StreamApp(channel.view)
    painted: list[RowKey] = []
    laid: list[int] = []
    paint = Painter._paint

    def watched(painter: Painter, row: StreamRow, shape: Shape, above: Above) -> Block:
        block = paint(painter, row, shape, above)
        painted.append(row.key)
        laid.append(len(block.lines))
        return block

    monkeypatch.setattr(Painter, "_paint", watched)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        for keys in (["pageup"] * 20, ["g"], ["pagedown"] * 20, ["G"]):
            painted.clear()
            await pilot.press(*keys)
            await settle(app, pilot)
            assert len(painted) <= 12 * len(keys)
        assert max(laid) <= 2_100
        painted.clear()
        app.stream.show(channel.add(entry(500_005, "one more", 6000)))
        await settle(app, pilot)
        assert len(painted) <= 3


async def test_the_first_change_is_painted_at_once_and_the_next_with_a_frame() -> None:
    channel = Channel([entry(1, "one\nentry", 0)])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        waits = []
        for number in (1, 2):
            app.stream.show(channel.add(entry(2 * number + 1, ("two\nlines", "three\nlines")[number - 1], number)))
            waits.append(app.stream.is_unsettled)
        assert waits == [False, True]
        await settle(app, pilot)
        assert app.lines()[10].strip() == "three"


async def test_what_comes_within_a_frame_is_not_painted_before_the_frame_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(surface, "FRAME_S", 3_600.0)
    channel = Channel([entry(1, "one\nentry", 0)])
    app = StreamApp(channel.view)
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        app.stream.show(channel.add(entry(3, "two\nlines", 1)))
        await pilot.pause()
        before = app.lines()
        painted = watch_painting(app, monkeypatch)
        for number in range(2, 6):
            app.stream.show(channel.add(entry(2 * number + 1, "more\nlines", number)))
            await pilot.pause()
        assert painted == [] and app.lines() == before
        app.stream._show_queued()
        await pilot.pause()
        assert sum(line.strip() == "more" for line in app.lines()) == 4


async def test_changes_before_the_view_is_on_the_screen_are_not_lost() -> None:
    channel = Channel([entry(1, "one\nentry", 0)])
    app = StreamApp()
    app.stream.set_rows(channel.view)
    app.stream.show(channel.add(entry(3, "two\nlines", 1)))
    async with app.run_test(size=_SIZE) as pilot:
        await settle(app, pilot)
        assert app.lines()[6].strip() == "two"
