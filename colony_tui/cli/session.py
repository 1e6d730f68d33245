"""What every command that connects does first: settings, their notes, a client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from getpass import getpass
from typing import TypeVar

from colony_tui.cli import output
from colony_tui.client import ColonyClient
from colony_tui.config import Flags, Settings, load_settings
from colony_tui.errors import UsageError

Result = TypeVar("Result")


def settings_of(flags: Flags) -> Settings:
    """The settings in force, after their notes were told; asks for the key where somebody can answer."""
    is_person = sys.stdin.isatty() and sys.stderr.isatty()
    settings = load_settings(flags, ask_key=_ask_key if is_person else None)
    for sentence in settings.notes:
        output.note(f"Note: {sentence}")
    return settings


def with_client(flags: Flags, work: Callable[[ColonyClient], Awaitable[Result]], *, is_writing: bool = False) -> Result:
    """Run ``work`` with a client of the configured colony, in an event loop of its own.

    Raises:
        UsageError: it writes, and settings forbid that.
    """
    return with_settings(flags, lambda client, _: work(client), is_writing=is_writing)


def with_settings(
    flags: Flags, work: Callable[[ColonyClient, Settings], Awaitable[Result]], *, is_writing: bool = False
) -> Result:
    """:func:`with_client` for work that needs more of the settings than the client does."""
    settings = settings_of(flags)
    if is_writing and settings.read_only:
        raise UsageError("The settings are read-only (--read-only, or read_only in the profile): nothing is sent")

    async def connected() -> Result:
        async with ColonyClient.connect(settings.address, settings.private_key, settings.colony) as client:
            return await work(client, settings)

    return asyncio.run(connected())


def _ask_key() -> str:
    return getpass("Private key (64 hexadecimal characters, not shown): ", stream=sys.stderr)
