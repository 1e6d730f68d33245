"""The stream of a channel: one widget on Textual's line API.

`StreamView` shows a `RowView` and follows its changes. See `view` for what may be called, `track` for the reading rule,
`painter` for the looks.
"""

from colony_tui.tui.widgets.stream.aside import Aside
from colony_tui.tui.widgets.stream.moments import moment_of
from colony_tui.tui.widgets.stream.people import Deliveries, Delivery, Ending, Names, PendingLine, Person
from colony_tui.tui.widgets.stream.times import Times
from colony_tui.tui.widgets.stream.tuning import collect_unseen, tune_gc, untune_gc
from colony_tui.tui.widgets.stream.view import Place, StreamView

__all__ = [
    "Aside",
    "Deliveries",
    "Delivery",
    "Ending",
    "Names",
    "PendingLine",
    "Person",
    "Place",
    "StreamView",
    "Times",
    "collect_unseen",
    "moment_of",
    "tune_gc",
    "untune_gc",
]
