"""The session over a live colony: its state as values to draw, its changes as the screen's changes.

Decides nothing about the colony and paints nothing: it joins :mod:`colony_tui.live` to the contract in ``session``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from colony_tui.errors import ColonyError, ConnectError
from colony_tui.live.chat import ChatSession
from colony_tui.live.colony import LiveColony, LivingClient, Manners
from colony_tui.live.watcher import WatchChange
from colony_tui.model import Function, FunctionSpec, LogLine, Process, ProcessState, Statistics
from colony_tui.store.condition import ChannelCondition, ConditionKind
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.tui.channel_offer import offered
from colony_tui.tui.keeping import Files, Keeping, Place
from colony_tui.tui.link_words import link_of
from colony_tui.tui.people import People
from colony_tui.tui.recovery import Recovery
from colony_tui.tui.row_words import row_of
from colony_tui.tui.sending_words import deliveries_of, pending_line
from colony_tui.tui.sentences import dropped_words, ending_of, recovered_words
from colony_tui.tui.session import (
    Acknowledging,
    Change,
    FunctionsChanged,
    KeptLoaded,
    LinesChanged,
    LogsChanged,
    NamesChanged,
    Noticed,
    OpenWanted,
    ProcessChanged,
    RowsChanged,
    StandingChanged,
    StreamChanged,
)
from colony_tui.tui.unread import Unread
from colony_tui.tui.widgets.channel_tabs import PaneTab
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.widgets.process_list import ProcessRowData
from colony_tui.tui.widgets.stream.people import Deliveries, Ending, Names, PendingLine
from colony_tui.tui.widgets.top_line import Standing

ROWS_PER_S = 4
"""How often rows are drawn again at most while their newest lines change."""


class LiveSession:
    """A :class:`colony_tui.tui.session.Session` over one client. :meth:`run` lives as long as the app does."""

    def __init__(
        self, client: LivingClient, colony_name: str, *, files: Files | None = None, manners: Manners | None = None
    ) -> None:
        """``files``: where things outlive the session; they are opened when it runs."""
        self.colony = LiveColony(
            client,
            manners=manners,
            is_begun=files is None,
            on_channel=self._on_channel,
            on_lines=self._on_lines,
            on_logs=lambda process_id: self._tell(LogsChanged(process_id)),
            on_ack=self._on_ack,
            on_refused_ack=lambda process_id, error: self._tell(
                Noticed(f"{process_id[:8]} could not be acknowledged: {error}", "error")
            ),
        )
        self._name = colony_name
        self._people = People(self.colony)
        self._listeners: list[Callable[[Change], None]] = []
        self._functions: list[Function] = []
        self._keeping = Keeping(files, client.id, self._on_failure, is_read_only=self.colony.manners.is_read_only)
        self._unread: dict[Place, tuple[ChannelLog, Unread]] = {}
        self._since_ns = 0
        self._place = ("", "")
        self._rows_due: asyncio.TimerHandle | None = None
        self._was_member = False
        self._is_over = asyncio.Event()
        self._is_over.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.colony.watcher.on_process(self._on_process)
        self._recovery = Recovery(client.transport.link, self._open_condition, self.now_ns, self._on_recovery)
        client.transport.link.on_change(self._on_link)

    async def run(self) -> None:
        """Live in the colony until cancelled."""
        self._is_over.clear()
        self._since_ns = self.now_ns()
        tasks = [asyncio.create_task(self._drain(), name="session"), asyncio.create_task(self._begin(), name="files")]
        for task in tasks:
            task.add_done_callback(self._on_done)
        try:
            await self.colony.run()
        finally:
            tasks += self._tasks
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._recovery.stop()
            if self._rows_due is not None:
                self._rows_due.cancel()
            await self._keeping.close()
            self._is_over.set()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.colony.watcher.tell_mishap(error)

    async def suspend(self) -> None:
        """Before the program is stopped: leave nothing open that the colony or another program would wait for."""
        await self.colony.suspend()
        await self._keeping.suspend()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        self._keeping.resume()
        self.colony.resume()

    async def over(self) -> None:
        """Wait until :meth:`run` has ended, and what is kept is on disk; at once when it never began."""
        await self._is_over.wait()

    async def _begin(self) -> None:
        """Open the files, if there are any, and begin with what is in them."""
        if not self._keeping.has_files:
            return
        try:
            await self._keeping.open()
        except Exception as error:  # noqa: BLE001 - it is shown, and the colony goes on with what could be opened
            self.colony.watcher.tell_mishap(error)
        self._since_ns = self._keeping.reading_since(self._since_ns)
        self.colony.begin(self._keeping.archive, self._keeping.desk)
        self._tell(KeptLoaded())
        place = self._keeping.place()
        if place is not None and not self._place[0]:
            self._try("return to where you were", self._return_to(*place))

    async def _return_to(self, process_id: str, channel: str) -> None:
        """Open what was open last, unless it is gone or the user has been faster."""
        while not self._place[0]:
            try:
                if await self.colony.look_up(process_id) and not self._place[0]:
                    self._tell(OpenWanted(process_id, channel))
                return
            except ConnectError:
                await self.colony.client.transport.link.wait(2.0)

    # Values

    @property
    def standing(self) -> Standing:
        transport = self.colony.client.transport
        address = transport.address
        me = self.colony.client.id
        return Standing(
            colony=self._name,
            server=address.authority,
            is_encrypted=address.tls,
            is_loopback=address.is_loopback,
            my_name=self.colony.watcher.directory.name_of(me) or "",
            my_id=me,
            link=link_of(transport.link, asyncio.get_running_loop().time(), self.now_ns()),
            statistics=self._counts(),
            is_read_only=self.colony.manners.is_read_only,
            is_member=self.colony.watcher.is_member,
            has_colony=self.colony.watcher.has_colony,
            listed_ns=self.colony.watcher.listed_ns,
            record="failed" if self._keeping.has_failed else "kept" if self._keeping.is_recording else "off",
        )

    @property
    def rows(self) -> Sequence[ProcessRowData]:
        watcher = self.colony.watcher
        # A part of them would have another first row, which is the one that the first Enter opens.
        return [self._row(process) for process in watcher.table.groups()] if watcher.is_told else ()

    @property
    def functions(self) -> Sequence[Function]:
        return self._functions

    def channels_of(self, function: Function) -> Sequence[str]:
        kept = self._keeping.served(function.name, function.executor_type)
        return offered(function, self.colony.watcher.table, kept)

    @property
    def names(self) -> Names:
        return self._people

    def now_ns(self) -> int:
        return self.colony.now_ns()

    def head(self, process_id: str) -> Head | None:
        process = self._process(process_id)
        if process is None:
            return None
        is_removed = self.colony.watcher.table.get(process_id) is None
        return Head(process, self._executor_name(process), is_removed=is_removed)

    def _process(self, process_id: str) -> Process | None:
        """As the server has it, else as it last was: what was followed outlives it."""
        followed = self.colony.followed.get(process_id)
        listed = self.colony.watcher.table.get(process_id)
        return listed if listed is not None or followed is None else followed.tracked.process

    def tabs(self, process_id: str) -> Sequence[PaneTab]:
        process = self._process(process_id)
        if process is None:
            return ()
        return [self._tab(process, name) for name in process.channels]

    def logs(self, process_id: str) -> Sequence[LogLine]:
        followed = self.colony.followed.get(process_id)
        return followed.log_lines if followed is not None else ()

    def log(self, process_id: str, channel: str) -> ChannelLog | None:
        followed = self.colony.followed.get(process_id)
        if followed is None or channel not in followed.tracked.process.channels:
            return None
        return followed.follower(channel).log

    def pending(self, process_id: str, channel: str) -> Sequence[PendingLine]:
        chat = self._chat(process_id, channel)
        me = self.colony.client.id
        return [pending_line(line, me) for line in chat.pending] if chat is not None else ()

    def deliveries(self, process_id: str, channel: str) -> Deliveries:
        chat = self._chat(process_id, channel)
        return deliveries_of(chat.lines, self.colony.client.id) if chat is not None else {}

    def ending(self, process_id: str) -> Ending | None:
        process = self._process(process_id)
        return ending_of(process) if process is not None else None

    @property
    def theme(self) -> str:
        """The theme that was chosen in an earlier run; empty where none was."""
        return self._keeping.theme()

    def keep_theme(self, name: str) -> None:
        """A theme was chosen."""
        self._keeping.keep_theme(name)

    def acknowledging(self, process_id: str) -> Acknowledging:
        colony, process = self.colony, self._process(process_id)
        if colony.manners.is_read_only:
            return Acknowledging.READ_ONLY
        if process is not None and process.initiator_id != colony.client.id:
            return Acknowledging.OTHERS
        if not colony.manners.may_ack:
            return Acknowledging.OFF
        if process_id not in colony.acknowledger.submitted:
            return Acknowledging.ELSEWHERE
        return Acknowledging.STORED if colony.acknowledger.is_lasting else Acknowledging.HELD

    # Changes

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    # Intents

    def watch(self, ids: Sequence[str]) -> None:
        table = self.colony.watcher.table
        wanted = [process for process in map(table.get, ids) if process is not None and not process.state.is_closed]
        first = self.colony.open_id
        wanted.sort(key=lambda process: (process.id != first, not self.colony.is_mine(process)))
        self.colony.watcher.rows.want(wanted)

    def open_process(self, process_id: str) -> None:
        self._place = (process_id, "")
        self.colony.open(process_id)

    def open_channel(self, process_id: str, channel: str) -> None:
        self._place = (process_id, channel)
        self._keeping.keep_place(process_id, channel)
        self.colony.open(process_id)
        self._recovery.look()

    def mark_read(self, process_id: str, channel: str) -> None:
        held = self._unread.get((process_id, channel))
        if held is None:
            return
        _, unread = held
        count, newest = unread.count, unread.read()
        if newest is not None:
            self._keeping.keep_position(process_id, channel, newest)
        if count:
            self._rows_soon()

    def draft(self, process_id: str, channel: str) -> tuple[str, int | None]:
        return self._keeping.draft(process_id, channel)

    def keep_draft(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> None:
        self._keeping.keep_draft(process_id, channel, text, in_reply_to)

    def sent(self, process_id: str, channel: str) -> Sequence[str]:
        return self._keeping.sent(process_id, channel)

    def send(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> bool:
        line = self.colony.send(process_id, channel, text.encode("utf-8", "replace"), in_reply_to)
        if line is None:
            words = (
                "This app is read-only" if self.colony.manners.is_read_only else "This channel cannot be written to now"
            )
            self._tell(Noticed(f"{words}; nothing was sent", "warn"))
        return line is not None

    def submit(self, spec: FunctionSpec) -> None:
        async def submit() -> None:
            process = await self.colony.submit(spec)
            self._tell(OpenWanted(process.id))

        self._try("start the process", submit())

    def cancel(self, process_id: str) -> None:
        self._try("cancel the process", self._tell_unknown(self.colony.cancel(process_id)))

    def remove(self, process_id: str) -> None:
        self._try("remove the process", self._tell_unknown(self.colony.remove(process_id)))

    async def _tell_unknown(self, change: Coroutine[None, None, bool]) -> None:
        if not await change:
            self._tell(Noticed("The server no longer knows it", "warn"))

    def ask_functions(self) -> None:
        async def ask() -> None:
            self._functions = await self.colony.watcher.functions()
            self._tell(FunctionsChanged())

        self._try("list the functions", ask())

    # Inside

    def _counts(self) -> Statistics | None:
        watcher = self.colony.watcher
        if watcher.statistics is None or not watcher.has_listed:
            return None
        return watcher.table.counts(watcher.statistics, watcher.counted_ns)

    def _row(self, process: Process) -> ProcessRowData:
        unread = sum(self._unread_in(process.id, name) for name in process.channels)
        return row_of(self.colony, process, self._executor_name(process), unread)

    def _tab(self, process: Process, name: str) -> PaneTab:
        log = self.log(process.id, name)
        is_refused = log is not None and log.condition.kind is ConditionKind.REFUSED
        return PaneTab(
            name,
            unread=self._unread_in(process.id, name),
            entries=log.count if log is not None else 0,
            is_locked=is_refused or not self.colony.is_mine(process),
        )

    def _executor_name(self, process: Process) -> str:
        if process.executor_id:
            return self.colony.watcher.directory.name_of(process.executor_id) or process.executor_id[:8]
        return ""

    def _chat(self, process_id: str, channel: str) -> ChatSession | None:
        followed = self.colony.followed.get(process_id)
        return followed.chats.get(channel) if followed is not None else None

    def _on_process(self, process_id: str, process: Process | None) -> None:
        if (
            process is not None
            and process.state is ProcessState.SUCCESS
            and process.initiator_id == self.colony.client.id
        ):
            self._keeping.keep_served(process)

    def _on_channel(self, process_id: str, channel: str, change: LogChange) -> None:
        if change.added:
            self._note_unread(process_id, channel, change)
        self._tell(StreamChanged(process_id, channel, change))
        self._rows_soon()
        if (process_id, channel) == self._place:
            self._recovery.look()

    def _note_unread(self, process_id: str, channel: str, change: LogChange) -> None:
        log = self.log(process_id, channel)
        assert log is not None  # it has just changed
        held = self._unread.get((process_id, channel))
        # A process that was forgotten begins with another log, and all of it is added again.
        if held is None or held[0] is not log:
            position = self._keeping.position(process_id, channel)
            held = self._unread[process_id, channel] = (log, Unread(self.colony.client.id, position, self._since_ns))
        held[1].add(change.added)

    def _unread_in(self, process_id: str, channel: str) -> int:
        held = self._unread.get((process_id, channel))
        return held[1].count if held is not None else 0

    def _on_link(self) -> None:
        self._tell(StandingChanged())
        if not self._is_over.is_set():
            self._recovery.look()

    def _open_condition(self) -> ChannelCondition | None:
        log = self.log(*self._place)
        return log.condition if log is not None else None

    def _on_recovery(self, lasted_s: float) -> None:
        self._tell(Noticed(recovered_words(lasted_s), "ok"))

    def _on_failure(self, sentence: str) -> None:
        self._tell(Noticed(sentence, "error"))
        self._tell(StandingChanged())

    def _on_ack(self, process_id: str, is_lasting: bool) -> None:
        """What nobody has to know is not said: only that the output is safe nowhere but here."""
        if not is_lasting:
            words = "its output is in this app's memory alone: save what you need before you quit"
            self._tell(Noticed(f"{process_id[:8]} was acknowledged; {words}", "warn"))

    def _on_lines(self, process_id: str, channel: str) -> None:
        self._tell(LinesChanged(process_id, channel))

    def _rows_soon(self) -> None:
        if self._rows_due is None:
            self._rows_due = asyncio.get_running_loop().call_later(1 / ROWS_PER_S, self._rows_now)

    def _rows_now(self) -> None:
        self._rows_due = None
        self._tell(RowsChanged())

    async def _drain(self) -> None:
        watcher = self.colony.watcher
        while True:
            changes = await watcher.changes.take()
            try:
                self._show(changes)
            except Exception as error:  # noqa: BLE001 - it is shown with the next change, if it can be
                watcher.tell_mishap(error)

    def _show(self, changes: Sequence[WatchChange]) -> None:
        ids = frozenset[str]().union(*(change.process_ids for change in changes))
        if ids:
            self._tell(RowsChanged())
            self._tell(StandingChanged())
        if self.colony.open_id in ids:
            self._tell(ProcessChanged(self.colony.open_id or ""))
        if any(change.is_colony for change in changes):
            self._note_membership()
            self._tell(StandingChanged())
            self._tell(NamesChanged())
            self._tell(RowsChanged())
        for mishap in filter(None, (change.mishap for change in changes)):
            self._tell(Noticed(mishap, "error"))

    def _note_membership(self) -> None:
        """Say once why nothing new is told any more."""
        watcher = self.colony.watcher
        was_member, self._was_member = self._was_member, watcher.is_member and watcher.has_listed
        if was_member and not watcher.is_member:
            self._tell(Noticed(dropped_words(watcher.directory.is_executor(self.colony.client.id)), "error"))

    def _try(self, what: str, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._carry_out(what, coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, what: str, coroutine: Coroutine[None, None, None]) -> None:
        try:
            await coroutine
        except ColonyError as error:
            self._tell(Noticed(f"Could not {what}: {error}", "error"))

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
