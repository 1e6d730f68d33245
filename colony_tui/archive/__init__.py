"""What was seen, on disk: transcripts of channels with their processes, and the desk of local state.

Owns two SQLite files and when they are written. Knows the model and the errors only: no wire, no server, no screen.
"""

from colony_tui.archive.archive import Archive
from colony_tui.archive.desk import Desk
from colony_tui.archive.desk_tables import Draft, KeptLine, LineState
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
