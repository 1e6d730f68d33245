"""A colony as one identity lives in it: watched, followed, spoken in. All that a screen shows, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from colony_tui.errors import ArchiveError, ColonyError, ConnectError, Refused
from colony_tui.live.ack import Acknowledger
from colony_tui.live.chat import Line
from colony_tui.live.followed import FollowedClient, FollowedProcess
from colony_tui.live.orders import OrderingClient, Orders
from colony_tui.live.recall import recall
from colony_tui.live.recorder import MemoryRecorder, Recorder
from colony_tui.live.share import SOCKETS, Place, Share
from colony_tui.live.tracked import TrackedProcess
from colony_tui.live.turns import Turns
from colony_tui.live.watcher import ColonyWatcher, Intervals
from colony_tui.model import Colony, FunctionSpec, Process, ProcessState
from colony_tui.store.log import LogChange

if TYPE_CHECKING:
    from colony_tui.archive import Archive, Desk

ACK_PAUSE_S = 1.0
"""Between two tries to acknowledge."""

KEPT = 64
"""Ended processes whose channels stay in memory."""


class LivingClient(OrderingClient, FollowedClient, Protocol):
    """What living in a colony needs of a client."""

    async def get_colony(self, name: str = "") -> Colony: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """What one may do to a colony, and how much one asks of it."""

    is_read_only: bool = False
    """Send, submit, cancel, remove and acknowledge nothing."""
    may_ack: bool = True
    """Acknowledge on ``sync`` what was submitted here."""
    sockets: int = SOCKETS
    """How many may be open at a time: of channels first, what is left is for the rows on the screen."""

    @property
    def acknowledges(self) -> bool:
        return self.may_ack and not self.is_read_only


class LiveColony:
    """The watcher, the followed processes, what was sent and what is acknowledged.

    Followed are the streams on the screen, the open process and own unfinished ones; what goes beyond the budget of
    sockets is read in turn. Listeners get the process's id, the channel's name and each change; all of it happens on
    the event loop.

    Args:
        manners: what may be done to the colony, and how much may be asked of it.
        archive: where what is seen is recorded; open.
        desk: where lines are kept; open, unfinished ones taken over.
        is_begun: ``False`` when those two are still to come: nothing is followed before :meth:`begin` then, since what
            was recorded and what waits to be sent comes first.
    """

    def __init__(
        self,
        client: LivingClient,
        *,
        archive: Archive | None = None,
        desk: Desk | None = None,
        manners: Manners | None = None,
        intervals: Intervals | None = None,
        is_begun: bool = True,
        on_channel: Callable[[str, str, LogChange], None] = lambda process_id, channel, change: None,
        on_lines: Callable[[str, str], None] = lambda process_id, channel: None,
        on_logs: Callable[[str], None] = lambda process_id: None,
        on_ack: Callable[[str, bool], None] = lambda process_id, is_lasting: None,
        on_refused_ack: Callable[[str, ColonyError], None] = lambda process_id, error: None,
    ) -> None:
        self.client = client
        self.archive = archive
        self.desk = desk
        self.recorder: Recorder = archive or MemoryRecorder()
        self.manners = manners or Manners()
        self.watcher = ColonyWatcher(client, sockets=self.manners.sockets, recorder=self.recorder, intervals=intervals)
        self.turns = Turns(client.transport.link, self.watcher.intervals.turns)
        self.orders = Orders(client, self.watcher)
        self.acknowledger = Acknowledger(client, self.recorder, desk)
        self.followed: dict[str, FollowedProcess] = {}
        self.open_id: str | None = None
        self._begun = asyncio.Event()
        if is_begun:
            self._begun.set()
        self._on_channel = on_channel
        self._on_lines = on_lines
        self._on_logs = on_logs
        self._on_ack = on_ack
        self._on_refused_ack = on_refused_ack
        self._shown: tuple[Place, ...] = ()
        self._loading: set[str] = set()
        self._loaded: set[str] = set()
        self._acks: dict[str, asyncio.Task[None]] = {}
        self._group: set[asyncio.Task[None]] = set()
        self.watcher.on_process(self._on_process)
        self.watcher.on_return(self._on_return)

    def begin(self, archive: Archive | None, desk: Desk | None) -> None:
        """Go on with these, as if they had been there from the start; once."""
        self._begun.set()
        self.archive, self.desk = archive, desk
        submitted = set(self.acknowledger.submitted)
        if archive is not None:
            self.recorder = archive
            self.watcher.directory.record_in(archive)
            for process in filter(self.is_mine, self.watcher.table):
                archive.record_process(process)
            self._spawn(self._record_colony(archive))
        self.acknowledger = Acknowledger(self.client, self.recorder, desk)
        for process_id in submitted:
            self.acknowledger.remember(process_id)
        self._follow_wanted()

    async def run(self) -> None:
        """Live until cancelled; every socket is closed then."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.watcher.run(), name="watcher")
                group.create_task(self.watcher.poll(self.watcher.intervals.logs, self._poll_logs).run(), name="logs")
                group.create_task(self.turns.run(), name="turns")
        finally:
            # Nothing is followed any more, whatever ends from here on.
            self._begun.clear()
            for task in self._group:
                task.cancel()
            await asyncio.gather(*self._group, return_exceptions=True)
            await asyncio.gather(*(followed.stop() for followed in self.followed.values()))

    def now_ns(self) -> int:
        """The time by the server's clock."""
        return self.client.transport.server_time_ns()

    def is_mine(self, process: Process) -> bool:
        """Whether this identity is one of the two parties."""
        return process.may_read_channels(self.client.id)

    # Intents

    def open(self, process_id: str) -> None:
        """Make it the open process: all its channels are followed first."""
        if process_id == self.open_id:
            return
        self.open_id = process_id
        self.watcher.kept = {process_id}
        if self.watcher.table.get(process_id) is None:
            self._spawn(self._fetch(process_id))
        else:
            self._follow_wanted()
        self.watcher.intervals.logs.hurry()

    def show(self, places: Sequence[Place]) -> None:
        """These streams are on the screen, the most wanted first: they get sockets before anything else."""
        self._shown = tuple(places)
        self._follow_wanted()

    def send(self, process_id: str, channel: str, payload: bytes, in_reply_to: int | None = None) -> Line | None:
        """Send a line to a channel of a followed process; ``None`` when it cannot be."""
        followed = self.followed.get(process_id)
        if followed is None or self.manners.is_read_only or channel not in followed.tracked.process.channels:
            return None
        return followed.chat(channel).send(payload, in_reply_to)

    async def submit(self, spec: FunctionSpec) -> Process:
        """Submit a process and remember that it is ours to acknowledge. Raises as :meth:`Orders.submit` does."""
        process = await self.orders.submit(spec)
        self.acknowledger.remember(process.id)
        self.watcher.take([process])
        return process

    async def cancel(self, process_id: str) -> bool:
        """As :meth:`Orders.cancel`."""
        return await self.orders.cancel(process_id)

    async def remove(self, process_id: str) -> bool:
        """As :meth:`Orders.remove`."""
        return await self.orders.remove(process_id)

    async def suspend(self) -> None:
        """Close the sockets that would stop the colony while this program does not read."""
        await self.watcher.rows.suspend()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        self.watcher.rows.resume()
        self.watcher.hurry()

    # What follows from changes

    def _on_process(self, process_id: str, process: Process | None) -> None:
        followed = self.followed.get(process_id)
        if followed is not None:
            if process is None:
                followed.tracked.mark_gone()
            else:
                followed.tracked.update(process, is_newer=True)
                followed.forget_refusals()
            if followed.is_over and (process_id in self._loaded or self.archive is None):
                followed.close_unfollowed()
        if process is not None and (followed is not None or self.is_mine(process)):
            self.recorder.record_process(process)
        self._follow_wanted()

    def _on_return(self) -> None:
        """Our key was refused and is a member's again."""
        for followed in self.followed.values():
            followed.forget_refusals()
        self._follow_wanted()

    def _follow_wanted(self) -> None:
        """Share the sockets out: streams on the screen, the open process, own running ones, own waiting ones, rows."""
        if not self._begun.is_set():
            return
        share = self._share()
        for process_id in dict.fromkeys((*share.followed, *share.in_turn)):
            followed = self._followed(process_id)
            if process_id in self._loaded or self.archive is None:
                followed.follow(share.followed.get(process_id, ()), share.in_turn.get(process_id, ()))
            elif process_id not in self._loading:
                self._loading.add(process_id)
                self._spawn(self._load(followed, self.archive))
        for process_id, followed in self.followed.items():
            if process_id not in share.followed and process_id not in share.in_turn and not followed.is_over:
                followed.follow(())
        self.turns.want(
            [
                self.followed[process_id].follower(channel)
                for process_id, channels in share.in_turn.items()
                if process_id in self._loaded or self.archive is None
                for channel in channels
            ]
        )
        self.watcher.rows.allow(share.room)
        self._forget_oldest()

    def _share(self) -> Share:
        # Whoever follows what has just ended keeps its sockets until it has seen the end.
        ending = sum(followed.open_channels for followed in self.followed.values() if followed.is_over)
        share = Share(max(0, self.manners.sockets - ending))
        table = self.watcher.table
        places: list[Place] = []
        shown = [table.get(process_id) for process_id, _ in self._shown]
        opened = table.get(self.open_id) if self.open_id else None
        if opened is not None:
            share.followed[opened.id] = ()
        for process in filter(None, (*shown, opened)):
            if process.state.is_closed or not self.is_mine(process):
                share.give_free(process.id, process.channels)
        for process_id, channel in self._shown:
            known = table.get(process_id)
            if known is not None and channel in known.channels:
                places.append((process_id, channel))
        own = [process for process in table if self.is_mine(process) and not process.state.is_closed]
        own.sort(key=lambda process: (process.state is ProcessState.WAITING, -process.submitted_ns))
        for process in [opened, *own] if opened is not None else own:
            if process.state is not ProcessState.WAITING or process is opened or share.room > len(places):
                places.extend((process.id, channel) for channel in process.channels)
        share.give(places)
        return share

    def _followed(self, process_id: str) -> FollowedProcess:
        followed = self.followed.get(process_id)
        if followed is None:
            process = self.watcher.table.get(process_id)
            assert process is not None
            followed = FollowedProcess(
                self.client,
                TrackedProcess(self.client, process),
                recorder=self.recorder,
                now_ns=self.now_ns,
                on_change=lambda channel, change: self._on_change(process_id, channel, change),
                on_lines=lambda channel: self._on_lines(process_id, channel),
                on_free=self._follow_wanted,
                desk=self.desk,
                may_send=not self.manners.is_read_only,
            )
            followed.tracked.on_change(lambda newer: self._on_tracked(followed, newer))
            self.followed[process_id] = followed
        return followed

    def _on_tracked(self, followed: FollowedProcess, newer: Process) -> None:
        """Whoever follows saw it first. What is gone must not come back into the table by that."""
        if not followed.tracked.is_gone:
            self.watcher.take([newer], asyncio.get_running_loop().time())

    def _forget_oldest(self) -> None:
        over = [key for key, followed in self.followed.items() if followed.is_over and key != self.open_id]
        for process_id in over[: max(0, len(over) - KEPT)]:
            self._spawn(self.followed.pop(process_id).stop())
            self._loaded.discard(process_id)

    def _on_change(self, process_id: str, channel: str, change: LogChange) -> None:
        followed = self.followed.get(process_id)
        if followed is None:
            return  # It has just been forgotten.
        process = followed.tracked.process
        for entry in change.added:
            self.watcher.directory.wish(entry.sender_id)
        may_ack = self.manners.acknowledges and process_id not in self._acks
        if may_ack and self.acknowledger.is_ready(process, followed.followers):
            self._acks[process_id] = self._spawn(self._acknowledge(followed))
        self._on_channel(process_id, channel, change)

    async def _acknowledge(self, followed: FollowedProcess) -> None:
        """Acknowledge once it is due, until it is done, refused for good, or not due any more."""
        acknowledger, tracked = self.acknowledger, followed.tracked
        try:
            if tracked.id not in acknowledger.submitted:
                # Another program with this desk may have submitted it since, and be gone.
                await acknowledger.look_up()
            while acknowledger.is_due(tracked.process, followed.followers):
                try:
                    # What is read in turn may have grown since: its reader is not told.
                    await followed.check_unfollowed()
                    if await acknowledger.acknowledge(tracked.process, followed.followers):
                        self._on_ack(tracked.id, acknowledger.is_lasting)
                        return
                    await asyncio.sleep(ACK_PAUSE_S)
                    await acknowledger.look_up()
                except ColonyError as error:
                    if _is_final(error):
                        acknowledger.give_up(tracked.id)
                        self._on_refused_ack(tracked.id, error)
                        return
                    await self.client.transport.link.wait(ACK_PAUSE_S)
                    await tracked.fetch()
        except ColonyError:
            return  # The next change of a channel looks again.
        finally:
            self._acks.pop(tracked.id, None)

    async def _load(self, followed: FollowedProcess, archive: Archive) -> None:
        """Begin with what was recorded earlier."""
        process = followed.tracked.process
        # The archive says itself that it cannot be read; what the server has is shown all the same.
        with suppress(ArchiveError):
            if await recall(followed, archive, self.watcher.directory):
                self._on_logs(process.id)
        self._loading.discard(process.id)
        self._loaded.add(process.id)
        if followed.is_over:
            followed.close_unfollowed()
        self._follow_wanted()

    async def _record_colony(self, archive: Archive) -> None:
        """Record where processes live: every colony may be called the same, its id tells it from others."""
        transport = self.client.transport
        while True:
            try:
                archive.record_colony(await self.client.get_colony(), transport.address.authority)
                return
            except ConnectError:
                await transport.link.wait(2.0)
            except ColonyError:
                return  # Whoever is not told keeps the processes without it.

    async def _fetch(self, process_id: str) -> None:
        link = self.client.transport.link
        while self.open_id == process_id and self.watcher.table.get(process_id) is None:
            try:
                await self.look_up(process_id)
                break
            except ColonyError:
                await link.wait(2.0)
        self._follow_wanted()

    async def look_up(self, process_id: str) -> bool:
        """Put a process into the table as the server has it; else the open one is shown as it was recorded in the end.

        Raises what the client does, but for a process that the server does not know; ``False`` when nobody does.
        """
        if await self.watcher.fetch(process_id) is not None:
            return True
        await self._begun.wait()
        if self.archive is None:
            return False
        try:
            found = await self.archive.read(lambda reader: reader.recording(process_id))
        except ArchiveError:
            return False
        if found is None or found.process is None or not found.process.state.is_closed:
            return False
        # Taking it makes the open one followed, with its record; but what the server has removed is no row.
        self.watcher.take([found.process])
        self.watcher.drop(process_id)
        return True

    async def _poll_logs(self) -> None:
        followed = self.followed.get(self.open_id or "")
        if followed is not None and await followed.read_logs():
            self.watcher.intervals.logs.note_change()
            self._on_logs(followed.tracked.id)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._group.add(task)
        task.add_done_callback(self._on_spawned_done)
        return task

    def _on_spawned_done(self, task: asyncio.Task[None]) -> None:
        self._group.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.watcher.tell_mishap(error)


def _is_final(error: ColonyError) -> bool:
    """Whether the same request would be refused again."""
    return isinstance(error, Refused) and not error.is_passing
