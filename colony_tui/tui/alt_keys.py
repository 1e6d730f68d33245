"""Alt with a digit or Enter, as terminals send it: Escape, then the key.

Textual takes Escape and a digit for what one terminal on one system means by it, a letter, and Escape and Enter for
Enter alone. Here both become keys of their own, which can be bound.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from textual import _ansi_sequences


class _AltKey(NamedTuple):
    """As a member of Textual's enumeration of keys looks to its parser."""

    value: str


_SEQUENCES = {"\x1b\r": "alt+enter", "\x1b\n": "alt+enter"} | {f"\x1b{digit}": f"alt+{digit}" for digit in "123456789"}


def tell_alt_keys() -> None:
    """From now on Textual's parser knows them. Without the table that it has today nothing changes."""
    table: Any = getattr(_ansi_sequences, "ANSI_SEQUENCES_KEYS", None)
    if isinstance(table, dict):
        table.update({sequence: (_AltKey(key),) for sequence, key in _SEQUENCES.items()})
