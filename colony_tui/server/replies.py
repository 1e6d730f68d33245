"""What replies are made of, beyond the shapes that the client reads as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from colony_tui.errors import Refused
from colony_tui.wire.envelope import seal_reply

EMPTY_BODY = msgspec.Raw(b"")
"""Instead of a reply: a 200 with nothing in it, by which a real server refuses some requests."""

_NULL = msgspec.Raw(b"null")


def listed(items: Sequence[object]) -> Any:
    """A list as the real server writes most of them: ``null`` when there is nothing in it."""
    return items or _NULL


class PauseReply(msgspec.Struct):
    msgtype: str
    colonyname: str
    ispaused: bool


class VersionReply(msgspec.Struct):
    buildversion: str
    buildtime: str
    msgtype: str


class BackendReply(msgspec.Struct):
    type: str
    port: int
    host: str


class InfoReply(msgspec.Struct):
    buildversion: str
    buildtime: str
    backends: list[BackendReply]


class RefusalReply(msgspec.Struct):
    status: int
    message: str


def seal_refusal(refused: Refused) -> bytes:
    """The error envelope of a refusal."""
    return seal_reply("error", RefusalReply(refused.status, refused.reason), is_error=True)
