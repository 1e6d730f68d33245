"""Nothing that was said to be safe is lost when programs are killed while they write."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kill_loop(folder: Path, rounds: int, seed: int) -> list[int]:
    """Rounds, entries, lines and claims that were said to be safe and found."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.archive.kill_loop", str(folder), str(rounds), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in re.findall(r"\d+", done.stdout)]


@pytest.mark.skipif(sys.platform == "win32", reason="children are forked")
def test_killed_in_sixty_rounds(tmp_path: Path) -> None:
    rounds, entries, lines, claims = kill_loop(tmp_path, 60, seed=12)
    assert rounds == 60
    # Most children live long enough to be told that something is safe.
    assert entries > 600
    assert lines >= claims > 10


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="children are forked")
@pytest.mark.parametrize("seed", range(10))
def test_killed_in_many_rounds(tmp_path: Path, seed: int) -> None:
    rounds, entries, _, _ = kill_loop(tmp_path, 60, seed)
    assert rounds == 60
    assert entries > 600
