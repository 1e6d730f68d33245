"""What stands where a stream has no entries yet."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from colony_tui.tui.pieces import Line, Piece, wrap
from colony_tui.tui.widgets.drawn import Drawn


class Emptiness(Drawn):
    """What to say of a stream without entries."""

    sentence = ""

    def show(self, sentence: str) -> None:
        """Says a sentence; it takes as many lines as it needs."""
        if sentence != self.sentence:
            self.sentence = sentence
            self.refresh(layout=True)

    def lines(self, width: int) -> Sequence[Line]:
        said = wrap([Piece(self.sentence, "dim")], width - 4)
        return [(), *([Piece("  "), *line] for line in said), ()]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))
