"""The session over a live colony: values that it works out by itself."""

from __future__ import annotations

from colony_tui.live.colony import Manners
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.session import Acknowledging
from tests.members import members


class Lasting(MemoryRecorder):
    """A recorder whose records outlive the program."""

    is_lasting = True


async def test_who_acknowledges_depends_on_who_submitted_and_on_manners() -> None:
    async with members() as people:
        process = await people.running("out", "sync")

        def asked(session: LiveSession, *, is_ours: bool = False) -> Acknowledging:
            session.colony.watcher.take([process])
            if is_ours:
                session.colony.acknowledger.remember(process.id)
            return session.acknowledging(process.id)

        mine = LiveSession(people.me, "dev")
        assert asked(mine) is Acknowledging.ELSEWHERE
        assert asked(mine, is_ours=True) is Acknowledging.HELD
        mine.colony.acknowledger._recorder = Lasting()
        assert asked(mine) is Acknowledging.STORED
        off = LiveSession(people.me, "dev", manners=Manners(may_ack=False))
        assert asked(off, is_ours=True) is Acknowledging.OFF
        reading = LiveSession(people.me, "dev", manners=Manners(is_read_only=True))
        assert asked(reading, is_ours=True) is Acknowledging.READ_ONLY
        assert asked(LiveSession(people.bot, "dev")) is Acknowledging.OTHERS
