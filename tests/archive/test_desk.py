"""The desk keeps what is ours from one start to the next, and gives each line to one program."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from colony_tui.archive import Desk, Draft, LineState
from colony_tui.archive.desk import SENT_KEPT
from colony_tui.archive.owner import Owner
from colony_tui.errors import ArchiveError
from tests.archive.making import ALICE, BOT, Failures, process

P, OTHER = process(1).id, process(2).id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


async def test_drafts(path: Path) -> None:
    async with Desk(path) as desk:
        desk.keep_draft(P, "chat", "half a", 7)
        desk.keep_draft(P, "chat", "half a sentence\n\x1b", -(2**63))
        desk.keep_draft(P, "sync", "gone soon")
        desk.keep_draft(P, "sync", "")
        desk.keep_draft(OTHER, "chat", "")
    async with Desk(path) as desk:
        assert desk.draft(P, "chat") == Draft("half a sentence\n\x1b", -(2**63))
        assert desk.draft(P, "sync") is None
        assert desk.draft(OTHER, "chat") is None


async def test_what_is_remembered_is_the_last_said_under_each_name(path: Path) -> None:
    async with Desk(path) as desk:
        assert desk.remembered("open") is None
        desk.remember("open", "first")
        desk.remember("open", "last")
        desk.remember("other", "")
    async with Desk(path) as desk:
        assert (desk.remembered("open"), desk.remembered("other"), desk.remembered("none")) == ("last", "", None)


async def test_a_line_from_typing_to_the_log(path: Path) -> None:
    async with Desk(path) as desk:
        line = desk.keep_line(P, "chat", ALICE, b"\xff\0", in_reply_to=4, type="end")
        assert (line.state, line.sequence) == (LineState.QUEUED, None)
        assert await desk.claim(line.id, 2**63 - 1)
        assert [(each.state, each.sequence) for each in desk.lines(P, "chat")] == [(LineState.SENDING, 2**63 - 1)]
        desk.settle(line.id, LineState.ACCEPTED)
        desk.settle(line.id, LineState.SENT)
        assert desk.lines(P, "chat") == ()
        (sent,) = desk.sent(P, "chat")
        assert not await desk.claim(line.id, 3)
    assert (sent.payload, sent.in_reply_to, sent.type, sent.sequence) == (b"\xff\0", 4, "end", 2**63 - 1)
    async with Desk(path) as desk:
        assert desk.sent(P, "chat") == (sent,)
        assert desk.sent(OTHER, "chat") == ()
        assert await desk.take_over() == ()


async def test_unfinished_lines_come_back_in_their_order_and_states(path: Path) -> None:
    async with Desk(path) as desk:
        lines = [desk.keep_line(P, "chat", ALICE, str(number).encode()) for number in range(6)]
        assert await desk.claim(lines[1].id, 3)
        assert await desk.claim(lines[2].id, 5)
        desk.settle(lines[2].id, LineState.ACCEPTED)
        desk.settle(lines[3].id, LineState.FAILED, "the log is full")
        desk.settle(lines[4].id, LineState.UNKNOWN, "the channel went away")
        desk.drop(lines[5].id)
        there = desk.lines(P, "chat")
    async with Desk(path) as desk:
        assert desk.lines(P, "chat") == ()
        assert await desk.take_over() == there
        assert desk.lines(P, "chat") == there
        assert desk.lines(P, "sync") == ()
    assert [(line.state, line.sequence, line.error) for line in there] == [
        (LineState.QUEUED, None, ""),
        (LineState.SENDING, 3, ""),
        (LineState.ACCEPTED, 5, ""),
        (LineState.FAILED, None, "the log is full"),
        (LineState.UNKNOWN, None, "the channel went away"),
    ]


async def test_what_was_sent_is_kept_up_to_a_limit(path: Path) -> None:
    async with Desk(path) as desk:
        for number in range(SENT_KEPT + 3):
            desk.settle(desk.keep_line(P, "chat", ALICE, str(number).encode()).id, LineState.SENT)
        waiting = desk.keep_line(P, "chat", ALICE, b"waits")
        there = desk.sent(P, "chat")
    assert [line.payload for line in there] == [str(number).encode() for number in range(3, SENT_KEPT + 3)]
    async with Desk(path) as desk:
        assert desk.sent(P, "chat") == there
        assert await desk.take_over() == (waiting,)


async def test_a_line_belongs_to_one_living_program(path: Path) -> None:
    async with Desk(path) as one:
        line = one.keep_line(P, "chat", ALICE, b"once")
        assert await one.flush()
        async with Desk(path) as other:
            assert await other.take_over() == ()
            assert not await other.claim(line.id, 1)
            assert await one.claim(line.id, 1)
            await one.close()
            (taken,) = await other.take_over()
            assert (taken.id, taken.state) == (line.id, LineState.SENDING)
            assert await other.claim(line.id, 1)
            assert not await one.claim("no such line", 1)


async def test_lines_of_another_identity_are_left_to_who_can_send_them(path: Path) -> None:
    async with Desk(path) as gone:
        mine = gone.keep_line(P, "chat", ALICE, b"alice's")
        theirs = gone.keep_line(P, "chat", BOT, b"the bot's")
    async with Desk(path) as alice, Desk(path) as bot:
        assert [line.id for line in await alice.take_over(ALICE)] == [mine.id]
        assert [line.id for line in await bot.take_over(BOT)] == [theirs.id]
        assert await alice.take_over() == alice.lines(P, "chat")


async def test_what_may_stand_on_disk_as_unsent_is_not_claimed_by_memory_alone(path: Path) -> None:
    async with Desk(path) as desk:
        before = desk.keep_line(P, "chat", ALICE, b"on disk")
        claimed = desk.keep_line(P, "chat", ALICE, b"on its way")
        assert await desk.claim(claimed.id, 1)
        desk._writer._fail(ArchiveError("the disk is full"), ())
        with pytest.raises(ArchiveError, match="the disk is full"):
            await desk.claim(before.id, 3)
        assert await desk.claim(claimed.id, 1)
        after = desk.keep_line(P, "chat", ALICE, b"in memory")
        assert await desk.claim(after.id, 5)


async def test_of_many_that_take_over_at_once_one_gets_each_line(path: Path) -> None:
    async with Desk(path) as gone:
        for number in range(20):
            gone.keep_line(P, "chat", ALICE, str(number).encode())
    desks = [Desk(path) for _ in range(5)]
    await asyncio.gather(*(desk.__aenter__() for desk in desks))
    taken = await asyncio.gather(*(desk.take_over() for desk in desks))
    assert sorted(line.payload for lines in taken for line in lines) == sorted(str(n).encode() for n in range(20))
    assert sum(bool(lines) for lines in taken) == 1
    await asyncio.gather(*(desk.close() for desk in desks))
    assert not [*path.parent.glob("*.owner")]
    # Of two connections that close at the same moment neither is the last one, which clears away what SQLite wrote.
    async with Desk(path):
        pass
    assert [each.name for each in list(path.parent.iterdir())] == ["desk.db"]


async def test_what_happens_while_lines_are_taken_over_is_newer(path: Path) -> None:
    async with Desk(path) as desk:
        line = desk.keep_line(P, "chat", ALICE, b"one")
        taking = asyncio.create_task(desk.take_over())
        await asyncio.sleep(0)  # It has asked.
        desk.settle(line.id, LineState.SENT)
        assert await taking == ()
        assert desk.lines(P, "chat") == ()


async def test_a_line_that_was_taken_away_is_not_sent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks do not work, as on some network drives, the claim in the file still goes to one."""
    async with Desk(path) as one, Desk(path) as other:
        line = one.keep_line(P, "chat", ALICE, b"once")
        assert await one.flush()
        monkeypatch.setattr(Owner, "is_alive", lambda self, owner_id: False)
        assert [each.id for each in await other.take_over()] == [line.id]
        assert not await one.claim(line.id, 1)
        assert one.lines(P, "chat") == ()
        assert await other.claim(line.id, 1)


