"""The session over a live colony: its state as values to draw, its changes as the screen's changes.

Decides nothing about the colony and paints nothing: it joins :mod:`colony_tui.live` to the contract in ``session``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from colony_tui.errors import ColonyError
from colony_tui.live.chat import ChatSession, Line
from colony_tui.live.chat import Delivery as LineState
from colony_tui.live.colony import LiveColony, LivingClient
from colony_tui.live.followed import FollowedProcess
from colony_tui.model import (
    SYNC_CHANNEL,
    ChannelEntry,
    EntryType,
    Function,
    FunctionSpec,
    LogLine,
    Process,
    ProcessState,
    Statistics,
)
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.tui.pieces import Piece, label
from colony_tui.tui.sentences import ended_words, ending_of, newest, waiting_words
from colony_tui.tui.session import (
    Change,
    FunctionsChanged,
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
from colony_tui.tui.widgets.channel_tabs import PaneTab
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.widgets.process_list import ProcessRowData
from colony_tui.tui.widgets.stream.people import Deliveries, Delivery, Ending, Names, PendingLine, Person
from colony_tui.tui.widgets.top_line import Link, LinkKind, Standing

ROWS_PER_S = 4
"""How often rows are drawn again at most while their newest lines change."""

OFFLINE_AFTER_S = 60
"""Seconds after which a lost link is called offline."""

HUES = 6

_SHOWN_STATES: dict[LineState, Delivery] = {
    LineState.QUEUED: "sending",
    LineState.SENDING: "sending",
    LineState.ACCEPTED: "accepted",
    LineState.SEEN: "seen",
    LineState.ANSWERED: "answered",
    LineState.FAILED: "failed",
    LineState.UNKNOWN: "unknown",
}


class People:
    """Who an id is, with a hue that stays its own."""

    def __init__(self, colony: LiveColony) -> None:
        self._colony = colony
        self._hues: dict[str, int] = {}

    def person(self, sender_id: str) -> Person:
        directory = self._colony.watcher.directory
        name = directory.name_of(sender_id) or sender_id[:8] or "nobody"
        if sender_id == self._colony.client.id:
            return Person(name, "you", self._hue(sender_id))
        return Person(name, "bot" if directory.is_executor(sender_id) else "other", self._hue(sender_id))

    def ink(self, sender_id: str) -> str:
        """The ink of a sender's name."""
        return f"sender-{self._hue(sender_id) % HUES + 1}"

    def _hue(self, sender_id: str) -> int:
        return self._hues.setdefault(sender_id, len(self._hues))


