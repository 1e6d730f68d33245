"""Pictures of streams on seeded data: each view, each kind of payload, marks, both themes, a small screen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from textual.pilot import Pilot

from colony_tui.model import NANOSECONDS
from colony_tui.store.log import ChannelLog
from colony_tui.store.log_view import LogView
from colony_tui.store.views import RawView, ThreadView, TimeView
from colony_tui.tui.app import ColonyApp
from colony_tui.tui.widgets.stream import Ending, PendingLine, StreamView
from tests.tui.data import ALICE as ME
from tests.tui.data import NOW_NS, ROWS
from tests.tui.screen import screen_text, until
from tests.tui.scripted import CHATBOT, ScriptedSession
from tests.tui.scripted import entry as told
from tests.tui.stream.screen import StreamApp, settle
from tests.tui.stream.talk import ALICE, BOT, OTHER, SORTING, START_NS, Channel, entry, tokens

pytestmark = pytest.mark.snapshot

THEMES = ("colony-dark", "colony-light")

PAGE = """# Three ways to cache

> Measure first.

1. *In memory*, with a limit
2. On disk, by the **hash** of the input
   - with a [library](https://example.org/cache)
   - or by hand

```python
@cache
def answer(n: int) -> str:
    return f"{n:>4}"  # 42
```

| way | reads | survives a restart |
|---|--:|---|
| memory | 12 ns | no |
| disk | 80 µs | yes |
"""

PAYLOADS = [
    entry(1, "How would you cache this?", 0),
    *tokens(PAGE, 2, 1, 1),
    entry(901, json.dumps({"step": 3, "of": 10, "files": ["a.txt", "b.txt"], "done": False, "note": None}), 20, BOT),
    entry(903, bytes(range(256)), 21, BOT),
    entry(905, "\x1b[31mred\x1b[0m, \x1b]52;c;aGk=\x07 and \u202ebackwards\n[bold]no markup[/bold]", 22),
]

MARKED = [
    *(entry(number, f"Processing step {number}/4", number - 90_000, OTHER) for number in (1, 2)),
    *(entry(number + 10, f"Processing step {number}/4", number, OTHER) for number in (1, 2, 3, 4)),
    entry(30, b"", 5, OTHER, kind="end"),
]


async def calm(pilot: Pilot[Any]) -> None:
    assert isinstance(pilot.app, StreamApp)
    await settle(pilot.app, pilot)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("view", "name"), [(ThreadView, "threads"), (TimeView, "time"), (RawView, "raw")])
def test_views(snap_compare: Any, view: type[LogView], name: str, theme: str) -> None:
    made = SORTING if name != "raw" else [entry(1, "one\nline", 0), *tokens("a few tokens", 2, 1, 1)]
    channel = Channel(made, view)
    app = StreamApp(theme=theme)

    async def show(pilot: Pilot[Any]) -> None:
        app.stream.set_rows(channel.view, is_threaded=name == "threads", is_raw=name == "raw")
        await calm(pilot)

    assert snap_compare(app, terminal_size=(100, 36), run_before=show)


@pytest.mark.parametrize("theme", THEMES)
def test_payloads(snap_compare: Any, theme: str) -> None:
    assert snap_compare(StreamApp(Channel(PAYLOADS).view, theme), terminal_size=(100, 70), run_before=calm)


@pytest.mark.parametrize("theme", THEMES)
def test_marks(snap_compare: Any, theme: str) -> None:
    channel = Channel(MARKED)
    channel.view.apply(channel.log.set_attempts([START_NS - 90_000 * NANOSECONDS, START_NS]))
    app = StreamApp(channel.view, theme)

    async def mark(pilot: Pilot[Any]) -> None:
        app.stream.set_ending(Ending('ended: success after 5.6 s · output "done"'))
        app.stream.set_pending([PendingLine("x", ALICE, "on its way", "failed", "log is full", 31)])
        app.stream.mark_new(channel.view[len(channel.view) - 3].key, 2)
        await pilot.press("k", "k", "k", "m")
        app.stream.find("step")
        await pilot.press("n")
        await calm(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=mark)


def new_app(theme: str) -> ColonyApp:
    session = ScriptedSession()
    log = session.channel_logs[ROWS[0].id, "chat"] = ChannelLog(ROWS[0].id, "chat", ME, (CHATBOT,))
    for number in range(12):
        log.add([told(ME, 2 * number + 1, 100 - number, f"question {number}")])
        log.add([told(CHATBOT, 2 * number + 2, 99.5 - number, f"answer {number}", 2 * number + 1)])
    log.mark_live(NOW_NS, 0.004)
    return ColonyApp(session, process_id=ROWS[0].id, theme=theme)


async def opened(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.focused, StreamView) and "answer 11" in screen_text(pilot.app))


@pytest.mark.parametrize("theme", THEMES)
def test_a_small_screen(snap_compare: Any, theme: str) -> None:
    assert snap_compare(new_app(theme), terminal_size=(80, 24), run_before=opened)


@pytest.mark.parametrize("theme", THEMES)
def test_a_thread_alone(snap_compare: Any, theme: str) -> None:
    async def enter(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press("k", "k", "enter")
        await until(pilot, lambda: "thread of 2" in screen_text(pilot.app))
        await pilot.pause()

    assert snap_compare(new_app(theme), terminal_size=(80, 24), run_before=enter)


def test_asking_for_a_time(snap_compare: Any) -> None:
    async def ask(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press("T", *"-5m")
        await pilot.pause()

    assert snap_compare(new_app(THEMES[0]), terminal_size=(80, 24), run_before=ask)


def test_saving(snap_compare: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chat-24.txt").write_text("mine")

    async def ask(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        monkeypatch.chdir(tmp_path)
        await pilot.press("S", "enter")
        await until(pilot, lambda: "Enter overwrites it" in screen_text(pilot.app))

    assert snap_compare(new_app(THEMES[0]), terminal_size=(80, 24), run_before=ask)
