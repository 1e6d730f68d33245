"""What a combining character would join: the end of the text so far.

Owns the rules of what may follow a base: a limited number of marks, one style selector, one skin tone, and joined
emoji. Everything here counts so that the width of what was let through is known (`cells`).
"""

from colony_tui.text.cells import char_width
from colony_tui.text.characters import is_emoji
from colony_tui.text.tables import TEXT_STYLE, VARIATION_BASES

MAX_MARKS = 6
"""Combining marks on one base; more than any orthography stacks."""
MAX_JOINED = 3
"""Emoji joined to the first: a family of four."""


class Cluster:
    """A base and what stands on it. Without a base (at a line's start, after an escape) nothing may join."""

    __slots__ = ("_base", "_is_toned", "_is_wide", "_joined", "_selector", "excess", "marks")

    def __init__(self) -> None:
        self._begin("")

    def _begin(self, base: str) -> None:
        self._base = base
        self._is_wide: bool | None = None
        self._selector = ""
        self._is_toned = False
        self._joined = 0
        self.marks = 0
        self.excess = 0

    def begin(self, base: str) -> None:
        """A new base, one visible character."""
        if self._base or self.excess:
            self._begin(base)
        else:
            self._base = base

    def end(self) -> None:
        """What comes next joins nothing."""
        self._begin("")

    @property
    def has_base(self) -> bool:
        """True if a mark can stand here."""
        return bool(self._base)

    def add_mark(self) -> bool:
        """Count a mark; False if it is one too many (then it counts as `excess`)."""
        if self.marks < MAX_MARKS:
            self.marks += 1
            return True
        self.excess += 1
        return False

    def add_selector(self, selector: str) -> str | None:
        """Count a style selector; what to show of it, or None where it selects nothing.

        The emoji style of a base by itself is left out: where it widens the base, terminals do not agree that it does.
        """
        if not self._base or self.marks or self._selector or self._is_toned:
            return None
        is_variable = self._base in VARIATION_BASES
        if selector == TEXT_STYLE and not (is_variable and not self._joined):
            return None
        if not (is_variable or is_emoji(self._base)):
            return None
        self._selector = selector
        return selector if selector == TEXT_STYLE or self._joined else ""

    def add_tone(self) -> bool:
        """Count a skin tone, of which nothing is shown: terminals do not agree on its width. False: it may not join."""
        if not is_emoji(self._base or " ") or self.marks or self._is_toned or self._selector == TEXT_STYLE:
            return False
        self._is_toned = True
        return True

    def join(self, char: str) -> bool:
        """Join the next emoji by a zero-width joiner; False where terminals would not agree on the width."""
        if not (is_emoji(self._base or " ") and is_emoji(char)) or self.marks or self._joined == MAX_JOINED:
            return False
        if not self._head_is_wide():
            return False
        self._base, self._selector, self._is_toned = char, "", False
        self._joined += 1
        return True

    def stands_apart_from(self, char: str) -> bool:
        """Whether an emoji that would be joined is to stand beside this one, since terminals would not join the two."""
        return is_emoji(self._base or " ") and is_emoji(char) and not self.marks and not self._head_is_wide()

    def _head_is_wide(self) -> bool:
        """Whether the cluster is two cells wide, known from the first base on."""
        if self._is_wide is None or not self._joined:
            self._is_wide = char_width(self._base) == 2
        return self._is_wide
