"""Keys, ids, envelopes and every recorded exchange, against what a real server accepted and sent."""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from colony_tui.errors import KeyFormatError, NoSuchColony, NotAllowed, NotFound, ProtocolError, Unsendable, refusal
from colony_tui.model import ProcessState
from colony_tui.wire import decode
from colony_tui.wire.envelope import SignedEnvelope, open_envelope, open_reply, open_request, seal, seal_reply
from colony_tui.wire.keys import Identity, generate_private_key, recover_id
from colony_tui.wire.requests import REQUESTS, GetColony, ReadChannel, Request, SetOutput, SubscribeChannel
from colony_tui.wire.times import UNSET, format_time, parse_time

DATA = Path(__file__).parent.parent / "data" / "wire"
VECTORS: list[dict[str, Any]] = json.loads((DATA / "vectors.json").read_text())


def exchanges() -> Iterator[dict[str, Any]]:
    for path in sorted(DATA.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield json.loads(line)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id'][:6]}-{vector['message']['msgtype']}")
def test_ids_and_signatures_are_those_the_server_accepted(vector: dict[str, Any]) -> None:
    identity = Identity(vector["private_key"])
    envelope = vector["envelope"]
    assert identity.id == vector["id"]
    assert identity.sign(envelope["payload"].encode()) == envelope["signature"]
    assert SignedEnvelope(**envelope).sender_id() == vector["id"]


def test_a_sealed_request_opens_as_itself_and_names_its_signer() -> None:
    identity = Identity(VECTORS[0]["private_key"])
    request = SubscribeChannel(process_id="ab" * 32, channel="chat", after_index=3, time_limit=30)
    envelope = open_envelope(seal(request, identity))
    assert envelope.payloadtype == "subscribechannelmsg"
    assert envelope.sender_id() == identity.id
    assert open_request(envelope) == request


def filled(kind: Any, text: str) -> Any:
    """A value of a type with this text wherever text goes."""
    bare = getattr(kind, "__origin__", kind)
    if bare is str:
        return text
    if not isinstance(bare, type) or not issubclass(bare, msgspec.Struct):
        return [text] if bare is list else {text: text} if bare is dict else 1 if bare is int else None
    return bare(**{field.name: filled(field.type, text) for field in msgspec.structs.fields(bare)})


WITH_TEXT = [
    kind for name, kind in REQUESTS.items() if name not in ("getcoloniesmsg", "versionmsg", "getserverinfomsg")
]


@pytest.mark.parametrize("kind", WITH_TEXT, ids=lambda kind: kind.__name__)
def test_half_a_character_in_a_request_is_told_in_a_sentence(kind: type[Request]) -> None:
    with pytest.raises(Unsendable) as caught:
        seal(filled(kind, "a\udc9b"), Identity("1" * 64))
    words = rf"The server cannot be asked to {kind.doing}: the text 'a\udc9b' holds a lone surrogate"
    assert str(caught.value).startswith(words)
    assert caught.value.__cause__ is None and str(caught.value).isascii()


def test_of_a_long_text_only_the_place_is_shown() -> None:
    with pytest.raises(Unsendable) as caught:
        seal(GetColony(colony="x" * 5000 + "\ud83d" + "y" * 5000), Identity("1" * 64))
    assert rf"'{'x' * 20}\ud83d{'y' * 19}'" in str(caught.value)


@pytest.mark.parametrize("value", [object(), {(1, 2): 3}], ids=["object", "key"])
def test_what_json_does_not_have_is_told_in_a_sentence(value: object) -> None:
    with pytest.raises(Unsendable, match="cannot be asked to set the output: "):
        seal(SetOutput(process_id="p", output=[value]), Identity("1" * 64))


def test_spelling_on_the_wire() -> None:
    request = ReadChannel(process_id="p", channel="c", after_index=1, limit=2)
    envelope = open_envelope(seal(request, Identity("1".rjust(64, "0"))))
    body = json.loads(__import__("base64").b64decode(envelope.payload))
    assert body == {"msgtype": "channelreadmsg", "processid": "p", "name": "c", "afterseq": 1, "limit": 2}


def test_every_recorded_request_is_understood() -> None:
    seen = set()
    for exchange in exchanges():
        message = exchange.get("rpc") or exchange.get("ws_send")
        if message is None or message["msgtype"] == "frobnicatemsg":
            continue
        if "<" in str(message.get("since", "")) or message.get("payload") == "@@":
            continue
        if message.get("sequence") == 2**63 or str(message.get("payload", "")).startswith("<"):
            continue
        text = b2a_base64(json.dumps(message).encode(), newline=False).decode()
        request = open_request(SignedEnvelope(message["msgtype"], text, ""))
        assert request is not None and request.message_type == message["msgtype"], message
        seen.add(message["msgtype"])
    assert len(seen) > 30


DECODERS = {
    "addattributemsg": decode.attribute,
    "addcolonymsg": decode.colony,
    "addexecutormsg": decode.executor,
    "addfunctionmsg": decode.function,
    "addusermsg": decode.user,
    "assignprocessmsg": decode.process,
    "channelreadmsg": decode.entries,
    "getcolonymsg": decode.colony,
    "getcolonystatsmsg": decode.statistics,
    "getexecutorbyidmsg": decode.executor,
    "getexecutormsg": decode.executor,
    "getexecutorsmsg": decode.executors,
    "getfunctionsmsg": decode.functions,
    "getlogsmsg": decode.log_lines,
    "getprocessesmsg": decode.processes,
    "getprocessmsg": decode.process,
    "getserverinfomsg": decode.server_info,
    "getuserbyidmsg": decode.user,
    "getusermsg": decode.user,
    "getusersmsg": decode.users,
    "pausestatusreplymsg": decode.is_paused,
    "submitfuncspecmsg": decode.process,
    "subscribechannelmsg": decode.entries,
    "subscribeprocessmsg": decode.process,
    "versionmsg": decode.server_info,
}


def test_every_recorded_reply_is_decoded() -> None:
    count = 0
    for exchange in exchanges():
        frame: Any = exchange.get("ws_frame")
        kind = frame["payloadtype"] if frame else exchange.get("reply_payloadtype")
        payload: Any = (frame or exchange).get("payload")
        if kind is None or payload == {}:
            continue
        reply = open_reply(seal_reply(kind, payload, is_error=kind == "error"))
        if reply.is_error:
            assert reply.refusal().status == payload["status"]
            assert reply.refusal().reason == payload["message"]
        else:
            DECODERS[kind](reply.payload)
        count += 1
    assert count > 100


def test_a_process_keeps_what_was_recorded_of_it() -> None:
    found = [
        exchange["payload"]
        for exchange in exchanges()
        if exchange.get("rpc", {}).get("msgtype") == "getprocessmsg" and exchange.get("status") == 200
    ]
    payload = next(process for process in found if process.get("retries") == 1)
    process = decode.process(json.dumps(payload).encode())
    assert process.state is ProcessState.WAITING
    assert process.spec.channels == ("a",)
    assert process.executor_id == ""
    assert process.started_ns == 1795421286_876023000
    assert process.attempt == 2


def test_unset_times_of_both_kinds_are_none() -> None:
    for line in (DATA / "06-servers-in-other-time-zones.jsonl").read_text().splitlines():
        payload = json.loads(line).get("payload")
        if payload:
            assert parse_time(payload["starttime"]) is None
            assert parse_time(payload["submissiontime"]) is not None
    assert parse_time(UNSET) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T01:00:00.5+01:00", 500_000_000),
        ("1969-12-31T23:59:59.999999999-00:00", -1),
        ("2026-11-23T09:07:57.808562612+01:00", 1795421277_808562612),
        ("2026-11-23T03:37:57.80-04:30", 1795421277_800000000),
    ],
)
def test_times_to_the_nanosecond(text: str, expected: int) -> None:
    assert parse_time(text) == expected
    assert parse_time(format_time(expected)) == expected


