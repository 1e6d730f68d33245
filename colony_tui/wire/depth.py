"""JSON that is nested too deeply to be read, cut to a depth that can be.

Arguments and results of a process are any JSON that some member of the colony sends. Readers recurse, so that one such
process would keep everybody from reading the lists that it is in.
"""

from __future__ import annotations

import re

DEEPEST = 100
"""Levels that stay."""

CUT = b'"... (nested too deeply to be shown)"'

_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{}]', re.DOTALL)


def cut(text: bytes) -> bytes:
    """The same JSON with :data:`CUT` in the place of every list and object below :data:`DEEPEST` levels."""
    parts: list[bytes] = []
    depth = kept_from = 0
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                parts += text[kept_from : match.start()], CUT
        elif mark in b"]}":
            if depth == DEEPEST + 1:
                kept_from = match.end()
            depth -= 1
    # What ends inside of what was cut is broken, and stays so.
    return b"".join(parts) if depth > DEEPEST else b"".join((*parts, text[kept_from:]))
