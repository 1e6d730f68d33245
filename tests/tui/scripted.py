"""A session whose colony is a script: it holds values, notes what is asked of it, and tells changes when told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from colony_tui.model import (
    NANOSECONDS,
    ChannelEntry,
    Function,
    FunctionArg,
    FunctionSpec,
    LogLine,
    Process,
    ProcessState,
    Statistics,
)
from colony_tui.store.log import ChannelLog
from colony_tui.tui.channel_offer import offered
from colony_tui.tui.session import Acknowledging, Change, ProcessChanged, RowsChanged, StandingChanged, StreamChanged
from colony_tui.tui.widgets.channel_tabs import PaneTab
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.widgets.process_list import ProcessRowData
from colony_tui.tui.widgets.stream import Ending, PendingLine, Person
from colony_tui.tui.widgets.stream.people import Deliveries
from colony_tui.tui.widgets.top_line import Link, LinkKind, Standing
from tests.tui.data import ALICE, NOW_NS, ROWS

STANDING = Standing(
    colony="dev",
    server="localhost:50080",
    is_encrypted=False,
    is_loopback=True,
    my_name="alice",
    my_id=ALICE,
    link=Link(LinkKind.LIVE, round_trip_s=0.004),
    listed_ns=NOW_NS,
    statistics=Statistics(waiting=3, running=5, success=128, failed=2, cancelled=1, executors=4),
)
CHATBOT = ROWS[0].process.executor_id
_ANSWER = """\
Use **insertion sort.** On a list where each element is at most `k` places from home it needs only `O(nk)` steps:

```python
for i in range(1, len(items)):
    x, j = items[i], i
    while j and items[j - 1] > x:
        items[j] = items[j - 1]; j -= 1
    items[j] = x
```

