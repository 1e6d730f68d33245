"""Who an id is: what the server says, else what was recorded."""

from __future__ import annotations

from colony_tui.archive.transcript import Name
from colony_tui.live.names import Directory
from colony_tui.model import User
from tests.members import members

GONE, STRANGER = "9" * 64, "8" * 64


async def test_what_was_recorded_stands_in_for_whom_the_server_has_forgotten() -> None:
    async with members() as people:
        changes: list[bool] = []
        directory = Directory(people.me, on_change=lambda: changes.append(True))
        recorded = {
            GONE: Name("worker-2", "bot"),
            people.me.id: Name("another name", None),
            people.bot.id: Name("another name", None),
        }
        directory.recall(recorded)
        directory.recall(recorded)
        assert len(changes) == 1, "the same names are no change"
        await directory.refresh()
        assert (directory.name_of(GONE), directory.is_executor(GONE)) == ("worker-2", True)
        assert (directory.name_of(people.me.id), directory.is_executor(people.me.id)) == ("alice", False)
        assert (directory.name_of(people.bot.id), directory.is_executor(people.bot.id)) == ("worker-1", True)
        assert (directory.name_of(STRANGER), directory.is_executor(STRANGER)) == (None, False)


async def test_a_recorded_name_does_not_keep_from_asking() -> None:
    async with members() as people:
        directory = Directory(people.me)
        directory.recall({people.bot.id: Name("old name", "bot")})
        directory.wish(people.bot.id)
        while directory.name_of(people.bot.id) == "old name":
            await people.me.get_version()
        assert directory.name_of(people.bot.id) == "worker-1"


async def test_whoever_was_given_a_process_is_an_executor() -> None:
    async with members() as people:
        directory = Directory(people.me)
        directory.users[GONE] = User(GONE, "mallory", "")
        directory.learn_executor(GONE)
        directory.learn_executor("")
        assert directory.is_executor(GONE) and not directory.is_executor("")
        await directory.end()
