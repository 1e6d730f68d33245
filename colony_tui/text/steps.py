"""Work that can be done in steps.

Owns doing all of them at once; when and how many at a time is for whoever has something else to do meanwhile.
"""

from collections.abc import Generator
from typing import TypeVar

_Result = TypeVar("_Result")


def finished(steps: Generator[None, None, _Result]) -> _Result:
    """What comes of it once all steps are done, now."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: _Result = done.value
            return result
