"""The top line: which colony, who I am, how the link is, how many processes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

from colony_tui.model import NANOSECONDS, ProcessState, Statistics, duration_s
from colony_tui.tui.pieces import Line, Piece, cut, joined, label, spread, width_of
from colony_tui.tui.symbols import STATE_INKS
from colony_tui.tui.times import rough_span, round_trip, time_of_day
from colony_tui.tui.widgets.drawn import Drawn

OLD_S = 60.0
"""Older lists are marked with their age: they are read every 15 seconds even where nobody looks."""


class LinkKind(Enum):
    """How the link to the server is."""

    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Link:
    """The state of the link with its facts. Times are of the same clock as the screen's ``now_ns``."""

    kind: LinkKind
    round_trip_s: float | None = None
    """Of the last request, while live."""
    since_ns: int | None = None
    """Since when it is down."""
    retry_ns: int | None = None
    """When it is tried again."""
    reason: str = ""
    """Why it is down, a sentence without its last point; empty while it is not."""
    heard_ns: int | None = None
    """When the server was last heard, while it is down: what is shown is as of then."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one is and as whom."""

    colony: str
    server: str
    """Host and port."""
    is_encrypted: bool
    is_loopback: bool
    my_name: str
    my_id: str
    link: Link
    statistics: Statistics | None = None
    """``None`` until known, or where the server does not tell them."""
    is_read_only: bool = False
    is_member: bool = True
    """Whether the colony answers this key: the owners' keys are no members."""
    has_colony: bool = True
    """Whether the server has a colony of that name, as far as it told."""
    listed_ns: int | None = None
    """When the server last told what waits and runs; ``None``: never yet."""
    record: Literal["kept", "off", "failed"] = "kept"
    """Whether what is seen is recorded; if not, because it is switched off, or because it cannot be."""


