"""Who an id is on the screen."""

from __future__ import annotations

from colony_tui.live.colony import LiveColony
from colony_tui.tui.people import People
from colony_tui.tui.widgets.stream import Person
from tests.members import members


async def test_everyone_has_a_name_a_role_and_a_hue_that_stays() -> None:
    async with members() as there:
        other = there.client(there.colony.add_user("carol"))
        colony = LiveColony(there.me)
        people = People(colony)
        directory = colony.watcher.directory
        assert people.person(there.bot.id) == Person(there.bot.id[:8], "other", 0)
        await directory.refresh()
        assert people.person(there.me.id) == Person("alice", "you", 1)
        assert people.person(other.id) == Person("carol", "other", 2)
        assert people.person(there.bot.id) == Person("worker-1", "bot", 0)
        assert people.person("") == Person("nobody", "other", 3)
