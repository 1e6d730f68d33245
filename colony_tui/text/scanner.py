"""The state machine from characters to safe lines.

Owns control sequences, line breaks, tabs and the order of things; knows neither bytes nor limits. What it has shown
depends only on the characters so far, not on how they were cut into feeds.

Choices: every control is visible but line breaks, tabs and colour codes. A carriage return that is not part of a
line break is shown, so a progress bar that overwrites itself is read as its successive states. A string sequence
(OSC, DCS, APC, PM, SOS) has the role "escape" up to its terminator or the end of its line, whichever is first.
"""

import re

from colony_tui.text.cells import cell_width
from colony_tui.text.characters import QUIET, CharKind, is_emoji, kind_of, written_out
from colony_tui.text.cluster import Cluster
from colony_tui.text.sgr import apply_sgr, legible
from colony_tui.text.spans import PLAIN, SafeLine, Span, SpanStyle
from colony_tui.text.tables import EMOJI_STYLE, MODIFIERS, TEXT_STYLE, ZERO_WIDTH_JOINER

ESCAPE = SpanStyle(role="escape")
TAB_SIZE = 8
"""Cells between tab stops, as on terminals."""

_ESC = "\x1b"
_SEQUENCE = re.compile(
    r"\x1b(?:\[(?P<parameters>[0-?]{0,128}+)(?P<between>[ -/]{0,8}+)(?P<final>[@-~])|[ -/]{0,4}+[0-~])?"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]{0,128}+[ -/]{0,8}+|[ -/]{0,4}+)?")
_COLOR_PARAMETERS = re.compile(r"[0-9;:]*")
_STRING_OPENERS = frozenset(_ESC + char for char in "]PX^_") | frozenset("\x90\x98\x9d\x9e\x9f")
_STRING_ENDERS = frozenset("\x07\x18\x1a\x9c")
_BARE_BASE = "◌"


