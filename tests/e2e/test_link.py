"""The server goes away and comes back; processes go; keys that may not do everything."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from textual.events import AppBlur, AppFocus

from colony_tui.errors import ConnectError
from colony_tui.store.condition import ConditionKind
from colony_tui.tui import recovery
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.session import Change, Noticed
from colony_tui.tui.widgets.process_list import ProcessList
from tests.e2e.stage import NARROW, Player, Stage, stage

pytestmark = pytest.mark.e2e


async def talking(scene: Stage, player: Player) -> str:
    """An open chat with one entry; the process's id."""
    process = await scene.people.running("chat")
    await player.opens(process.id)
    await scene.people.bot.append(process.id, "chat", 2, b"before the loss")
    await player.shows("before the loss")
    await player.until(lambda: player.condition is ConditionKind.LIVE)
    return process.id


async def lose(scene: Stage, player: Player) -> None:
    """The server stops; the screen says so, and what was held stays."""
    await scene.people.colony.stop()
    await player.shows("reconnecting", "lost")
    assert "before the loss" in player.stream


async def test_the_server_comes_back_with_its_logs() -> None:
    async with stage() as scene, scene.app() as player:
        process_id = await talking(scene, player)
        await lose(scene, player)
        await player.write("typed meanwhile")
        await player.shows("typed meanwhile", "sending")
        await scene.people.colony.start()
        await player.until(lambda: len(player.log_of(process_id, "chat")) == 2)
        await player.until(lambda: player.condition is ConditionKind.LIVE and not player.has("reconnecting"))
        await scene.people.bot.append(process_id, "chat", 4, b"after the loss", in_reply_to=3)
        await player.shows("after the loss")
        held = [(entry.sequence, entry.payload) for entry in await scene.people.me.read_channel(process_id, "chat")]
        assert sorted(held) == [(2, b"before the loss"), (3, b"typed meanwhile"), (4, b"after the loss")]
        assert "reset" not in player.stream and "gap" not in player.stream


async def test_the_server_comes_back_without_its_logs() -> None:
    async with stage() as scene, scene.app() as player:
        process_id = await talking(scene, player)
        await lose(scene, player)
        await scene.people.colony.restart()
        await player.shows("reset: the server's log is shorter than ours", "before the loss")
        await player.write("said again")
        await scene.people.bot.append(process_id, "chat", 4, b"a new log")
        await player.shows("a new log", "said again", "before the loss")
        held = [entry.payload for entry in await scene.people.me.read_channel(process_id, "chat")]
        assert sorted(held) == [b"a new log", b"said again"]
        stream = player.stream
        assert stream.index("before the loss") < stream.index("reset:") < stream.index("a new log")


def announcements(player: Player) -> list[str]:
    """What is said from now on of links that are back."""
    told: list[str] = []

    def listen(change: Change) -> None:
        if isinstance(change, Noticed) and change.sentence.startswith("Live again"):
            told.append(change.sentence)

    player.session.listen(listen)
    return told


async def is_calm(player: Player) -> None:
    """Wait until every stream is live and nothing is left to be announced."""
    followed = player.session.colony.followed

    def is_well() -> bool:
        logs = [each.log for process in followed.values() for each in process.followers.values()]
        outage = player.session._recovery._outage
        return all(log.condition.kind is ConditionKind.LIVE for log in logs) and outage._since is None

    await player.until(is_well)


