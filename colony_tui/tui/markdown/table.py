"""Tables of Markdown with thin lines, fitted to the width.

Owns the widths of columns; cells that do not fit are wrapped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from colony_tui.tui.markdown.inline import Source, inline_lines
from colony_tui.tui.markdown.look import BOLD, Look
from colony_tui.tui.markdown.runs import DECORATION, Run, Runs, width_of, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

_MIN_COLUMN = 3

_Cell = tuple[Runs, str]
"""A cell's line and how it is aligned: "left", "right" or "center"."""


def table_steps(tokens: list[Token], source: Source, room: int, look: Look) -> Generator[None, None, list[Runs] | None]:
    """The tokens within a table (its opening left out) as lines of at most `room` cells, in steps of a row each.

    Returns None if it has no room.
    """
    head = takewhile(lambda token: token.type != "tr_close", tokens)
    count = sum(token.type == "th_open" for token in head)
    if count * (_MIN_COLUMN + 3) + 1 > room:
        return None
    rows: list[list[_Cell]] = []
    widths = [_MIN_COLUMN] * count
    for row in _rows(tokens, source, look):
        rows.append(row)
        widths = [max(width, width_of(runs)) for width, (runs, _) in zip(widths, row, strict=True)]
        yield
    widths = _fitted(widths, room)
    lines: list[Runs] = []
    for number, row in enumerate(rows):
        lines += _row_lines(row, widths, look)
        if number == 0:
            rule = "┼".join("─" * (width + 2) for width in widths)
            lines.append([(f"├{rule}┤", look.line, DECORATION)])
        yield
    return lines


def _rows(tokens: list[Token], source: Source, look: Look) -> Iterator[list[_Cell]]:
    row: list[_Cell] = []
    align = "left"
    base = look.text
    for token in tokens:
        if token.type == "tr_open":
            row = []
            source.enter(token)
        elif token.type in ("th_open", "td_open"):
            align = str(token.attrs.get("style", "left")).rpartition(":")[2]
            base = look.text + BOLD if token.type == "th_open" else look.text
        elif token.type == "inline":
            runs = [run for line in inline_lines(token, source, base, look) for run in line if run[0]]
            row.append((runs, align))
        elif token.type == "tr_close":
            yield row


def _fitted(widths: list[int], room: int) -> list[int]:
    """The widths that the columns have of themselves, the widest cut down until all fit."""
    widths = list(widths)
    free = room - 3 * len(widths) - 1
    while sum(widths) > free and max(widths) > _MIN_COLUMN:
        widest = max(widths)
        among = [column for column, width in enumerate(widths) if width == widest]
        second = max((width for width in widths if width < widest), default=_MIN_COLUMN)
        excess = sum(widths) - free
        step = max(1, min(widest - second, -(-excess // len(among))))
        for column in among:
            widths[column] = max(_MIN_COLUMN, widths[column] - step)
    return widths


def _row_lines(row: list[_Cell], widths: list[int], look: Look) -> list[Runs]:
    cells = [(wrap(runs, width), align) for (runs, align), width in zip(row, widths, strict=False)]
    bar: Run = ("│", look.line, DECORATION)
    lines: list[Runs] = []
    for number in range(max((len(parts) for parts, _ in cells), default=0)):
        line: Runs = [bar]
        for column, width in enumerate(widths):
            parts, align = cells[column] if column < len(cells) else ([], "left")
            part = parts[number] if number < len(parts) else []
            line += [*_padded(part, width, align, look), bar]
        lines.append(line)
    return lines


def _padded(part: Runs, width: int, align: str, look: Look) -> Runs:
    free = max(0, width - width_of(part))
    left = free if align == "right" else free // 2 if align == "center" else 0
    return [
        (" " * (left + 1), look.text, DECORATION),
        *part,
        (" " * (free - left + 1), look.text, DECORATION),
    ]
