"""What stands where a stream has no entries yet."""

from __future__ import annotations

from collections.abc import Sequence

from colony_tui.tui.pieces import Line, Piece, wrap
from colony_tui.tui.widgets.drawn import Drawn


class Emptiness(Drawn):
    """What to say of a stream without entries."""

    sentence = ""

    def lines(self, width: int) -> Sequence[Line]:
        return [(), *([Piece("  "), *line] for line in wrap([Piece(self.sentence, "dim")], width - 4)[:2])]
