"""Envelopes: signed requests one way, replies the other (PROTOCOL.md, "Transport")."""

from __future__ import annotations

from binascii import b2a_base64
from functools import cache
from typing import Any

import msgspec

from colony_tui.errors import ProtocolError, Refused, Unsendable, refusal
from colony_tui.wire.keys import Identity, recover_id
from colony_tui.wire.requests import REQUESTS, Request

_NEAR = 20
"""Characters before and behind one that cannot be sent, shown where it is told."""

_encoder = msgspec.json.Encoder()

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading JSON raises: besides broken JSON and wrong types, text that is no UTF-8, and nesting without an end."""


class SignedEnvelope(msgspec.Struct):
    """A request on the wire. ``payload`` is base64 text of JSON; the signature is made over that text."""

    payloadtype: str = ""
    payload: str = ""
    signature: str = ""

    def sender_id(self) -> str:
        """The id that signed it.

        Raises:
            KeyFormatError: the signature cannot be read.
        """
        return recover_id(self.payload.encode(), self.signature)


class Reply(msgspec.Struct, frozen=True):
    """A reply or pushed frame, opened: ``payload`` is the JSON inside."""

    type: str
    payload: bytes
    is_error: bool

    def refusal(self, doing: str = "") -> Refused:
        """The error that an error reply stands for."""
        try:
            words = _refusals.decode(self.payload)
        except UNREADABLE:
            return refusal(0, "an error without a reason", doing)
        return refusal(words.status, words.message, doing)


class _ReplyShape(msgspec.Struct):
    payloadtype: str
    payload: bytes = b""
    error: bool = False


class _TagShape(msgspec.Struct):
    msgtype: str | None = None


class _RefusalShape(msgspec.Struct):
    status: int = 0
    message: str = ""


_replies = msgspec.json.Decoder(_ReplyShape)
_refusals = msgspec.json.Decoder(_RefusalShape)
_tags = msgspec.json.Decoder(_TagShape)
_envelopes = msgspec.json.Decoder(SignedEnvelope)
_requests = {name: msgspec.json.Decoder(kind) for name, kind in REQUESTS.items()}


def seal(request: Request, identity: Identity) -> bytes:
    """The signed envelope of a request, ready to be sent as a body or text frame.

    Raises:
        Unsendable: it holds what JSON cannot.
    """
    try:
        body = _encoder.encode(request)
    except (UnicodeEncodeError, TypeError, RecursionError) as error:
        raise _unsendable(error, request.doing) from None
    text = b2a_base64(body, newline=False)
    return b'{"payloadtype":"%b","payload":"%b","signature":"%b"}' % (
        request.message_type.encode(),
        text,
        identity.sign(text).encode(),
    )


def text_bytes(text: str, doing: str) -> bytes:
    """A text as UTF-8, for a payload.

    Args:
        doing: completes the sentence "The server cannot be asked to …".

    Raises:
        Unsendable: it holds a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _unsendable(error, doing) from None


def open_reply(body: bytes | str) -> Reply:
    """A reply's envelope, opened.

    Raises:
        ProtocolError: it is no such envelope.
    """
    try:
        shape = _replies.decode(body)
    except UNREADABLE as error:
        raise ProtocolError(f"The server's reply is no ColonyOS envelope: {_start(body)} ({error})") from None
    return Reply(shape.payloadtype, shape.payload, shape.error)


def seal_reply(message_type: str, value: object, *, is_error: bool = False) -> bytes:
    """The reply envelope around a JSON value, as a server sends it."""
    text = b2a_base64(_encoder.encode(value), newline=False)
    return b'{"payloadtype":"%b","payload":"%b","error":%b}' % (
        message_type.encode(),
        text,
        b"true" if is_error else b"false",
    )


def open_envelope(body: bytes | str) -> SignedEnvelope:
    """A request's envelope.

    Raises:
        UNREADABLE: it is none; the message tells where it breaks.
    """
    return _envelopes.decode(body)


def open_request(envelope: SignedEnvelope) -> Request | None:
    """The request inside an envelope, ``None`` for an unknown message type.

    As on a server, a field that is missing or ``null`` is empty.

    Raises:
        UNREADABLE: base64 or JSON are broken, a field has a wrong type, or the message is of another type.
    """
    decoder = _requests.get(envelope.payloadtype)
    if decoder is None:
        return None
    text = msgspec.convert(envelope.payload, bytes)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        fields = msgspec.json.decode(text, type=dict[str, Any])
        given = {name: value for name, value in fields.items() if value is not None}
        kind = REQUESTS[envelope.payloadtype]
        return msgspec.convert(_empty_fields(kind) | given, kind)


def inner_message_type(envelope: SignedEnvelope) -> str | None:
    """The ``msgtype`` of the message inside, ``None`` when there is no readable one."""
    try:
        return _tags.decode(msgspec.convert(envelope.payload, bytes)).msgtype
    except UNREADABLE:
        return None


@cache
def _empty_fields(kind: type[Request]) -> dict[str, Any]:
    """Wire name -> empty value of every field that has no default."""
    return {field.encode_name: _empty(field.type) for field in msgspec.structs.fields(kind) if field.required}


def _empty(kind: Any) -> Any:
    bare = getattr(kind, "__origin__", kind)
    return {} if issubclass(bare, msgspec.Struct) else bare()


def _unsendable(error: Exception, doing: str) -> Unsendable:
    why = str(error)
    if isinstance(error, UnicodeEncodeError):
        near = error.object[max(0, error.start - _NEAR) : error.start + _NEAR]
        why = f"the text {near!r} holds a lone surrogate, which is no character"
    return Unsendable(f"The server cannot be asked to {doing}: {why}")


def _start(body: bytes | str) -> str:
    text = body[:60] if isinstance(body, str) else body[:60].decode("utf-8", "replace")
    return f"it starts with {text!r}" if text.strip() else "it is empty"
