"""What counts as unread: entries behind the newest that was read, a reply once, whatever comes late or twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import ChannelEntry
from colony_tui.tui.unread import Unread

ME, BOT = "me", "bot"


def entry(at: int, text: str = "x", reply: int | None = None, type: str = "data", sender: str = BOT) -> ChannelEntry:
    return ChannelEntry(at, reply, at, sender, text.encode(), type)


def test_lines_of_others_count_and_are_read() -> None:
    unread = Unread(ME, None, since_ns=0)
    assert unread.add([entry(1), entry(2), entry(3, sender=ME)]) == 2
    assert unread.read() == (ME, 3, 3) and unread.count == 0
    assert unread.read() is None


def test_a_reply_counts_once_and_again_when_it_grew_after_it_was_read() -> None:
    unread = Unread(ME, None, since_ns=0)
    unread.add([entry(1, reply=1), entry(2, reply=1)])
    assert unread.count == 1
    unread.read()
    assert unread.add([entry(3, reply=1), entry(4, reply=1), entry(5, "", 1, "end")]) == 1
    assert unread.add([entry(6, reply=1)]) == 1  # another reply to the same entry
    unread.read()
    assert unread.add([entry(7, "", 1, "end")]) == 0


def test_what_is_not_newer_than_the_position_or_the_start_was_read() -> None:
    assert Unread(ME, (BOT, 2, 2), 0).add([entry(at) for at in range(5)]) == 2
    assert Unread(ME, None, 3).add([entry(at) for at in range(5)]) == 1


def test_a_late_entry_is_news_though_it_stands_among_old_ones() -> None:
    unread = Unread(ME, None, since_ns=0)
    unread.add([entry(7)])
    unread.read()
    assert unread.add([ChannelEntry(1, None, 9, BOT, b"late")]) == 1


@given(st.lists(st.integers(1, 99), unique=True), st.integers(0, 30), st.data())
def test_another_run_finds_the_same_unread_however_the_entries_come(
    ats: list[int], read: int, data: st.DataObject
) -> None:
    first = Unread(ME, None, since_ns=0)
    entries = [entry(at) for at in sorted(ats)]
    first.add(entries[:read])
    position = first.read()
    first.add(entries[read:])
    other = Unread(ME, position, since_ns=0)
    for each in data.draw(st.permutations(entries)):
        other.add([each])
    assert other.count == first.count
