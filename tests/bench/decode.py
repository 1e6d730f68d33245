"""``decode``: a frame of 10,000 entries to values of the model."""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from colony_tui.model import ChannelEntry
from colony_tui.wire.decode import entries
from colony_tui.wire.envelope import open_reply
from tests.bench.rows import Figure, Row, medians_by_turns_s, times_faster

AT_LEAST = 2.5
COUNT = 10_000
START_NS = 1_750_000_000_123_456_789
_TIME = re.compile(r"(.{19})(?:\.(\d+))?(.*)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PlainEntry:
    """What the baseline decodes to."""

    sequence: int
    in_reply_to: int | None
    timestamp_ns: int
    sender_id: str
    payload: bytes
    type: str


def frame() -> str:
    """A text frame as a server sends it: two senders, mixed payloads, times within minutes, nanoseconds."""
    chance = random.Random(7)
    senders = ("ab" * 32, "cd" * 32)
    time_ns, found = START_NS, []
    for number in range(COUNT):
        time_ns += chance.randrange(30_000_000)
        seconds, fraction = divmod(time_ns, 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, UTC)
        entry: dict[str, object] = {
            "sequence": number,
            "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:09d}".rstrip("0") + "Z",
            "senderid": senders[number % 2],
            "payload": b64encode(chance.randbytes(chance.choice((4, 12, 40, 120)))).decode(),
            "type": "data",
        }
        if number % 5 == 4:
            entry["inreplyto"] = number - 1
        found.append(entry)
    return json.dumps(
        {
            "payloadtype": "subscribechannelmsg",
            "payload": b64encode(json.dumps(found).encode()).decode(),
            "error": False,
        }
    )


def ours(text: str) -> tuple[ChannelEntry, ...]:
    return entries(open_reply(text).payload).entries


def plain(text: str) -> list[PlainEntry]:
    """The same by the standard library: json, base64 and datetime, which knows no nanoseconds."""
    return [
        PlainEntry(
            entry["sequence"],
            entry.get("inreplyto") or None,
            _nanoseconds(entry["timestamp"]),
            entry["senderid"],
            b64decode(entry["payload"] or ""),
            entry.get("type") or "data",
        )
        for entry in json.loads(b64decode(json.loads(text)["payload"]))
    ]


def _nanoseconds(text: str) -> int:
    match = _TIME.fullmatch(text)
    assert match is not None
    whole, fraction, zone = match.groups()
    since = datetime.fromisoformat(whole + zone) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + int((fraction or "0")[:9].ljust(9, "0"))


def _decode() -> Figure:
    text = frame()
    assert [
        (one.sequence, one.in_reply_to, one.timestamp_ns, one.sender_id, one.payload, one.type) for one in ours(text)
    ] == [
        (two.sequence, two.in_reply_to, two.timestamp_ns, two.sender_id, two.payload, two.type) for two in plain(text)
    ]
    fast, slow = medians_by_turns_s(lambda: ours(text), lambda: plain(text), 31)
    return times_faster(fast, slow, AT_LEAST, "json, base64, datetime", f"{len(text) / 1e6:.1f} MB")


ROWS = (Row("decode", f"a frame of {COUNT:,} entries to values of the model", _decode),)
