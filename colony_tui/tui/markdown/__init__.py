"""Markdown for the terminal: CommonMark with tables and strike-through, as styled lines that know their source.

`render` turns safe text into lines; `wrap` breaks any line of runs. Nothing here is a widget, nothing is fetched, and
no markup but Markdown's is looked at.
"""

from colony_tui.tui.markdown.look import PLAIN_LOOK, Look
from colony_tui.tui.markdown.page import MAX_SIZE, Steps, render, render_steps, warm_up
from colony_tui.tui.markdown.runs import DECORATION, Run, Runs, cut, width_of, wrap

__all__ = [
    "DECORATION",
    "MAX_SIZE",
    "PLAIN_LOOK",
    "Look",
    "Run",
    "Runs",
    "Steps",
    "cut",
    "render",
    "render_steps",
    "warm_up",
    "width_of",
    "wrap",
]
