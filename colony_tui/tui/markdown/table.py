"""Tables of Markdown with thin lines, fitted to the width.

Owns the widths of columns; cells that do not fit are wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from colony_tui.tui.markdown.inline import Source, inline_lines
from colony_tui.tui.markdown.look import BOLD, Look
from colony_tui.tui.markdown.runs import DECORATION, Run, Runs, width_of, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

_MIN_COLUMN = 3

_Cell = tuple[Runs, str]
"""A cell's line and how it is aligned: "left", "right" or "center"."""


def table_lines(tokens: list[Token], source: Source, room: int, look: Look) -> list[Runs] | None:
    """The tokens within a table (its opening left out) as lines of at most `room` cells; None if it has no room."""
    count = sum(token.type == "th_open" for token in tokens)
    if count * (_MIN_COLUMN + 3) + 1 > room:
        return None
    rows = _rows(tokens, source, look)
    widths = _fitted(rows, count, room)
    lines: list[Runs] = []
    for number, row in enumerate(rows):
        lines += _row_lines(row, widths, look)
        if number == 0:
            rule = "┼".join("─" * (width + 2) for width in widths)
            lines.append([(f"├{rule}┤", look.line, DECORATION)])
    return lines


def _rows(tokens: list[Token], source: Source, look: Look) -> list[list[_Cell]]:
    rows: list[list[_Cell]] = []
    align = "left"
    base = look.text
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
            source.enter(token)
        elif token.type in ("th_open", "td_open"):
            align = str(token.attrs.get("style", "left")).rpartition(":")[2]
            base = look.text + BOLD if token.type == "th_open" else look.text
        elif token.type == "inline":
            runs = [run for line in inline_lines(token, source, base, look) for run in line if run[0]]
            rows[-1].append((runs, align))
    return rows


def _fitted(rows: list[list[_Cell]], count: int, room: int) -> list[int]:
    """Widths of the columns: as wide as their cells, the widest cut down until all fit."""
    widths = [_MIN_COLUMN] * count
    for row in rows:
        for column, (runs, _) in enumerate(row[:count]):
            widths[column] = max(widths[column], width_of(runs))
    free = room - 3 * count - 1
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
