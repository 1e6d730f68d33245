"""What rows look like, as lines of text."""

from __future__ import annotations

import pytest

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow, Op, OpKind, Parent, Row, RowKey
from colony_tui.tui.widgets.stream import Ending, PendingLine, Times
from colony_tui.tui.widgets.stream.words import Growth, growth_of
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import ALICE, BOT, NOW_NS, OTHER, SORTING, START_NS, Channel, entry, tokens


class Listed:
    """Rows as given."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def between(self, start: int, stop: int) -> list[Row]:
        return self.rows[start:stop]

    def index_of(self, key: RowKey) -> int | None:
        return next((at for at, row in enumerate(self.rows) if row.key == key), None)


async def shown(channel: Channel | Listed, size: tuple[int, int] = (70, 30), times: Times = Times.LOCAL) -> list[str]:
    """The lines, blank ones at both ends left out."""
    app = StreamApp(channel.view if isinstance(channel, Channel) else channel, times=times)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        return trimmed(app)


def trimmed(app: StreamApp) -> list[str]:
    return "\n".join(line.removeprefix("  ") for line in app.lines()).strip("\n").split("\n")


async def test_a_conversation_with_replies_on_bars() -> None:
    lines = await shown(Channel(SORTING), (100, 40))
    assert lines[0] == "alice you   12:04:11   #1"
    assert lines[3] == "┃ chatbot bot   12:04:11   #2   97 tokens in 4.0 s, first after 0.80 s"
    assert "┃        x, j = items[i], i" in lines
    assert "┃ ┃ ┃ chatbot bot   12:05:09   #2004   ▍ 41 tok/s" in lines
    assert lines[-1].startswith("┃ ┃ ┃ ") and lines[-1].endswith("▍")


async def test_progress_stands_one_a_line() -> None:
    made = [entry(number, f"Processing step {number}/10", number, OTHER) for number in (3, 4, 5)]
    assert await shown(Channel(made)) == [
        "12:04:14  worker-1 Processing step 3/10",
        "12:04:15  worker-1 Processing step 4/10",
        "12:04:16  worker-1 Processing step 5/10",
    ]


@pytest.mark.parametrize("sender", [ALICE, BOT, OTHER])
@pytest.mark.parametrize(
    ("payload", "words"),
    [("", "(empty)"), ("   ", "(blank)"), ("\n", "(blank)"), ("\u3000\t", "(blank)"), ("\x1b[0m", "(blank)")],
)
async def test_an_entry_of_which_nothing_would_be_seen_says_so(payload: str, words: str, sender: str) -> None:
    lines = await shown(Channel([entry(1, payload, 1, sender), entry(3, "behind", 2, sender)]))
    assert sum(words in line for line in lines) == 1 and any("behind" in line for line in lines)


async def test_a_reply_of_blanks_says_so() -> None:
    made = [entry(1, "say", 0, ALICE), *(entry(2 * number, " \n", number, BOT, 1) for number in (1, 2))]
    end = entry(6, "", 3, BOT, 1, "end")
    assert (await shown(Channel([*made, end])))[-1].endswith("(blank)")


async def test_lines_that_people_type_have_heads() -> None:
    made = [entry(1, "one", 0), entry(3, "two", 1), entry(2, "step 1", 2, BOT), entry(4, "step 2", 3, BOT)]
    assert await shown(Channel(made)) == [
        "alice you   12:04:11   #1",
        "one",
        "",
        "alice you   12:04:12   #3",
        "two",
        "",
        "12:04:13  chatbot step 1",
        "12:04:14  chatbot step 2",
    ]


@pytest.mark.parametrize(("sender", "is_blank"), [(ALICE, True), (BOT, False)])
async def test_a_blank_line_stands_above_the_first_head(sender: str, is_blank: bool) -> None:
    app = StreamApp(Channel([entry(1, "one", 0, sender), entry(3, "two", 1, sender)]).view)
    async with app.run_test(size=(70, 20)) as pilot:
        await settle(app, pilot)
        assert (app.lines()[0] == "") is is_blank


async def test_a_lone_line_and_one_with_a_reply_have_heads() -> None:
    made = [entry(1, "one", 0), entry(3, "two", 1), entry(5, "three", 2), entry(2, "yes", 3, BOT, 3)]
    assert await shown(Channel(made)) == [
        "alice you   12:04:11   #1",
        "one",
        "",
        "alice you   12:04:12   #3",
        "two",
        "",
        "┃ chatbot bot   12:04:14   #2",
        "┃ yes",
        "",
        "alice you   12:04:13   #5",
        "three",
    ]


async def test_a_progress_line_is_one_whatever_comes_below() -> None:
    channel = Channel([entry(2, "step 1", 0, OTHER), entry(4, '{"step": 2}', 1, OTHER)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(70, 20)) as pilot:
        await settle(app, pilot)
        before = ["12:04:11  worker-1 step 1", '12:04:12  worker-1 {"step": 2}']
        assert trimmed(app) == before
        app.stream.show(channel.add(entry(6, "step 3", 2, OTHER)))
        app.stream.show(channel.add(entry(3, "why?", 3, ALICE, 2)))
        await settle(app, pilot)
        assert trimmed(app) == [
            before[0],
            "",
            "┃ alice you   12:04:14   #3",
            "┃ why?",
            "",
            before[1],
            *trimmed(app)[6:],
        ]


async def test_replies_are_shown_three_steps_in_at_most() -> None:
    made = [entry(1, "depth 0", 0)]
    for depth in range(1, 7):
        made.append(entry(depth + 1, f"depth {depth}", depth, BOT if depth % 2 else ALICE, depth))
    lines = await shown(Channel(made))
    steps = [next(line.count("┃") for line in lines if line.endswith(f"depth {depth}")) for depth in range(7)]
    assert steps == [0, 1, 2, 3, 3, 3, 3]


async def test_states_of_replies_are_words() -> None:
    failed = [entry(2, "half", 1, BOT, 1), entry(4, "disk full", 2, BOT, 1, "error")]
    lines = await shown(Channel([entry(1, "Go", 0), *failed, entry(6, "late", 3, BOT, 77)]))
    assert "┃ chatbot bot   12:04:12   #2   ✗ ended with an error" in lines
    assert "┃ ✗ error: disk full" in lines
    assert "chatbot bot   12:04:14   #6   answers #77, which never arrived" in lines


async def test_an_ambiguous_parent_is_said() -> None:
    row = EntryRow((BOT, 2, 0, "entry"), [entry(2, "which?", 0, BOT, 1)], depth=1)
    row.parent, row.candidates = Parent.AMBIGUOUS, 3
    assert "answers one of 3 entries #1" in (await shown(Listed(row)))[0]


async def test_no_end_came() -> None:
    made = tokens("never finished", 2, 1, 0, ends=False)
    row = EntryRow((BOT, 2, 0, "entry"), made, depth=1, fold=FoldState.CLOSED, parent=Parent.FOUND)
    assert "no end came" in (await shown(Listed(row)))[0]


def growing(condition: ChannelCondition | None, now_s: float, made: list[ChannelEntry] | None = None) -> Growth:
    row = EntryRow((BOT, 2, 0, "entry"), made or tokens("a b c d", 2, 1, 0, per_s=2, size=2, ends=False))
    row.fold = FoldState.GROWING
    growth = growth_of(row, condition, START_NS + round(now_s * NANOSECONDS))
    assert growth is not None
    return growth


LIVE = ChannelCondition(kind=ConditionKind.LIVE)


@pytest.mark.parametrize("now_s", [0, 1.6, 4.4])
def test_a_rate_stands_while_tokens_come(now_s: float) -> None:
    assert growing(LIVE, now_s) == ("▍ 2 tok/s", "ok", True)


@pytest.mark.parametrize("now_s", [4.6, 100])
def test_a_rate_goes_when_none_came_for_some_seconds(now_s: float) -> None:
    assert growing(LIVE, now_s) == ("▍ waiting for more", "faint", True)


def test_a_rate_is_of_the_last_seconds_only() -> None:
    late = tokens("wxyz", 20, 1, 60, per_s=10, size=1, ends=False)
    made = [*tokens("a b c d", 2, 1, 0, per_s=2, size=2, ends=False), *late]
    assert growing(LIVE, 60, made).words == "▍ 10 tok/s"
    assert growing(LIVE, 60, made[:5]).words == "▍ growing"


@pytest.mark.parametrize("kind", [kind for kind in ConditionKind if kind is not ConditionKind.LIVE])
def test_a_reply_grows_only_while_the_channel_is_live(kind: ConditionKind) -> None:
    words, tone, is_open = growing(ChannelCondition(kind=kind, sender_id=BOT), 1.6)
    assert words == ("paused: link lost" if kind is ConditionKind.LOST else words)
    assert words.startswith(("paused", "no end seen")) and tone == "faint" and not is_open


def test_one_sender_that_ended_its_stream_does_not_stop_another() -> None:
    assert growing(ChannelCondition(kind=ConditionKind.ENDED_BY_SENDER, sender_id=ALICE), 1.6).is_open


async def test_a_reply_stops_to_grow_with_the_link_and_goes_on_with_it() -> None:
    channel = Channel([entry(1, "How?", 58), *tokens("word word", 2, 1, 59, per_s=4, ends=False)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        app.stream.set_condition(LIVE)
        await settle(app, pilot)
        assert trimmed(app)[-2:] == ["┃ chatbot bot   12:05:10   #2   ▍ 4 tok/s", "┃ word word▍"]
        app.stream.set_condition(ChannelCondition(kind=ConditionKind.LOST))
        await settle(app, pilot)
        assert trimmed(app)[-2:] == ["┃ chatbot bot   12:05:10   #2   paused: link lost", "┃ word word"]
        app.now_ns += 19 * NANOSECONDS
        app.stream.set_condition(LIVE)
        app.stream.tick()
        await settle(app, pilot)
        assert trimmed(app)[-2:] == ["┃ chatbot bot   12:05:10   #2   ▍ waiting for more", "┃ word word▍"]
        app.stream.show(channel.add(*tokens("more and more", 20, 1, 78, per_s=4, ends=False)))
        await settle(app, pilot)
        assert trimmed(app)[-2:] == ["┃ chatbot bot   12:05:10   #2   ▍ 4 tok/s", "┃ word wordmore and more▍"]


async def test_the_clock_takes_a_stale_rate_away() -> None:
    app = StreamApp(Channel([entry(1, "How?", 58), *tokens("word word", 2, 1, 59, per_s=4, ends=False)]).view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        app.now_ns += 4 * NANOSECONDS
        app.stream.tick()
        await settle(app, pilot)
        assert trimmed(app)[-2].endswith("▍ waiting for more")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (MarkRow(("", 2, 0, "attempt"), MarkKind.ATTEMPT, 0, OTHER, 2), "── attempt 2, taken by worker-1 ─"),
        (MarkRow(("", 1, 0, "p"), MarkKind.PUT_BACK, 0), "── attempt 1 was put back to wait for an executor ─"),
        (MarkRow(("", 0, 0, "gap"), MarkKind.GAP, 0, count=3), "── gap: 3 entries were not seen ─"),
        (MarkRow(("", 0, 0, "gap"), MarkKind.GAP, 0), "── gap: some entries were not seen ─"),
        (MarkRow(("", 0, 0, "j"), MarkKind.JOINED, 0, count=57), "── joined late: 57 entries were not seen before"),
        (MarkRow(("", 0, 0, "r"), MarkKind.RESET, 0, count=9), "── reset: the server's log is shorter than ours"),
        (MarkRow(("", 0, 0, "e"), MarkKind.ENDED_BY_SENDER, 0), "── the sender has ended this stream; the process"),
    ],
)
async def test_marks_have_words(row: MarkRow, words: str) -> None:
    lines = await shown(Listed(row))
    assert lines[0].startswith(words)
    assert lines[-1].endswith("─")


async def test_the_ending_stands_last_and_once() -> None:
    channel = Channel([entry(1, "step 1", 0, OTHER), entry(2, "step 2", 1, OTHER)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(70, 20)) as pilot:
        app.stream.set_ending(Ending('ended: success after 5.6 s · output "done"'))
        app.stream.show(channel.add(entry(3, "step 3", 2, OTHER)))
        await settle(app, pilot)
        lines = trimmed(app)
        assert lines[-2] == "12:04:13  worker-1 step 3"
        assert lines[-1].startswith('── ended: success after 5.6 s · output "done" ──')
        assert sum("ended:" in line for line in lines) == 1


async def test_days_are_told() -> None:
    made = [entry(1, "yesterday", -86_400), entry(3, "today\nas well", 0)]
    lines = await shown(Channel(made))
    assert lines[0].startswith("── Sunday, 22 November 2026 ─")
    assert lines[4].startswith("── Monday, 23 November 2026 ─")


async def test_a_day_is_told_behind_a_mark_too() -> None:
    channel = Channel([entry(1, "yesterday", -86_400), entry(3, "today", 0)])
    gap = MarkRow(("", 0, 0, "gap"), MarkKind.GAP, 0, count=3)
    lines = await shown(Listed(channel.view[0], gap, channel.view[1]))
    assert [line[:20] for line in lines if "──" in line] == [
        "── Sunday, 22 Novemb",
        "── gap: 3 entries we",
        "── Monday, 23 Novemb",
    ]


async def test_own_lines_on_their_way_and_delivery() -> None:
    channel = Channel([entry(1, "hello\nthere", 0)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(70, 20)) as pilot:
        app.stream.set_delivery({(ALICE, 1): "accepted"})
        app.stream.set_pending([PendingLine("x", ALICE, "on its way", sequence=3)])
        await settle(app, pilot)
        assert trimmed(app)[0].endswith("#1   accepted")
        assert trimmed(app)[-2:] == ["alice you   #3   sending", "on its way"]
        app.stream.set_delivery({(ALICE, 1): "seen"})
        app.stream.set_pending([PendingLine("x", ALICE, "on its way", "failed", "log is full", 3)])
        await settle(app, pilot)
        assert trimmed(app)[0].endswith("#1   seen")
        assert trimmed(app)[-2] == "alice you   #3   ✗ failed: log is full"
        app.stream.set_pending([])
        app.stream.show(channel.add(entry(3, "on its way", 2)))
        await settle(app, pilot)
        assert trimmed(app)[-2:] == ["alice you   12:04:13   #3", "on its way"]


@pytest.mark.parametrize(
    ("times", "head"),
    [
        (Times.OFF, "alice you   #1"),
        (Times.RELATIVE, "alice you   1 min ago   #1"),
        (Times.LOCAL, "alice you   12:04:11   #1"),
        (Times.UTC, "alice you   12:04:11Z   #1"),
    ],
)
async def test_times(times: Times, head: str) -> None:
    assert (NOW_NS - START_NS) // NANOSECONDS == 60
    assert (await shown(Channel([entry(1, "hello", 0)]), times=times))[0] == head


async def test_json_is_laid_out_and_binary_is_hex() -> None:
    json = '{"step": 3, "files": ["a.txt", "b.txt"], "note": "long enough to be laid out over several lines"}'
    lines = await shown(Channel([entry(1, json, 0, BOT), entry(3, bytes(range(20)), 1)]))
    assert '  "step": 3,' in lines
    assert "20 bytes of binary data" in lines


async def test_what_is_long_is_cut_and_a_key_shows_more() -> None:
    app = StreamApp(Channel([entry(1, "x" * 1_000_000, 0)]).view)
    async with app.run_test(size=(70, 20)) as pilot:
        await settle(app, pilot)
        assert trimmed(app)[-1] == "… 16.0 KiB of 976.6 KiB shown, o shows more, S saves all of it"
        notes = []
        for _ in range(5):
            await pilot.press("k", "o", "G")
            await settle(app, pilot)
            notes.append(app.lines()[-1].strip("▌ "))
        assert notes[0] == "… 128.0 KiB of 976.6 KiB shown, o shows more, S saves all of it"
        assert notes[3] == "… 512.0 KiB of 976.6 KiB shown, S saves all of it"
        assert notes[4] == "… 16.0 KiB of 976.6 KiB shown, o shows more, S saves all of it"


async def test_what_was_shown_whole_is_shown_short_again() -> None:
    app = StreamApp(Channel([entry(1, "x" * 20_000, 0)]).view)
    async with app.run_test(size=(70, 20)) as pilot:
        for ending in ("x", "S saves all of it"):
            await pilot.press("k", "o", "G")
            await settle(app, pilot)
            assert app.lines()[-1].endswith(ending)


@pytest.mark.parametrize(
    "payload",
    [
        b"\x1b]52;c;aGVsbG8=\x07",
        b"\x1b[2J\x1b[H",
        b"\x9b31m \xc2\x9b31m",
        "\u202ereversed\u202c \u200bzero".encode(),
        b"\xff\xfe\xed\xa0\x80",
        b"[bold red]markup[/] [@click=app.quit]x[/]",
        b"**\x1b[31mbold** &#27;[5m `\x07`",
    ],
)
async def test_nothing_of_a_payload_reaches_the_screen_as_a_control(payload: bytes) -> None:
    made = [entry(1, payload, 0), entry(2, payload, 1, BOT, 1)]
    app = StreamApp(Channel(made).view)
    async with app.run_test(size=(70, 20)) as pilot:
        await settle(app, pilot)
        shown_text = "".join(app.lines())
        assert shown_text.isprintable()
        if b"markup" in payload:
            assert shown_text.count("[@click=app.quit]") == 2


async def test_rows_that_are_removed_and_inserted_at_the_top_keep_the_place() -> None:
    rows = [
        EntryRow((ALICE, number, 0, "entry"), [entry(number, f"entry {number}\nbody", number)]) for number in range(40)
    ]
    view = Listed(*rows)
    app = StreamApp(view)
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.press("pageup")
        await settle(app, pilot)
        before = app.lines()
        view.rows[0:3] = []
        late = EntryRow((BOT, 99, 0, "entry"), [entry(99, "late\n" * 7, 0, BOT)])
        view.rows.insert(1, late)
        app.stream.show([Op(OpKind.REMOVE, 0, 3), Op(OpKind.INSERT, 1, 1)])
        await settle(app, pilot)
        assert app.lines() == before


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (10, 3), (24, 8)])
async def test_the_smallest_screens_hold(size: tuple[int, int]) -> None:
    app = StreamApp(Channel(SORTING).view)
    async with app.run_test(size=size) as pilot:
        await pilot.press("pageup", "k", "k", "G", "g")
        await settle(app, pilot)
        assert len(app.lines()) == size[1]


async def test_another_theme_repaints_and_keeps_the_place() -> None:
    channel = Channel([entry(2 * number + 1, f"entry {number}\nbody", number) for number in range(60)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup")
        await settle(app, pilot)
        before, dark = app.lines(), app.stream.render_line(0)
        for theme in ("colony-light", "ansi-light", "nord"):
            app.theme = theme
            await settle(app, pilot)
            assert app.lines() == before
            assert list(app.stream.render_line(0)) != list(dark)


async def test_the_block_of_a_full_line_stands_on_the_next() -> None:
    for size, last in ((38, "┃ " + "x" * 38 + "▍"), (39, "┃ ▍")):
        channel = Channel([entry(1, "How?", 58), *tokens("x" * size, 2, 1, 59, size=3, ends=False)])
        assert (await shown(channel, (45, 20)))[-1] == last


async def test_a_late_token_takes_its_place_in_a_growing_reply() -> None:
    channel = Channel([entry(1, "How?", 0), entry(2, "one ", 1, BOT, 1), entry(6, "three", 3, BOT, 1)])
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        assert trimmed(app)[-1] == "┃ one three▍"
        app.stream.show(channel.add(entry(4, "two ", 2, BOT, 1)))
        await settle(app, pilot)
        assert trimmed(app)[-1] == "┃ one two three▍"


async def test_a_reply_with_a_nul_in_a_token_stays_text_at_its_end() -> None:
    reply = [entry(2, "some words ", 1, BOT, 1), entry(4, b"and \0 more", 2, BOT, 1), entry(6, "", 3, BOT, 1, "end")]
    channel = Channel([entry(1, "q", 0), *reply])
    assert "┃ some words and ␀ more" in await shown(channel)
    app = StreamApp(channel.view)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(app, pilot)
        assert app.stream.find("and ␀ more") == 1
