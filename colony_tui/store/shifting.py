"""Rows that are drawn along: many that pass a few others stay where they are, and the few move.

Owns which of what moves among its siblings may stay. A late entry can draw along all others of its sender; where they
pass nothing, only their orders change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from colony_tui.store.folds import Fold
from colony_tui.store.order import OrderKey
from colony_tui.store.outline import Node, Outline


def shift(
    outline: Outline, placed: Mapping[Fold, Node], moving: Mapping[Fold, tuple[OrderKey, Node | None]]
) -> Iterator[Fold]:
    """Let those stay that pass fewer than they are, and tell which; nothing else has been moved yet.

    Args:
        outline: Where the rows stand.
        placed: The row of each fold.
        moving: The order that each fold will have, and under which row.
    """
    among: dict[Node | None, list[Fold]] = {}
    for fold, (_, parent) in moving.items():
        node = placed[fold]
        if node.is_listed and node.parent is parent:
            among.setdefault(parent, []).append(fold)
    for parent, folds in among.items():
        folds.sort(key=lambda fold: placed[fold].order)
        orders = [moving[fold][0] for fold in folds]
        if orders == sorted(orders) and outline.shift([placed[fold] for fold in folds], orders, parent):
            yield from folds
