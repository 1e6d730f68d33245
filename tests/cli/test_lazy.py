"""What is not needed is not loaded: Textual only with the app, almost nothing for ``--version``."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "aiohttp", "httpx", "websockets", "msgspec", "coincurve")


def loaded_by(statements: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after some statements."""
    program = f"import sys\n{statements}\nprint(*{{name.partition('.')[0] for name in sys.modules}}, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


@pytest.mark.parametrize(
    "statements",
    [
        "import colony_tui",
        "from colony_tui.cli.main import run; run(['--version'])",
        "from colony_tui.cli.main import run; run(['-h'])",
        "from colony_tui.cli.main import run; run(['ps', '-h'])",
    ],
)
def test_almost_nothing(statements: str) -> None:
    assert loaded_by(statements).isdisjoint(HEAVY)


def test_the_server_alone_loads_no_bots() -> None:
    loaded_by("import colony_tui.cli.server; assert not [name for name in sys.modules if 'demo' in name.split('.')]")


@pytest.mark.parametrize(
    "statements",
    [
        "from colony_tui import ColonyClient",
        "import colony_tui.client, colony_tui.live, colony_tui.server, colony_tui.config",
        "import colony_tui.cli.ps, colony_tui.cli.tail, colony_tui.cli.send, colony_tui.cli.whoami",
        "import colony_tui.cli.server, colony_tui.cli.app, colony_tui.demo.colony",
    ],
)
def test_textual_only_with_the_app(statements: str) -> None:
    # Rich is loaded by httpx for a command of its own, wherever both are installed.
    assert "textual" not in loaded_by(statements)
