"""What happens to the app from outside: signals that ask it to end, and a terminal that is gone.

Owns neither: Textual's driver holds the terminal. Here it is only given back, or seen to be lost.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

CHECK_S = 1.0
"""How often is looked whether the terminal is still there."""

_ENDING = (signal.SIGINT, signal.SIGTERM)
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


@contextmanager
def ending_on_signals(end: Callable[[int], None]) -> Iterator[None]:
    """While the context is open, SIGINT and SIGTERM call ``end`` with the exit code that stands for them.

    Their usual effect would leave the terminal without echo, on the other screen.
    """
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, partial(end, 128 + number))
    try:
        yield
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)


class StopSignals:
    """SIGTSTP and SIGCONT as Textual's driver handles them, but for what it leaves out.

    It stops the program within the signal's handler, where nothing can be closed first; and it takes the terminal at
    every SIGCONT, also where it never gave it back (after SIGSTOP), and would then read it twice.

    Args:
        on_stop: called on the event loop when somebody asks the program to stop; to call :meth:`stop` when it may.
    """

    def __init__(self, on_stop: Callable[[], None]) -> None:
        self._stop = signal.getsignal(signal.SIGTSTP)
        self._go_on = signal.getsignal(signal.SIGCONT)
        self._has_terminal = True
        asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, on_stop)
        signal.signal(signal.SIGCONT, self._on_continue)

    def stop(self) -> None:
        """Give the terminal back and stop; returns when the program goes on."""
        self._has_terminal = False
        if callable(self._stop):
            self._stop(signal.SIGTSTP, None)

    def resumed(self) -> None:
        """The terminal was taken again."""
        self._has_terminal = True

    def give_back(self) -> None:
        """Leave both signals to the driver again."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop)
        signal.signal(signal.SIGCONT, self._go_on)

    def _on_continue(self, number: int, frame: FrameType | None) -> None:
        if not self._has_terminal and callable(self._go_on):
            self._go_on(number, frame)


async def die_with_terminal() -> None:
    """End the program once its terminal is gone, also where no SIGHUP says so. Returns when there is no terminal.

    Nothing can be painted or given back any more, and Textual would read the end of the file for ever: so it ends as
    by the signal that did not come.
    """
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        return
    terminal = select.poll()
    terminal.register(sys.__stdin__.fileno(), 0)
    while not any(event & _GONE for _, event in terminal.poll(0)):  # noqa: ASYNC110  # a hang-up wakes nobody
        await asyncio.sleep(CHECK_S)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGHUP)
