"""Runs the rows whose names begin with one of the arguments, or whose module is called so (all without any).

Exit 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import sys
from importlib import import_module

import tests.bench
from tests.bench.rows import Row


def rows_of(names: list[str]) -> list[Row]:
    """The chosen rows of the modules beside this one, by name."""
    rows: dict[str, Row] = {}
    for module in pkgutil.iter_modules(tests.bench.__path__):
        if module.name != "__main__":
            own = getattr(import_module(f"tests.bench.{module.name}"), "ROWS", ())
            is_chosen = not names or module.name in names
            # A module may name rows of another one as its own.
            rows |= {row.name: row for row in own if is_chosen or row.name.startswith(tuple(names))}
    return [rows[name] for name in sorted(rows)]


def show(row: Row) -> bool:
    """Run a row and print it as one JSON object; whether its goal was reached."""
    figure = row.run()
    print(json.dumps(figure.as_json(row.name), ensure_ascii=False), flush=True)
    return figure.is_reached


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Figures with their baselines.")
    parser.add_argument("names", metavar="NAME", nargs="*", help="how rows' names begin, or their module, e.g. live")
    parser.add_argument("--list", action="store_true", help="only name the rows")
    options = parser.parse_args()
    rows = rows_of(options.names)
    if not rows:
        parser.error(f"no row begins with {' or '.join(options.names)}")
    if options.list:
        print("\n".join(f"{row.name:18} {row.work}" for row in rows))
        return 0
    missed = [row.name for row in rows if not show(row)]
    summary = f"{len(rows) - len(missed)} of {len(rows)} goals reached"
    print(summary + (f"; missed: {', '.join(missed)}" if missed else ""), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
