"""What the screen asks of whatever holds the colony: values to draw, intents to carry out, changes to hear of.

Owns the contract and its small values. Whoever implements it does the waiting: no method here blocks, and none is a
coroutine; what comes of an intent comes as a change. Everything happens on the app's event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from colony_tui.model import Function, FunctionSpec, LogLine
from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.tui.widgets.channel_tabs import PaneTab
from colony_tui.tui.widgets.process_head import Head
from colony_tui.tui.widgets.process_list import ProcessRowData
from colony_tui.tui.widgets.stream.people import Deliveries, Ending, Names, PendingLine
from colony_tui.tui.widgets.top_line import Standing


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """The link, the counts, or who one is."""


@dataclass(frozen=True, slots=True)
class RowsChanged:
    """Rows came, went or changed."""


@dataclass(frozen=True, slots=True)
class ProcessChanged:
    """A process that is open changed: its snapshot, its names, its tabs."""

    process_id: str


@dataclass(frozen=True, slots=True)
class LogsChanged:
    """Log lines of an open process came."""

    process_id: str


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """The log of an open channel changed, or (with an empty change) its condition."""

    process_id: str
    channel: str
    change: LogChange


@dataclass(frozen=True, slots=True)
class LinesChanged:
    """Own lines on their way to an open channel changed."""

    process_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class NamesChanged:
    """Ids have names now that had none before."""


@dataclass(frozen=True, slots=True)
class FunctionsChanged:
    """Other functions are registered."""


@dataclass(frozen=True, slots=True)
class OpenWanted:
    """A process is to be opened: the one that was just submitted, or the one that was open last."""

    process_id: str
    channel: str | None = None
    """To be opened as well, where one is named."""


@dataclass(frozen=True, slots=True)
class KeptLoaded:
    """What earlier runs have kept is known now: drafts, and what was sent."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something to say in one sentence. ``sentence`` may hold others' words: it is made safe where it is drawn."""

    sentence: str
    ink: str = "text"


Change = (
    StandingChanged
    | RowsChanged
    | ProcessChanged
    | LogsChanged
    | StreamChanged
    | LinesChanged
    | NamesChanged
    | FunctionsChanged
    | OpenWanted
    | KeptLoaded
    | Noticed
)
"""What a session tells, in the order in which it happened."""


class Acknowledging(Enum):
    """Who says on ``sync`` that a process's output is safe."""

    STORED = "this app, once all of it is on disk"
    HELD = "this app, once all of it is in memory: nothing is recorded"
    ELSEWHERE = "whoever submitted it with this key; not this app"
    OTHERS = "its submitter, who is somebody else"
    OFF = "not this app, since it is switched off"
    READ_ONLY = "not this app, since it writes nothing"


class Session(Protocol):
    """One colony, seen by one identity."""

    # Values

    @property
    def standing(self) -> Standing:
        """Where one is, and how the link is."""
        ...

    @property
    def rows(self) -> Sequence[ProcessRowData]:
        """The processes, in the order wanted within each group."""
        ...

    @property
    def functions(self) -> Sequence[Function]:
        """Registered functions, as far as they are known."""
        ...

    def channels_of(self, function: Function) -> Sequence[str]:
        """What a new process of a function begins with; see ``channel_offer``."""
        ...

    @property
    def names(self) -> Names:
        """Who an id is."""
        ...

    def now_ns(self) -> int:
        """The time by the server's clock."""
        ...

    def head(self, process_id: str) -> Head | None:
        """A process with its names; ``None`` while it is not known."""
        ...

    def tabs(self, process_id: str) -> Sequence[PaneTab]:
        """Its channels, in their order."""
        ...

    def logs(self, process_id: str) -> Sequence[LogLine]:
        """Its log lines, oldest first."""
        ...

    def log(self, process_id: str, channel: str) -> ChannelLog | None:
        """The log of a channel that is open; ``None`` before."""
        ...

    def pending(self, process_id: str, channel: str) -> Sequence[PendingLine]:
        """Own lines that are not in the log yet."""
        ...

    def deliveries(self, process_id: str, channel: str) -> Deliveries:
        """How far own entries in the log have come."""
        ...

    def ending(self, process_id: str) -> Ending | None:
        """How the process ended, in words; ``None`` while it has not."""
        ...

    def acknowledging(self, process_id: str) -> Acknowledging:
        """Who acknowledges its output."""
        ...

    def draft(self, process_id: str, channel: str) -> tuple[str, int | None]:
        """What was typed to a channel and not sent, and the sequence that it answers; an empty text: nothing."""
        ...

    def sent(self, process_id: str, channel: str) -> Sequence[str]:
        """What was sent to a channel from here, oldest first, as far as it is kept."""
        ...

    # Changes

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Calls ``listener`` with every change from now on."""
        ...

    # Intents

    def watch(self, ids: Sequence[str]) -> None:
        """These processes are on the screen, the most important first."""
        ...

    def open_process(self, process_id: str) -> None:
        """It is the open one: keep it up to date, with its logs. Another one that was open is open no more."""
        ...

    def open_channel(self, process_id: str, channel: str) -> None:
        """It is the stream on the screen: follow it."""
        ...

    def mark_read(self, process_id: str, channel: str) -> None:
        """All that is held of it has been seen."""
        ...

    def keep_draft(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> None:
        """What is typed and not sent; an empty text: nothing."""
        ...

    def send(self, process_id: str, channel: str, text: str, in_reply_to: int | None) -> bool:
        """Send a line; ``False`` when it cannot be taken now, and ``Noticed`` says why."""
        ...

    def submit(self, spec: FunctionSpec) -> None:
        """Start a process; ``OpenWanted`` follows, or ``Noticed`` says why not."""
        ...

    def cancel(self, process_id: str) -> None:
        """Cancel a process."""
        ...

    def remove(self, process_id: str) -> None:
        """Remove a process that does not run from the server."""
        ...

    def ask_functions(self) -> None:
        """Look which functions are registered."""
        ...
