"""A garbage collector that leaves alone what lives as long as the tests do."""

from __future__ import annotations

import gc
import sys

import pytest

REFREEZES = 5
"""After so many tests that have set free what was set aside it is set aside again: that costs a look at all of it."""


class SparingCollector:
    """Sets aside what was loaded and collected before the first test.

    Else every full pass looks through all modules and all tests of the session, which took a fifth of the time of those
    that run the app. The app itself ends with Python's own settings, and so sets all of it free.
    """

    def __init__(self) -> None:
        self._refreezes = 0

    def pytest_collection_finish(self) -> None:
        gc.collect()
        gc.freeze()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        if gc.get_freeze_count():
            return
        self._refreezes += 1
        if self._refreezes % REFREEZES == 0:
            # Never without a look: what was left open and set aside unseen would be told of no test.
            gc.collect()
            gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self) -> None:
        """Textual remembers colours by the widget that has them, and so all that was painted on any screen."""
        painting = sys.modules.get("textual._styles_cache")
        if painting is not None:
            painting.StylesCache.get_inner_outer.cache_clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What was left open in what was set aside is still told."""
        gc.unfreeze()
