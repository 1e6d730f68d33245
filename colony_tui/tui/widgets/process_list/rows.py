"""What the list shows of a process, and how it is written. Pure values and pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colony_tui.model import Process, ProcessState, duration_s
from colony_tui.text import safe_label
from colony_tui.tui.pieces import Line, Piece, cut, joined, label, pad, spread, width_of
from colony_tui.tui.symbols import STATE_INKS, UNICODE, Symbols
from colony_tui.tui.times import clock_span, rough_span

GAUGE_CELLS = 10
_FACTS_WIDTH = 60
_WORD_CELLS = 7
_UNREAD_CELLS = 5
_INDENT = 3


@dataclass(frozen=True, slots=True)
class ProcessRowData:
    """A process as the list shows it."""

    process: Process
    executor_name: str = ""
    """Who runs it or ran it; empty: the executor type is shown."""
    unread: int = 0
    """Entries not read, over all its channels."""
    sentence: tuple[Piece, ...] = ()
    """The most useful there is to say: newest line, why it waits, what it wants, how it ended."""
    gauge: float | None = None
    """How far it is, 0 to 1, where that is known."""
    is_mine: bool = False
    """Whether the one who looks submitted it."""

    @property
    def id(self) -> str:
        return self.process.id

    @property
    def group(self) -> int:
        """Running before waiting before finished."""
        state = self.process.state
        return 0 if state is ProcessState.RUNNING else 1 if state is ProcessState.WAITING else 2


def age_of(process: Process, now_ns: int) -> str:
    """Time since it was started, submitted or ended, as fits its state; empty where the server did not say."""
    match process.state:
        case ProcessState.RUNNING:
            since = process.started_ns
        case ProcessState.WAITING:
            since = process.submitted_ns
        case _:
            since = process.ended_ns
    if since is None:
        return ""
    span = rough_span if process.state.is_closed else clock_span
    return span(duration_s(since, now_ns))


def matches(row: ProcessRowData, words: Sequence[str]) -> bool:
    """Whether every word (lower case) is found in what the row is known by."""
    process = row.process
    known = (
        process.spec.function,
        row.executor_name or process.spec.executor_type,
        process.initiator_name,
        process.state.word,
        *process.channels,
        process.id,
    )
    text = "\n".join(known).lower()
    return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class RowLook:
    """Everything besides the row itself that its looks depend on."""

    width: int
    now_ns: int = 0
    is_cursor: bool = False
    is_open: bool = False
    """Whether it is the process in the pane."""
    is_focused: bool = False
    is_compact: bool = False
    symbols: Symbols = UNICODE


def row_height(is_compact: bool) -> int:
    """Lines that a process takes."""
    return 1 if is_compact else 2


def row_lines(row: ProcessRowData, look: RowLook) -> list[Line]:
    """The one or two lines of a process, each as wide as the list."""
    first = spread(_head(row, look), _figures(row, look), look.width, gap=1)
    lines = [first] if look.is_compact else [first, _second(row, look)]
    bar = Piece(look.symbols.bar if look.is_cursor else " ", "accent" if look.is_focused else "faint")
    if look.is_open and not look.is_cursor:
        bar = Piece(look.symbols.thin, "dim")
    return [pad(cut([bar, *line[1:]], look.width), look.width) for line in lines]


def _head(row: ProcessRowData, look: RowLook) -> Line:
    process = row.process
    state = process.state
    sign = [Piece(" "), Piece(look.symbols.states[state], STATE_INKS[state]), Piece(" ")]
    name = [label(process.spec.function or "(no name)", is_strong=True)]
    if not look.is_compact:
        return joined([[*sign, *name], _facts(row, look.width)])
    facts = _facts(row, look.width) if look.width >= _FACTS_WIDTH else []
    # The word stands where no width cuts it off.
    return joined([[*sign, _word(row), *name], facts, _sentence(row, look.symbols)])


def _facts(row: ProcessRowData, width: int) -> Line:
    """Who runs it, and where there is room whose it is and its short id."""
    process = row.process
    if width < 30:
        return []
    facts: list[Line] = [[label(row.executor_name or process.spec.executor_type, "dim")]]
    if width >= _FACTS_WIDTH:
        if process.initiator_name:
            facts.append([label(f"for {process.initiator_name}", "faint")])
        facts.append([Piece(safe_label(process.id[:8]), "faint")])
    return joined(facts)


def _figures(row: ProcessRowData, look: RowLook) -> Line:
    age = Piece(age_of(row.process, look.now_ns), "text" if look.is_cursor else "dim")
    unread = f"{row.unread}" if row.unread < 10_000 else "10k"
    return [age, Piece((unread if row.unread else "").rjust(_UNREAD_CELLS), "accent", is_strong=True), Piece(" ")]


def _second(row: ProcessRowData, look: RowLook) -> Line:
    line = [Piece(" "), Piece(" " * (_INDENT - 1)), _word(row), *_sentence(row, look.symbols)]
    return cut(line, look.width - 1)


def _word(row: ProcessRowData) -> Piece:
    """The state's word; names and sentences behind it stand below one another."""
    state = row.process.state
    return Piece(state.word.ljust(_WORD_CELLS) + " ", STATE_INKS[state])


def _sentence(row: ProcessRowData, symbols: Symbols) -> Line:
    words = [piece._replace(text=safe_label(piece.text)) for piece in row.sentence]
    if row.gauge is None:
        return words
    done, left = symbols.gauge(row.gauge, GAUGE_CELLS)
    gauge = [Piece(done, "ok"), Piece(left, "faint")]
    return [*gauge, *([Piece(" ")] if width_of(words) else []), *words]
