"""Payload bytes to safe spans: the one place where hostile becomes harmless.

Whatever a payload, a name, an error or a label holds, what leaves this package is printable text in lines:
colour codes have become styles, every other control sequence, direction control, invisible character, invalid
byte and unassigned code point has become visible text with the role "escape". Markup is plain text here. Used by
the screen, the command line and the export alike; pure: no clock, no input or output, no library of widgets.

What to call:

- `lay_out(payload)`: any payload for reading: text, JSON laid out, or a size with a hex preview.
- `safe_text(payload)`: always as text. `IncrementalText`: the same for a stream of tokens.
- `safe_label(text)`: one line, plain, for names, errors and labels from the server. `safe_name(name)`: the same for a
  name that may be empty or blank.
- `json_steps(payload)`: JSON in steps; `finished(steps)`: what comes of them, at once.
- `plain(lines)`, `ansi(lines)`: the printed forms. `cell_width`, `cut_cells`, `clusters`: measuring safe text.
"""

from colony_tui.text.cells import cell_width, clusters, cut_cells
from colony_tui.text.incremental import IncrementalText
from colony_tui.text.json_layout import json_lines, json_steps
from colony_tui.text.payloads import PayloadKind, classify, hex_lines, lay_out
from colony_tui.text.printing import ansi, plain
from colony_tui.text.safe import masked, quiet_text, safe_label, safe_name, safe_text
from colony_tui.text.spans import PLAIN, UNLIMITED, Color, Cut, Limits, Role, SafeLine, SafeText, Span, SpanStyle
from colony_tui.text.steps import finished

__all__ = [
    "PLAIN",
    "UNLIMITED",
    "Color",
    "Cut",
    "IncrementalText",
    "Limits",
    "PayloadKind",
    "Role",
    "SafeLine",
    "SafeText",
    "Span",
    "SpanStyle",
    "ansi",
    "cell_width",
    "classify",
    "clusters",
    "cut_cells",
    "finished",
    "hex_lines",
    "json_lines",
    "json_steps",
    "lay_out",
    "masked",
    "plain",
    "quiet_text",
    "safe_label",
    "safe_name",
    "safe_text",
]
