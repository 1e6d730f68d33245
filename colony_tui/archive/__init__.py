"""What was seen, on disk: transcripts of channels with their processes, and the desk of local state.

Owns two SQLite files and when they are written. Knows the model and the errors only: no wire, no server, no screen.
Its names are loaded when they are first used: a program that opens no file loads no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colony_tui.archive.archive import Archive
    from colony_tui.archive.desk import Desk
    from colony_tui.archive.desk_tables import Draft, KeptLine
    from colony_tui.archive.line_state import LineState
    from colony_tui.archive.reader import ArchiveReader
    from colony_tui.archive.transcript import Coverage, Name, Note, Recording, Transcript

__all__ = [
    "Archive",
    "ArchiveReader",
    "Coverage",
    "Desk",
    "Draft",
    "KeptLine",
    "LineState",
    "Name",
    "Note",
    "Recording",
    "Transcript",
]

_HOMES = {
    "Archive": "archive",
    "ArchiveReader": "reader",
    "Coverage": "transcript",
    "Desk": "desk",
    "Draft": "desk_tables",
    "KeptLine": "desk_tables",
    "LineState": "line_state",
    "Name": "transcript",
    "Note": "transcript",
    "Recording": "transcript",
    "Transcript": "transcript",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)
