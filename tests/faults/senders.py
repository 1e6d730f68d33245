"""Senders that append as fast as the server takes it: signed requests, many ahead, on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from colony_tui.wire.envelope import seal
from colony_tui.wire.keys import Identity
from colony_tui.wire.requests import AppendEntry
from tests.colony import until

AHEAD = 16
"""Appends that are sent before the first of them is answered."""

Line = tuple[int, bytes]


def late_sequences(count: int, seed: int, payload: str, *, step: int = 2, first: int = 1) -> list[Line]:
    """Sequences with their payloads; about a tenth comes later than its place."""
    random = Random(seed)
    order = [(number + (random.randrange(2, 30) if random.random() < 0.1 else 0), number) for number in range(count)]
    return [(first + number * step, f"{payload} {number}".encode()) for _, number in sorted(order)]


async def append_all(
    port: int,
    identity: Identity,
    process_id: str,
    channel: str,
    lines: Sequence[Line],
    *,
    pause: Callable[[], bool] = lambda: False,
) -> None:
    """Append lines in order over one HTTP connection. Raises ``AssertionError`` when one is refused.

    Args:
        pause: while it is true nothing more is sent.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for at in range(0, len(lines), AHEAD):
            await until(lambda: not pause())
            ahead = lines[at : at + AHEAD]
            for sequence, payload in ahead:
                body = seal(
                    AppendEntry(
                        process_id=process_id,
                        channel=channel,
                        sequence=sequence,
                        in_reply_to=0,
                        payload=payload,
                        entry_type="data",
                    ),
                    identity,
                )
                writer.write(b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            for _ in ahead:
                status, body = await _reply(reader)
                assert status == 200, body
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)
