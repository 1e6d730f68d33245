"""Showing more of long payloads, laid out in small steps: until it is ready, as much is shown as was before.

Owns what is being laid out and what is done. It takes no time by itself: `work` is called between frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple

from colony_tui.store.rows import EntryRow, RowKey
from colony_tui.text import finished
from colony_tui.tui.markdown import Look, Runs
from colony_tui.tui.widgets.stream.body import Body, OpenedText, opened_steps, text_steps
from colony_tui.tui.widgets.stream.line import Line
from colony_tui.tui.widgets.stream.people import Role

_KEPT = 8
_STEP_LINES = 512

_TextKey = tuple[RowKey, int, int, bool]


class Wish(NamedTuple):
    """So many times more of a row, laid out so."""

    row: EntryRow
    times: int
    role: Role
    bars: Runs
    """What stands before each line."""
    width: int
    look: Look
    is_raw: bool

    @property
    def text_key(self) -> _TextKey:
        """What its text depends on."""
        return (self.row.key, self.times, len(self.row.entries), self.is_raw)


@dataclass(slots=True)
class _Opening:
    wish: Wish
    steps: Generator[None, None, Body]
    body: Body | None = None


class Openings:
    """Bodies of rows of which more is shown."""

    def __init__(self) -> None:
        self._texts: OrderedDict[_TextKey, OpenedText] = OrderedDict()
        """They outlive another width or look."""
        self._openings: OrderedDict[_TextKey, _Opening] = OrderedDict()

    def is_ready(self, wish: Wish) -> bool:
        """Whether it is laid out; if not, it is begun."""
        return self._opening(wish).body is not None

    def body(self, wish: Wish) -> Body:
        """The body; what is left of it to do is done now."""
        opening = self._opening(wish)
        if opening.body is None:
            opening.body = finished(opening.steps)
        return opening.body

    def _opening(self, wish: Wish) -> _Opening:
        opening = self._openings.get(wish.text_key)
        if opening is None or (opening.wish.bars, opening.wish.width) != (wish.bars, wish.width):
            others = [key for key, held in self._openings.items() if key[0] == wish.row.key and held.body is None]
            for key in others:  # the reader has asked for something else since
                del self._openings[key]
            opening = self._openings[wish.text_key] = _Opening(wish, self._steps(wish))
            _limit(self._openings)
        return opening

    def _steps(self, wish: Wish) -> Generator[None, None, Body]:
        text = self._texts.get(wish.text_key)
        if text is None:
            text = yield from text_steps(wish.row, wish.times, is_raw=wish.is_raw)
            self._texts[wish.text_key] = text
            _limit(self._texts)
        row, times, role, bars, width, look, is_raw = wish
        body = yield from opened_steps(row, times, text, role, width, look, is_raw=is_raw)
        body.painted = []
        for at in range(0, len(body.lines), _STEP_LINES):
            body.painted += [Line([*bars, *part]) for part in body.lines[at : at + _STEP_LINES]]
            yield
        return body

    def keep_only(self, key: RowKey, times: int) -> None:
        """Let go of what was laid out of a row to show less or more of it than that."""
        for kept in (self._texts, self._openings):
            for held in [held for held in kept if held[0] == key and held[1] != times]:
                del kept[held]

    def forget(self) -> None:
        """Width or look have changed."""
        self._openings.clear()

    @property
    def is_busy(self) -> bool:
        """Whether something is being laid out."""
        return any(opening.body is None for opening in self._openings.values())

    def work(self, is_time_over: Callable[[], bool]) -> bool:
        """Go on with what is being laid out, step by step until the time is over; whether something is ready."""
        has_new = False
        for opening in self._openings.values():
            while opening.body is None:
                try:
                    next(opening.steps)
                except StopIteration as done:
                    opening.body = done.value
                    has_new = True
                if is_time_over():
                    return has_new
        return has_new


def _limit(kept: OrderedDict[_TextKey, _Opening] | OrderedDict[_TextKey, OpenedText]) -> None:
    if len(kept) > _KEPT:
        kept.popitem(last=False)
