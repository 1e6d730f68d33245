"""The channels that a new process begins with: what served before, what is described, never what may have failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import Function, ProcessState
from colony_tui.tui.channel_offer import NEVER, described, offered
from colony_tui.tui.keeping import Files, Keeping
from tests.tui.data import ALICE, process

R, S, F, C = ProcessState.RUNNING, ProcessState.SUCCESS, ProcessState.FAILED, ProcessState.CANCELLED


def function(description: str = "") -> Function:
    return Function(name="explain", executor_name="llm-1", executor_type="bot", description=description)


@pytest.mark.parametrize(
    ("description", "names"),
    [
        ("Answers until you say bye (channel 'chat')", "chat"),
        ("Sends rows, acknowledged on 'sync' (channels 'output' and 'sync')", "output sync"),
        ('Reads channel "in", writes the channels `out`, `log` & “err”', "in out log err"),
        ("Answers on the channel chat until one says goodbye", "chat"),
        ("Counts steps on the channel progress.", "progress"),
        ("Talks over the channels output, log and sync and ends", "output log sync"),
        ("Channels: in, out", "in out"),
        ("Talks on the channel that one declares", ""),
        ("Asked at once; else the channel's first entry is, 'at last'", ""),
        ("Needs channels", ""),
        ("", ""),
    ],
)
def test_names_are_read_from_the_description(description: str, names: str) -> None:
    assert described(description) == tuple(names.split())


@given(st.text(alphabet="channels '\"`on the ab,:&/\n\x1b", max_size=3_000))
def test_any_description_can_be_read(description: str) -> None:
    described(description)


def test_what_served_last_is_offered_before_what_is_described() -> None:
    ran = [
        process(1, "explain", S, 90, channels=("old",)),
        process(2, "explain", S, 50, channels=("chat", "log")),
        process(3, "explain", F, 40, channels=("chata", "b", "c")),
        process(4, "explain", S, 30, channels=()),
        process(5, "other", S, 20, channels=("other",)),
        process(6, "explain", S, 10, "gpu", channels=("elsewhere",)),
    ]
    assert offered(function("on channel 'chat'"), ran) == ("chat", "log")
    later, earlier = ran[1].submitted_ns + 1, ran[1].submitted_ns - 1
    assert offered(function(), ran, (later, ("kept",))) == ("kept",)
    assert offered(function(), ran, (earlier, ("kept",))) == ("chat", "log")


def test_what_may_have_failed_is_not_offered() -> None:
    tried = [process(3, "explain", state, 40, channels=("chata", "b", "c")) for state in (F, C, ProcessState.WAITING)]
    assert offered(function("on channel 'chat'"), tried) == ("chat",)
    assert offered(function(), tried) == ()
    assert offered(function(), [*tried, process(4, "explain", R, 5, channels=("talk",))]) == ("talk",)


async def test_what_served_outlives_the_program_and_the_latest_counts(tmp_path: Path) -> None:
    files = Files(None, tmp_path / "desk.db")
    first, later = (process(number, "explain", S, 90 - number, channels=(f"c{number}",)) for number in (1, 2))
    for came in ([later, first], [first]):
        keeping = Keeping(files, ALICE, lambda sentence: None)
        for each in came:
            keeping.keep_served(each)
        await keeping.open()
        assert keeping.served("explain", "bot") == (later.submitted_ns, ("c2",))
        assert keeping.served("explain", "gpu") == keeping.served("other", "bot") == NEVER
        await keeping.close()
