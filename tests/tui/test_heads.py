"""The lines around a stream: what they say, and what they leave out when there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import ComposeResult

from colony_tui.model import NANOSECONDS, ProcessState, Statistics
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.tui.bindings import Hint, hint
from colony_tui.tui.pieces import Line, label, width_of
from colony_tui.tui.sentences import nothing_listed_words
from colony_tui.tui.symbols import UNICODE
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.channel_tabs import INFO, LOGS, ChannelTabs, PaneTab
from colony_tui.tui.widgets.drawn import Drawn
from colony_tui.tui.widgets.key_line import KeyLine
from colony_tui.tui.widgets.process_head import Head, ProcessHead
from colony_tui.tui.widgets.stream_foot import Foot, StreamFoot, condition_words
from colony_tui.tui.widgets.top_line import Link, LinkKind, Standing, TopLine
from tests.tui.data import NOW_NS, ROWS, process
from tests.tui.screen import HARMFUL
from tests.tui.scripted import STANDING

EVIL = "\x1b]8;;http://x\x07[/]\u202e"


def text(line: Line) -> str:
    return "".join(piece.text for piece in line)


def lines(widget: Drawn, width: int) -> list[str]:
    return [text(line) for line in widget.lines(width)]


def top(standing: Standing, width: int, now_ns: int = NOW_NS) -> str:
    line = TopLine()
    line.show(standing, now_ns)
    return lines(line, width)[0]


def test_the_top_line_in_full() -> None:
    assert top(STANDING, 140).split() == [
        *("colony-tui", "dev", "localhost:50080", "not", "encrypted,", "loopback"),
        *("alice", "7e1ba2ec", "●", "live", "4", "ms"),
        *("3", "waiting", "5", "running", "128", "ok", "2", "failed"),
    ]


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (80, "dev localhost:50080 not encrypted alice ● live 4 ms 3 ◷ 5 ▶ 2 ✗"),
        (56, "dev localhost:50080 ● live 4 ms 3 ◷ 5 ▶ 2 ✗"),
        (40, "dev ● live 4 ms 3 ◷ 5 ▶ 2 ✗"),
        (20, "dev ● live 4 ms"),
    ],
)
def test_the_top_line_loses_what_one_knows_first(width: int, words: str) -> None:
    assert top(STANDING, width).split() == words.split()


def test_a_link_that_others_can_read_is_said_also_when_narrow() -> None:
    exposed = replace(STANDING, is_loopback=False)
    assert "not encrypted" in top(exposed, 120) and "not encrypted" in top(exposed, 44)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Link(LinkKind.CONNECTING), "◌ connecting"),
        (Link(LinkKind.RECONNECTING, retry_ns=NOW_NS + 2_100_000_000), "◌ reconnecting in 3 s"),
        (Link(LinkKind.RECONNECTING, retry_ns=NOW_NS - 1), "◌ reconnecting now"),
        (Link(LinkKind.OFFLINE, since_ns=NOW_NS), "○ offline since 12:45:04"),
    ],
)
def test_a_link_that_is_down_says_so(link: Link, words: str) -> None:
    assert words in top(replace(STANDING, link=link), 160)


def test_a_retry_counts_down() -> None:
    line = TopLine()
    line.show(replace(STANDING, link=Link(LinkKind.RECONNECTING, retry_ns=NOW_NS + 9 * NANOSECONDS)), NOW_NS)
    line.tick(NOW_NS + 4 * NANOSECONDS)
    assert "reconnecting in 5 s" in lines(line, 160)[0]


def test_a_link_that_is_down_says_how_old_all_is() -> None:
    heard = NOW_NS - 12 * NANOSECONDS
    for kind in (LinkKind.RECONNECTING, LinkKind.OFFLINE):
        line = top(replace(STANDING, link=Link(kind, heard_ns=heard)), 140)
        assert ", as of 12 s ago" in line
    assert "as of" not in top(STANDING, 140)


@pytest.mark.parametrize(("age_s", "words"), [(0, ""), (60, ""), (90, ", as of 1 min ago"), (7_300, ", as of 2 h ago")])
def test_lists_that_nobody_tells_any_more_have_their_age_although_the_link_lives(age_s: int, words: str) -> None:
    line = top(replace(STANDING, listed_ns=NOW_NS - age_s * NANOSECONDS), 150)
    assert words in line and ("as of" in line) == bool(words)


@pytest.mark.parametrize(("width", "has_words"), [(140, True), (40, False)])
def test_only_numbers_that_say_something_have_a_colour(width: int, has_words: bool) -> None:
    numbers = {"waiting": 0, "running": 1, "success": 0, "failed": 0}
    line = TopLine()
    line.show(replace(STANDING, statistics=Statistics(**numbers, cancelled=0, executors=1)), NOW_NS)
    (drawn,) = line.lines(width)
    counted = [piece for piece in drawn if piece.text in ("0", "1")]
    expected = [("0", "dim", False), ("1", "ok", True), *[("0", "dim", False)] * (2 if has_words else 1)]
    assert [(piece.text, piece.ink, piece.is_strong) for piece in counted] == expected
    signs = {piece.text.strip(): piece.ink for piece in drawn if piece.text.strip() in ("◷", "▶", "✗")}
    assert signs == ({} if has_words else {"◷": "dim", "▶": "ok", "✗": "dim"})


def test_who_was_a_member_is_told_apart_from_who_never_was() -> None:
    assert "alice not a member" in top(replace(STANDING, is_member=False, listed_ns=None), 160)
    assert "alice no longer a member" in top(replace(STANDING, is_member=False), 160)


def test_a_colony_that_is_not_there_is_told_from_one_that_does_not_know_the_key() -> None:
    nowhere = replace(STANDING, is_member=False, has_colony=False)
    assert "alice no such colony" in top(nowhere, 160)
    assert nothing_listed_words(nowhere) == "The server has no such colony"
    assert "not a member" in nothing_listed_words(replace(nowhere, has_colony=True))
    assert nothing_listed_words(STANDING) == ""


@pytest.mark.parametrize("width", [140, 100, 80, 60, 40])
def test_that_nothing_can_be_recorded_is_said_also_when_narrow(width: int) -> None:
    line = TopLine()
    line.show(replace(STANDING, record="failed"), NOW_NS)
    (drawn,) = line.lines(width)
    assert [piece.ink for piece in drawn if "not recorded" in piece.text] == ["error"]


def test_a_record_that_is_switched_off_is_said_quietly() -> None:
    assert ", not recorded" in top(replace(STANDING, record="off"), 140)
    assert "not recorded" not in top(STANDING, 140)


def head(head_value: Head | None, width: int = 120) -> str:
    line = ProcessHead()
    line.show(head_value, NOW_NS)
    return " ".join(lines(line, width)[0].split())


def test_the_head_of_a_running_process() -> None:
    chat = Head(ROWS[0].process, "chatbot")
    assert head(chat) == "chat ▶ running 2 m 14 s on chatbot for alice 4f2a91c0 57 m left"
    assert head(chat, 40) == "chat ▶ running 2 m 14 s 4f2a91c0"
    assert head(replace(chat, is_removed=True)) == "chat ⊘ removed from the server on chatbot for alice 4f2a91c0"


@pytest.mark.parametrize("name", ["n" * 80, "処理" * 40, "n" * 20], ids=["long", "wide", "medium"])
@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_a_long_name_is_shortened_before_state_and_id_go(name: str, width: int) -> None:
    for state, words in ((ProcessState.RUNNING, "▶ running 2 m 14 s"), (ProcessState.WAITING, "◷ waiting 2 m 14 s")):
        line = ProcessHead()
        line.show(Head(process(1, name, state, 134, "gpu"), "worker-1"), NOW_NS)
        (drawn,) = line.lines(width)
        shown, _, rest = text(drawn).strip().partition(" ")
        assert width_of(drawn) <= width and rest.startswith(words) and rest.endswith("00000001")
        assert shown == name or (shown.endswith("…") and name.startswith(shown[:-1]) and len(shown) > 4)


@pytest.mark.parametrize(("width", "words"), [(30, "▶ running 2 m 14 s"), (20, "▶ running"), (14, "▶ running")])
def test_the_state_stays_as_long_as_there_is_room_for_it(width: int, words: str) -> None:
    assert head(Head(process(1, "n" * 80, ProcessState.RUNNING, 134), "worker-1"), width).endswith(f"… {words}")


def test_that_it_was_removed_stays_beside_a_long_name() -> None:
    removed = Head(process(1, "n" * 80, ProcessState.RUNNING, 134), "worker-1", is_removed=True)
    assert head(removed, 80).endswith("… ⊘ removed from the server 00000001")
    assert head(removed, 40) == "nnnnnnnnnnnn… ⊘ removed from the server"


def test_the_head_of_a_waiting_process() -> None:
    waiting = process(1, "render", ProcessState.WAITING, 42, "gpu", wait_deadline_ns=NOW_NS + 30 * NANOSECONDS)
    assert head(Head(waiting)) == "render ◷ waiting 42 s for an executor of type gpu for alice 00000001 00:30 left"


def test_the_head_of_one_that_ended() -> None:
    ended = process(1, "long-task", ProcessState.SUCCESS, 0, took_s=5.6, retries=1)
    assert head(Head(ended, "w")) == "long-task ✓ success 5.6 s attempt 2 on w for alice 00000001 12:45:04"


def test_the_head_of_one_that_ended_and_was_removed() -> None:
    ended = process(1, "long-task", ProcessState.SUCCESS, 0, took_s=5.6)
    removed = Head(ended, is_removed=True)
    assert head(removed, 70) == "long-task ✓ success 5.6 s, removed from the server 00000001"
    assert head(removed, 40) == "long-task ⊘ removed from the server"
    never_ran = process(1, "render", ProcessState.CANCELLED, 0, started_ns=None)
    assert head(Head(never_ran, is_removed=True), 80).startswith("render ⊘ cancelled, removed from the server")


def test_no_process_is_said() -> None:
    assert head(None) == "No process open"
    line = ProcessHead()
    line.hint("n starts one")
    assert lines(line, 80) == [" No process open – n starts one"]


def tabs(names: Sequence[PaneTab], chosen: PaneTab, width: int) -> list[str]:
    line = ChannelTabs()
    line.show(names, chosen.key)
    return lines(line, width)


def test_tabs_say_what_is_unread_locked_or_full() -> None:
    channels = [PaneTab("chat", unread=3), PaneTab("keys", is_locked=True), PaneTab("out", entries=9_870)]
    first, rule = tabs([*channels, LOGS, INFO], channels[0], 80)
    assert first.split("   ") == [" chat 3", "keys locked", "out 98 % full", "Logs", "Info", ""]
    assert rule.startswith(" ━━━━━━─") and rule.count("━") == len("chat 3")


def test_a_channel_called_logs_is_not_the_tab_logs() -> None:
    channel = PaneTab("Logs")
    _, rule = tabs([channel, LOGS], LOGS, 40)
    assert rule.startswith(" ─") and "━━━━" in rule


@given(st.lists(st.text(max_size=40), max_size=12, unique=True), st.data(), st.integers(24, 100))
def test_the_open_tab_is_always_in_sight(names: list[str], data: st.DataObject, width: int) -> None:
    all_tabs = [*(PaneTab(name) for name in ("", EVIL, *names)), LOGS, INFO]
    chosen = data.draw(st.sampled_from(all_tabs))
    line = ChannelTabs()
    line.show(all_tabs, chosen.key)
    drawn, rule = line.lines(width)
    assert any(piece.hit == chosen.key and piece.is_strong for piece in drawn)
    assert "━" in text(rule)[:width] and not HARMFUL.search(text(drawn))


def foot(value: Foot, width: int = 100) -> str:
    line = StreamFoot()
    line.show(value, NOW_NS)
    return " ".join(lines(line, width)[0].split())


LIVE = ChannelCondition(kind=ConditionKind.LIVE)


def test_the_foot_of_a_live_stream() -> None:
    assert foot(Foot(LIVE, 14)) == "● live 14 of 10,000 entries threads local time following"
    assert foot(Foot(LIVE, 14, is_following=False, new=3)) == "● live 14 of 10,000 entries threads local time 3 new, G"
    assert foot(Foot(LIVE, 10_000)).startswith("● live 10,000 of 10,000 entries, full")


def test_the_foot_when_narrow() -> None:
    assert foot(Foot(LIVE, 14), 40) == "● live 14 entries following"
    assert foot(Foot(LIVE, 14), 22) == "● live following"


@pytest.mark.parametrize("kind", ConditionKind)
@pytest.mark.parametrize("width", [1, 10, 39, 120])
def test_every_condition_has_a_sign_and_words(kind: ConditionKind, width: int) -> None:
    condition = ChannelCondition(kind=kind, since_ns=NOW_NS - 12 * NANOSECONDS, reason=EVIL, count=3)
    words = text(condition_words(condition, NOW_NS, UNICODE))
    assert words[0] in "●◌○■" and len(words) > 5 and not HARMFUL.search(words)
    line = StreamFoot()
    line.show(Foot(condition, 5), NOW_NS)
    assert width_of(line.lines(width)[0]) <= max(width, 14)


@pytest.mark.parametrize(
    ("words", "shown", "amber"),
    [
        ("214 of 214", "recorded 214 of 214", ""),
        ("3 recorded, the end not seen", "recorded 3", ", the end not seen"),
        ("5 of 9, joined at entry 5, gap at 12:04:11", "recorded 5 of 9", ", joined at entry 5, gap at 12:04:11"),
        ("", "recorded 1,234", ""),
    ],
)
def test_a_record_says_what_it_has(words: str, shown: str, amber: str) -> None:
    condition = ChannelCondition(kind=ConditionKind.RECORDED, count=1234, reason=words)
    line = condition_words(condition, NOW_NS, UNICODE)
    assert text(line).endswith(shown + amber)
    assert "".join(piece.text for piece in line if piece.ink == "warn") == amber
    assert shown in foot(Foot(condition, 1234))


def test_a_lost_link_says_since_when() -> None:
    lost = ChannelCondition(kind=ConditionKind.LOST, since_ns=NOW_NS - 12 * NANOSECONDS)
    assert foot(Foot(lost, 5)).startswith("○ lost 12 s, retrying")


def test_a_refusal_has_its_reason_where_nothing_else_says_it() -> None:
    refused = ChannelCondition(kind=ConditionKind.REFUSED, reason="only they may read it")
    assert foot(Foot(refused, 0)) == "○ not allowed threads local time following"
    assert foot(Foot(refused, 5)).startswith("○ not allowed: only they may read it 5 entries")


def test_what_was_put_back_waits() -> None:
    back = ChannelCondition(kind=ConditionKind.PUT_BACK, since_ns=NOW_NS)
    assert foot(Foot(back, 5)).startswith("◌ put back, opens when an executor takes it 5 of 10,000 entries")


def test_the_help_stays_where_not_all_hints_fit() -> None:
    line = KeyLine()
    line.show([hint(id) for id in ("pane.leave", "pane.write", "pane.reply", "pane.next_view", "everywhere.help")])
    for width in range(14, 60):
        shown = lines(line, width)[0].rstrip()
        assert shown.endswith("? help") and len(shown) <= width


def test_the_key_line_shows_what_fits() -> None:
    line = KeyLine()
    line.show([Hint("n", "new"), Hint("ctrl+p", "many long words"), Hint("question_mark", "help")])
    assert lines(line, 80)[0].split() == ["n", "new", "^P", "many", "long", "words", "?", "help"]
    assert lines(line, 20)[0].split() == ["n", "new", "?", "help"]


async def test_a_sentence_is_as_high_as_it_needs_and_gives_the_place_back() -> None:
    class Lines(ThemedApp[None]):
        def compose(self) -> ComposeResult:
            yield KeyLine()

    app = Lines()
    async with app.run_test(size=(30, 10)) as pilot:
        line = app.query_one(KeyLine)
        words = "What is said here is longer than the line, and nothing of it is cut"
        line.notice([label(words)])
        await pilot.pause()
        assert line.region.height == 3 and " ".join(line.text().split()) == words
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert line.region.height == 2 and " ".join(line.text().split()) == words
        line.notice([label("word " * 100)])
        await pilot.pause()
        assert line.region.height == 4 and line.text().endswith("…")
        line.notice(())
        await pilot.pause()
        assert line.region.height == 1


@given(st.integers(1, 200))
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    assert len(top(STANDING, width)) <= width
    line = ProcessHead()
    line.show(Head(ROWS[0].process, EVIL), NOW_NS)
    assert width_of(line.lines(width)[0]) <= width
