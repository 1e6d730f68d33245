"""Processes and entries as JSON objects: the shape that scripts rely on."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from colony_tui.model import NANOSECONDS, ChannelEntry, Process

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time_ns: int) -> str:
    """A time in UTC with all nine digits of its nanoseconds, so that times sort as texts."""
    seconds, fraction = divmod(time_ns, NANOSECONDS)
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}.{fraction:09d}Z"


def entry_record(process_id: str, channel: str, entry: ChannelEntry) -> dict[str, Any]:
    """An entry; bytes that are no UTF-8 text go as ``payload_base64``."""
    record: dict[str, Any] = {
        "process_id": process_id,
        "channel": channel,
        "sequence": entry.sequence,
        "in_reply_to": entry.in_reply_to,
        "sender_id": entry.sender_id,
        "timestamp": rfc3339(entry.timestamp_ns),
        "type": entry.type,
    }
    try:
        record["payload"] = entry.payload.decode("utf-8")
    except UnicodeDecodeError:
        record["payload_base64"] = b64encode(entry.payload).decode("ascii")
    return record


def process_record(process: Process, name_of: Callable[[str], str | None]) -> dict[str, Any]:
    """A process; unset times and an executor that is not there yet are ``null``."""
    return {
        "process_id": process.id,
        "state": process.state.word,
        "function": process.spec.function,
        "executor_type": process.spec.executor_type,
        "executor_id": process.executor_id or None,
        "executor_name": name_of(process.executor_id),
        "initiator_id": process.initiator_id,
        "initiator_name": process.initiator_name or name_of(process.initiator_id),
        "submitted": rfc3339(process.submitted_ns),
        "started": None if process.started_ns is None else rfc3339(process.started_ns),
        "ended": None if process.ended_ns is None else rfc3339(process.ended_ns),
        "retries": process.retries,
        "label": process.spec.label,
        "channels": list(process.channels),
        "output": list(process.output),
        "errors": list(process.errors),
    }
