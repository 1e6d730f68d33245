"""A list that follows a view by its operations alone, as a widget does, and is checked against the view."""

from __future__ import annotations

from colony_tui.store.rows import Change, EntryRow, OpKind, Row, RowView

Facts = tuple[object, ...]


def facts_of(row: Row, *, position: bool = False) -> Facts:
    """Everything that a row shows; its position only where the view shows it."""
    if isinstance(row, EntryRow):
        what = (row.attempt, row.depth, row.parent, row.parent_key, row.asked_ns, row.candidates, row.fold)
        return (row.key, tuple(each.identity for each in row.entries), *what, row.index if position else None)
    return (row.key, row.kind, row.timestamp_ns, row.sender_id, row.attempt, row.count)


class Mirror:
    """Keeps what every row showed when it was last told of; ``None`` for one that must be looked at again."""

    def __init__(self, view: RowView, *, position: bool = False) -> None:
        self.view = view
        self.position = position
        self.rows: list[tuple[Facts, Row, int] | None] = [None] * len(view)
        self.look()

    def look(self) -> None:
        for index, known in enumerate(self.rows):
            row = self.view[index]
            seen = (facts_of(row, position=self.position), row, row.version)
            if known is not None:
                assert known == seen, "a row changed and nobody was told"
            self.rows[index] = seen

    def follow(self, change: Change) -> None:
        before = {id(known[1]): known for known in self.rows if known is not None}
        for op in change:
            if op.kind is OpKind.INSERT:
                assert 0 <= op.index <= len(self.rows)
                self.rows[op.index : op.index] = [None] * op.count
                continue
            assert op.index >= 0
            assert op.index + op.count <= len(self.rows)
            self.rows[op.index : op.index + op.count] = [None] * op.count if op.kind is OpKind.UPDATE else []
        assert len(self.rows) == len(self.view)
        self.look()
        for known in self.rows:
            assert known is not None
            former = before.get(id(known[1]))
            if former is not None and former[0] != known[0]:
                assert known[2] > former[2], "a row changed and its version did not"
            assert self.view.index_of(known[0][0]) is not None  # type: ignore[arg-type]