async def test_read_positions(path: Path) -> None:
    async with Desk(path) as desk:
        assert desk.read_position(P, "chat") is None
        desk.keep_read_position(P, "chat", (BOT, -(2**63), 2**63 - 1))
        desk.keep_read_position(P, "sync", (BOT, 1, 2))
        desk.keep_read_position(P, "sync", (BOT, 2, 3))
        desk.keep_read_position(OTHER, "chat", (BOT, 2, 3))
        desk.keep_read_position(OTHER, "chat", None)
    async with Desk(path) as desk:
        assert desk.read_position(P, "chat") == (BOT, -(2**63), 2**63 - 1)
        assert desk.read_position(P, "sync") == (BOT, 2, 3)
        assert desk.read_position(OTHER, "chat") is None


async def test_submissions_of_another_program_are_seen_after_a_refresh(path: Path) -> None:
    async with Desk(path) as app, Desk(path) as command:
        command.keep_submitted(P)
        command.keep_submitted(P)
        assert await command.flush()
        assert app.submitted == frozenset()
        await app.refresh()
        assert app.submitted == {P}


async def test_what_is_kept_during_a_refresh_stays(path: Path) -> None:
    async with Desk(path) as desk:
        refreshing = asyncio.create_task(desk.refresh())
        await asyncio.sleep(0)  # It has asked.
        desk.keep_submitted(P)
        await refreshing
        assert desk.submitted == {P}