class TopLine(Drawn):
    """The widest form that fits; what is lost first is what one knows anyway."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self) -> None:
        super().__init__(id="top-line")
        self._standing: Standing | None = None
        self._now_ns = 0

    def show(self, standing: Standing, now_ns: int) -> None:
        """Takes what is known now."""
        self._standing, self._now_ns = standing, now_ns
        self.redraw()

    def tick(self, now_ns: int) -> None:
        """Brings the times up to date."""
        self._now_ns = now_ns
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        if self._standing is None:
            return [cut([Piece(" colony-tui", "accent", True)], width)]
        left: Line = ()
        right: Line = ()
        for left, right in self._forms(self._standing):
            if width_of(left) + width_of(right) + 2 <= width:
                break
        return [spread(left, right, width)]

    def _forms(self, standing: Standing) -> Iterator[tuple[Line, Line]]:
        """Left and right ends, the widest first."""
        name = [Piece(" colony-tui", "accent", True)]
        colony = [Piece(" "), label(standing.colony, is_strong=True)]
        server = [Piece(" "), label(standing.server, "dim")]
        safety, brief = _safety(standing), _safety(standing, is_brief=True)
        me = [label(standing.my_name or standing.my_id[:8], "accent", True)]
        me_and_id = [*me, Piece(" "), label(standing.my_id[:8], "faint")] if standing.my_name else me
        if not standing.is_member:
            member = " not a member" if standing.listed_ns is None else " no longer a member"
            me = me_and_id = [*me, Piece(member if standing.has_colony else " no such colony", "error", True)]
        link = _link(standing.link, self._now_ns, self.symbols.live, self.symbols.pending, self.symbols.lost)
        if standing.link.kind is LinkKind.LIVE and _is_old(standing.listed_ns, self._now_ns):
            link = [*link, *_as_of(standing.listed_ns, self._now_ns)]
        words = _counts(standing.statistics, None)
        signs = _counts(standing.statistics, {state: self.symbols.states[state] for state in ProcessState})
        end = [Piece(" ")]
        warning = [] if standing.is_encrypted or standing.is_loopback else brief
        if standing.record == "failed":
            alarm = Piece(" not recorded", "error", True)
            safety, brief, warning = [*safety, alarm], [*brief, alarm], [*warning, alarm]
        elif standing.record == "off":
            safety = [*safety, Piece(", not recorded", "faint")]
        yield [*name, *colony, *server, *safety], [*joined([me_and_id, link, words], "   "), *end]
        yield [*colony, *server, *safety], [*joined([me_and_id, link, words], "   "), *end]
        yield [*colony, *server, *safety], [*joined([me_and_id, link, signs], "   "), *end]
        yield [*colony, *server, *brief], [*joined([me, link, signs]), *end]
        yield [*colony, *server, *warning], [*joined([link, signs]), *end]
        yield [*colony, *warning], [*joined([link, signs]), *end]
        yield [*colony, *warning], [*link, *end]
        yield colony, [*link, *end]


def _safety(standing: Standing, is_brief: bool = False) -> Line:
    """Whether strangers can read along, in words."""
    words: Line
    if standing.is_encrypted:
        words = [Piece(" encrypted", "faint")]
    elif standing.is_loopback:
        words = [Piece(" not encrypted" if is_brief else " not encrypted, loopback", "faint")]
    else:
        words = [Piece(" not encrypted", "warn", True)]
    return [*words, Piece(", read-only", "warn")] if standing.is_read_only else words


def _link(link: Link, now_ns: int, live: str, pending: str, lost: str) -> Line:
    match link.kind:
        case LinkKind.LIVE:
            trip = "" if link.round_trip_s is None else f" {round_trip(link.round_trip_s)}"
            return [Piece(f"{live} live{trip}", "ok")]
        case LinkKind.CONNECTING:
            return [Piece(f"{pending} connecting", "warn")]
        case LinkKind.RECONNECTING:
            seconds = 0 if link.retry_ns is None else max(0, -(-(link.retry_ns - now_ns) // NANOSECONDS))
            words = f"{pending} reconnecting {f'in {rough_span(seconds)}' if seconds else 'now'}"
            return [Piece(words, "warn", True), *_age(link, now_ns)]
        case LinkKind.OFFLINE:
            since = "" if link.since_ns is None else f" since {time_of_day(link.since_ns)}"
            return [Piece(f"{lost} offline{since}", "error", True), *_age(link, now_ns)]


def _age(link: Link, now_ns: int) -> Line:
    """How old everything on the screen is."""
    return _as_of(link.heard_ns, now_ns)


def _is_old(listed_ns: int | None, now_ns: int) -> bool:
    """Whether the lists have not been told for longer than they are left alone: the link lives, but nobody answers."""
    return listed_ns is not None and duration_s(listed_ns, now_ns) > OLD_S


def _as_of(known_ns: int | None, now_ns: int) -> Line:
    return [] if known_ns is None else [Piece(f", as of {rough_span(duration_s(known_ns, now_ns))} ago", "warn")]


def _counts(statistics: Statistics | None, signs: dict[ProcessState, str] | None) -> list[Piece]:
    """Processes by state, in words or with signs."""
    if statistics is None:
        return []
    numbers = (
        (statistics.waiting, ProcessState.WAITING, "waiting"),
        (statistics.running, ProcessState.RUNNING, "running"),
        (statistics.success, ProcessState.SUCCESS, "ok"),
        (statistics.failed, ProcessState.FAILED, "failed"),
    )
    parts: list[Line] = []
    for number, state, word in numbers:
        if signs is not None and state is ProcessState.SUCCESS:
            continue
        # None is nothing that one must look at.
        ink = "dim" if not number else "text" if state is ProcessState.SUCCESS else STATE_INKS[state]
        beside = Piece(f" {word}", "dim") if signs is None else Piece(f" {signs[state]}", ink)
        parts.append([Piece(f"{number:,}", ink, number > 0), beside])
    return joined(parts)
