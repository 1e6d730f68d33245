"""Setting long Markdown pages in small steps, so that the end of a long reply does not hold up the screen.

Owns which pages are being set and which are done. A short page is set at once; a long one is read as plain text until
it is ready. It takes no time by itself: `work` is called between frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from colony_tui.store.rows import RowKey
from colony_tui.tui.markdown import Look, Runs, Steps, render, render_steps

SHORT = 4_096
"""Characters of a page that is set at once: some milliseconds."""

_KEPT = 32


class NotYet(Enum):
    """What stands for a page that is still being set."""

    NOT_YET = "not yet"


@dataclass(slots=True)
class _Page:
    version: int
    steps: Steps
    lines: list[Runs] | None = None
    is_ready: bool = False


class Typesetter:
    """Sets Markdown pages of rows."""

    def __init__(self) -> None:
        self._pages: OrderedDict[RowKey, _Page] = OrderedDict()

    def page(self, key: RowKey, version: int, source: str, width: int, look: Look) -> list[Runs] | NotYet | None:
        """The page of a row: lines, None where Markdown would not show all of it, or not yet."""
        if len(source) <= SHORT:
            return render(source, width, look)
        page = self._pages.get(key)
        if page is None or page.version != version:
            page = self._pages[key] = _Page(version, render_steps(source, width, look))
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        return page.lines if page.is_ready else NotYet.NOT_YET

    def has_set(self, key: RowKey) -> bool:
        """Whether a long page of that row is ready."""
        page = self._pages.get(key)
        return page is not None and page.is_ready

    def forget(self) -> None:
        """Width or look have changed."""
        self._pages.clear()

    @property
    def is_busy(self) -> bool:
        """Whether a page is being set."""
        return any(not page.is_ready for page in self._pages.values())

    def work(self, is_time_over: Callable[[], bool]) -> bool:
        """Go on with what is being set, step by step until the time is over; whether a page has become ready."""
        has_new = False
        for page in self._pages.values():
            while not page.is_ready:
                try:
                    next(page.steps)
                except StopIteration as done:
                    page.lines = done.value
                    page.is_ready = has_new = True
                if is_time_over():
                    return has_new
        return has_new
