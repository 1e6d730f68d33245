"""The reader's place holds whatever happens to the row that is read: late tokens, folding, splits, other views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.log_view import key_of
from colony_tui.store.rows import EntryRow
from colony_tui.store.views import RawView, ThreadView, TimeView
from colony_tui.tui.widgets.stream import PendingLine, Person, Times
from colony_tui.tui.widgets.stream.core import Stream
from colony_tui.tui.widgets.stream.people import Role
from colony_tui.tui.widgets.stream.select import Selection
from colony_tui.tui.widgets.stream.spots import spot_in
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import ALICE, BOT, OTHER, START_NS, Channel, entry, tokens
from tests.tui.stream.test_core import HEIGHT, all_lines, lines_in_sight, new_stream
from tests.tui.stream.test_looks import Listed

_AFTER = [entry(9001 + 2 * number, f"after {number}\nbody", 900 + number) for number in range(20)]


def line_tokens(count: int = 100, sender: str = BOT) -> list[ChannelEntry]:
    """A reply of which every token is a line."""
    return [entry(10 + 2 * number, f"line {number}\n", 1 + number, sender, 1) for number in range(count)]


class Reading:
    """A reader in the middle of a channel."""

    def __init__(self, entries: Sequence[ChannelEntry], executors: Sequence[str] = (BOT, OTHER)) -> None:
        self.log = ChannelLog("f" * 64, "chat", ALICE, executors)
        self.log.add([entry(1, "How?", 0), *entries, *_AFTER])
        self.view = ThreadView(self.log)
        self.stream: Stream = new_stream(self.view)
        self.stream.frame(HEIGHT)

    def read_from(self, words: str) -> list[str]:
        """Go to where these words are at the top; what is in sight then."""
        for index in range(len(self.stream)):
            for number, line in enumerate(self.stream.block(index).lines):
                if words in "".join(text for text, _, _ in line.runs):
                    self.stream.track.go(index, number, HEIGHT)
                    return self.in_sight()
        raise AssertionError(words)

    def in_sight(self) -> list[str]:
        return lines_in_sight(self.stream)

    def change(self, change: LogChange) -> list[str]:
        """Apply a change of the log; what is in sight then."""
        self.stream.apply(self.view.apply(change))
        return self.in_sight()


def a_late_first_token(log: ChannelLog) -> LogChange:
    return log.add([entry(8, "FIRST\n", 300, BOT, 1)])


def a_late_token_above(log: ChannelLog) -> LogChange:
    return log.add([entry(31, "LATE, and long enough to be wrapped on a page of forty\n", 300, BOT, 1)])


def a_late_end(log: ChannelLog) -> LogChange:
    return log.add([entry(51, "", 300, BOT, 1, "end")])


def a_late_attempt(log: ChannelLog) -> LogChange:
    starts = [START_NS, START_NS + 20 * NANOSECONDS]
    return log.set_attempts(starts, executor_ids=[BOT, BOT])


@pytest.mark.parametrize("happens", [a_late_first_token, a_late_token_above, a_late_end, a_late_attempt])
def test_nothing_moves_inside_a_reply_whose_row_becomes_another(happens: Callable[[ChannelLog], LogChange]) -> None:
    reading = Reading(line_tokens())
    before = reading.read_from("line 50")
    assert reading.change(happens(reading.log)) == before


def test_the_text_holds_when_the_rows_that_are_read_become_one() -> None:
    reading = Reading([made for made in line_tokens(sender=ALICE)], executors=())
    head = reading.read_from("#110")
    after = reading.change(reading.log.set_executors([ALICE]))
    assert head[1].endswith("line 50") and after[1].endswith("line 50")


def test_what_is_held_by_keys_outlives_a_late_first_token() -> None:
    reading = Reading(line_tokens())
    stream = reading.stream
    row = stream.rows[1]
    assert isinstance(row, EntryRow)
    source = stream.block(1).source
    stream.cursor = row.key
    stream.toggle_mark(row.key, "marked")
    stream.open_row(row.key, 2)
    stream.selection = Selection(spot_in(row, source.index("line 3")), spot_in(row, source.index("line 5")))
    reading.change(a_late_first_token(reading.log))
    now, block = stream.rows[1], stream.block(1)
    assert stream.index_of(stream.cursor) == 1 and now.key != row.key
    assert "marked" in "".join(text for text, _, _ in block.lines[-1].runs)
    assert stream.facts.opened == {now.key: 2}
    span = stream.selection.ordered(stream.find_spot)
    assert span is not None and (span.first, span.last) == (1, 1)
    assert block.source[span.start : span.end] == "line 3\nline 4\n"
    stream.toggle_mark(now.key, "marked")
    assert stream.own_marks == {}


def test_nothing_moves_when_the_blank_line_at_the_top_is_not_needed_any_more() -> None:
    reading = Reading(
        [entry(2, "first step", 1, BOT), entry(3, "a question\nof two lines", 2), entry(4, "step", 4, BOT)]
    )
    index = reading.stream.index_of(key_of(reading.log[3]))
    assert index is not None
    reading.stream.track.go(index, 0, HEIGHT)
    before = reading.in_sight()
    after = reading.change(reading.log.add([entry(3, "late step", 3, BOT)]))
    assert before[0] == "" and "late step" in after[0]
    assert after[1:] == before[1:]


class Learning:
    """Names that learn that somebody is a bot."""

    role: Role = "other"

    def person(self, sender_id: str) -> Person:
        return Person("someone", self.role, 1)


def test_the_place_in_a_long_entry_holds_when_its_sender_turns_out_to_be_a_bot() -> None:
    text = "\n\n".join(f"**paragraph {number}** with\nseveral\n- a\n- b" for number in range(60))
    names = Learning()
    reading = Reading([entry(2, text, 1, BOT, 1)])
    reading.stream.facts.page = replace(reading.stream.facts.page, names=names)
    reading.stream.relayout()
    assert reading.read_from("**paragraph 40** with")
    names.role = "bot"
    reading.stream.relayout()
    assert "paragraph 40 with" in reading.in_sight()[0]


def test_the_place_in_a_long_line_holds_when_its_time_takes_more_room() -> None:
    text = " ".join(f"word{number}" for number in range(100))
    reading = Reading([entry(number, text, number, OTHER) for number in (2, 4)])
    stream = reading.stream
    stream.facts.page = replace(stream.facts.page, times=Times.RELATIVE)
    stream.relayout()
    top = reading.read_from("word57")[0].split()[0]
    stream.facts.now_ns = START_NS + 500_000 * NANOSECONDS
    stream.lay_out_anew()
    assert top in reading.in_sight()[0]


def is_in_sight(app: StreamApp, words: str) -> bool:
    return any(words in line for line in app.lines())


async def test_another_view_goes_on_inside_a_long_reply_and_comes_back() -> None:
    channel = Channel([entry(1, "How?", 0), *line_tokens(), *_AFTER])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        app.stream.go_to(1, 50)
        await settle(app, pilot)
        before = app.lines()
        app.stream.set_rows(RawView(channel.log), keep_place=True, is_threaded=False, is_raw=True)
        await settle(app, pilot)
        assert app.lines()[0].split() == before[0].split()[1:]
        app.stream.set_rows(ThreadView(channel.log), keep_place=True)
        await settle(app, pilot)
        assert app.lines() == before


async def test_another_view_keeps_its_place_at_a_mark() -> None:
    channel = Channel([entry(1, "How?", 0), entry(2, "", 10, BOT, None, "end"), *_AFTER])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        app.stream.go_to(1, 1)
        await settle(app, pilot)
        assert "ended" in app.lines()[0]
        app.stream.set_rows(RawView(channel.log), keep_place=True, is_threaded=False, is_raw=True)
        await settle(app, pilot)
        assert not app.stream.is_following and is_in_sight(app, "sequence 2")
        app.stream.set_rows(TimeView(channel.log), keep_place=True, is_threaded=False)
        await settle(app, pilot)
        assert "ended" in app.lines()[0]


async def test_what_is_new_is_counted_on_through_other_views_and_a_thread_alone() -> None:
    channel = Channel([entry(1, "How?", 0), *_AFTER])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        app.stream.go_to(3)
        app.stream.show(channel.add(entry(10_001, "new", 2000)))
        await settle(app, pilot)
        threads = ThreadView(channel.log)
        app.stream.set_rows(TimeView(channel.log), keep_place=True, is_threaded=False)
        app.stream.set_rows(threads, keep_place=True)
        assert app.stream.new_count == 1
        place = app.stream.place
        root = threads[5].key
        app.stream.set_rows(threads.only(root), is_alone=True)
        app.stream.select_row(root)
        assert app.stream.new_count == 0
        threads.apply(channel.log.add([entry(10_003, "newer", 2001)]))
        app.stream.set_rows(threads)
        app.stream.go_back(place)
        await settle(app, pilot)
        assert app.stream.new_count == 2 and not app.stream.is_following
        assert app.lines()[1].endswith("#9005")


async def test_a_cursor_on_a_later_token_is_on_its_reply_in_another_view() -> None:
    channel = Channel([entry(1, "How?", 0), *line_tokens(5)])
    app = StreamApp(RawView(channel.log))
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.stream.select_row(key_of(channel.log[3]))
        app.stream.set_rows(channel.view, keep_place=True)
        assert app.stream.cursor_index == 1
        app.stream.set_rows(RawView(channel.log), keep_place=True, is_threaded=False, is_raw=True)
        assert app.stream.cursor_index == 3


async def test_where_nothing_in_sight_is_left_the_view_stays_where_that_puts_it() -> None:
    channel = Channel([entry(1, "How?", 0)])
    app = StreamApp(channel.view)
    lines = [PendingLine(str(number), ALICE, f"pending {number}\nx\ny", sequence=5 + 2 * number) for number in range(9)]
    async with app.run_test(size=(60, 8)) as pilot:
        app.stream.set_pending(lines)
        await settle(app, pilot)
        app.stream.move(-6)
        await settle(app, pilot)
        app.stream.set_pending(lines[-1:])
        await settle(app, pilot)
        before = app.lines()
        app.stream.show(channel.add(entry(9001, "new\nlines", 10)))
        await settle(app, pilot)
        assert not app.stream.is_following and app.lines()[:4] == before[:4]


def marks_in(stream: Stream) -> list[tuple[int, str]]:
    """Before which rows the line `n new` stands, and what it says."""
    return [(index, line) for index, lines in enumerate(all_lines(stream)) for line in lines if " new ─" in line]


def test_the_line_of_what_is_new_stands_before_nothing_that_was_read() -> None:
    reading = Reading([])
    stream = reading.stream
    reading.read_from("after 5")
    reading.change(reading.log.add([entry(10_001, "new\nhere", 2000)]))
    first = stream.rows.view[len(stream) - 1].key
    assert marks_in(stream) == [(stream.index_of(first), "── 1 new " + "─" * 28)]
    stream.track.is_following = True
    reading.in_sight()
    stream.new_count = 0
    reading.read_from("after 5")
    reading.change(reading.log.add([entry(10_003, "late\nabove", 0.5, OTHER)]))
    assert [index for index, _ in marks_in(stream)] == [stream.index_of(first)]
    reading.change(reading.log.add([entry(10_005, "newer\nhere", 3000)]))
    assert marks_in(stream) == [(len(stream) - 1, "── 1 new " + "─" * 28)]


def test_the_line_of_what_was_new_stays_while_it_is_in_sight() -> None:
    reading = Reading([])
    stream = reading.stream
    reading.read_from("after 5")
    reading.change(
        reading.log.add([entry(10_001 + number, f"new\nline {number}", 2000 + number) for number in range(4)])
    )
    stream.track.is_following = True
    reading.in_sight()
    stream.new_count = 0
    before = reading.read_from("after 19")
    assert any("4 new" in line for line in before)
    assert reading.change(reading.log.add([entry(20_001, "newer\nhere", 3000)])) == before
    reading.read_from("after 5")
    reading.in_sight()
    assert [index for index, _ in marks_in(stream)] == [len(stream) - 1]


@pytest.mark.parametrize("width", [25, 33, 70])
def test_another_width_shows_the_same_words_at_the_top(width: int) -> None:
    reading = Reading([entry(2, " ".join(f"word{number}" for number in range(100, 400)), 1, BOT, 1)])
    before = reading.read_from("word250")
    first = before[0].split()[1]
    stream = reading.stream
    stream.facts.page = replace(stream.facts.page, width=width)
    stream.relayout()
    assert first in reading.in_sight()[0]
    stream.facts.page = replace(stream.facts.page, width=40)
    stream.relayout()
    assert reading.in_sight() == before


def test_the_words_at_the_top_stay_when_their_reply_becomes_markdown() -> None:
    text = "\n\n".join(f"**paragraph {number}** with\nseveral\n- a\n- b" for number in range(60))
    reading = Reading(tokens(text, 10, 1, 1, ends=False))
    assert reading.read_from("**paragraph 40**")
    after = reading.change(reading.log.add([entry(9000, "", 800, BOT, 1, "end")]))
    assert "paragraph 40" in after[0]


def test_the_next_row_in_sight_takes_the_place_of_one_that_has_gone() -> None:
    rows = [EntryRow(key_of(made), [made]) for made in _AFTER]
    stream = new_stream(Listed(*rows))
    stream.frame(HEIGHT)
    stream.track.go(5, 0, HEIGHT)
    before = lines_in_sight(stream)
    stream.set_view(Listed(*rows[:5], *rows[6:]))
    stream.apply([])
    assert lines_in_sight(stream)[:8] == before[4:]


async def test_the_next_line_of_ours_in_sight_takes_the_place_of_one_that_has_gone() -> None:
    app = StreamApp(Channel([entry(1, "How?", 0)]).view)
    lines = [PendingLine(str(number), ALICE, f"pending {number}\nx\ny", sequence=5 + 2 * number) for number in range(9)]
    async with app.run_test(size=(60, 8)) as pilot:
        app.stream.set_pending(lines)
        await settle(app, pilot)
        app.stream.go_to(4)
        await settle(app, pilot)
        assert is_in_sight(app, "pending 3")
        app.stream.set_pending([*lines[:3], *lines[4:]])
        await settle(app, pilot)
        assert app.lines()[2].endswith("pending 4")
