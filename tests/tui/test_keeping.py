"""What a session keeps in its files, also where another program is in the way."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from colony_tui.archive.database import connect
from colony_tui.tui.keeping import Files, Keeping


async def test_since_when_one_reads_is_not_overwritten_by_who_could_not_look(tmp_path: Path) -> None:
    files = Files(None, tmp_path / "desk.db")
    recovered = asyncio.Event()

    def hear(sentence: str) -> None:
        if "free again" in sentence:
            recovered.set()

    first = Keeping(files, "me", hear)
    await first.open()
    assert first.reading_since(5) == 5
    await first.close()
    with closing(sqlite3.connect(files.desk, isolation_level=None)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr("colony_tui.archive.desk.connect", lambda *a, **k: connect(*a, **k, wait_s=0.01))
        other.execute("BEGIN IMMEDIATE")
        held = Keeping(files, "me", hear)
        await held.open()
        assert held.reading_since(9) == 9
        other.execute("ROLLBACK")
        await recovered.wait()
        assert held.reading_since(9) == 5
        await held.close()
