"""What was recorded of processes, for where the server has nothing more.

Reads only. An archive that is missing is as good as an empty one, and so, with a note, is a broken one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from colony_tui.archive import ArchiveReader, Transcript
from colony_tui.cli import output
from colony_tui.errors import ArchiveError
from colony_tui.model import Process

Found = TypeVar("Found")


class Record:
    """The archive in that file, as far as there is one.

    Args:
        is_asked_for: whether that it is missing is worth a note.
    """

    def __init__(self, path: Path | None, *, is_asked_for: bool = False) -> None:
        self._path = path
        self._is_asked_for = is_asked_for

    def ids(self, start: str) -> tuple[str, ...]:
        """Some of the recorded processes whose ids begin so."""
        return self._read(lambda reader: reader.find(start), ())

    def process(self, process_id: str) -> Process | None:
        """A process as it was seen last."""
        recording = self._read(lambda reader: reader.recording(process_id), None)
        return recording.process if recording is not None else None

    def transcript(self, process_id: str, channel: str) -> Transcript | None:
        """A channel; ``None`` where no entry of it was recorded."""
        found = self._read(lambda reader: reader.transcript(process_id, channel), None)
        return found if found is not None and found.entries else None

    def names(self) -> dict[str, str]:
        """Names of members by id."""
        return self._read(lambda reader: {member_id: name.name for member_id, name in reader.names().items()}, {})

    def _read(self, query: Callable[[ArchiveReader], Found], nothing: Found) -> Found:
        if self._path is None:
            return nothing
        if not os.path.isfile(self._path):
            if self._is_asked_for:
                output.note(f"Note: There is no record in {self._path}.")
                self._path = None
            return nothing
        try:
            with ArchiveReader(self._path) as reader:
                return query(reader)
        except ArchiveError as error:
            output.note(f"Note: {error}")
            self._path = None
            return nothing
