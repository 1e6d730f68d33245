"""Envelopes over HTTP: what is taken, what comes back, and how what is wrong is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from colony_tui.wire.keys import recover_id
from tests.conformance.field import Field
from tests.conformance.parties import Party


async def test_health_is_200_and_empty(field: Field) -> None:
    response = await field.http.get("/health")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_reply_is_an_envelope_with_base64_and_no_error(field: Field, alice: Party) -> None:
    reply = await alice.ask("getcolonymsg", colonyname=alice.colony_name)
    assert (reply.status, reply.payload_type, reply.is_error) == (200, "getcolonymsg", False)
    assert set(json.loads(reply.body)) == {"payloadtype", "payload", "error"}
    assert reply.payload["name"] == alice.colony_name


async def test_the_content_type_is_not_json_and_need_not_be(field: Field, alice: Party) -> None:
    body = alice.envelope("getcolonymsg", colonyname=alice.colony_name)
    response = await field.http.post("/api", content=body, headers={"Content-Type": "text/x-anything"})
    assert response.status_code == 200
    assert "json" not in response.headers["Content-Type"]


async def test_the_date_header_is_the_servers_clock(field: Field, alice: Party) -> None:
    reply = await alice.ask("getcolonymsg", colonyname=alice.colony_name)
    process = await alice.submit("nobody")
    server = parsedate_to_datetime(reply.headers["Date"])
    submitted = datetime.fromisoformat(process["submissiontime"]).astimezone(UTC)
    assert abs(submitted - server) < timedelta(seconds=3)


async def test_unknown_fields_are_ignored(field: Field, alice: Party) -> None:
    assert await alice.get("getcolonymsg", colonyname=alice.colony_name, surprise={"a": [1]})


async def test_an_envelope_can_be_replayed(field: Field, alice: Party, bot: Party) -> None:
    process_id = await field.running(alice, bot)
    body = alice.envelope("channelappendmsg", processid=process_id, name="a", sequence=1, payload="eA==")
    for _ in range(2):
        assert (await alice.post(body)).payload == {}
    assert len(await alice.read(process_id)) == 2


async def test_the_signature_recovers_the_id_that_the_server_sees(field: Field, alice: Party) -> None:
    envelope = json.loads(alice.envelope("submitfuncspecmsg", spec=alice.spec("nobody")))
    assert recover_id(envelope["payload"].encode(), envelope["signature"]) == alice.id
    process = await alice.submit("nobody")
    assert (process["initiatorid"], process["initiatorname"]) == (alice.id, alice.name)


async def test_a_body_that_is_no_json_is_a_400(field: Field, alice: Party) -> None:
    reply = await alice.post(b"{nope")
    assert (reply.status, reply.refusal[0]) == (400, 400)


async def test_a_payload_that_is_no_base64_is_refused(field: Field, alice: Party) -> None:
    signature = alice.identity.sign(b"%%%")
    body = {"payloadtype": "getcolonymsg", "payload": "%%%", "signature": signature}
    reply = await alice.post(json.dumps(body).encode())
    assert (reply.status, reply.refusal[0]) == (400, 400)


async def test_a_payload_that_holds_no_json_is_a_400(field: Field, alice: Party) -> None:
    payload = base64.b64encode(b"{nope")
    body = {
        "payloadtype": "getcolonymsg",
        "payload": payload.decode(),
        "signature": alice.identity.sign(payload),
    }
    reply = await alice.post(json.dumps(body).encode())
    assert (reply.status, reply.refusal[0]) == (400, 400)


@pytest.mark.parametrize("signature", ["", "zz", "00" * 65, "ab" * 10])
async def test_an_unreadable_signature_is_a_403(field: Field, alice: Party, signature: str) -> None:
    body = json.loads(alice.envelope("getcolonymsg", colonyname=alice.colony_name)) | {"signature": signature}
    reply = await alice.post(json.dumps(body).encode())
    assert (reply.status, reply.refusal[0]) == (403, 403)


async def test_a_changed_payload_is_somebody_else(field: Field, alice: Party) -> None:
    body = json.loads(alice.envelope("getcolonymsg", colonyname=alice.colony_name))
    body["payload"] = json.loads(alice.envelope("getcolonymsg", colonyname=alice.colony_name, x=1))["payload"]
    reply = await alice.post(json.dumps(body).encode())
    assert reply.refusal[0] == 403


async def test_a_message_type_that_contradicts_the_envelope_is_a_400(field: Field, alice: Party) -> None:
    envelope = json.loads(alice.envelope("getcolonymsg", colonyname=alice.colony_name)) | {"payloadtype": "getusersmsg"}
    reply = await alice.post(json.dumps(envelope).encode())
    assert reply.refusal == (400, "Failed to get users, msg.MsgType does not match payloadType")


async def test_an_unknown_message_type_is_a_403(field: Field, alice: Party) -> None:
    refusal = await alice.refused("frobnicatemsg")
    assert refusal == (403, "invalid rpcMsg.PayloadType: frobnicatemsg")


async def test_an_error_has_its_status_in_http_and_inside(field: Field, alice: Party) -> None:
    reply = await alice.ask("getprocessmsg", processid="0" * 64)
    assert (reply.status, reply.payload_type, reply.payload["status"]) == (404, "error", 404)
    assert set(reply.payload) == {"status", "message"}


@pytest.mark.parametrize("kind", ["versionmsg", "getserverinfomsg"])
async def test_version_and_server_info_need_no_valid_signature(field: Field, kind: str) -> None:
    body = json.loads(field.stranger().envelope(kind)) | {"signature": "zz"}
    reply = await field.owner.post(json.dumps(body).encode())
    assert (reply.status, reply.is_error, reply.payload_type) == (200, False, kind)
    assert "buildversion" in reply.payload


@pytest.mark.parametrize("kind", ["getcolonystatsmsg", "getprocesshistmsg"])
async def test_some_refuse_by_a_200_with_an_empty_body(field: Field, alice: Party, kind: str) -> None:
    message = {"colonyname": alice.colony_name, "executorid": "", "seconds": 1, "state": 0}
    assert (await alice.ask(kind, **message)).body
    for other in (field.stranger(), field.owner):
        reply = await other.ask(kind, **message)
        assert (reply.status, reply.body) == (200, b"")


async def test_an_empty_list_may_come_as_null(field: Field, alice: Party, bot: Party) -> None:
    empty = await alice.get(
        "getprocessesmsg",
        colonyname=alice.colony_name,
        count=1,
        state=0,
        executortype=bot.executor_type,
        label="",
        initiator="",
    )
    functions = await alice.get("getfunctionsmsg", colonyname=alice.colony_name, executorname=bot.name)
    process_id = await field.running(alice, bot)
    logs = await alice.get(
        "getlogsmsg", colonyname=alice.colony_name, processid=process_id, executorname="", count=1, since=0
    )
    assert [empty, functions, logs] == [None, None, None]


async def test_other_paths_are_not_found(field: Field) -> None:
    response = await field.http.get("/nope")
    assert response.status_code == 404
