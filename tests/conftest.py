"""Settings for all tests: one environment, one way to draw examples, one option for the colony to test against."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.collecting import SparingCollector

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ["TZ"] = "UTC"
os.environ["COLORTERM"] = "truecolor"
os.environ.pop("NO_COLOR", None)
# Programs by the dozen and several workers load the same modules: without bytecode each would compile all of them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SparingCollector())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--colony",
        choices=("embedded", "env"),
        default="embedded",
        help="what the conformance suite runs against: an embedded colony, or the server that COLONIES_* names",
    )
    parser.addoption(
        "--restart-colony",
        metavar="COMMAND",
        help="a command that restarts the server of --colony=env and returns when it is up again",
    )
