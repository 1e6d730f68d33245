"""Talking to bots: from a new process to the answer under the line."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from colony_tui.model import ProcessState
from colony_tui.tui.screens.new_process import NewProcessScreen
from colony_tui.tui.widgets.chat_input import ChatText
from colony_tui.tui.widgets.process_list import ProcessList
from colony_tui.tui.widgets.stream import StreamView
from tests.e2e.stage import Player, stage

pytestmark = pytest.mark.e2e


async def start_chat(player: Player) -> str:
    """n, the only function, its channel, Enter; the id of the process that opened."""
    await player.focuses(ProcessList)
    await player.press("n")
    await player.until(lambda: isinstance(player.app.screen, NewProcessScreen) and player.has("Talks; say help"))
    await player.press("enter")
    await player.until(lambda: isinstance(player.app.focused, Input) and player.app.focused.value == "chat")
    await player.press("enter")
    await player.shows("to chat on chatbot-demo, as alice")
    await player.is_live()
    return player.main.pane.process_id


async def test_a_chat_from_the_new_process_to_goodbye() -> None:
    async with stage("chatbot") as scene, scene.app() as player:
        process_id = await start_chat(player)
        await player.write("hello")
        await player.shows("Hello! How can I help you?")
        assert 0 <= player.stream.index("hello") < player.stream.index("Hello! How can I help you?")
        log = player.log_of(process_id, "chat")
        assert [(entry.sequence, entry.in_reply_to) for entry in log] == [(1, None), (2, 1)]
        await player.write("again")
        await player.shows("I received your message!")
        await player.write("bye")
        await player.shows("Goodbye! Have a great day!", "ended: success", "answered 3")
        sequences = [
            entry.sequence for entry in player.log_of(process_id, "chat") if entry.sender_id == player.client.id
        ]
        assert sequences == [1, 3, 5]


async def test_a_reply_names_the_entry_under_the_cursor() -> None:
    async with stage("chatbot") as scene, scene.app() as player:
        process_id = await start_chat(player)
        await player.write("hello")
        await player.shows("Hello! How can I help you?")
        await player.press("escape")
        await player.focuses(StreamView)
        await player.press("r")
        await player.focuses(ChatText)
        await player.shows("Esc clears")
        await player.press(*"json", "enter")
        await player.until(lambda: len(player.log_of(process_id, "chat")) == 4)
        assert player.log_of(process_id, "chat")[2].in_reply_to == 2
        await player.hides("Esc clears")


async def test_a_line_is_sending_accepted_and_seen() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.people.running("chat")
        await player.opens(process.id)
        await player.is_live()
        told: list[str] = []
        session = player.session

        def note(change: object) -> None:
            told.extend(line.state for line in session.pending(process.id, "chat"))
            told.extend(session.deliveries(process.id, "chat").values())

        session.listen(note)
        await player.write("hello")
        await player.until(lambda: "seen" in told)
        order = [state for state in ("sending", "accepted", "seen") if state in told]
        assert told.index("sending") < told.index("seen") and order[0] == "sending"
        await scene.people.bot.append(process.id, "chat", 2, b"answer", in_reply_to=1)
        await player.until(lambda: "answered" in told)
        await player.shows("answer")


async def test_a_channel_without_a_name_is_one_like_any_other() -> None:
    async with stage() as scene, scene.app(size=(80, 24)) as player:
        process = await scene.people.running("a1", "", "d1")
        await player.opens(process.id)
        await player.press("right")
        await player.shows('to "" on')
        await player.is_live()
        await player.write("hello")
        await scene.people.bot.append(process.id, "", 2, b"answer", in_reply_to=1)
        await player.shows("hello", "answer")


async def test_a_token_stream_grows_and_ends_as_markdown() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.people.running("chat")
        await player.opens(process.id)
        await player.is_live()
        await player.write("how")
        await player.until(lambda: len(player.log_of(process.id, "chat")) == 1)
        for sequence, token in enumerate(("# Head", "ing\n", "\nSome **bo", "ld** words", "\n\n| a | b |\n|---|"), 1):
            await scene.people.bot.append(process.id, "chat", 2 * sequence, token, in_reply_to=1)
        await player.shows("# Heading", "Some **bold** words")
        await scene.people.bot.append(process.id, "chat", 12, "---|\n| 1 | 2 |\n", in_reply_to=1)
        await scene.people.bot.append(process.id, "chat", 14, b"", in_reply_to=1, type="end")
        await player.until(lambda: "Some bold words" in player.stream)
        assert "**" not in player.stream and "|---|" not in player.stream and "Heading" in player.stream


async def test_the_language_model_streams_to_its_end() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.submit("tokens", "llm", "answer", kwargs={"question": "How do caches work?"})
        await player.opens(process.id)
        await scene.start_bot("llm-1")
        await player.shows("ended: success")
        log = player.session.log(process.id, "answer")
        assert log is not None and len(log) > 20
        assert "```" not in player.stream and "**" not in player.stream


async def test_a_process_is_put_back_and_runs_again() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.submit(
            "flaky", "fragile", "progress", kwargs={"hangs": 1}, max_exec_time=1, max_retries=3
        )
        await player.opens(process.id)
        await scene.start_bot("fragile-1")
        await player.shows("Attempt 1: step 3/6")
        await player.shows("Attempt 2: step 6/6", "ended: success")
        text = player.stream
        assert "attempt 2" in text
        data = [entry.sequence for entry in player.log_of(process.id, "progress") if entry.type == "data"]
        assert data[:3] == data[3:6] != []
        ended = player.process(process.id)
        assert ended.state is ProcessState.SUCCESS and ended.retries == 1


async def test_one_that_waits_is_cancelled_by_name() -> None:
    async with stage() as scene, scene.app() as player:
        process = await scene.submit("render", "gpu", "frames")
        await player.shows("render")
        await player.press("x")
        await player.shows(f"Cancel render {process.id[:8]}, waiting, of alice?")
        await player.press("y")
        await player.until(lambda: player.process(process.id).state is ProcessState.CANCELLED)
        assert (await scene.people.me.get_process(process.id)).state is ProcessState.CANCELLED
        await player.shows("cancelled")


async def test_a_report_of_this_app_is_acknowledged_and_closes() -> None:
    async with stage("worker-1") as scene, scene.app() as player:
        await player.focuses(ProcessList)
        await player.press("n")
        await player.until(lambda: isinstance(player.app.screen, NewProcessScreen) and player.has("report"))
        await player.until(lambda: player.has("report", "index"))
        while not player.has("Sends rows and closes"):
            await player.press("down")
        await player.press("enter", "2", "tab", *"output, sync".replace(" ", ""), "enter")
        await player.shows("ended: success")
        process_id = player.main.pane.process_id
        assert [entry.payload for entry in player.log_of(process_id, "sync")] == [b"ack"]


async def test_a_report_submitted_elsewhere_is_not_acknowledged() -> None:
    async with stage("worker-1") as scene, scene.app() as player:
        process = await scene.submit("report", "worker", "output", "sync")
        await player.opens(process.id)
        await player.shows("wants ack: output has ended")
        followed = player.session.colony.followed[process.id]
        await player.until(lambda: all(follower.is_caught_up for follower in followed.followers.values()))
        await player.pilot.pause()
        assert await scene.people.me.read_channel(process.id, "sync") == ()
        assert player.process(process.id).state is ProcessState.RUNNING
        await scene.people.me.append(process.id, "sync", 1, b"ack")
        await player.shows("ended: success")


async def test_two_apps_at_once_on_one_process() -> None:
    async with stage() as scene, scene.app() as first, scene.app() as second:
        process = await scene.people.running("chat")
        for player in (first, second):
            await player.opens(process.id)
            await player.is_live()
        await first.write("from the first")
        await second.shows("from the first")
        await second.write("from the second")
        await first.shows("from the second")
        mine = await scene.people.me.read_channel(process.id, "chat")
        assert [(entry.sequence, entry.payload) for entry in mine] == [(1, b"from the first"), (3, b"from the second")]
