"""What the groups of RPCs share: an identity, a colony, and one way to call."""

from __future__ import annotations

from typing import ClassVar

from colony_tui.client.transport import Transport
from colony_tui.errors import ProtocolError
from colony_tui.wire.envelope import Reply, seal
from colony_tui.wire.keys import Identity
from colony_tui.wire.requests import Request


class Caller:
    """Signs requests with one identity and sends them over one transport."""

    _ANSWERS: ClassVar[dict[str, str]] = {"getpausestatusmsg": "pausestatusreplymsg"}

    def __init__(self, transport: Transport, identity: Identity, colony: str) -> None:
        self.transport = transport
        self.identity = identity
        self.colony = colony

    @property
    def id(self) -> str:
        """Id of the identity that signs."""
        return self.identity.id

    async def call(self, request: Request, *, waits_s: float = 0.0) -> bytes:
        """Send a request and return the JSON inside its reply.

        Raises:
            Unsendable: the request holds what JSON cannot; nothing was sent.
            Refused: the server answered with an error (its subclasses tell which).
            ConnectError: no reply came; whether the server acted is then unknown, unless ``is_unsent``.
            ProtocolError: the reply is none.
        """
        reply = await self.transport.ask(seal(request, self.identity), waits_s=waits_s)
        return opened(request, reply, self._ANSWERS)


def opened(request: Request, reply: Reply, answers: dict[str, str] | None = None) -> bytes:
    """The JSON inside a reply to ``request``; raises what an error reply stands for."""
    if reply.is_error:
        raise reply.refusal(request.doing)
    expected = (answers or {}).get(request.message_type, request.message_type)
    if reply.type != expected:
        raise ProtocolError(f"The server answered {request.message_type} with {reply.type[:40]!r}")
    return reply.payload
