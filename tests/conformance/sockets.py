"""A WebSocket as the server writes it: text frames, pongs and the connection's loss, in their order on the wire."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.conformance.parties import Party, Reply, decode_reply

PATIENCE = 10.0
"""Seconds within which anything that must come has come."""

BIGGEST_FRAME = 64 * 1024 * 1024
"""Bytes of a frame that is still taken: a payload of 10 MiB is base64 twice."""


@dataclass(frozen=True)
class Pong:
    """The answer to a ping, with its data."""

    data: bytes


@dataclass(frozen=True)
class Closed:
    """The connection is over; ``code`` is None when it was dropped without a close frame."""

    code: int | None


class Socket:
    """One connection to ``/pubsub``; use it as an async context manager.

    aiohttp is used because it hands out pongs between the frames, in the order of the wire.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._url = url.replace("http", "ws", 1) + "/pubsub"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(trust_env=False)
        self._socket = await self._session.ws_connect(
            self._url,
            autoping=False,
            heartbeat=None,
            max_msg_size=BIGGEST_FRAME,
            # The server does not answer a close while a subscription runs.
            timeout=aiohttp.ClientWSTimeout(ws_close=0.05),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()
        await self._session.close()

    async def send(self, party: Party, message_type: str, /, **fields: Any) -> None:
        """A signed envelope as a text frame."""
        await self.send_text(party.envelope(message_type, **fields).decode())

    async def send_text(self, text: str) -> None:
        """Any text frame."""
        await self._socket.send_str(text)

    async def ping(self, data: bytes) -> None:
        """A ping; its pong comes among the events."""
        await self._socket.ping(data)

    async def subscribe_channel(
        self, party: Party, process_id: str, after: int = 0, seconds: int = 20, name: str = "a"
    ) -> None:
        """A channel subscription with its ping right behind it; the pong carries ``over``."""
        await self.send(party, "subscribechannelmsg", processid=process_id, name=name, afterseq=after, timeout=seconds)
        await self.ping(b"over")

    async def subscribe_process(
        self, party: Party, process_id: str, state: int, seconds: int = 20, executor_type: str = ""
    ) -> None:
        """A subscription to one process reaching one state."""
        await self.send(
            party,
            "subscribeprocessmsg",
            colonyname=party.colony_name,
            processid=process_id,
            executortype=executor_type,
            state=state,
            timeout=seconds,
        )

    async def next(self) -> Reply | Pong | Closed:
        """The next event on the wire."""
        message = await asyncio.wait_for(self._socket.receive(), self._patience)
        if message.type is aiohttp.WSMsgType.TEXT:
            return decode_reply(message.data.encode(), status=200)
        if message.type is aiohttp.WSMsgType.PONG:
            return Pong(bytes(message.data))
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
        return Closed(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)

    async def frame(self) -> Reply:
        """The next event, which must be a frame."""
        event = await self.next()
        assert isinstance(event, Reply), event
        return event

    async def entries(self) -> list[dict[str, Any]]:
        """The next event, which must be a frame of a channel's entries (empty at the limit)."""
        frame = await self.frame()
        assert (frame.payload_type, frame.is_error) == ("subscribechannelmsg", False), frame
        entries: list[dict[str, Any]] = frame.payload
        return entries

    async def collect(self, count: int) -> list[dict[str, Any]]:
        """Distinct entries from as many frames as it takes.

        Those appended around the beginning of a subscription come in its first frame, one by one, or even twice.
        """
        found: dict[tuple[str, int, str], dict[str, Any]] = {}
        while len(found) < count:
            for entry in await self.entries():
                found[entry["senderid"], entry["sequence"], entry["timestamp"]] = entry
        return list(found.values())

    async def process(self) -> dict[str, Any]:
        """The next event, which must be a frame of a process."""
        frame = await self.frame()
        assert (frame.payload_type, frame.is_error) == ("subscribeprocessmsg", False), frame
        process: dict[str, Any] = frame.payload
        return process

    async def refusal(self) -> tuple[int, str]:
        """The next event, which must be an error frame: status and message."""
        return (await self.frame()).refusal

    async def pong(self, data: bytes = b"over") -> None:
        """The next event, which must be the pong of ``data``."""
        assert await self.next() == Pong(data)

    async def dropped(self) -> None:
        """The next event, which must be the loss of the TCP connection without a close frame."""
        assert await self.next() == Closed(None)