@pytest.mark.parametrize("text", ["", "now", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.xZ"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(ProtocolError, match="where a time should be"):
        parse_time(text)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "64 hexadecimal characters"),
        ("zz" * 32, "contains others"),
        ("00" * 32, "no valid secp256k1 key"),
        ("ff" * 32, "no valid secp256k1 key"),
    ],
)
def test_a_bad_key_is_named_and_never_shown(key: str, words: str) -> None:
    with pytest.raises(KeyFormatError, match=words) as caught:
        Identity(key, "COLONIES_PRVKEY")
    assert "COLONIES_PRVKEY" in str(caught.value)
    assert not key or key not in str(caught.value)
    assert caught.value.__cause__ is None and (caught.value.__context__ is None or caught.value.__suppress_context__)


def test_an_identity_does_not_show_its_key() -> None:
    key = generate_private_key()
    identity = Identity(key)
    assert key not in repr(identity) and key not in str(identity)
    with pytest.raises(TypeError):
        __import__("pickle").dumps(identity)


def test_unreadable_signatures() -> None:
    for signature in ("", "zz" * 65, "00" * 65, "ff" * 65):
        with pytest.raises(KeyFormatError):
            recover_id(b"text", signature)


def test_replies_that_are_none() -> None:
    for body in (b"", b"<html>", b"[]", b"{}", b'{"payloadtype": 3}', b'{"payloadtype":"x","payload":"@"}', "ü"):
        with pytest.raises(ProtocolError):
            open_reply(body)


