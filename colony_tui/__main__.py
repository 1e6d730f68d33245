"""Runs the command line: ``colony-tui`` and ``python -m colony_tui``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name and exit with its code."""
    from colony_tui.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
