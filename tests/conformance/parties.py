"""Parties of a colony that speak the raw wire: a key, signed envelopes over HTTP, replies as they came.

Written against the protocol and not with the package's client, so that it judges servers on its own. Only the
signature comes from the package; the recorded vectors vouch for that.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from colony_tui.wire.keys import Identity, generate_private_key

Json = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """The colony that a test runs in."""

    url: str
    """``http://host:port`` without a slash at the end."""
    colony_name: str
    colony_key: str
    """Private key of the colony's owner."""
    server_key: str | None
    """Private key of the server's owner, where it is known."""
    is_embedded: bool


@dataclass(frozen=True)
class Reply:
    """What came back for one envelope, on HTTP or as a frame; ``payload`` is the decoded JSON inside."""

    status: int
    payload_type: str
    is_error: bool
    payload: Any
    body: bytes = b""
    headers: httpx.Headers = field(default_factory=httpx.Headers)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and message of an error, which must be the same number outside and inside."""
        assert self.is_error, f"expected a refusal, got {self.payload_type}: {self.payload!r}"
        assert self.payload_type == "error"
        return self.payload["status"], self.payload["message"]


def decode_reply(body: bytes, status: int, headers: httpx.Headers | None = None) -> Reply:
    """An envelope of the server as a `Reply`; an empty body gives payload type ``""`` and payload None."""
    if not body:
        return Reply(status, "", False, None, body, headers or httpx.Headers())
    outer = json.loads(body)
    inner = json.loads(base64.b64decode(outer["payload"], validate=True))
    return Reply(status, outer["payloadtype"], outer["error"], inner, body, headers or httpx.Headers())


class Party:
    """Somebody with a key: a user, an executor, an owner or a stranger."""

    def __init__(self, http: httpx.AsyncClient, colony_name: str, private_key: str | None = None) -> None:
        self.key = private_key or generate_private_key()
        self.identity = Identity(self.key)
        self.id = self.identity.id
        self.colony_name = colony_name
        self.name = ""
        self.executor_type = ""
        self.http = http

    def envelope(self, message_type: str, /, **fields: Any) -> bytes:
        """A signed envelope; ``msgtype`` among the fields overrides what the payload says of itself."""
        payload = base64.b64encode(json.dumps({"msgtype": message_type, **fields}).encode())
        outer = {"payloadtype": message_type, "payload": payload.decode(), "signature": self.identity.sign(payload)}
        return json.dumps(outer).encode()

    async def post(self, body: bytes) -> Reply:
        """Any body to ``/api``, and what came back, whatever its status."""
        response = await self.http.post("/api", content=body)
        return decode_reply(response.content, response.status_code, response.headers)

    async def ask(self, message_type: str, /, **fields: Any) -> Reply:
        """One RPC, and its reply, refused or not."""
        return await self.post(self.envelope(message_type, **fields))

    async def get(self, message_type: str, /, **fields: Any) -> Any:
        """One RPC that must succeed: its payload."""
        reply = await self.ask(message_type, **fields)
        assert (reply.status, reply.is_error) == (200, False), f"{message_type}: {reply.status} {reply.payload!r}"
        return reply.payload

    async def refused(self, message_type: str, /, **fields: Any) -> tuple[int, str]:
        """One RPC that must be refused: status (the same in HTTP and inside) and message."""
        reply = await self.ask(message_type, **fields)
        status, message = reply.refusal
        assert reply.status == status
        return status, message

    async def submit(self, executor_type: str, channels: tuple[str, ...] = ("a",), **changes: Any) -> Json:
        """A process from a minimal function spec; ``changes`` are further fields of the spec."""
        process: Json = await self.get("submitfuncspecmsg", spec=self.spec(executor_type, channels, **changes))
        return process

    def spec(self, executor_type: str, channels: tuple[str, ...] = ("a",), **changes: Any) -> Json:
        """A minimal function spec that runs for as long as any test needs."""
        return {
            "funcname": "work",
            "maxwaittime": 60,
            "maxexectime": 60,
            "maxretries": 1,
            "conditions": {"colonyname": self.colony_name, "executortype": executor_type},
            "channels": list(channels),
            **changes,
        }

    async def assign(self, seconds: int = 5) -> Json:
        """The next process for this executor."""
        process: Json = await self.get(
            "assignprocessmsg", colonyname=self.colony_name, timeout=seconds, availablecpu="", availablemem=""
        )
        return process

    async def process(self, process_id: str) -> Json:
        """A process as the server has it now."""
        process: Json = await self.get("getprocessmsg", processid=process_id)
        return process

    async def processes(self, state: int, count: int = 100, **filters: str) -> list[Json]:
        """One page of processes in a state, an absent list as an empty one."""
        chosen = {"executortype": "", "label": "", "initiator": ""} | filters
        found = await self.get("getprocessesmsg", colonyname=self.colony_name, count=count, state=state, **chosen)
        return found or []

    async def append(self, process_id: str, sequence: int, payload: bytes = b"x", **fields: Any) -> Reply:
        """An append to channel ``a`` (``name=`` for another), accepted or not."""
        encoded = base64.b64encode(payload).decode()
        message = {"name": "a", "sequence": sequence, "inreplyto": 0, "payload": encoded} | fields
        return await self.ask("channelappendmsg", processid=process_id, **message)

    async def say(self, process_id: str, *sequences: int, **fields: Any) -> None:
        """Appends that must be accepted, in this order."""
        for sequence in sequences:
            reply = await self.append(process_id, sequence, f"{self.name} {sequence}".encode(), **fields)
            assert (reply.status, reply.payload) == (200, {}), reply.payload

    async def read(self, process_id: str, after: int = 0, limit: int = 0, name: str = "a") -> list[Json]:
        """Entries of a channel after a position."""
        entries = await self.get("channelreadmsg", processid=process_id, name=name, afterseq=after, limit=limit)
        assert entries is not None, "a channel's entries come as a list, also when there are none"
        found: list[Json] = entries
        return found

    async def close(self, process_id: str) -> None:
        """Ends a process that is assigned to this executor with success."""
        assert await self.get("closesuccessfulmsg", processid=process_id, out=[]) == {}


def sequences(entries: list[Json]) -> list[int]:
    """The sequences of entries, in their order."""
    return [entry["sequence"] for entry in entries]
