"""Everything that must hold before a change lands: ``python -m tests.check``. Stops at the first failure.

Arguments go to pytest.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    ("lint", (sys.executable, "-m", "ruff", "check", ".")),
    ("types", (sys.executable, "-m", "mypy")),
    ("imports", (str(SCRIPTS / "lint-imports"),)),
    ("tests", (sys.executable, "-m", "pytest")),
)
"""Name and command of each step; the tests come last, so that their closing line is the last one."""


def main(arguments: list[str]) -> int:
    """Run the steps; the exit code of the first that fails."""
    for name, command in STEPS:
        extra = arguments if name == "tests" else []
        print(f"== {name}", flush=True)
        code = subprocess.run([*command, *extra], cwd=ROOT, check=False).returncode
        if code != 0:
            print(f"FAILED: {name} ({shlex.join([Path(command[0]).name, *command[1:], *extra])}), exit code {code}")
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
