"""The reader's place holds whatever happens to the row that is read: late tokens, folding, splits, other views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.rows import EntryRow
from colony_tui.store.views import ThreadView
from colony_tui.tui.widgets.stream import Person, Times
from colony_tui.tui.widgets.stream.core import Stream
from colony_tui.tui.widgets.stream.people import Role
from colony_tui.tui.widgets.stream.select import Selection
from colony_tui.tui.widgets.stream.spots import spot_in
from tests.tui.stream.talk import ALICE, BOT, OTHER, START_NS, entry
from tests.tui.stream.test_core import HEIGHT, lines_in_sight, new_stream

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
