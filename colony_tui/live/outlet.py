"""The hand-off from a task that produces changes to the one that shows them."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class Outlet(Generic[ItemT]):
    """Items in order for one consumer, taken in batches: whoever is slow gets more at a time, never an old state."""

    def __init__(self) -> None:
        self._items: list[ItemT] = []
        self._news = asyncio.Event()

    def put(self, item: ItemT) -> None:
        self._items.append(item)
        self._news.set()

    async def take(self) -> list[ItemT]:
        """Wait for at least one item and take all there are. Safe to cancel."""
        while not self._items:
            self._news.clear()
            await self._news.wait()
        return self.drain()

    def drain(self) -> list[ItemT]:
        """Take all there are, without waiting."""
        items, self._items = self._items, []
        return items
