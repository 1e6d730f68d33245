"""Lines of the screen as values: pieces of safe text, each in the ink of a role.

Owns cutting and aligning by terminal cells. Knows colours only by the names of roles, and no widgets: whatever a
widget shows is made here as plain values, and can be tested as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from colony_tui.text import cell_width, clusters, cut_cells, safe_label


class Piece(NamedTuple):
    """A run of safe text on one line."""

    text: str
    """Safe: words of ours, or passed through ``label``."""
    ink: str = "text"
    """One of ``palette.INKS``, or ``line``."""
    is_strong: bool = False
    hit: str = ""
    """What a click on it means to its widget; empty: nothing."""
    ground: str = ""
    """One of ``palette.GROUNDS``; empty: that of the line."""


Line = Sequence[Piece]


def label(text: str, ink: str = "text", is_strong: bool = False, hit: str = "") -> Piece:
    """A piece of a text that is not ours (a name, an error, a payload): made harmless."""
    return Piece(safe_label(text), ink, is_strong, hit)


def width_of(line: Iterable[Piece]) -> int:
    """Cells of a line."""
    return sum(cell_width(piece.text) for piece in line)


def cut(line: Line, width: int) -> list[Piece]:
    """A line cut to ``width`` cells, with an ellipsis in the ink of the piece that was cut."""
    if width_of(line) <= width:
        return list(line)
    kept: list[Piece] = []
    room = width
    for index, piece in enumerate(line):
        cells = cell_width(piece.text)
        rest = width_of(line[index + 1 :])
        if cells > room or (cells == room and rest):
            # The ellipsis has to be seen even where this piece alone would just have fitted.
            text = piece.text if cells > room else piece.text + "…"
            kept.append(piece._replace(text=cut_cells(text, room)))
            break
        kept.append(piece)
        room -= cells
    return [piece for piece in kept if piece.text]


def spread(left: Line, right: Line, width: int, gap: int = 2) -> list[Piece]:
    """``left`` and ``right`` at the two ends of a line of ``width`` cells; ``left`` is cut first, then ``right``."""
    if not right:
        return cut(left, width)
    right = cut(right, width)
    room = width - width_of(right) - gap
    if room < 1:
        return [*pad([], width - width_of(right)), *right]
    return [*pad(cut(left, room), room + gap), *right]


def pad(line: Line, width: int) -> list[Piece]:
    """A line filled with blanks up to ``width`` cells."""
    missing = width - width_of(line)
    return [*line, Piece(" " * missing)] if missing > 0 else list(line)


def joined(parts: Iterable[Line], between: str = "  ") -> list[Piece]:
    """The parts that are not empty, with blanks (or other faint words) between."""
    result: list[Piece] = []
    for part in parts:
        if not part:
            continue
        if result:
            result.append(Piece(between, "faint"))
        result.extend(part)
    return result


def widest(forms: Iterable[list[Piece]], width: int) -> list[Piece]:
    """The first of the forms (widest first) that fits, else the last one cut."""
    form: list[Piece] = []
    for form in forms:
        if width_of(form) <= width:
            return form
    return cut(form, width)


def wrap(line: Line, width: int) -> list[list[Piece]]:
    """A line broken into lines of at most ``width`` cells, at blanks where there are any. At least one line."""
    lines: list[list[Piece]] = [[]]
    room = width = max(1, width)
    for word, piece in _words(line):
        cells = cell_width(word)
        if cells > room and lines[-1] and cells <= width:
            lines.append([])
            room = width
            word = word.lstrip(" ")
            cells = cell_width(word)
        while cells > room:
            # A line holds one character at least, be it too wide, or there would be no end.
            head = _head(word, room) or ("" if lines[-1] else next(clusters(word))[0])
            _append(lines[-1], piece._replace(text=head))
            word = word[len(head) :]
            cells = cell_width(word)
            if not word:
                room = 0
                break
            lines.append([])
            room = width
        if word:
            _append(lines[-1], piece._replace(text=word))
            room -= cells
    return lines


def _words(line: Line) -> Iterable[tuple[str, Piece]]:
    """The words of a line, each with the blanks before it and the piece that it is of."""
    for piece in line:
        start = 0
        text = piece.text
        while start < len(text):
            end = start
            while end < len(text) and text[end] == " ":
                end += 1
            end = text.find(" ", end)
            end = len(text) if end < 0 else end
            yield text[start:end], piece
            start = end


def _head(text: str, width: int) -> str:
    """As much of the beginning as ``width`` cells hold, no character torn apart."""
    taken = 0
    for cluster, cells in clusters(text):
        if cells > width:
            break
        width -= cells
        taken += len(cluster)
    return text[:taken]


def _append(line: list[Piece], piece: Piece) -> None:
    """Puts a piece at the end, joining it to its neighbour of the same looks."""
    if not piece.text:
        return
    if line and line[-1]._replace(text="") == piece._replace(text=""):
        line[-1] = line[-1]._replace(text=line[-1].text + piece.text)
    else:
        line.append(piece)


def changed_span(old: Line, new: Line) -> tuple[int, int] | None:
    """First cell and number of cells in which two lines differ, ``None`` if nowhere. To be padded to one width."""
    if list(old) == list(new):
        return None
    start = 0
    head = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        start += cell_width(one.text)
        head += 1
    tail = 0
    for one, other in zip(reversed(old[head:]), reversed(new[head:]), strict=False):
        if one != other:
            break
        tail += cell_width(one.text)
    end = max(width_of(old), width_of(new)) - (tail if width_of(old) == width_of(new) else 0)
    return start, end - start