async def test_an_acknowledgement_is_claimed_once(path: Path) -> None:
    async with Desk(path) as one, Desk(path) as other:
        assert await one.claim_ack(P)
        assert await one.claim_ack(P)
        assert not await other.claim_ack(P)
        await one.close()
        # It never said that it had sent it.
        assert await other.claim_ack(P)
        other.keep_acked(P)
        assert other.acked == {P}
        assert not await other.claim_ack(P)
    async with Desk(path) as later:
        assert later.acked == {P}
        assert not await later.claim_ack(P)


async def test_without_a_file_the_desk_goes_on_in_memory(path: Path) -> None:
    os.makedirs(path)
    failures = Failures()
    async with Desk(path, on_failure=failures) as desk:
        assert not desk.is_lasting
        desk.keep_draft(P, "chat", "text")
        line = desk.keep_line(P, "chat", ALICE, b"line")
        desk.keep_submitted(P)
        desk.keep_read_position(P, "chat", (BOT, 1, 2))
        assert await desk.claim(line.id, 1)
        assert await desk.claim_ack(P)
        desk.keep_acked(P)
        assert not await desk.claim_ack(P)
        assert [each.sequence for each in await desk.take_over()] == [1]
        desk.settle(line.id, LineState.SENT)
        await desk.refresh()
        assert not await desk.flush()
        assert desk.draft(P, "chat") == Draft("text")
        assert desk.submitted == {P}
        assert len(desk.sent(P, "chat")) == 1
        assert desk.read_position(P, "chat") == (BOT, 1, 2)
        assert "it is a directory" in await failures.sentence()
    assert len(failures.told) == 1


async def test_owners_of_lines_that_failed_to_be_written_stay_alive(path: Path) -> None:
    """A program whose disk is full may still be sending what it has claimed."""
    async with Desk(path) as one, Desk(path) as other:
        line = one.keep_line(P, "chat", ALICE, b"claimed")
        assert await one.claim(line.id, 1)
        one._put("no statement of SQL")
        assert not await one.flush()
        assert not one.is_lasting
        assert await other.take_over() == ()
        await one.close()
        assert [each.id for each in await other.take_over()] == [line.id]
