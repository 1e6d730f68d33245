"""Info and logs: everything said, nothing harmful, the place kept."""

from __future__ import annotations

from textual.app import ComposeResult

from colony_tui.model import NANOSECONDS, Attribute, FunctionSpec, LogLine, ProcessState
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.facts import Facts, facts_of
from colony_tui.tui.widgets.log_lines import LogLines, log_paragraphs
from colony_tui.tui.widgets.process_head import Head
from tests.tui.data import NOW_NS, process
from tests.tui.screen import HARMFUL, until, widget_text

EVIL = "\x1b[2J[red]\u202e"
SPEC = FunctionSpec(
    function="train" + EVIL,
    executor_type="gpu",
    channels=("loss", "loss", "chat"),
    args=("fast", 3, {"deep": [1, EVIL]}),
    kwargs={"epochs": 5, "note" + EVIL: "two\nlines"},
    max_exec_time=3_600,
    max_retries=2,
    env={"HOME": EVIL},
)
HEAD = Head(
    process(
        1,
        "",
        ProcessState.RUNNING,
        75,
        spec=SPEC,
        exec_deadline_ns=NOW_NS + 90 * NANOSECONDS,
        retries=1,
        errors=("disk full" + EVIL,),
        output=("done", {"loss": 0.5}),
        attributes=(Attribute("gpu", "a100"),),
    ),
    "worker-1",
)


def facts(head: Head = HEAD) -> str:
    return "\n".join(paragraph.text for paragraph in facts_of(head, NOW_NS))


def test_info_says_everything_there_is() -> None:
    words = " ".join(facts().split())
    for expected in (
        HEAD.process.id,
        "▶ running 1 m 15 s",
        "attempt 2 of 3",
        "channels loss, chat",
        "may run 1 h 0 m",
        "may wait without limit",
        "01:30 left",
        "arguments fast 3 {",
        "epochs 5",
        "two lines",
        "output done {",
        '"loss": 0.5',
        "errors disk full",
        "gpu a100",
    ):
        assert expected in words, expected


def test_info_begins_with_why_it_failed() -> None:
    first, second, *_ = facts().split("\n")
    assert first == "errors" and second.startswith("disk full")


def test_info_is_harmless_and_leaves_out_what_is_empty() -> None:
    assert not HARMFUL.search(facts().replace("\n", ""))
    bare = facts(Head(process(1, "f", ProcessState.WAITING, 5)))
    assert not {"output", "errors", "attributes", "arguments"} & set(bare.split("\n"))


class FactsApp(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield Facts()

    @property
    def facts(self) -> Facts:
        return self.query_one(Facts)


async def test_info_stays_where_one_reads_while_deadlines_count() -> None:
    app = FactsApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.facts.focus()
        app.facts.show_facts(HEAD, NOW_NS)
        await until(pilot, lambda: app.facts.allow_vertical_scroll)
        await pilot.press("G")
        await until(pilot, lambda: app.facts.scroll_offset.y == app.facts.max_scroll_y > 0)
        before = widget_text(app.facts)
        app.facts.show_facts(HEAD, NOW_NS + NANOSECONDS)
        await pilot.pause()
        assert widget_text(app.facts) == before
        await pilot.press("g", "j")
        await until(pilot, lambda: app.facts.scroll_offset.y == 1)


async def test_long_values_are_wrapped_under_themselves() -> None:
    app = FactsApp()
    async with app.run_test(size=(40, 30)) as pilot:
        app.facts.show_facts(HEAD, NOW_NS)
        await until(pilot, lambda: "specification" in widget_text(app.facts))
        rows = widget_text(app.facts).split("\n")
        at = next(index for index, row in enumerate(rows) if row.startswith(" id "))
        assert rows[at + 1].startswith(" " * 19) and rows[at].split()[1] + rows[at + 1].strip() in HEAD.process.id


def log(number: int, message: str = "step") -> LogLine:
    return LogLine("p", "worker" + EVIL, f"{message} {number}\n", NOW_NS + number)


def test_log_lines_have_time_and_executor() -> None:
    first, second, third = log_paragraphs([log(1), log(2, "two\nlines" + EVIL)])
    assert first.text.startswith("12:45:04  worker") and first.text.endswith("  step 1")
    assert second.text.endswith("  two") and third.text.strip().startswith("lines")
    assert not HARMFUL.search(first.text + second.text + third.text)


class LogApp(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield LogLines()

    @property
    def logs(self) -> LogLines:
        return self.query_one(LogLines)


async def test_logs_follow_at_the_end_and_nowhere_else() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)) as pilot:
        logs = [log(number) for number in range(30)]
        app.logs.focus()
        app.logs.show_logs(logs)
        await until(pilot, lambda: app.logs.allow_vertical_scroll and "step 29" in widget_text(app.logs))
        await pilot.press("pageup")
        await until(pilot, lambda: "step 29" not in widget_text(app.logs))
        before = widget_text(app.logs)
        logs += [log(number) for number in range(30, 40)]
        app.logs.show_logs(logs)
        await pilot.pause()
        assert widget_text(app.logs) == before
        await pilot.press("G")
        await until(pilot, lambda: "step 39" in widget_text(app.logs))
        app.logs.show_logs([*logs, log(40)])
        await until(pilot, lambda: "step 40" in widget_text(app.logs))


async def test_below_the_logs_stands_why_it_failed_in_full() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)) as pilot:
        for lines in ([], [log(1)], [log(1), log(2)]):
            app.logs.show_logs(lines)
            app.logs.show_logs(lines, ["no channel 'chat' " * 5 + "at all", "disk\nfull"])
            await until(pilot, lambda: "disk" in widget_text(app.logs))
            words = " ".join(widget_text(app.logs).split())
            assert ("step 2" if len(lines) == 2 else "step 1" if lines else "No log lines") in words
            assert words.endswith("no channel 'chat' " * 5 + "at all disk full")


async def test_no_logs_are_said_and_then_gone() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.logs.show_logs([])
        await until(pilot, lambda: "No log lines" in widget_text(app.logs))
        app.logs.show_logs([log(1)])
        await until(pilot, lambda: "step 1" in widget_text(app.logs) and "No log" not in widget_text(app.logs))
