"""Doubting a connection that says nothing once requests have failed: it may be half open, and look alive to its limit.

Owns no connection: it wakes whoever listens, and asks what it is given to ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self, TypeVar

from colony_tui.client.link import Link
from colony_tui.errors import ProtocolError, Refused

ItemT = TypeVar("ItemT")

ANSWER_S = 5.0
"""How long the answer may take that tells whether the link is there."""

PAUSE_S = 10.0
"""How long there is no new doubt: other requests may go on failing where this connection does not."""


class Doubt:
    """Rises when the link goes down while the context is entered."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._alarm: asyncio.Timeout | None = None
        self._risen_at = float("-inf")
        self.is_risen = False

    def __enter__(self) -> Self:
        self.is_risen = False
        self._link.on_change(self._on_link)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.off_change(self._on_link)

    def _on_link(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._link.is_up or now < self._risen_at + PAUSE_S:
            return
        self.is_risen, self._risen_at = True, now
        if self._alarm is not None and not self._alarm.expired():
            self._alarm.reschedule(now)

    async def wait(self, coming: Awaitable[ItemT], deadline: float) -> ItemT:
        """What comes. Raises :class:`TimeoutError` at the deadline (loop time), or as soon as doubt has risen."""
        async with asyncio.timeout_at(0 if self.is_risen else deadline) as alarm:
            self._alarm = alarm
            try:
                return await coming
            finally:
                self._alarm = None

    async def resolve(self, answer: Awaitable[object]) -> None:
        """Wait for the answer to something small.

        Raises:
            ConnectError: there is no link.
            TimeoutError: there seems to be none.
        """
        self.is_risen = False
        try:
            async with asyncio.timeout(ANSWER_S):
                await answer
        except (Refused, ProtocolError):
            return  # Something answers. What becomes of the connection, itself has to tell.
