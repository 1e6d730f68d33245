"""Names for ids in what is printed."""

from __future__ import annotations

from colony_tui.client import ColonyClient
from colony_tui.errors import ConnectError, Refused
from colony_tui.live.names import Directory
from colony_tui.text import safe_label


async def directory_of(client: ColonyClient) -> Directory:
    """The colony's names; an empty one where the server does not tell them."""
    directory = Directory(client)
    try:
        await directory.refresh()
    except (Refused, ConnectError):
        return directory
    return directory


def shown_name(directory: Directory, member_id: str, width: int | None = 24) -> str:
    """A name as one safe line, the start of the id where there is none, ``-`` where there is no id."""
    return safe_label(directory.name_of(member_id) or member_id[:8] or "-", width)
