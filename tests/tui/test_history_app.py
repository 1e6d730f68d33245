"""The app with files, on an embedded colony: what outlives it, what it says when they fail, what it has recorded."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from colony_tui.archive import Desk
from colony_tui.archive.desk_tables import peek
from colony_tui.client import ColonyClient, ServerAddress
from colony_tui.errors import UsageError
from colony_tui.model import Function, Process
from colony_tui.store.condition import ConditionKind
from colony_tui.tui.keeping import Files
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.run import LiveApp
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.theme import DARK_THEME, LIGHT_THEME
from colony_tui.tui.widgets.chat_input import ChatInput, ChatText
from colony_tui.tui.widgets.stream import StreamView
from tests.colony import PATIENCE_S
from tests.members import Members, address_of, members
from tests.tui.screen import screen_text

WIDE, NARROW = (160, 45), (80, 24)


@dataclass
class Seat:
    """A running app, and whoever sits before it."""

    app: LiveApp
    session: LiveSession
    pilot: Pilot[None]

    def has(self, *words: str) -> bool:
        text = screen_text(self.app)
        return all(word in text for word in words)

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"it never came:\n{screen_text(self.app)}"
            await self.pilot.pause(0.005)

    async def shows(self, *words: str) -> None:
        await self.until(lambda: self.has(*words))

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def box(self) -> ChatInput:
        return self.main.query_one(ChatInput)

    async def opens(self, process: Process) -> None:
        await self.until(lambda: self.session.colony.watcher.table.get(process.id) is not None)
        self.app.call_later(self.main.open, process.id)
        await self.until(lambda: self.main.pane.process_id == process.id and self.main.pane.has_focus_within)

    async def types(self, text: str) -> None:
        if not isinstance(self.app.focused, ChatText):
            await self.pilot.press("i")
            await self.until(lambda: isinstance(self.app.focused, ChatText))
        before = self.box.text
        self.app.post_message(events.Paste(text))
        await self.until(lambda: self.box.text == before + text)

    async def is_live(self, process: Process, channel: str) -> None:
        log = self.session.log(process.id, channel)
        assert log is not None
        await self.until(lambda: log.condition.kind is ConditionKind.LIVE)

    def unread(self, process: Process) -> int:
        return next((row.unread for row in self.session.rows if row.id == process.id), -1)


def files_in(folder: Path) -> Files:
    return Files(folder / "archive.db", folder / "desk.db")


@asynccontextmanager
async def seat(
    people: Members, files: Files | None, *, process_id: str = "", size: tuple[int, int] = WIDE, theme: str = ""
) -> AsyncIterator[Seat]:
    """The app as alice runs it, with a connection of its own."""
    colony = people.colony
    async with ColonyClient.connect(address_of(colony), colony.user_key, colony.colony) as client:
        session = LiveSession(client, colony.colony, files=files)
        app = LiveApp(session, process_id=process_id, theme=theme)
        async with app.run_test(size=size) as pilot:
            sitting = Seat(app, session, pilot)
            await sitting.until(lambda: any(isinstance(screen, MainScreen) for screen in app.screen_stack))
            yield sitting
            app.exit()
        await session.over()


async def test_it_returns_to_the_process_with_its_draft_and_what_is_answered(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat", "side")
        await people.bot.append(process.id, "chat", 2, b"What is your name?")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.shows("What is your name?")
            await alice.pilot.press("r")
            await alice.until(lambda: isinstance(alice.app.focused, ChatText))
            await alice.types("half a li")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.main.pane.process_id == process.id)
            await alice.until(lambda: alice.box.text == "half a li")
            await alice.shows("#2 worker-1: What is your name?")
            await alice.types("ne")
            await alice.pilot.press("enter")
            await alice.until(lambda: len(alice.session.log(process.id, "chat") or ()) == 2)
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.main.pane.process_id == process.id)
            await alice.shows("half a line")
            assert alice.box.text == ""
            alice.box.focus_text()
            await alice.pilot.press("up")
            await alice.until(lambda: alice.box.text == "half a line")
        (_, sent) = await people.bot.read_channel(process.id, "chat")
        assert sent.payload == b"half a line" and sent.in_reply_to == 2


async def test_what_the_server_has_forgotten_looks_as_it_did_live(tmp_path: Path) -> None:
    lines = ("worker-1 step 1", "worker-1 step 2")
    async with members() as people:
        process = await people.running("progress")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            for number in (1, 2):
                await people.bot.append(process.id, "progress", number, b"step %d" % number)
            await alice.shows(*lines)
            await alice.is_live(process, "progress")
            await people.bot.close(process.id)
            await alice.shows("■ ended")
        key = people.colony.user_key
    async with members(user_key=key) as people, seat(people, files_in(tmp_path)) as alice:
        await alice.shows("recorded 2 of 2", *lines)


async def test_each_channel_has_its_draft(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat", "side")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.types("to chat")
            await alice.pilot.press("alt+2")
            await alice.until(lambda: alice.main.pane.channel == "side")
            assert alice.box.text == ""
            await alice.types("to side")
            await alice.pilot.press("alt+1")
            await alice.until(lambda: alice.box.text == "to chat")
        async with seat(people, files_in(tmp_path), process_id=process.id) as alice:
            await alice.until(lambda: alice.box.text == "to chat")
            await alice.pilot.press("alt+2")
            await alice.until(lambda: alice.box.text == "to side")


async def test_what_is_typed_is_on_disk_while_the_app_still_runs(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.types("never lost")

            def is_on_disk() -> bool:
                with sqlite3.connect(tmp_path / "desk.db") as connection:
                    found = connection.execute("SELECT text FROM drafts").fetchall()
                connection.close()
                return found == [("never lost",)]

            await alice.until(is_on_disk)


async def test_what_came_while_nobody_looked_is_unread_in_the_next_run_and_read_once_seen(tmp_path: Path) -> None:
    async with members() as people:
        seen, other = await people.running("chat"), await people.running("chat")
        for process in (seen, other):
            await people.bot.append(process.id, "chat", 2, b"before the first run")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(seen)
            await alice.shows("before the first run")
            await alice.until(lambda: alice.session.log(other.id, "chat"))
            assert alice.unread(other) == 0  # old when one first came
            await people.bot.append(seen.id, "chat", 4, b"seen at once")
            await people.bot.append(other.id, "chat", 4, b"not seen")
            await alice.shows("seen at once")
            await alice.until(lambda: alice.unread(other) == 1)
            assert alice.unread(seen) == 0
        await people.bot.append(other.id, "chat", 6, b"a reply", in_reply_to=1)
        await people.bot.append(other.id, "chat", 8, b" of two tokens", in_reply_to=1)
        await people.bot.append(seen.id, "chat", 6, b"came later")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.unread(other) == 2)
            await alice.until(lambda: alice.main.pane.process_id == seen.id)
            await alice.shows("came later")
            await alice.opens(other)
            await alice.until(lambda: alice.unread(other) == 0)
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: len(alice.session.log(seen.id, "chat") or ()) == 3)
            await alice.until(lambda: len(alice.session.log(other.id, "chat") or ()) == 4)
            assert (alice.unread(seen), alice.unread(other)) == (0, 0)


async def test_what_came_behind_another_tab_is_read_when_one_comes_back(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat", "side")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.until(lambda: alice.session.log(process.id, "chat") is not None)
            await alice.pilot.press("alt+3")
            await alice.until(lambda: not alice.main.pane.channel)
            await people.bot.append(process.id, "chat", 2, b"behind the logs")
            await alice.until(lambda: alice.unread(process) == 1)
            await alice.pilot.press("alt+1")
            await alice.until(lambda: alice.unread(process) == 0)


async def test_what_comes_while_the_list_covers_the_stream_is_unread(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        async with seat(people, files_in(tmp_path), size=NARROW) as alice:
            await alice.opens(process)
            await alice.until(lambda: alice.session.log(process.id, "chat") is not None)
            await alice.pilot.press("escape")
            await alice.until(lambda: not alice.main.pane.has_focus_within)
            await people.bot.append(process.id, "chat", 2, b"behind the list")
            await alice.until(lambda: len(alice.session.log(process.id, "chat") or ()) == 1)
            await alice.until(lambda: alice.unread(process) == 1)
            await alice.pilot.press("enter")
            await alice.until(lambda: alice.unread(process) == 0)


async def test_without_the_focus_nothing_is_read(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.until(lambda: alice.session.log(process.id, "chat") is not None)
            alice.app.post_message(events.AppBlur())
            await alice.until(lambda: not alice.app.app_focus)
            await people.bot.append(process.id, "chat", 2, b"while away")
            await alice.until(lambda: alice.unread(process) == 1)
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.main.pane.process_id == process.id)
            await alice.until(lambda: alice.unread(process) == 0)


async def test_a_lost_link_announces_nothing_again_and_says_how_old_all_is(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        await people.bot.append(process.id, "chat", 2, b"once")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.session.log(process.id, "chat"))
            await people.bot.append(process.id, "chat", 4, b"news")
            await alice.until(lambda: alice.unread(process) == 1)
            port = people.colony.port
            await people.colony.stop()
            await alice.shows("reconnecting", ", as of ")
            link = alice.session.standing.link
            assert link.heard_ns is not None
            await alice.until(lambda: (alice.session.standing.link.retry_ns or 0) > alice.session.now_ns())
            await people.colony.start()
            assert people.colony.port == port
            await alice.shows("● live")
            assert alice.unread(process) == 1


async def test_a_finished_process_says_what_was_recorded_of_it(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        async with seat(people, files_in(tmp_path)) as alice:
            for number in range(3):
                await people.bot.append(process.id, "out", number, b"line %d" % number)
            await alice.until(lambda: len(alice.session.log(process.id, "out") or ()) == 3)
            await alice.is_live(process, "out")
            await people.bot.close(process.id, ["done"])
            await alice.until(lambda: alice.session.ending(process.id) is not None)
            await alice.until(lambda: (log := alice.session.log(process.id, "out")) and log.is_closed)
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.opens(process)
            await alice.shows("line 2", "recorded 3 of 3", "this process has ended", "ended: success")
            assert isinstance(alice.app.focused, StreamView)


async def test_a_process_that_the_server_has_forgotten_still_opens(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("out")
        async with seat(people, files_in(tmp_path)) as alice:
            await people.bot.append(process.id, "out", 1, b"only here now")
            await alice.until(lambda: alice.session.log(process.id, "out"))
            await alice.is_live(process, "out")
            await people.bot.close(process.id)
            await alice.until(lambda: alice.session.ending(process.id) is not None)
        await people.me.remove_process(process.id)
        async with seat(people, files_in(tmp_path), process_id=process.id) as alice:
            await alice.shows("only here now", "recorded 1 of 1", "success", "removed from the server", "Mine 0")


async def test_a_damaged_archive_is_said_and_stays_said_while_the_app_goes_on(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"this is no database" * 100)
    async with members() as people:
        process = await people.running("chat")
        for size in (WIDE, NARROW):
            async with seat(people, files_in(tmp_path), size=size) as alice:
                await alice.shows("Nothing is recorded: The archive", " not recorded")
                await alice.opens(process)
                await alice.types("still here")
                await alice.pilot.press("enter")
                await alice.shows("still here")
                await alice.until(lambda: not alice.session.pending(process.id, "chat"))
        assert (tmp_path / "archive.db").read_bytes().startswith(b"this is no database")


async def test_a_folder_that_cannot_be_used_is_one_sentence_for_both(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with members() as people:
        process = await people.running("chat")
        async with seat(people, files_in(tmp_path / "file")) as alice:
            await alice.shows("Nothing is recorded or kept: The archive", "not recorded")
            await alice.opens(process)
            await alice.types("in memory")
            assert alice.session.draft(process.id, "chat")[0] == "in memory"


async def test_without_an_archive_the_desk_is_kept_all_the_same(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.running("chat")
        files = Files(None, tmp_path / "desk.db")
        async with seat(people, files) as alice:
            await alice.shows(", not recorded")
            await alice.opens(process)
            await alice.types("a draft")
        assert not (tmp_path / "archive.db").exists()
        async with seat(people, files) as alice:
            await alice.until(lambda: alice.main.pane.process_id == process.id and alice.box.text == "a draft")


async def test_a_line_that_waited_for_its_executor_is_sent_by_the_next_run(tmp_path: Path) -> None:
    async with members() as people:
        process = await people.me.submit(people.spec("chat"))
        async with Desk(tmp_path / "desk.db") as desk:
            desk.keep_line(process.id, "chat", people.me.id, b"typed before a kill")
        async with seat(people, files_in(tmp_path)) as alice:
            await people.bot.assign(5)
            await alice.until(lambda: len(alice.session.log(process.id, "chat") or ()) == 1)
        (line,) = await people.bot.read_channel(process.id, "chat")
        assert line.payload == b"typed before a kill"


async def test_the_theme_is_remembered_and_a_wish_stands_before_it(tmp_path: Path) -> None:
    async with members() as people:
        async with seat(people, files_in(tmp_path)) as alice:
            assert alice.app.theme == DARK_THEME
            alice.app.theme = LIGHT_THEME
            await alice.pilot.pause()
        async with seat(people, files_in(tmp_path)) as alice:
            assert alice.app.theme == LIGHT_THEME
        async with seat(people, files_in(tmp_path), theme="nord") as alice:
            assert alice.app.theme == "nord"


async def test_a_theme_that_there_is_not_is_said() -> None:
    async with ColonyClient.connect(ServerAddress("localhost", 1), "1" * 64, "dev") as client:
        session = LiveSession(client, "dev")
        with pytest.raises(UsageError, match=r"no theme 'nosuch'; there are .*colony-dark, colony-light"):
            LiveApp(session, theme="nosuch")


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be looked at as one" * 20])
def test_no_theme_is_read_from_what_is_no_desk(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "desk.db").write_bytes(content)
    assert peek(tmp_path / "desk.db", "theme") is None


async def test_channels_that_served_are_offered_in_the_next_run_too(tmp_path: Path) -> None:
    work = Function(name="work", executor_name="worker-1", executor_type="bot", description="on the channel other")
    async with members() as people:
        async with seat(people, files_in(tmp_path)) as alice:
            assert alice.session.channels_of(work) == ("other",)
            process = await people.running("chat", "log")
            await people.bot.close(process.id)
            await alice.until(lambda: alice.session.channels_of(work) == ("chat", "log"))
        await people.me.remove_process(process.id)
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.session.channels_of(work) == ("chat", "log"))


async def test_what_the_server_no_longer_knows_is_said_when_it_is_to_be_removed() -> None:
    async with members() as people:
        process = await people.running("chat")
        await people.bot.close(process.id)
        async with seat(people, None) as alice:
            await alice.opens(process)
            await alice.shows("ended: success")
            await people.me.remove_process(process.id)
            await alice.pilot.press("delete")
            await alice.shows("Remove work")
            await alice.pilot.press("y")
            await alice.shows("The server no longer knows it", "removed from the server", "No process yet")
            assert alice.has("ended: success")


async def test_no_lock_is_held_while_the_program_is_suspended(tmp_path: Path) -> None:
    async with members() as people:
        await people.running("chat")
        async with seat(people, files_in(tmp_path)) as alice:
            await alice.until(lambda: alice.session._keeping.desk is not None)
            await alice.session.suspend()
            with closing(sqlite3.connect(tmp_path / "desk.db", timeout=0, isolation_level=None)) as other:
                alice.session._keeping.keep_draft("p" * 64, "chat", "kept behind", None)
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            alice.session.resume()
            desk = alice.session._keeping.desk
            assert desk is not None and await desk.flush()
