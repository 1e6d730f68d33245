"""Style sheets that are parsed once for all apps of the tests: each parsed them again took a tenth of its time.

Import the fixture into the conftest of a folder whose tests run apps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def shared_style_sheets() -> Iterator[None]:
    """Textual keeps what it has parsed for one app, and reads it only from then on; here the next app gets it too."""
    parse_anew = Stylesheet._parse_rules
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}

    def parse_once(sheet: Stylesheet, css: str, *place: Any, **more: Any) -> list[RuleSet]:
        key = (css, place, *sorted(more.items()), frozenset(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse_anew(sheet, css, *place, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield
