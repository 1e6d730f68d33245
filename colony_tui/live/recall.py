"""What was recorded of a process, given to those who follow it: before they follow, or instead of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from colony_tui.live.followed import FollowedProcess
from colony_tui.live.names import Directory
from colony_tui.model import NANOSECONDS

if TYPE_CHECKING:
    from colony_tui.archive import Archive


async def recall(followed: FollowedProcess, archive: Archive, directory: Directory) -> bool:
    """Begin with what was recorded earlier; of a process that has ended that is all there is. Whether it has log lines.

    Who its people are and which attempts it had comes first, so that its entries look as they did live.

    Raises:
        ArchiveError: it cannot be read; what was read until then stays.
    """
    process = followed.tracked.process
    directory.recall(await archive.read(lambda reader: reader.names()))
    snapshots = await archive.read(lambda reader: reader.snapshots(process.id))
    for snapshot in snapshots:
        directory.learn_user(snapshot.initiator_id, snapshot.initiator_name)
        directory.learn_executor(snapshot.executor_id)
    followed.tracked.recall(snapshots)
    followed.tracked.take_starts(await archive.read(lambda reader: reader.starts(process.id)))
    for name in process.channels:
        found = await archive.read(lambda reader, name=name: reader.transcript(process.id, name))  # type: ignore[misc]
        follower = followed.follower(name)
        follower.restore(found.items)
        if process.state.is_closed and found.items:
            follower.show_recorded(found.coverage.words(_clock))
    return bool(followed.take_log_lines(await archive.read(lambda reader: reader.log_lines(process.id))))


def _clock(time_ns: int) -> str:
    """A time of day as a person here reads it."""
    return datetime.fromtimestamp(time_ns // NANOSECONDS).strftime("%H:%M:%S")
