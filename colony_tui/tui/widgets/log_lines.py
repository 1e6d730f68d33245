"""The log lines of a process."""

from __future__ import annotations

from collections.abc import Sequence

from colony_tui.model import LogLine
from colony_tui.text import safe_text
from colony_tui.tui.pieces import Piece, label
from colony_tui.tui.times import time_of_day
from colony_tui.tui.widgets.paragraphs import Paragraph, Paragraphs, pieces_of

_TIME_CELLS = 10


def log_paragraphs(lines: Sequence[LogLine]) -> list[Paragraph]:
    """Log lines with time and executor; a message of several lines goes on below its first."""
    paragraphs = []
    for log_line in lines:
        head = [
            Piece(f"{time_of_day(log_line.timestamp_ns)}  ", "faint"),
            label(log_line.executor_name, "sender-2", True),
        ]
        first, *rest = safe_text(log_line.message).lines or ((),)
        paragraphs.append(Paragraph([*head, Piece("  "), *pieces_of(first)], _TIME_CELLS))
        paragraphs += (Paragraph([Piece(" " * _TIME_CELLS), *pieces_of(line)], _TIME_CELLS) for line in rest)
    return paragraphs


def _error_paragraphs(errors: Sequence[str]) -> list[Paragraph]:
    lines = [line for text in errors for line in safe_text(text).lines]
    return [Paragraph(()), *(Paragraph(pieces_of(line, "error")) for line in lines)] if lines else []


class LogLines(Paragraphs):
    """Log lines, the newest at the bottom; below them why the process has failed."""

    FOLLOWS = True

    def __init__(self) -> None:
        super().__init__(id="logs")
        self._shown: tuple[LogLine, ...] | None = None
        self._errors: tuple[str, ...] = ()

    def show_logs(self, lines: Sequence[LogLine], errors: Sequence[str] = (), empty: str = "No log lines") -> None:
        """Takes all lines known, oldest first; where more came at the end, only those are laid out.

        Args:
            lines: Of one process, in order.
            errors: Of the process, once it has failed.
            empty: What to say when there are no lines.
        """
        new, why = tuple(lines), tuple(errors)
        if (new, why) == (self._shown, self._errors):
            return
        known = len(self._shown or ())
        if known and new[:known] == self._shown and not why and not self._errors:
            self.append(log_paragraphs(new[known:]))
        else:
            said = log_paragraphs(new) or [Paragraph([Piece(empty, "dim")])]
            self.show([*said, *_error_paragraphs(why)])
        self._shown, self._errors = new, why