class Scanner:
    """Characters in, lines of spans out."""

    def __init__(
        self,
        style: SpanStyle = PLAIN,
        *,
        is_from_bytes: bool = True,
        is_one_line: bool = False,
        drops_colors: bool = False,
    ) -> None:
        """Make one for one text.

        Args:
            style: The style of text before any colour code.
            is_from_bytes: Lone surrogates are bytes that were no UTF-8.
            is_one_line: For labels: line breaks, tabs and colour codes are written out too.
            drops_colors: Of one line, colour codes are not written out but styles, as elsewhere.
        """
        self.lines: list[SafeLine] = []
        """The lines that have ended; the growing one is `line`."""
        self._is_from_bytes = is_from_bytes
        self._is_one_line = is_one_line
        self._writes_colors = is_one_line and not drops_colors
        self._asked = style  # by the colour codes
        self._style = style  # what the next text gets
        self._is_in_string = False
        self._cluster = Cluster()
        self._held = ""  # the beginning of something whose meaning the next characters decide
        self._pieces: list[str] = []
        self._runs: list[tuple[SpanStyle, int]] = []  # style, index of its first piece
        self._tab_column = 0
        self._tab_piece = 0  # the column was known when this piece began

    def feed(self, text: str) -> None:
        """Take more characters, at a cost in proportion to them."""
        text = self._held + text
        self._held = text[self._scan(text, is_final=False) :]

    def finish(self) -> None:
        """Show what was held back and end the last line."""
        self._scan(self._held, is_final=True)
        self._held = ""
        self._flush_marks()
        if self._pieces:
            self._end_line()

    @property
    def has_line(self) -> bool:
        """True if there is anything of a line that has not ended."""
        return bool(self._pieces)

    @property
    def line(self) -> SafeLine:
        """The line that still grows; () if nothing of it is there."""
        edges = [*(start for _, start in self._runs), len(self._pieces)]
        return tuple(
            Span("".join(self._pieces[start:end]), style)
            for (style, start), end in zip(self._runs, edges[1:], strict=True)
        )

    def _scan(self, text: str, *, is_final: bool) -> int:
        """Take characters up to the returned index; what lies behind it has to wait."""
        at, size = 0, len(text)
        while at < size:
            if run := QUIET.match(text, at):
                self._show(run.group())
                at = run.end()
                continue
            step = self._take(text, at, is_final)
            if not step:
                return at
            at += step
        return size

    def _take(self, text: str, at: int, is_final: bool) -> int:
        """Take one character or sequence; how many characters it has, 0 if more are needed to tell."""
        char = text[at]
        if char == "\n":
            self._break_line()
        elif char == "\r":
            return self._take_return(text, at, is_final)
        elif char == _ESC:
            return self._take_sequence(text, at, is_final)
        elif char == "\t" and not self._is_one_line:
            self._tab()
        elif char == ZERO_WIDTH_JOINER:
            return self._take_joiner(text, at, is_final)
        elif char in (TEXT_STYLE, EMOJI_STYLE):
            self._select(char)
        elif char in MODIFIERS:
            self._tone(char)
        else:
            self._take_other(char)
        return 1

    def _take_other(self, char: str) -> None:
        kind = kind_of(char)
        if kind is CharKind.VISIBLE:
            self._show(char)
        elif kind is CharKind.MARK:
            self._mark(char)
        else:
            self._write_out(char)
            if char in _STRING_OPENERS:
                self._enter_string()
            elif char in _STRING_ENDERS:
                self._leave_string()

    def _take_return(self, text: str, at: int, is_final: bool) -> int:
        if text.startswith("\n", at + 1):
            self._break_line()
            return 2
        if at + 1 == len(text) and not is_final:
            return 0
        self._write_out("\r")
        return 1

    def _take_joiner(self, text: str, at: int, is_final: bool) -> int:
        if at + 1 == len(text) and not is_final:
            return 0
        joined = text[at + 1 : at + 2]
        if joined and is_emoji(joined) and self._cluster.join(joined):
            self._emit(ZERO_WIDTH_JOINER + joined, self._style)
            return 2
        if joined and self._cluster.stands_apart_from(joined):
            self._cluster.end()
            return 1
        self._write_out(ZERO_WIDTH_JOINER)
        return 1

    def _take_sequence(self, text: str, at: int, is_final: bool) -> int:
        if not is_final and _UNFINISHED.fullmatch(text, at):
            return 0
        sequence = _SEQUENCE.match(text, at)
        assert sequence is not None  # a lone ESC matches
        was_in_string = self._is_in_string
        if self._is_color_code(sequence):
            self._leave_string()
            self._color(sequence["parameters"])
            return len(sequence.group())
        self._escape("␛" + sequence.group()[1:])
        if sequence.group() in _STRING_OPENERS:
            self._enter_string()
        elif was_in_string:
            self._leave_string()
        return len(sequence.group())

    def _is_color_code(self, sequence: re.Match[str]) -> bool:
        return (
            not self._writes_colors
            and sequence["final"] == "m"
            and not sequence["between"]
            and _COLOR_PARAMETERS.fullmatch(sequence["parameters"]) is not None
        )

    def _color(self, parameters: str) -> None:
        self._asked = apply_sgr(self._asked, parameters)
        self._set_style(legible(self._asked))

    def _enter_string(self) -> None:
        self._is_in_string = True
        self._set_style(ESCAPE)

    def _leave_string(self) -> None:
        if self._is_in_string:
            self._is_in_string = False
            self._set_style(legible(self._asked))

    def _set_style(self, style: SpanStyle) -> None:
        if style != self._style:
            self._flush_marks()
            self._cluster.end()  # a span never starts with a mark
            self._style = style

    def _show(self, text: str) -> None:
        """Show text of which each character is visible."""
        self._flush_marks()
        self._emit(text, self._style)
        self._cluster.begin(text[-1])

    def _mark(self, char: str) -> None:
        if not self._cluster.has_base:
            self._show(_BARE_BASE)
        if self._cluster.add_mark():
            self._emit(char, self._style)

    def _select(self, char: str) -> None:
        shown = self._cluster.add_selector(char)
        if shown is None:
            self._write_out(char)
        elif shown:
            self._emit(shown, self._style)

    def _tone(self, char: str) -> None:
        if not self._cluster.add_tone():
            self._write_out(char)

    def _write_out(self, char: str) -> None:
        self._escape(written_out(char, self._is_from_bytes))

    def _escape(self, text: str) -> None:
        self._flush_marks()
        self._emit(text, ESCAPE)
        self._cluster.end()

    def _flush_marks(self) -> None:
        if count := self._cluster.excess:
            self._cluster.end()
            self._emit(f"‹+{count} mark{'s' if count > 1 else ''}›", ESCAPE)

    def _tab(self) -> None:
        self._flush_marks()
        column = self._tab_column + cell_width("".join(self._pieces[self._tab_piece :]))
        spaces = TAB_SIZE - column % TAB_SIZE
        self._show(" " * spaces)
        self._tab_column, self._tab_piece = column + spaces, len(self._pieces)

    def _emit(self, text: str, style: SpanStyle) -> None:
        if not self._runs or self._runs[-1][0] != style:
            self._runs.append((style, len(self._pieces)))
        self._pieces.append(text)

    def _break_line(self) -> None:
        if self._is_one_line:
            self._write_out("\n")
        else:
            self._flush_marks()
            self._end_line()

    def _end_line(self) -> None:
        self.lines.append(self.line)
        self._pieces.clear()
        self._runs.clear()
        self._tab_column = self._tab_piece = 0
        self._leave_string()
        self._cluster.end()