class LiveSession:
    """A :class:`colony_tui.tui.session.Session` over one client. :meth:`run` lives as long as the app does."""

    def __init__(self, client: LivingClient, colony_name: str, *, is_read_only: bool = False) -> None:
        self.colony = LiveColony(
            client,
            is_read_only=is_read_only,
            on_channel=self._on_channel,
            on_lines=self._on_lines,
            on_logs=lambda process_id: self._tell(LogsChanged(process_id)),
        )
        self._name = colony_name
        self._people = People(self.colony)
        self._listeners: list[Callable[[Change], None]] = []
        self._functions: list[Function] = []
        self._unread: dict[tuple[str, str], int] = {}
        self._growing: dict[tuple[str, str], tuple[str, int | None]] = {}
        self._begun_ns = 0
        self._rows_due: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        client.transport.link.on_change(lambda: self._tell(StandingChanged()))

    async def run(self) -> None:
        """Live in the colony until cancelled."""
        self._begun_ns = self.now_ns()
        drain = asyncio.create_task(self._drain(), name="session")
        try:
            await self.colony.run()
        finally:
            for task in (drain, *self._tasks):
                task.cancel()
            await asyncio.gather(drain, *self._tasks, return_exceptions=True)
            if self._rows_due is not None:
                self._rows_due.cancel()

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
            link=self._link(),
            statistics=self._counts(),
            is_read_only=self.colony.is_read_only,
            is_member=self.colony.watcher.is_member,
        )

    @property
    def rows(self) -> Sequence[ProcessRowData]:
        return [self._row(process) for process in self.colony.watcher.table.groups()]

    @property
    def functions(self) -> Sequence[Function]:
        return self._functions

    @property
    def names(self) -> Names:
        return self._people

    def now_ns(self) -> int:
        return self.colony.now_ns()

    def head(self, process_id: str) -> Head | None:
        process = self.colony.watcher.table.get(process_id)
        if process is None:
            return None
        return Head(process, self._executor_name(process), self._people.ink(process.executor_id))

    def tabs(self, process_id: str) -> Sequence[PaneTab]:
        process = self.colony.watcher.table.get(process_id)
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
        return [self._pending(line) for line in chat.pending] if chat is not None else ()

    def deliveries(self, process_id: str, channel: str) -> Deliveries:
        chat = self._chat(process_id, channel)
        if chat is None:
            return {}
        me = self.colony.client.id
        return {(me, line.sequence): _SHOWN_STATES[line.state] for line in chat.lines if line.sequence is not None}

    def ending(self, process_id: str) -> Ending | None:
        process = self.colony.watcher.table.get(process_id)
        return ending_of(process) if process is not None else None

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
        self.colony.open(process_id)

    def open_channel(self, process_id: str, channel: str) -> None:
        self.colony.open(process_id)

    def mark_read(self, process_id: str, channel: str) -> None:
        if self._unread.pop((process_id, channel), 0):
            self._rows_soon()
            self._tell(ProcessChanged(process_id))

    def send(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> None:
        if self.colony.send(process_id, channel, text.encode("utf-8", "replace"), in_reply_to) is None:
            words = "This app is read-only" if self.colony.is_read_only else "This channel cannot be written to now"
            self._tell(Noticed(f"{words}; nothing was sent", "warn"))

    def submit(self, spec: FunctionSpec) -> None:
        async def submit() -> None:
            process = await self.colony.submit(spec)
            self._tell(OpenWanted(process.id))

        self._try("start the process", submit())

    def cancel(self, process_id: str) -> None:
        self._try("cancel the process", self.colony.cancel(process_id))

    def remove(self, process_id: str) -> None:
        self._try("remove the process", self.colony.remove(process_id))

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

    def _link(self) -> Link:
        transport = self.colony.client.transport
        link = transport.link
        if link.is_up:
            return Link(LinkKind.LIVE, link.round_trip_s)
        if link.down_since is None:
            return Link(LinkKind.CONNECTING)
        down_s = asyncio.get_running_loop().time() - link.down_since
        kind = LinkKind.OFFLINE if down_s >= OFFLINE_AFTER_S else LinkKind.RECONNECTING
        return Link(kind, since_ns=self.now_ns() - int(down_s * 1e9))

    def _row(self, process: Process) -> ProcessRowData:
        followed = self.colony.followed.get(process.id)
        sentence, gauge = self._sentence(process, followed)
        return ProcessRowData(
            process=process,
            executor_name=self._executor_name(process),
            unread=sum(self._unread.get((process.id, name), 0) for name in process.channels),
            sentence=sentence,
            gauge=gauge,
            is_mine=self.colony.is_mine(process),
        )

    def _sentence(self, process: Process, followed: FollowedProcess | None) -> tuple[tuple[Piece, ...], float | None]:
        watcher = self.colony.watcher
        if process.state.is_closed:
            return ended_words(process), None
        if process.state is ProcessState.WAITING:
            executors = watcher.directory.executors.values()
            now_ns = self.now_ns()
            reason = watcher.table.why_waits(process, executors, is_paused=watcher.is_paused, now_ns=now_ns)
            return waiting_words(reason if executors else None, process, now_ns), None
        if followed is None:
            return (), None
        if self._wants_ack(process, followed):
            return (Piece("wants ack: output has ended", "warn"),), None
        line, gauge = newest(followed.follower(name).log for name in process.channels if name != SYNC_CHANNEL)
        if gauge is None:
            return ((label(line, "dim"),) if line else ()), None
        return (Piece(f"{gauge.label}  ", "text"), label(line, "dim")), gauge.share

    def _wants_ack(self, process: Process, followed: FollowedProcess) -> bool:
        if SYNC_CHANNEL not in process.channels or process.initiator_id != self.colony.client.id:
            return False
        others = [followed.follower(name).log for name in process.channels if name != SYNC_CHANNEL]
        heard = [log for log in others if len(log)]
        return bool(heard) and all(log.ended_by for log in heard) and not len(followed.follower(SYNC_CHANNEL).log)

    def _tab(self, process: Process, name: str) -> PaneTab:
        log = self.log(process.id, name)
        is_refused = log is not None and log.condition.kind is ConditionKind.REFUSED
        return PaneTab(
            name,
            unread=self._unread.get((process.id, name), 0),
            entries=log.count if log is not None else 0,
            is_locked=is_refused or not self.colony.is_mine(process),
        )

    def _executor_name(self, process: Process) -> str:
        if process.executor_id:
            return self.colony.watcher.directory.name_of(process.executor_id) or process.executor_id[:8]
        return ""

    def _pending(self, line: Line) -> PendingLine:
        note = line.error
        if line.state is LineState.QUEUED and not note:
            note = "waits for its turn"
        return PendingLine(
            key=str(id(line)),
            sender_id=self.colony.client.id,
            text=line.text,
            state=_SHOWN_STATES[line.state],
            note=note,
            sequence=line.sequence,
        )

    def _chat(self, process_id: str, channel: str) -> ChatSession | None:
        followed = self.colony.followed.get(process_id)
        return followed.chats.get(channel) if followed is not None else None

    def _on_channel(self, process_id: str, channel: str, change: LogChange) -> None:
        key = (process_id, channel)
        fresh = sum(self._is_news(key, entry) for entry in change.added)
        if fresh:
            self._unread[key] = self._unread.get(key, 0) + fresh
        self._tell(StreamChanged(process_id, channel, change))
        self._rows_soon()

    def _is_news(self, key: tuple[str, str], entry: ChannelEntry) -> bool:
        """Whether an entry counts as unread: a reply does once, however many tokens it has."""
        if entry.sender_id == self.colony.client.id or entry.timestamp_ns < self._begun_ns:
            return False
        if entry.type == EntryType.END and not entry.payload:
            return False
        reply = (entry.sender_id, entry.in_reply_to)
        if entry.in_reply_to is None:
            self._growing.pop(key, None)
            return True
        is_new = self._growing.get(key) != reply
        self._growing[key] = reply
        return is_new

    def _on_lines(self, process_id: str, channel: str) -> None:
        self._tell(LinesChanged(process_id, channel))

    def _rows_soon(self) -> None:
        if self._rows_due is None:
            self._rows_due = asyncio.get_running_loop().call_later(1 / ROWS_PER_S, self._rows_now)

    def _rows_now(self) -> None:
        self._rows_due = None
        self._tell(RowsChanged())

    async def _drain(self) -> None:
        while True:
            changes = await self.colony.watcher.changes.take()
            ids = frozenset[str]().union(*(change.process_ids for change in changes))
            if ids:
                self._tell(RowsChanged())
                self._tell(StandingChanged())
            if self.colony.open_id in ids:
                self._tell(ProcessChanged(self.colony.open_id or ""))
            if any(change.is_colony for change in changes):
                self._tell(StandingChanged())
                self._tell(NamesChanged())
                self._tell(RowsChanged())

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
