"""What settings there are: as flags give them, and as the program takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from colony_tui.client.address import ServerAddress
from colony_tui.config.values import DESK_NAME


@dataclass(slots=True)
class Flags:
    """What was given on the command line; ``None`` where nothing was."""

    host: str | None = None
    port: int | None = None
    tls: bool | None = None
    colony: str | None = None
    profile: str | None = None
    private_key_file: Path | None = None
    ca_file: Path | None = None
    insecure: bool | None = None
    read_only: bool | None = None
    archive: Path | None = None
    no_archive: bool | None = None
    sockets: int | None = None
    ack: bool | None = None
    theme: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the program needs to know before it connects."""

    address: ServerAddress
    colony: str
    """Name of the colony."""
    private_key: str = field(repr=False)
    """64 hex characters, checked."""
    executor_name: str = ""
    executor_type: str = ""
    ascii: bool = False
    """Draw with ASCII characters only."""
    read_only: bool = False
    """Send, submit, cancel, remove and acknowledge nothing."""
    archive: Path | None = None
    """Where what is seen is recorded; ``None``: nowhere."""
    desk: Path = Path(DESK_NAME)
    """Where drafts, lines and read positions are kept: beside the archive."""
    sockets: int | None = None
    """How many subscriptions may be open at a time; ``None``: as many as is usual."""
    ack: bool = True
    """Whether output of processes that were submitted here is acknowledged on ``sync``."""
    theme: str = ""
    """Name of the app's theme; empty: the one that was chosen last."""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read although nothing is wrong."""
