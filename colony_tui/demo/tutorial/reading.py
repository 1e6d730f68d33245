"""What the client sides share: the entries of a channel one by one, and payloads as safe text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from colony_tui.client import ColonyClient
from colony_tui.client.events import Entries
from colony_tui.model import ChannelEntry
from colony_tui.text import plain, safe_text


@asynccontextmanager
async def entries_of(client: ColonyClient, process_id: str, channel: str) -> AsyncIterator[AsyncIterator[ChannelEntry]]:
    """Every entry of a channel, each once, until its process ends; the subscription ends with the context."""
    async with client.subscribe_channel(process_id, channel) as subscription:
        yield (entry async for event in subscription if isinstance(event, Entries) for entry in event.entries)


def readable(payload: bytes) -> str:
    """A payload as text that is safe to print: payloads are other people's bytes."""
    return plain(safe_text(payload))
