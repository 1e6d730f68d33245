"""The limits of a server, by default those of a real one of v1.9.12 (PROTOCOL.md)."""

from __future__ import annotations

from dataclasses import dataclass

from colony_tui.model import MAX_ENTRIES, MAX_PAYLOAD_BYTES


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the embedded colony allows; counts and seconds."""

    payload_bytes: int = MAX_PAYLOAD_BYTES
    """Of one entry, decoded."""
    appends_per_s: float = 100.0
    """Sustained appends of one process, both parties and all channels together."""
    append_burst: float = 500.0
    """Appends of one process that may come at once."""
    channel_entries: int = MAX_ENTRIES
    """Entries that a channel holds."""
    channels: int = 100
    """Channels of a process."""
    listed: int = 100
    """Processes in one list."""
    log_lines: int = 500
    """Log lines in one reply."""
    priority: int = 50_000
    """Largest priority, and smallest with a minus."""
    subscriber_entries: int = 10_000
    """Entries that may wait for a slow subscriber before it is cut off."""
    subscription_s: float = 30.0
    """How long a channel subscription lives that names no limit."""
    sweep_s: float = 1.0
    """How often deadlines are looked at."""
    unheard_s: float = 600.0
    """How long an executor may be silent before it is removed."""
    unheard_sweep_s: float = 60.0
    """How often silent executors are looked for."""
    body_bytes: int = 64 * 1024 * 1024
    """Of one HTTP request or WebSocket frame (a payload of 10 MiB is one of 19 MB)."""
