"""Payloads, names and errors that would command a terminal: what the app writes to it is the app's own."""

from __future__ import annotations

import re

import pytest
from textual.events import Key

from colony_tui.client import ColonyClient
from colony_tui.model import Function, FunctionArg, FunctionSpec
from colony_tui.tui.screens.new_process import NewProcessScreen
from colony_tui.tui.widgets.process_list import ProcessList
from colony_tui.tui.widgets.stream import StreamView
from tests.e2e.stage import Player, Stage, stage
from tests.members import address_of
from tests.text.corpus import HOSTILE, offence

pytestmark = pytest.mark.e2e

OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\d+;\d+H|\x1b\[\?2026[hl]|\x1b\]22;[a-z-]*\x07")
"""Colours, the cursor's place, the brackets around a frame, the mouse's shape: all that is painted with."""
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
TALL = (120, 200)
NAME = 60
PAGES = 200
LISTED = 50
"""Failed processes that the app asks for."""


def harmless(player: Player) -> None:
    """Fails when something was written that is neither ours nor harmless text; forgets what was written."""
    written = player.driver.written
    player.driver.writes.clear()
    assert written
    found = offence(OWN.sub("", written))
    assert found is None, found


def names() -> list[str]:
    """Hostile payloads as names: text that JSON can carry."""
    return [payload[:NAME].decode("utf-8", "replace") for payload in HOSTILE.values()]


async def test_no_payload_reaches_the_terminal() -> None:
    async with stage() as scene, scene.app(size=TALL) as player:
        process = await scene.people.running("chat")
        await player.opens(process.id)
        for number, payload in enumerate(HOSTILE.values(), 1):
            kind = payload[:NAME].decode("utf-8", "replace") if number % 5 == 0 else "data"
            await scene.people.bot.append(process.id, "chat", 2 * number, payload, type=kind or "data")
        await player.until(lambda: len(player.log_of(process.id, "chat")) == len(HOSTILE))
        harmless(player)
        for _ in ("threads", "time", "raw"):
            await player.press("g")
            for _ in range(PAGES):
                if player.main.pane.holder.stream.is_following:
                    break
                await player.press("pagedown")
            assert player.main.pane.holder.stream.is_following
            await player.press("v")
        harmless(player)


async def test_replies_and_answers_to_hostile_lines_are_harmless() -> None:
    async with stage() as scene, scene.app(size=TALL) as player:
        process = await scene.people.running("chat")
        await player.opens(process.id)
        await player.focuses(StreamView)
        for number, payload in enumerate(list(HOSTILE.values())[:70], 1):
            await scene.people.bot.append(process.id, "chat", 2 * number, payload[:500])
            await scene.people.bot.append(process.id, "chat", 1000 + 2 * number, payload[:500], in_reply_to=1)
        await scene.people.bot.append(process.id, "chat", 5000, b"\x1b[2J", in_reply_to=1, type="end")
        await player.until(lambda: len(player.log_of(process.id, "chat")) == 141)
        for _ in range(10):
            await player.press("k", "r", "escape")
        harmless(player)


async def test_no_name_reaches_the_terminal() -> None:
    async with stage() as scene, scene.app(size=TALL) as player:
        colony, address = scene.people.colony, address_of(scene.people.colony)
        for number, name in enumerate(names()):
            key = colony.add_user(f"{name}{number}")
            async with ColonyClient.connect(address, key, colony.colony) as user:
                await user.submit(FunctionSpec(function=name, executor_type="bot", channels=(name or "c",)))
            taken = await scene.people.bot.assign(5)
            await scene.people.bot.add_log(taken.id, name)
            await scene.people.bot.fail(taken.id, [name])
        evil = names()[3]
        async with ColonyClient.connect(address, colony.add_executor(evil, evil), colony.colony) as odd:
            await odd.add_function(
                Function(
                    name=evil,
                    executor_name=evil,
                    executor_type=evil,
                    colony=colony.colony,
                    description=evil,
                    args=(FunctionArg(evil, evil, evil),),
                )
            )
            spec = FunctionSpec(function=evil, executor_type=evil, channels=(evil, "sync"), args=(evil,))
            mine = await scene.people.me.submit(spec)
            await odd.assign(5)
        player.session.colony.watcher.hurry()
        await player.focuses(ProcessList)
        await player.until(lambda: len(player.session.rows) > LISTED)
        await player.press("right", "right", "right")
        await player.pilot.pause()
        harmless(player)
        await player.opens(mine.id)
        for key in ("alt+1", "alt+2", "alt+3", "alt+4", "x", "y"):
            await player.press(key)
        harmless(player)
        await player.press("escape", "escape", "n")
        await player.until(lambda: isinstance(player.app.screen, NewProcessScreen))
        await player.press("down", "down", "enter", "escape")
        harmless(player)
        for row in list(player.session.rows)[::8]:
            await player.opens(row.process.id)
            await player.press("alt+1", "alt+2", "alt+3", "escape")
        harmless(player)


async def paste_hostile(scene: Stage, player: Player) -> None:
    """Paste and type everything hostile, and send it."""
    process = await scene.people.running("chat")
    await player.opens(process.id)
    await player.shows("as alice")
    await player.press("i")
    for name in names():
        player.paste(name)
    await player.pilot.pause()
    for char in "\x1b\x07\x9b":
        player.app.post_message(Key("a", char))
    await player.press("enter")
    await player.until(lambda: len(player.log_of(process.id, "chat")) == 1)


async def test_no_control_character_is_typed_or_pasted_through() -> None:
    async with stage() as scene, scene.app() as player:
        await paste_hostile(scene, player)
        found = CONTROL.search(OWN.sub("", player.driver.written))
        assert found is None, found


async def test_nothing_invisible_is_pasted_through() -> None:
    async with stage() as scene, scene.app() as player:
        await paste_hostile(scene, player)
        harmless(player)