| method | nearly sorted | random |
|---|---|---|
| insertion | O(nk) | O(n²) |
| timsort | O(n) | O(n log n) |
"""
_GROWING = (
    "Then sort runs that fit, write them out, and merge: since the list is nearly sorted, most runs will not overlap, "
    "and the merge degenerates to"
)
FUNCTIONS = (
    Function(
        name="chat",
        executor_name="chatbot",
        executor_type="bot",
        description="Answers on the channel chat until one says goodbye",
    ),
    Function(
        name="long-task",
        executor_name="worker-1",
        executor_type="worker",
        description="Counts steps on the channel progress, then ends",
        args=(
            FunctionArg("steps", "int", "how many", is_required=True),
            FunctionArg("speed", "string", "", choices=("slow", "fast")),
        ),
    ),
    Function(name="tokens", executor_name="llm-1", executor_type="llm", description="Streams an answer by the token"),
)


class People:
    """Names by id."""

    def person(self, sender_id: str) -> Person:
        if sender_id == ALICE:
            return Person("alice", "you", 4)
        row = next((row for row in ROWS if row.process.executor_id == sender_id), None)
        return Person(row.executor_name if row else sender_id[:8], "bot", 0)


def entry(
    sender_id: str, sequence: int, ago_s: float, text: str, reply: int | None = None, type: str = "data"
) -> ChannelEntry:
    return ChannelEntry(sequence, reply, NOW_NS - round(ago_s * NANOSECONDS), sender_id, text.encode(), type)


def tokens(text: str, first: int, ago_s: float, seconds: float, reply: int) -> list[ChannelEntry]:
    """A reply by the token: words, evenly spread."""
    words = [word + " " for word in text.split(" ")]
    step = seconds / len(words)
    return [entry(CHATBOT, first + at, ago_s - at * step, word, reply) for at, word in enumerate(words)]


def chat_log() -> ChannelLog:
    """The conversation of the drawing."""
    log = ChannelLog(ROWS[0].id, "chat", ALICE, (CHATBOT,))
    answer = tokens(_ANSWER, 2, 52.2, 5.1, 1)
    end = entry(CHATBOT, answer[-1].sequence + 2, 47, "", 1, "end")
    log.add([entry(ALICE, 1, 53, "What is the fastest way to sort a list that is nearly sorted?"), *answer, end])
    question = entry(ALICE, 301, 2, "And if it does not fit into memory?", 2)
    log.add([question, *tokens(_GROWING, 400, 1, 0.7, 301)])
    log.mark_live(NOW_NS, 0.004)
    return log


class ScriptedSession:
    """Satisfies ``Session``."""

    def __init__(self, rows: Sequence[ProcessRowData] = ROWS, standing: Standing = STANDING) -> None:
        self.rows: Sequence[ProcessRowData] = rows
        self.standing = standing
        self.functions: Sequence[Function] = FUNCTIONS
        self.names = People()
        self.takes_lines = True
        self.now = NOW_NS
        self.calls: list[tuple[object, ...]] = []
        self.log_lines: list[LogLine] = []
        self.own_lines: list[PendingLine] = []
        self.drafts: dict[tuple[str, str], tuple[str, int | None]] = {}
        self.sent_lines: dict[tuple[str, str], list[str]] = {}
        self.ends: dict[str, Ending] = {}
        self.who_acknowledges = Acknowledging.STORED
        self.channel_logs: dict[tuple[str, str], ChannelLog] = {(rows[0].id, "chat"): chat_log()} if rows else {}
        self._listeners: list[Callable[[Change], None]] = []

    # What a script does

    def tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)

    def called(self, name: str) -> list[tuple[object, ...]]:
        """Arguments of the calls of one intent."""
        return [call[1:] for call in self.calls if call[0] == name]

    def change_row(self, process_id: str, **fields: object) -> None:
        """Another snapshot of a process, told at once."""
        self.rows = [
            replace(row, process=_changed(row.process, fields)) if row.id == process_id else row for row in self.rows
        ]
        self.tell(RowsChanged())
        self.tell(ProcessChanged(process_id))

    def add(self, process_id: str, channel: str, *entries: ChannelEntry) -> None:
        """Entries arrive."""
        change = self.channel_logs[process_id, channel].add(entries)
        self.tell(StreamChanged(process_id, channel, change))

    def set_link(self, link: Link) -> None:
        self.standing = replace(self.standing, link=link)
        self.tell(StandingChanged())

    # Session

    def now_ns(self) -> int:
        return self.now

    def _row(self, process_id: str) -> ProcessRowData | None:
        return next((row for row in self.rows if row.id == process_id), None)

    def channels_of(self, function: Function) -> Sequence[str]:
        return offered(function, [row.process for row in self.rows])

    def head(self, process_id: str) -> Head | None:
        row = self._row(process_id)
        return Head(row.process, row.executor_name) if row else None

    def tabs(self, process_id: str) -> Sequence[PaneTab]:
        row = self._row(process_id)
        return [PaneTab(name) for name in row.process.channels] if row else []

    def logs(self, process_id: str) -> Sequence[LogLine]:
        return [line for line in self.log_lines if line.process_id == process_id]

    def log(self, process_id: str, channel: str) -> ChannelLog | None:
        return self.channel_logs.get((process_id, channel))

    def pending(self, process_id: str, channel: str) -> Sequence[PendingLine]:
        return self.own_lines

    def deliveries(self, process_id: str, channel: str) -> Deliveries:
        return {(ALICE, 301): "seen"}

    def ending(self, process_id: str) -> Ending | None:
        return self.ends.get(process_id)

    def acknowledging(self, process_id: str) -> Acknowledging:
        return self.who_acknowledges

    def draft(self, process_id: str, channel: str) -> tuple[str, int | None]:
        return self.drafts.get((process_id, channel), ("", None))

    def keep_draft(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> None:
        self.drafts[process_id, channel] = (text, in_reply_to)

    def sent(self, process_id: str, channel: str) -> Sequence[str]:
        return self.sent_lines.get((process_id, channel), ())

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def watch(self, ids: Sequence[str]) -> None:
        self.calls.append(("watch", *ids))

    def open_process(self, process_id: str) -> None:
        self.calls.append(("open_process", process_id))

    def open_channel(self, process_id: str, channel: str) -> None:
        self.calls.append(("open_channel", process_id, channel))
        row = self._row(process_id)
        if row and (process_id, channel) not in self.channel_logs:
            log = ChannelLog(process_id, channel, row.process.initiator_id, (row.process.executor_id,))
            if row.process.state.is_closed:
                log.close(row.process.state, row.process.ended_ns, self.now)
            elif row.process.state is ProcessState.WAITING:
                log.mark_waiting(self.now)
            else:
                log.mark_live(self.now)
            self.channel_logs[process_id, channel] = log

    def mark_read(self, process_id: str, channel: str) -> None:
        self.calls.append(("mark_read", process_id, channel))

    def send(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> bool:
        self.calls.append(("send", process_id, channel, text, in_reply_to))
        return self.takes_lines

    def submit(self, spec: FunctionSpec) -> None:
        self.calls.append(("submit", spec))

    def cancel(self, process_id: str) -> None:
        self.calls.append(("cancel", process_id))

    def remove(self, process_id: str) -> None:
        self.calls.append(("remove", process_id))

    def ask_functions(self) -> None:
        self.calls.append(("ask_functions",))


def _changed(process: Process, fields: dict[str, object]) -> Process:
    import msgspec

    return msgspec.structs.replace(process, **fields)
