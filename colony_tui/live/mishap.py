"""What went wrong in a way that nobody thought of: said where it is seen, and tried again after a pause."""

from __future__ import annotations

PAUSE_S = 5.0
"""Before the next try: whatever failed is likely to fail again."""


def mishap_words(error: Exception) -> str:
    """One sentence for a person, who may report it."""
    return f"internal error: {type(error).__name__}: {error}".splitlines()[0]
