"""Rows to blocks of painted lines, each laid out when it is first seen and kept while it stays as it is.

Owns the cache of blocks and the looks of heads, bars and marks. Decides nothing about where a block stands on the
screen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial

from rich.style import Style

from colony_tui.store.condition import ChannelCondition
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow, RowKey
from colony_tui.text import cell_width, plain, safe_label, safe_text
from colony_tui.tui.markdown import DECORATION, Look, Run, Runs, width_of, wrap
from colony_tui.tui.markdown.look import BOLD
from colony_tui.tui.widgets.stream import words
from colony_tui.tui.widgets.stream.block import NOTHING_ABOVE, Above, Block
from colony_tui.tui.widgets.stream.body import (
    MAX_OPENED,
    REPLY_LIMITS,
    Body,
    Setter,
    body_of,
    error_body,
    may_be_json,
    opened_limits,
    plain_body,
    source_of,
)
from colony_tui.tui.widgets.stream.growing import GrowingBody
from colony_tui.tui.widgets.stream.line import Line
from colony_tui.tui.widgets.stream.opening import Openings, Wish
from colony_tui.tui.widgets.stream.people import Deliveries, Ending, Names, Person
from colony_tui.tui.widgets.stream.rows import EndingRow, PendingRow, StreamRow, StreamRows, sent_of
from colony_tui.tui.widgets.stream.setting import Typesetter
from colony_tui.tui.widgets.stream.shapes import GUTTER, MARGIN, Page, Shape, shape_of
from colony_tui.tui.widgets.stream.times import clock, day_words, full

KEPT_BLOCKS = 256
"""Painted blocks that are kept: some screens full."""

_GROWING_KEPT = 16
_MAX_STEPS = 3
_NAME_WIDTH = 24
_BAR = "┃ "
_RULE_LEAD = "── "


@dataclass(slots=True)
class Facts:
    """What blocks show besides their rows. A change of these empties the cache; but deliveries, condition and clock."""

    page: Page
    now_ns: int
    is_threaded: bool = True
    deliveries: Deliveries = field(default_factory=dict)
    ending: Ending | None = None
    opened: dict[RowKey, int] = field(default_factory=dict)
    """How many times the reader asked to see more of a row."""
    condition: ChannelCondition | None = None
    """What is known of the link; ``None``: nothing speaks against its being live."""

    @property
    def names(self) -> Names:
        """Who speaks."""
        return self.page.names


class Painter:
    """Lays rows out, with a look, for a page."""

    def __init__(self, rows: StreamRows, facts: Facts, look: Look) -> None:
        self.rows = rows
        self.facts = facts
        self.look = look
        self._blocks: OrderedDict[tuple[Hashable, ...], Block] = OrderedDict()
        self._growing: OrderedDict[RowKey, GrowingBody] = OrderedDict()
        self.typesetter = Typesetter()
        self.openings = Openings()

    def forget(self) -> None:
        """Names, times, width, look or view have changed: nothing that was painted holds."""
        self._blocks.clear()
        self.typesetter.forget()
        self.openings.forget()
        self._growing.clear()

    def shape(self, index: int) -> Shape:
        """How a row stands among its neighbours."""
        return shape_of(self.rows, index, self.facts.page)

    def version(self, row: StreamRow) -> int:
        """Another one whenever the row looks different: also when its long page is set, or more of it is shown."""
        opened = self.facts.opened.get(row.key, 0)
        return (MAX_OPENED + 1) * (2 * row.version + self.typesetter.has_set(row.key)) + opened

    @property
    def is_busy(self) -> bool:
        """Whether something is being laid out between frames."""
        return self.typesetter.is_busy or self.openings.is_busy

    def work(self, is_time_over: Callable[[], bool]) -> bool:
        """Go on with what is being laid out until the time is over; whether something has become ready."""
        return self.typesetter.work(is_time_over) or self.openings.work(is_time_over)

    def is_open(self, row: EntryRow, times: int) -> bool:
        """Whether so much more of a row can be shown at once; if not, it is being laid out from now on."""
        is_laid_out = row.fold is not FoldState.GROWING or self.facts.page.is_raw
        return not is_laid_out or self.openings.is_ready(self._wish(row, times))

    def forget_row(self, key: RowKey, times: int) -> None:
        """So much more of a row is shown now: what was painted of it, and laid out to show more or less, is let go."""
        self.openings.keep_only(key, times)
        for held in [held for held in self._blocks if held[0] == key]:
            del self._blocks[held]

    def _wish(self, row: EntryRow, times: int) -> Wish:
        room = self.facts.page.room(self.rows.depth_of(row))
        role = self.facts.names.person(row.sender_id).role
        return Wish(row, times, role, self._bars(row), room, self.look, self.facts.page.is_raw)

    def growth(self, row: StreamRow) -> words.Growth | None:
        """How a reply grows just now; ``None`` for what does not."""
        return words.growth_of(row, self.facts.condition, self.facts.now_ns) if isinstance(row, EntryRow) else None

    def block(self, index: int, above: Above = NOTHING_ABOVE) -> Block:
        """The row's block, from the cache if nothing about it has changed."""
        row = self.rows[index]
        shape = self.shape(index)
        delivery = self.facts.deliveries.get(sent_of(row)) if isinstance(row, EntryRow) else None
        key = (row.key, self.version(row), shape, above, delivery, self.growth(row))
        block = self._blocks.get(key)
        if block is not None:
            self._blocks.move_to_end(key)
            return block
        block = self._paint(row, shape, above)
        self._blocks[key] = block
        if len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return block

    def source(self, index: int, row: StreamRow) -> str:
        """All of the text that can be seen of the row at an index, if need be by opening it."""
        if isinstance(row, PendingRow):
            return plain(safe_text(row.line.text))
        if not isinstance(row, EntryRow):
            return ""
        is_raw = self.facts.page.is_raw
        is_plain = is_raw or (may_be_json(row.first.payload) and self.shape(index).is_line)
        return source_of(row, is_plain=is_plain, is_raw=is_raw)

    def _paint(self, row: StreamRow, shape: Shape, above: Above) -> Block:
        lines = self._lead(shape, above)
        head = len(lines)
        body = Body([], "")
        if isinstance(row, MarkRow):
            lines += self._rule(*self._mark_words(row), is_body=True)
        elif isinstance(row, EndingRow):
            lines += self._rule(row.ending.text, row.ending.tone, is_body=True)
        elif isinstance(row, PendingRow):
            body = self._paint_pending(row, lines)
        elif shape.is_line:
            body = self._paint_line(row, lines)
        else:
            body = self._paint_entry(row, lines)
        if above.mark:
            lines += self._rule(above.mark, "accent")
        return Block(lines, head, body.source, body.is_cut)

    def _lead(self, shape: Shape, above: Above) -> list[Line]:
        """What stands before a row."""
        lines: list[Line] = []
        if shape.has_blank:
            lines.append(Line([], is_body=False))
        if shape.day is not None:
            lines += self._rule(day_words(shape.day), "faint")
        if above.new_count:
            lines += self._rule(f"{above.new_count:,} new", "accent")
        return lines

    def _rule(self, text: str, tone: str, is_body: bool = False) -> list[Line]:
        """A line with words in it, across the page; all of them, if it takes more lines."""
        style = self._tone(tone)
        room = max(1, self.facts.page.width - GUTTER - MARGIN)
        lead: Run = (_RULE_LEAD, style, DECORATION)
        blank: Run = (" " * len(_RULE_LEAD), style, DECORATION)
        parts = wrap([(safe_label(text), style, DECORATION)], room - len(_RULE_LEAD))
        lines = [Line([blank if number else lead, *part], is_body) for number, part in enumerate(parts)]
        free = room - width_of(lines[-1].runs)
        if free > 1:
            lines[-1].runs.append((f" {'─' * (free - 1)}", style, DECORATION))
        return lines

    def _mark_words(self, row: MarkRow) -> words.Fact:
        ending = self.facts.ending
        if row.kind is MarkKind.CLOSED and ending is not None:
            return ending.text, ending.tone
        return words.mark_fact(row, self.facts.names)

    def _paint_line(self, row: EntryRow, lines: list[Line]) -> Body:
        """A progress line: time, name, text."""
        person = self.facts.names.person(row.sender_id)
        before: Runs = []
        if time := self._time(row):
            before.append((f"{time}  ", self.look.faint, DECORATION))
        name = safe_label(person.name, _NAME_WIDTH)
        before.append((f"{name} ", self._hue(person) + BOLD, DECORATION))
        margin = width_of(before)
        room = max(8, self.facts.page.room(0) - margin)
        body = plain_body(safe_text(row.payload), room, self.look)
        body.lines = self._seen(row, body)
        state = self.facts.deliveries.get(sent_of(row))
        if state and state not in ("seen", "answered") and body.lines:
            text, tone = words.delivery_fact(state)
            fact: Run = (f"  {text}", self._tone(tone), DECORATION)
            if width_of([*body.lines[-1], fact]) <= room:
                body.lines[-1] = [*body.lines[-1], fact]
            else:
                body.lines.append([fact])
        blank: Run = (" " * margin, self.look.text, DECORATION)
        lines += [Line([*before, *part] if not number else [blank, *part]) for number, part in enumerate(body.lines)]
        return body

    def _paint_entry(self, row: EntryRow, lines: list[Line]) -> Body:
        bars = self._bars(row)
        person = self.facts.names.person(row.sender_id)
        room = self.facts.page.room(self.rows.depth_of(row))
        if self.facts.page.is_raw:
            lines += [Line(part) for part in self._raw_heads(row, room)]
        else:
            name: Run = (safe_label(person.name, _NAME_WIDTH), self._hue(person) + BOLD, DECORATION)
            lines.append(Line([*bars, *self._head(name, person.role, self._entry_facts(row), room)]))
        if row.fold is FoldState.GROWING and not self.facts.page.is_raw:
            body = self._grow(row, bars, room, lines)
        else:
            body = self._body(row, bars, room)
            if not self.typesetter.is_setting(row.key):
                self._growing.pop(row.key, None)
            if row.payload or (row.fold is FoldState.SINGLE and row.first.type == "data"):
                lines += body.painted or [Line([*bars, *part]) for part in self._seen(row, body)]
        self._notes(row, body, bars, room, lines)
        if row.error is None:
            return body
        error = error_body(row.error, body.source, room, self.look, self._opened(row))
        error.is_cut = error.is_cut or body.is_cut
        lines += [Line([*bars, *part]) for part in error.lines]
        self._notes(row, error, bars, room, lines)
        return error

    def _body(self, row: EntryRow, bars: Runs, room: int) -> Body:
        if opened := self._opened(row):
            return self.openings.body(self._wish(row, opened))
        set_page = None if self.facts.page.is_raw else self._setter(row, room)
        role = self.facts.names.person(row.sender_id).role
        return body_of(row, role, room, self.look, set_page, partial(self._grown, row, bars, room))

    def _seen(self, row: EntryRow, body: Body) -> list[Runs]:
        """The lines of a body; where nothing would be seen of them, a word for that."""
        if any(text.strip() for line in body.lines for text, _, _ in line):
            return body.lines
        return [[(words.BLANK_WORDS if row.payload else words.EMPTY_WORDS, self.look.faint, DECORATION)]]

    def _opened(self, row: EntryRow) -> int:
        return self.facts.opened.get(row.key, 0)

    def _setter(self, row: EntryRow, room: int) -> Setter:
        return lambda payload, limits: self.typesetter.page(row.key, row.version, payload, limits, room, self.look)

    def _grown(self, row: EntryRow, bars: Runs, room: int) -> Body | None:
        """The body as it stood while the row grew, if it did: what is read stays, and nothing is laid out anew."""
        growing = self._growing.get(row.key)
        limits = opened_limits(REPLY_LIMITS, self._opened(row))
        if growing is None or not growing.has_all or not growing.fits(bars, room, limits):
            return None
        lines: list[Line] = []
        body = self._grow(row, bars, room, lines)
        body.lines = [line.runs[len(bars) :] for line in lines]
        return body

    def _grow(self, row: EntryRow, bars: Runs, room: int, lines: list[Line]) -> Body:
        limits = opened_limits(REPLY_LIMITS, self._opened(row))
        growing = self._growing.get(row.key)
        if growing is None or not growing.fits(bars, room, limits):
            growing = self._growing[row.key] = GrowingBody(bars, room, self.look, limits)
            if len(self._growing) > _GROWING_KEPT:
                self._growing.popitem(last=False)
        growth = self.growth(row)
        shown = growing.lines(row, is_open=growth is not None and growth.is_open)
        if growing.is_cut:
            note = words.earlier_words(growing.earlier, self._opened(row) < MAX_OPENED)
            lines.append(Line([*bars, (note, self.look.faint, DECORATION)]))
        lines += shown
        return Body([], growing.source, is_cut=growing.is_cut)

    def _notes(self, row: EntryRow, body: Body, bars: Runs, room: int, lines: list[Line]) -> None:
        """What stands below a body: that it was cut, or is no text."""
        notes: Runs = []
        if body.cut is not None:
            notes.append((words.cut_words(body.cut, self._opened(row) < MAX_OPENED), self.look.faint, DECORATION))
        elif body.is_binary:
            notes.append((words.BINARY_WORDS, self.look.faint, DECORATION))
        lines += [Line([*bars, *part]) for note in notes for part in wrap([note], room)]

    def _paint_pending(self, row: PendingRow, lines: list[Line]) -> Body:
        line = row.line
        person = self.facts.names.person(line.sender_id)
        room = self.facts.page.room(0)
        facts: list[words.Fact] = [(f"#{line.sequence}", "faint")] if line.sequence is not None else []
        facts.append(words.delivery_fact(line.state, line.note))
        name: Run = (safe_label(person.name, _NAME_WIDTH), self._hue(person) + BOLD, DECORATION)
        lines.append(Line(self._head(name, person.role, facts, room)))
        body = plain_body(safe_text(line.text), room, self.look)
        dim = self.look.dim
        lines += [
            Line([(text, dim if style == self.look.text else style, at) for text, style, at in part])
            for part in body.lines
        ]
        return body

    def _entry_facts(self, row: EntryRow) -> list[words.Fact]:
        facts: list[words.Fact] = []
        if time := self._time(row):
            facts.append((time, "faint"))
        facts.append((f"#{row.first.sequence}", "faint"))
        facts += words.parent_facts(row, self.facts.is_threaded)
        facts += words.type_facts(row)
        if state := self.facts.deliveries.get(sent_of(row)):
            facts.append(words.delivery_fact(state))
        return facts + words.reply_facts(row, self.growth(row))

    def _head(self, name: Run, role: str, facts: list[words.Fact], room: int) -> Runs:
        """Name, role and facts; where they do not fit, the faint ones go first, from the left."""
        head: Runs = [name]
        room -= cell_width(name[0])
        kept = list(facts)
        while kept and sum(cell_width(text) + 3 for text, _ in kept) > room:
            faint = next((number for number, fact in enumerate(kept) if fact[1] == "faint"), 0)
            del kept[faint]
        room -= sum(cell_width(text) + 3 for text, _ in kept)
        if cell_width(role) + 1 <= room:
            head.append((f" {role}", self.look.dim, DECORATION))
        head += [(f"   {text}", self._tone(tone), DECORATION) for text, tone in kept]
        return head

    def _raw_heads(self, row: EntryRow, room: int) -> list[Runs]:
        """All that the server keeps of an entry."""
        entry, look = row.first, self.look
        person = self.facts.names.person(entry.sender_id)
        answered = "none" if entry.in_reply_to is None else str(entry.in_reply_to)
        first = (
            f"{row.index}   sequence {entry.sequence}   in reply to {answered}   type {safe_label(entry.type, 24)}   "
            f"{len(entry.payload):,} byte{'' if len(entry.payload) == 1 else 's'}   {full(entry.timestamp_ns)}"
        )
        name = safe_label(person.name, _NAME_WIDTH)
        second: Runs = [
            (name, self._hue(person) + BOLD, DECORATION),
            (f" {person.role}   {safe_label(entry.sender_id, 64)}", look.faint, DECORATION),
        ]
        return [*wrap([(first, look.dim, DECORATION)], room), *wrap(second, room)]

    def _time(self, row: EntryRow) -> str:
        return clock(row.first.timestamp_ns, self.facts.page.times, self.facts.now_ns)

    def _tone(self, tone: str) -> Style:
        style: Style = getattr(self.look, tone)
        return style

    def _parent(self, row: EntryRow) -> EntryRow | None:
        index = None if row.parent_key is None else self.rows.index_of(row.parent_key)
        parent = None if index is None else self.rows[index]
        return parent if isinstance(parent, EntryRow) else None

    def _bars(self, row: EntryRow) -> Runs:
        """A bar for each level, in the hue of the reply that hangs on it; three at most."""
        if self.facts.page.is_raw:
            return []
        steps = min(self.rows.depth_of(row), _MAX_STEPS)
        hues: list[Style] = []
        at: EntryRow | None = row
        while at is not None and len(hues) < steps:
            hues.append(self._hue(self.facts.names.person(at.sender_id)))
            at = self._parent(at)
        hues += hues[-1:] * (steps - len(hues))
        return [(_BAR, hue, DECORATION) for hue in reversed(hues)]

    def _hue(self, person: Person) -> Style:
        """The hue of a person; the reader's own is the accent."""
        return self.look.accent if person.role == "you" else self.look.sender(person.hue)
