"""Following one channel: subscription -> log -> recorder, and what is known of the link as the log's condition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from colony_tui.client.channel_subscription import ChannelReader, ChannelSubscription
from colony_tui.client.events import (
    Asked,
    ChannelEvent,
    CutOff,
    Ended,
    Entries,
    LimitPassed,
    LogReset,
    Lost,
    Missing,
    Proven,
    RefusedBy,
    Restored,
)
from colony_tui.client.replies import ReplyTooLarge
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, NotFound, Refused
from colony_tui.live import mishap
from colony_tui.live.mishap import mishap_words
from colony_tui.live.outlet import Outlet
from colony_tui.live.recorder import Recorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import ChannelEntry, NoteKind, Process, ProcessState
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import ChannelLog, LogChange

if TYPE_CHECKING:
    from colony_tui.archive.transcript import Note

CHECK_ROUNDS = 4
"""How often a log is compared and read before it counts as changing too fast to be read in turn."""


class FollowingClient(ChannelReader, Protocol):
    """What following needs of a client."""

    @property
    def id(self) -> str: ...


class ChannelFollower:
    """Holds a channel's log as the server has it, for as long as :meth:`run` runs and beyond.

    Every change of the log or its condition goes to ``changes`` (an empty change when only the condition changed)
    and to the listeners. The log stays readable after the process has ended.
    """

    def __init__(
        self,
        client: FollowingClient,
        tracked: TrackedProcess,
        channel: str,
        *,
        recorder: Recorder,
        now_ns: Callable[[], int],
        time_limit: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        process = tracked.process
        self._client = client
        self._tracked = tracked
        self._recorder = recorder
        self._now_ns = now_ns
        self._time_limit = time_limit
        self._retry = retry
        self._listeners: list[Callable[[LogChange], None]] = []
        self._is_proven = False
        self._is_checked = False
        self._is_running = False
        self._was_tried = False
        self._began_empty = True
        self._newest_ns = process.submitted_ns
        """Of what is held; before anything is, a time before it."""
        self._sure_ns: int | None = None
        """Up to when all that came is proven to be held; ``None`` before the first proof."""
        self.channel = channel
        self.has_read = False
        """Whether the server's log was read since :meth:`run` was called, so that all sequences in it are known."""
        self.log = ChannelLog(process.id, channel, process.initiator_id, (process.executor_id,))
        self.changes: Outlet[LogChange] = Outlet()
        self._apply_attempts()

    @property
    def tracked(self) -> TrackedProcess:
        return self._tracked

    @property
    def is_caught_up(self) -> bool:
        """Whether everything that the server holds is held, as far as it has proven; read in turn: held when it was
        read last."""
        return self._is_proven or self._is_checked

    def on_change(self, listener: Callable[[LogChange], None]) -> None:
        """Call ``listener`` with each change, before it goes to ``changes``."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Follow until the process has ended or the channel is refused for good.

        Cancelling closes the socket; running again goes on with what is held.
        """
        self._tracked.on_change(self._on_process)
        self.has_read = False
        self._is_running, self._is_checked = True, False
        try:
            while not self.close_if_over():
                process = self._tracked.process
                try:
                    if await self._follow(process):
                        return
                except Exception as error:  # noqa: BLE001 - the stream's condition says it
                    self._stumble(error)
                    await asyncio.sleep(mishap.PAUSE_S)
                    continue
                await self._tracked.wait_change(process)
        finally:
            was_proven, self._is_proven, self._is_running = self._is_proven, False, False
            self._tracked.off_change(self._on_process)
            if was_proven and not self.log.is_closed and not self.log.condition.is_settled:
                # Nobody tells any more what comes: this is how old it is from now on.
                self._mark_checked()

    def _stumble(self, error: Exception) -> None:
        """Say what nobody thought of: what is held may be old from now on."""
        self._is_proven = self._is_checked = False
        self.log.mark_lost(self._now_ns(), mishap_words(error), mishap.PAUSE_S)
        # Whoever listens may be what has failed.
        with suppress(Exception):
            self._tell(LogChange())

    async def check(self) -> bool:
        """Read what is new without a socket, and say when that was; whether there was anything.

        For a channel that is read in turn, while :meth:`run` does not run.

        Raises:
            ColonyError: it could not be read; the condition says so unless it is a refusal for good.
        """
        before = self.log.count, self.log.epoch
        try:
            if await self._is_readable() and await self._compare():
                self.has_read = True
                self._sure_ns = self._newest_ns
                self._apply_attempts()
                if not self._is_running:
                    self._is_checked = True
                    self._mark_checked()
        except ColonyError as error:
            if not self._is_running:
                self._is_checked = False
                self.log.mark_lost(self._now_ns(), str(error))
                self._tell(LogChange())
            raise
        except Exception as error:
            if not self._is_running:
                self._stumble(error)
            raise ColonyError(mishap_words(error)) from error
        return (self.log.count, self.log.epoch) != before

    async def _is_readable(self) -> bool:
        """Look at the process first: a channel of one that has ended must not be touched."""
        try:
            process = await self._tracked.fetch()
        except NotFound:
            self._tracked.mark_gone()
            process = self._tracked.process
        if self.close_if_over():
            return False
        self._was_tried = True
        if not process.may_read_channels(self._client.id):
            self._refuse()
            return False
        return True

    async def _compare(self) -> bool:
        """Compare lengths, and read the log where they differ, until all is held; whether that has been proven."""
        for _ in range(CHECK_ROUNDS):
            held = self.log.count
            try:
                found = await self._client.read_channel(
                    self._tracked.id, self.channel, after_index=max(0, held - 1), limit=2
                )
                if len(found) == min(held, 1) and all(entry in self.log for entry in found):
                    return True
                present = await self._read_all() if found else ()
                if not self._covers(present):
                    # Another, shorter log, unless it was the end that emptied it.
                    if not await self._is_readable():
                        return False
                    await self._on_event(LogReset(held))
                if fresh := self._fresh(present):
                    await self._take(fresh)
            except Refused as error:
                if error.is_passing or not await self._is_readable():
                    raise
                self._on_refusal(RefusedBy(error, self._tracked.process))
                return False
        self._is_checked = False
        self.log.mark_catching_up(self._now_ns())
        self._tell(LogChange())
        return False

    async def _read_all(self) -> Sequence[ChannelEntry]:
        entries: Sequence[ChannelEntry] = await self._client.read_pages(self._tracked.id, self.channel)
        if not self._covers(entries):
            # Pages overlap or skip while others append; one read of everything does not.
            with suppress(ReplyTooLarge):
                entries = await self._client.read_channel(self._tracked.id, self.channel)
        return entries

    def _covers(self, entries: Iterable[ChannelEntry]) -> bool:
        """Whether everything held of the server's present log is among these."""
        log, found = self.log, {entry.identity for entry in entries}
        return all(entry.identity in found or log.order_of(entry)[0] < log.epoch for entry in log)

    def _fresh(self, entries: Iterable[ChannelEntry]) -> tuple[ChannelEntry, ...]:
        """Those that are not held of the server's present log, each once."""
        log = self.log
        distinct = {entry.identity: entry for entry in entries}.values()
        return tuple(entry for entry in distinct if entry not in log or log.order_of(entry)[0] < log.epoch)

    def _mark_checked(self) -> None:
        """It is not followed: all that is known is how it was just now."""
        now = self._now_ns()
        if self._tracked.process.state is ProcessState.WAITING and not len(self.log):
            self.log.mark_waiting(now)
        else:
            self.log.mark_idle(now, checked_ns=now)
        self._tell(LogChange())

    def close_if_over(self) -> bool:
        """Whether the process is known to have ended; its channels must not be touched then."""
        process = self._tracked.process
        if process.state.is_closed or self._tracked.is_gone:
            self._close(process, is_complete=False)
            return True
        return False

    async def _follow(self, process: Process) -> bool:
        """One subscription, to its end: whether following is over."""
        if not process.may_read_channels(self._client.id):
            self._refuse()
            return False
        self._was_tried = True
        self._mark_opening()
        held = tuple(self.log) if not self.log.epoch else ()
        self._began_empty = not held
        subscription = ChannelSubscription(
            self._client, process.id, self.channel, time_limit=self._time_limit, held=held, retry=self._retry
        )
        async with subscription:
            async for event in subscription:
                if isinstance(event, RefusedBy):
                    return self._on_refusal(event)
                await self._on_event(event)
        return True

    async def _on_event(self, event: ChannelEvent) -> None:
        now = self._now_ns()
        match event:
            case Entries(entries):
                await self._take(entries)
                if self._is_proven:
                    self._sure_ns = self._newest_ns
            case Asked():
                # With entries from earlier at hand it has only been asked for what came since.
                self.has_read = self.has_read or self._began_empty
                if not self.log.count and self.log.condition.kind is not ConditionKind.WAITING:
                    self.log.mark_idle(now)
            case Proven():
                self._is_proven = self.has_read = True
                self._sure_ns = self._newest_ns
                self._mark_open()
            case LimitPassed():
                if self._is_proven:
                    self._mark_open()
            case Lost(error, retry_in_s):
                self._is_proven = False
                self.log.mark_lost(now, str(error), retry_in_s)
            case Restored() | CutOff() | Missing():
                self._is_proven = False
                self.log.mark_catching_up(now)
            case LogReset(held):
                self._note(NoteKind.RESET, now, held)
                self._tell(self.log.reset(now))
                return
            case Ended(process, is_complete):
                if process is not None:
                    self._tracked.update(process)
                else:
                    self._tracked.mark_gone()
                self._close(process, is_complete=is_complete)
                return
        self._tell(LogChange())

    async def _take(self, entries: tuple[ChannelEntry, ...]) -> None:
        if self.log.goes_back(entries):
            # The sequence starts again: it may be another attempt, and what is shown must not jump.
            try:
                await self._tracked.fetch()
            except ColonyError as error:
                self.log.mark_catching_up(self._now_ns())
                self._tell(LogChange())
                if isinstance(error, NotFound):
                    self._tracked.mark_gone()
            self._apply_attempts()
        self._recorder.record_entries(self._tracked.process, self.channel, entries)
        change = self.log.add(entries)
        self._newest_ns = max(self._newest_ns, *(entry.timestamp_ns for entry in entries))
        if self._is_proven:
            self._mark_open()
        self._tell(change)

    def _refuse(self) -> None:
        self.log.mark_refused(self._now_ns(), "only the submitter and the assigned executor may read it")
        self._tell(LogChange())

    def _on_refusal(self, event: RefusedBy) -> bool:
        """Whether it is for good: a channel that is not there while the process waits opens when it is taken."""
        if event.process is not None:
            self._tracked.update(event.process)
        waits = event.process is not None and event.process.state is ProcessState.WAITING
        if isinstance(event.error, NotFound) and waits:
            self.log.mark_waiting(self._now_ns())
            self._tell(LogChange())
            return False
        self.log.mark_refused(self._now_ns(), event.error.reason)
        self._tell(LogChange())
        return True

    def _mark_opening(self) -> None:
        if self._tracked.process.state is ProcessState.WAITING and not len(self.log):
            self.log.mark_waiting(self._now_ns())
        else:
            self.log.mark_catching_up(self._now_ns())
        self._tell(LogChange())

    def _mark_open(self) -> None:
        """The subscription is active: say the most telling thing that is true beside that."""
        now = self._now_ns()
        waits = self._tracked.process.state is ProcessState.WAITING
        ended_by = self.log.ended_by
        if waits and self._tracked.is_put_back:
            self.log.mark_put_back(now)
        elif ended_by:
            self.log.mark_ended_by_sender(now, ended_by[0])
        elif waits and not len(self.log):
            self.log.mark_waiting(now)
        else:
            self.log.mark_live(now)

    def _close(self, process: Process | None, *, is_complete: bool) -> None:
        if self.log.is_closed:
            return
        now = self._now_ns()
        outcome = process.state if process is not None and process.state.is_closed else None
        if is_complete:
            self._note(NoteKind.COMPLETE, now, self.log.count)
        elif len(self.log) or self._was_tried:
            # What came last may have come without what came before it: the gap begins at the last proof.
            place_ns = self._sure_ns if self._sure_ns is not None else max(now, self._newest_ns)
            self._note(NoteKind.GAP, place_ns)
            self._tell(self.log.mark_gap(now, place_ns, is_live=False))
        self._tell(self.log.close(outcome, process.ended_ns if process is not None else None, now))

    def _on_process(self, process: Process) -> None:
        self._apply_attempts()
        before = self.log.condition
        was_waiting = before.kind in (ConditionKind.WAITING, ConditionKind.PUT_BACK)
        if process.state.is_closed or not (was_waiting or self._tracked.is_put_back):
            return
        if self._is_proven:
            self._mark_open()
        elif was_waiting and process.state is ProcessState.RUNNING:
            self.log.mark_idle(self._now_ns())
        if self.log.condition != before:
            self._tell(LogChange())

    def _apply_attempts(self) -> None:
        tracked = self._tracked
        change = self.log.set_attempts(tracked.starts_ns, tracked.latest_attempt, tracked.executor_ids)
        if change:
            self._tell(change)
        if tracked.is_put_back:
            at_ns = tracked.put_back_ns
            change = self.log.put_back(at_ns if at_ns is not None else self._now_ns())
            if change:
                self._tell(change)

    def restore(self, items: Iterable[ChannelEntry | Note]) -> None:
        """Take in what was recorded earlier. A running process is followed from there on."""
        self._apply_attempts()
        batch: list[ChannelEntry] = []
        for item in items:
            if isinstance(item, ChannelEntry):
                batch.append(item)
                continue
            self._tell(self.log.add(batch))
            batch = []
            match item.kind:
                case NoteKind.RESET:
                    self._tell(self.log.reset(item.at_ns))
                case NoteKind.GAP:
                    self._tell(self.log.mark_gap(item.at_ns, item.at_ns, item.count, is_live=False))
                case NoteKind.JOINED:
                    self._tell(self.log.mark_joined(item.count))
        self._tell(self.log.add(batch))

    def show_recorded(self, words: str) -> None:
        """The process has ended and nothing but the record is left; ``words`` say how much of the channel that is."""
        process, now = self._tracked.process, self._now_ns()
        self._tell(self.log.close(process.state, process.ended_ns if process.ended_ns is not None else now, now))
        self.log.mark_recorded(len(self.log), process.state, words)
        self._tell(LogChange())

    def _note(self, kind: NoteKind, now_ns: int, count: int | None = None) -> None:
        self._recorder.record_note(self._tracked.process, self.channel, kind, now_ns, count)

    def _tell(self, change: LogChange) -> None:
        for listener in self._listeners:
            listener(change)
        self.changes.put(change)
