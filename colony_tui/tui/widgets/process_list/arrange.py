"""Which rows stand where in the list: tabs, filter, groups, captions. Pure.

Within a group the order is the one in which the rows came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate

from colony_tui.tui.widgets.process_list.rows import ProcessRowData, matches, row_height

RECENT = 12
"""How many finished processes stand below the active ones."""


class ListTab(Enum):
    """What part of the processes is shown."""

    ACTIVE = "Active"
    FINISHED = "Finished"
    MINE = "Mine"
    ALL = "All"

    def moved(self, by: int) -> ListTab:
        """The tab so many further, round and round."""
        tabs = list(ListTab)
        return tabs[(tabs.index(self) + by) % len(tabs)]


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in the list: a row, or a caption (an empty one is a blank line)."""

    row: ProcessRowData | None = None
    caption: str = ""


@dataclass(frozen=True)
class Arrangement:
    """The items from top to bottom, and which lines they take."""

    items: tuple[Item, ...] = ()
    is_compact: bool = False
    tops: tuple[int, ...] = field(init=False)
    """First line of each item, and behind the last one the number of lines."""
    places: dict[str, int] = field(init=False)
    """Index of the item of each process."""

    def __post_init__(self) -> None:
        heights = (row_height(self.is_compact) if item.row else 1 for item in self.items)
        object.__setattr__(self, "tops", tuple(accumulate(heights, initial=0)))
        object.__setattr__(self, "places", {item.row.id: index for index, item in enumerate(self.items) if item.row})

    @property
    def height(self) -> int:
        return self.tops[-1]

    @property
    def ids(self) -> list[str]:
        """The processes from top to bottom."""
        return list(self.places)

    def at_line(self, y: int) -> tuple[int, int] | None:
        """Index of the item at a line, and which of its lines that is; ``None`` beyond the end."""
        if not 0 <= y < self.height:
            return None
        index = bisect_right(self.tops, y) - 1
        return index, y - self.tops[index]

    def ids_between(self, first: int, behind: int) -> tuple[str, ...]:
        """Processes of which a line is in ``first`` up to but without ``behind``, top to bottom."""
        found = (
            item.row.id
            for item, top, end in zip(self.items, self.tops, self.tops[1:], strict=False)
            if item.row and top < behind and end > first
        )
        return tuple(found)


def count(rows: Sequence[ProcessRowData], tab: ListTab) -> int | None:
    """The number beside a tab, where it has one."""
    match tab:
        case ListTab.ACTIVE:
            return sum(not row.process.state.is_closed for row in rows)
        case ListTab.MINE:
            return sum(row.is_mine for row in rows)
        case _:
            return None


def arrange(rows: Sequence[ProcessRowData], tab: ListTab, words: str = "", is_compact: bool = False) -> Arrangement:
    """The rows of a tab that match the filter's words."""
    needles = words.lower().split()
    chosen = [row for row in rows if (tab is not ListTab.MINE or row.is_mine) and matches(row, needles)]
    groups: list[list[ProcessRowData]] = [[], [], []]
    for row in chosen:
        groups[row.group].append(row)
    running, waiting, closed = groups
    closed.sort(key=lambda row: -(row.process.ended_ns or 0))
    if tab is ListTab.FINISHED:
        return Arrangement(tuple(Item(row) for row in closed), is_compact)
    active = [Item(row) for row in (*running, *waiting)]
    if tab is ListTab.ACTIVE:
        closed = closed[:RECENT]
    if not closed:
        return Arrangement(tuple(active), is_compact)
    caption = "recently finished" if tab is ListTab.ACTIVE else "finished"
    space = [Item()] if active else []
    return Arrangement((*active, *space, Item(caption=caption), *(Item(row) for row in closed)), is_compact)
