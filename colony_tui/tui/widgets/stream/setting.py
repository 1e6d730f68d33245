"""Setting long Markdown pages in small steps, so that the end of a long reply does not hold up the screen.

Owns which pages are being set and which are done. A short page is set at once; a long one is read as plain text until
it is ready. It takes no time by itself: `work` is called between frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from colony_tui.store.rows import RowKey
from colony_tui.text import IncrementalText, Limits, SafeText, plain, safe_text
from colony_tui.tui.markdown import Look, Runs, render, render_steps

SHORT = 4_096
"""Bytes of a page that is set at once: some milliseconds."""

_FED = 4_096
"""Bytes that are made safe in one step."""

_KEPT = 32


class NotYet(Enum):
    """What stands for a page that is still being set."""

    NOT_YET = "not yet"


class SetPage(NamedTuple):
    """A page that is ready."""

    text: SafeText
    source: str
    """What the offsets of the runs count."""
    lines: list[Runs] | None
    """None where Markdown would not show all of it."""


@dataclass(slots=True)
class _Setting:
    version: int
    steps: Generator[None, None, SetPage]
    page: SetPage | None = None


class Typesetter:
    """Sets Markdown pages of rows."""

    def __init__(self) -> None:
        self._settings: OrderedDict[RowKey, _Setting] = OrderedDict()

    def page(
        self, key: RowKey, version: int, payload: bytes, limits: Limits, width: int, look: Look
    ) -> SetPage | NotYet:
        """The page of a row's payload, or not yet."""
        if len(payload) <= SHORT:
            text = safe_text(payload, limits)
            source = plain(text)
            return SetPage(text, source, render(source, width, look))
        setting = self._settings.get(key)
        if setting is None or setting.version != version:
            setting = self._settings[key] = _Setting(version, _steps(payload, limits, width, look))
            if len(self._settings) > _KEPT:
                self._settings.popitem(last=False)
        return setting.page or NotYet.NOT_YET

    def is_setting(self, key: RowKey) -> bool:
        """Whether a long page of that row is still being set."""
        setting = self._settings.get(key)
        return setting is not None and setting.page is None

    def has_set(self, key: RowKey) -> bool:
        """Whether a long page of that row is ready."""
        setting = self._settings.get(key)
        return setting is not None and setting.page is not None

    def forget(self) -> None:
        """Width or look have changed."""
        self._settings.clear()

    @property
    def is_busy(self) -> bool:
        """Whether a page is being set."""
        return any(setting.page is None for setting in self._settings.values())

    def work(self, is_time_over: Callable[[], bool]) -> bool:
        """Go on with what is being set, step by step until the time is over; whether a page has become ready."""
        has_new = False
        for setting in self._settings.values():
            while setting.page is None:
                try:
                    next(setting.steps)
                except StopIteration as done:
                    setting.page = done.value
                    has_new = True
                if is_time_over():
                    return has_new
        return has_new


def _steps(payload: bytes, limits: Limits, width: int, look: Look) -> Generator[None, None, SetPage]:
    """Set a page in steps of some milliseconds."""
    text = IncrementalText(limits)
    for at in range(0, len(payload), _FED):
        text.feed(payload[at : at + _FED])
        yield
    safe = text.finish()
    source = plain(safe)
    lines = yield from render_steps(source, width, look)
    return SetPage(safe, source, lines)
