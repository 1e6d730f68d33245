"""Reading channel history: all that a channel holds at this moment, while its process runs."""

from __future__ import annotations

from collections.abc import Callable

from colony_tui.client import ColonyClient
from colony_tui.demo.tutorial.reading import readable
from colony_tui.model import ChannelEntry


async def show(
    client: ColonyClient, process_id: str, channel: str, tell: Callable[[str], None] = print
) -> tuple[ChannelEntry, ...]:
    """Print up to 100 entries from the first on.

    Raises:
        NotFound: the channel was never declared, or is gone since its process has closed.
    """
    entries = await client.read_channel(process_id, channel, after_index=0, limit=100)
    for entry in entries:
        answers = entry.in_reply_to if entry.in_reply_to is not None else 0
        tell(f"[{readable(entry.type.encode())}] seq={entry.sequence} reply_to={answers}: {readable(entry.payload)}")
    return entries