@pytest.fixture
def soon_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage is over shortly after all is back."""
    monkeypatch.setattr(recovery, "CALM_S", 0.05)


@pytest.mark.usefixtures("soon_calm")
@pytest.mark.parametrize("loss", ["the server", "its sockets"])
async def test_recovery_is_announced_once_and_nothing_that_was_seen_is_new_again(loss: str) -> None:
    async with stage() as scene, scene.app() as player:
        other = await scene.people.running("chat", "notes")
        process_id = await talking(scene, player)
        for channel in other.channels:
            await scene.people.bot.append(other.id, channel, 2, b"read by nobody")
        await player.until(lambda: sum(tab.unread for tab in player.session.tabs(other.id)) == 2)
        told = announcements(player)
        if loss == "the server":
            await lose(scene, player)
            await scene.people.colony.start()
        else:
            scene.people.colony.drop_connections()
            await player.shows("○ lost")
        await player.shows("Live again after")
        await is_calm(player)
        assert len(told) == 1
        assert [tab.unread for tab in player.session.tabs(other.id)] == [1, 1]
        assert [tab.unread for tab in player.session.tabs(process_id)] == [0]
        assert player.main.pane.holder.stream.new_count == 0 and " new " not in player.stream
        assert player.stream.count("before the loss") == 1
        await scene.people.bot.append(process_id, "chat", 4, b"after the loss", in_reply_to=3)
        await player.shows("after the loss")
        assert len(told) == 1


@pytest.mark.usefixtures("soon_calm")
async def test_a_log_that_begins_anew_makes_nothing_new_of_what_was_seen() -> None:
    async with stage() as scene, scene.app() as player:
        process_id = await talking(scene, player)
        told = announcements(player)
        await lose(scene, player)
        await scene.people.colony.restart()
        await player.shows("reset: the server's log is shorter than ours", "Live again after")
        await is_calm(player)
        assert len(told) == 1
        assert [tab.unread for tab in player.session.tabs(process_id)] == [0]


@pytest.mark.usefixtures("soon_calm")
async def test_a_link_that_flaps_is_announced_when_it_has_calmed_down() -> None:
    async with stage() as scene, scene.app() as player:
        await talking(scene, player)
        told = announcements(player)
        link, now = player.client.transport.link, asyncio.get_running_loop().time()
        for _ in range(5):
            # Without a pause between them nothing else can come in between.
            link.failed(now, ConnectError("The link broke"))
            link.heard(now)
        assert told == []
        await player.shows("Live again after")
        await is_calm(player)
        assert len(told) == 1


async def test_connections_that_are_cut_lose_nothing() -> None:
    async with stage() as scene, scene.app() as player:
        process_id = await talking(scene, player)
        for number in range(2, 12):
            scene.people.colony.drop_connections()
            with suppress(ConnectError):
                await scene.people.bot.get_process(process_id)
            await scene.people.bot.append(process_id, "chat", 2 * number, f"number {number};".encode())
        await player.until(lambda: len(player.log_of(process_id, "chat")) == 11)
        await player.shows(*(f"number {number};" for number in range(2, 12)))


async def test_what_is_removed_elsewhere_disappears() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.submit("render", "gpu", "frames")
        await player.shows("render")
        await scene.people.me.remove_process(process.id)
        player.session.colony.watcher.hurry()
        await player.hides("render")
        await player.shows("No process yet")


async def test_an_open_process_that_is_removed_says_so() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.submit("render", "gpu", "frames")
        await player.opens(process.id)
        await player.shows("x cancel")
        await scene.people.me.remove_process(process.id)
        player.session.colony.watcher.hurry()
        await player.until(lambda: player.session.colony.watcher.table.get(process.id) is None)
        await player.hides("x cancel")
        await player.until(lambda: not player.has("opens when an executor takes it"))
        await player.shows("render ⊘ removed from the server")
        await player.shows("the server has removed this process")


async def test_read_only_changes_nothing() -> None:
    async with stage() as scene, scene.app(is_read_only=True) as player:
        process = await scene.people.running("chat", "sync")
        await player.opens(process.id)
        await scene.people.bot.append(process.id, "chat", 2, b"hello there")
        await scene.people.bot.append(process.id, "chat", 4, b"", type="end")
        await player.shows("hello there", "read-only")
        changing = ("channelappendmsg", "submitfuncspecmsg", "cancelprocessmsg", "removeprocessmsg")
        before = [scene.people.colony.counts[kind] for kind in changing]
        await player.press("i", *"hey", "enter", "escape", "escape")
        await player.press("x", "y", "n", "delete", "y", "a", "y")
        await player.pilot.pause()
        assert isinstance(player.app.screen, MainScreen)
        assert [scene.people.colony.counts[kind] for kind in changing] == before


async def test_who_is_not_a_member_is_told() -> None:
    async with stage() as scene:
        await scene.people.running("chat")
        for key in (scene.people.colony.colony_key, "1" * 64):
            async with scene.app(key=key) as player:
                await player.shows("not a member", "This key is not a member of the colony")


async def test_a_key_that_is_dropped_is_told_and_what_was_seen_stays() -> None:
    async with stage() as scene:
        key = scene.people.colony.add_executor("worker-9", "gpu")
        bot = scene.people.client(key)
        await scene.submit("render", "gpu", "chat")
        process = await bot.assign(5)
        await bot.append(process.id, "chat", 2, b"said before")
        async with scene.app(key=key) as player:
            await player.opens(process.id)
            await player.is_live()
            await player.shows("worker-9", "said before")
            await scene.people.owner.remove_executor("worker-9")
            player.session.colony.watcher.hurry()
            await player.shows("no longer a member", "The colony no longer answers this key", "asks for no work")
            assert player.has("said before")


async def test_a_server_that_cannot_be_reached_at_the_start_is_no_empty_colony() -> None:
    async with stage() as scene:
        await scene.people.colony.stop()
        async with scene.app() as player:
            await player.shows("cannot be reached: connection", "refused. Tried again until it answers")
            assert not player.has("No process yet")
            await scene.people.colony.start()
            await player.shows("No process yet")


async def test_it_opens_where_it_was_pointed_to_also_while_the_server_is_away() -> None:
    async with stage() as scene:
        process = await scene.people.running("chat", "notes")
        await scene.people.bot.append(process.id, "notes", 2, b"a note")
        await scene.people.colony.stop()
        async with scene.app(process_id=process.id, channel="notes") as player:
            await player.shows("reconnecting")
            await scene.people.colony.start()
            await player.shows("a note", "to notes on worker-1")


async def test_without_the_focus_less_is_asked_and_with_it_at_once_again() -> None:
    async with stage() as scene, scene.app() as player:
        await scene.people.running("chat")
        await player.shows("work")
        counts, beats = scene.people.colony.counts, player.session.colony.watcher.intervals.all()
        now = asyncio.get_running_loop().time()
        player.app.post_message(AppBlur())
        await player.until(lambda: [beat.interval(now) for beat in beats] == [beat.unwatched for beat in beats])
        before = counts["getprocessesmsg"]
        player.app.post_message(AppFocus())
        await player.until(lambda: all(beat.interval(now) < beat.unwatched for beat in beats))
        await player.until(lambda: counts["getprocessesmsg"] > before)


async def test_it_is_resized_while_it_streams() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.people.running("output")
        await player.opens(process.id)
        for number in range(1, 61):
            await scene.people.bot.append(process.id, "output", 2 * number, f"line {number};".encode())
            if number % 10 == 0:
                await player.pilot.resize_terminal(*(NARROW if number % 20 else (120, 40)))
        await player.until(lambda: "line 60;" in player.stream)
        await player.until(lambda: len(player.log_of(process.id, "output")) == 60)
        lines = [f"line {number};" for number in range(1, 61)]
        shown = [line for line in lines if line in player.stream]
        assert shown == lines[-len(shown) :] and len(shown) > 10


async def test_a_hundred_kilobytes_are_pasted_and_sent() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.people.running("chat")
        await player.opens(process.id)
        await player.shows("as alice")
        text = "\n".join(f"{number:05} {'x' * 90}" for number in range(1_050))
        assert len(text) > 100_000
        await player.write(text)
        await player.until(lambda: len(player.log_of(process.id, "chat")) == 1)
        assert player.log_of(process.id, "chat")[0].payload.decode() == text


async def test_a_list_that_changes_keeps_its_cursor() -> None:
    async with stage() as scene, scene.app() as player:
        for number in range(3):
            await scene.submit(f"waits-{number}", "gpu")
        await player.focuses(ProcessList)
        await player.shows("waits-0", "waits-1", "waits-2")
        await player.press("j")
        chosen = player.app.focused
        assert isinstance(chosen, ProcessList)
        before = chosen.cursor_id
        await scene.submit("comes-later", "gpu", priority=5)
        await player.shows("comes-later")
        assert chosen.cursor_id == before