def test_entries_with_what_servers_leave_out() -> None:
    batch = decode.entries(
        b'[{"sequence":1,"timestamp":"2026-11-23T09:07:57Z","senderid":"s","payload":null,"later":{"x":1}}]'
    )
    (entry,) = batch.entries
    assert (entry.in_reply_to, entry.payload, entry.type) == (None, b"", "data")
    assert decode.entries(b"null").entries == ()
    cut = decode.entries(b'[{"sequence":0,"payload":null,"error":"subscriber disconnected: buffer full"}]')
    assert cut.entries == () and "buffer full" in cut.cut_off


def test_refusals_become_their_errors() -> None:
    reply = open_reply(seal_reply("error", {"status": 404, "message": "Channel not found"}, is_error=True))
    error = reply.refusal("read the channel")
    assert isinstance(error, NotFound)
    assert str(error) == "The server refused to read the channel: Channel not found (404)"
    words = "Failed to remove process, process is nil"
    reply = open_reply(seal_reply("error", {"status": 500, "message": words}, is_error=True))
    assert isinstance(reply.refusal("remove the process"), NotFound)


@pytest.mark.parametrize(
    ("status", "reason", "is_passing"),
    [
        (0, "no status", True),
        (500, "database is locked", True),
        (503, "try later", True),
        (500, "Failed to remove process, process is nil", False),
        (500, "rate limit exceeded", True),
        (429, "rate limit exceeded", True),
        (500, "channel log is full", False),
        (500, "message payload exceeds maximum size", False),
        (404, "Channel not found", False),
        (403, "Access denied", False),
    ],
)
def test_a_refusal_passes_where_the_server_could_not_answer(status: int, reason: str, is_passing: bool) -> None:
    assert refusal(status, reason).is_passing is is_passing


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (403, "Colony with name <nope> does not exists", NoSuchColony),
        (400, "Colony with name <nope> does not exists", NoSuchColony),
        (400, "Colony with name <nope> not found", NoSuchColony),
        (403, "Access denied, not a member of Colony with name <dev>", NotAllowed),
        (403, "Access denied, not a member of Colony with name <x> does not exists>", NotAllowed),
    ],
)
def test_a_colony_that_is_not_there_is_told_from_one_that_refuses(status: int, reason: str, kind: type) -> None:
    assert type(refusal(status, reason)) is kind


def test_every_request_has_words_for_its_refusal() -> None:
    assert all(kind.doing != "do this" for kind in REQUESTS.values())
    assert REQUESTS["getcolonymsg"] is GetColony
