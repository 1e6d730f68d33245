"""The colony as an object: coming and going, keys, counts, and what its HTTP side does with odd requests."""

from __future__ import annotations

import base64
import json
from email.utils import parsedate_to_datetime

import httpx
import pytest

from colony_tui.errors import ConnectError
from colony_tui.server import EmbeddedColony, Limits, ManualClock
from colony_tui.wire.keys import Identity, generate_private_key
from tests.colony import until
from tests.conformance.parties import Party
from tests.conformance.sockets import Closed, Socket


async def run(alice: Party, bot: Party) -> str:
    process_id: str = (await alice.submit("bot", maxexectime=-1))["processid"]
    await bot.assign()
    return process_id


@pytest.mark.parametrize("keep_logs", [False, True])
async def test_a_restart_keeps_port_and_processes_and_loses_logs_unless_told(
    timed_colony: EmbeddedColony, alice: Party, bot: Party, keep_logs: bool
) -> None:
    process_id, port = await run(alice, bot), timed_colony.port
    await bot.say(process_id, 1, 2)
    await timed_colony.restart(keep_logs=keep_logs)
    assert timed_colony.port == port
    assert (await alice.process(process_id))["state"] == 1
    assert len(await alice.read(process_id)) == (2 if keep_logs else 0)
    await bot.say(process_id, 3)
    assert [entry["sequence"] for entry in await alice.read(process_id)][-1] == 3


async def test_a_restart_drops_subscriptions_and_waiting_executors(
    timed_colony: EmbeddedColony, alice: Party, bot: Party
) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await until(lambda: timed_colony.subscribers(process_id, "a") == 1)
        await timed_colony.restart(keep_logs=True)
        assert isinstance(await socket.next(), Closed)
    assert timed_colony.subscribers(process_id, "a") == 0


async def test_it_goes_away_and_comes_back_on_its_port(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    await bot.say(process_id, 1)
    await timed_colony.stop()
    assert not timed_colony.is_serving
    with pytest.raises(httpx.ConnectError):
        await alice.process(process_id)
    await timed_colony.stop()
    await timed_colony.start()
    await timed_colony.start()
    assert len(await alice.read(process_id)) == 1


async def test_no_time_passes_for_processes_while_it_is_away(
    timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party, bot: Party
) -> None:
    process_id = (await alice.submit("bot", maxexectime=1))["processid"]
    await bot.assign()
    await timed_colony.stop()
    await manual_clock.advance(10)
    await timed_colony.start()
    assert (await alice.process(process_id))["state"] == 1
    await manual_clock.advance(1.5)
    assert (await alice.process(process_id))["state"] == 0


async def test_connections_can_be_dropped_while_it_serves(timed_colony: EmbeddedColony, alice: Party) -> None:
    async with Socket(timed_colony.url) as socket:
        timed_colony.drop_connections()
        assert isinstance(await socket.next(), Closed)
    assert await alice.get("getcolonymsg", colonyname="dev")


async def test_keys_can_be_given_and_are_fresh_otherwise() -> None:
    keys = [generate_private_key() for _ in range(3)]
    colony = EmbeddedColony(server_key=keys[0], colony_key=keys[1], user_key=keys[2], colony="ours", user="bob")
    assert (colony.server_key, colony.colony_key, colony.user_key) == tuple(keys)
    assert (colony.colony_id, colony.user_id) == (Identity(keys[1]).id, Identity(keys[2]).id)
    assert not any(key in repr(colony) for key in keys)
    other = EmbeddedColony()
    assert len({other.server_key, other.colony_key, other.user_key}) == 3
    async with colony, httpx.AsyncClient(base_url=colony.url, trust_env=False) as http:
        bob = Party(http, "ours", keys[2])
        assert await bob.get("getcolonymsg", colonyname="ours") == {"colonyid": colony.colony_id, "name": "ours"}
        assert (await bob.get("getusersmsg", colonyname="ours"))[0]["name"] == "bob"


async def test_a_port_that_is_taken_is_one_clear_sentence(timed_colony: EmbeddedColony) -> None:
    with pytest.raises(ConnectError, match=rf"served on 127.0.0.1:{timed_colony.port}: address already in use$"):
        await EmbeddedColony(port=timed_colony.port).start()


async def test_the_counts_of_a_good_citizen(timed_colony: EmbeddedColony, alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    async with Socket(timed_colony.url) as socket:
        await socket.subscribe_channel(alice, process_id)
        await until(lambda: timed_colony.counts["pings"] == 1)
    counts = timed_colony.counts
    assert (counts["requests"], counts["handshakes"], counts["subscribe_frames"]) == (2, 1, 1)
    assert (counts["submitfuncspecmsg"], counts["assignprocessmsg"]) == (1, 1)


async def test_the_date_is_the_clocks(timed_colony: EmbeddedColony, manual_clock: ManualClock, alice: Party) -> None:
    await manual_clock.advance(3600)
    reply = await alice.ask("getcolonymsg", colonyname="dev")
    assert parsedate_to_datetime(reply.headers["Date"]).timestamp() == manual_clock.now_ns() // 1_000_000_000


async def test_ids_can_be_made_by_the_caller() -> None:
    numbers = iter(range(1000))
    async with (
        EmbeddedColony(make_id=lambda: f"{next(numbers):064x}") as colony,
        httpx.AsyncClient(base_url=colony.url, trust_env=False) as http,
    ):
        alice = Party(http, "dev", colony.user_key)
        assert (await alice.submit("bot"))["processid"] == "0" * 64


async def test_what_it_does_not_do_is_said(alice: Party) -> None:
    status, words = await alice.refused("submitworkflowspecmsg", spec={})
    assert status == 501 and words == "The embedded colony does not do submitworkflowspecmsg; a ColonyOS server does"
    assert await alice.refused("frobnicatemsg") == (403, "invalid rpcMsg.PayloadType: frobnicatemsg")
    assert await alice.refused("subscribechannelmsg") == (403, "invalid rpcMsg.PayloadType: subscribechannelmsg")


async def test_missing_and_null_fields_are_empty(alice: Party, bot: Party) -> None:
    process_id = await run(alice, bot)
    assert await alice.get("channelreadmsg", processid=process_id, name="a", limit=None) == []
    await bot.get("closesuccessfulmsg", processid=process_id, out=None)
    assert (await alice.process(process_id))["out"] == []
    assert await bot.refused("assignprocessmsg", colonyname="dev") == (
        400,
        "Invalid timeout value, timeout cannot be zero",
    )
    assert (await alice.refused("submitfuncspecmsg"))[0] == 403


DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"[]",
        b"7",
        b"\xff",
        b'{"msgtype": "getprocessmsg", "processid": 7}',
        b'{"msgtype": "getprocessmsg", "processid": "\xe9"}',
        b'{"msgtype": "getprocessmsg", "later": %b}' % DEEP,
    ],
    ids=range(7),
)
async def test_broken_messages_are_bad_requests(alice: Party, inner: bytes) -> None:
    payload = base64.b64encode(inner)
    signature = alice.identity.sign(payload)
    body = json.dumps({"payloadtype": "getprocessmsg", "payload": payload.decode(), "signature": signature})
    assert (await alice.post(body.encode())).refusal == (400, "Failed to get process, invalid JSON")


@pytest.mark.parametrize("body", [b'{"payloadtype":"\xe9"}', b'{"later":%b}' % DEEP], ids=["text", "depth"])
async def test_broken_envelopes_are_bad_requests(alice: Party, body: bytes) -> None:
    assert (await alice.post(body)).refusal[0] == 400


async def test_the_largest_payload_travels_both_ways() -> None:
    async with EmbeddedColony() as colony, httpx.AsyncClient(base_url=colony.url, trust_env=False, timeout=30) as http:
        alice = Party(http, "dev", colony.user_key)
        process_id = (await alice.submit("bot"))["processid"]
        assert (await alice.append(process_id, 1, bytes(10 * 1024 * 1024))).status == 200
        assert (await alice.append(process_id, 2, bytes(10 * 1024 * 1024 + 1))).refusal[0] == 500
        (entry,) = await alice.read(process_id)
        assert len(base64.b64decode(entry["payload"])) == 10 * 1024 * 1024
        async with Socket(colony.url) as socket:
            await socket.subscribe_channel(alice, process_id)
            assert await socket.entries() == [entry]


async def test_limits_are_what_is_given() -> None:
    async with (
        EmbeddedColony(limits=Limits(listed=3, log_lines=4, priority=5)) as colony,
        httpx.AsyncClient(base_url=colony.url, trust_env=False) as http,
    ):
        alice = Party(http, "dev", colony.user_key)
        with pytest.raises(AssertionError, match="MaxCount limit <3>"):
            await alice.processes(0, count=4)
        with pytest.raises(AssertionError, match="priority outside range \\[-5, 5\\]"):
            await alice.submit("bot", priority=6)
        process_id = (await alice.submit("bot"))["processid"]
        words = (403, "Count exceeds max log count (4)")
        assert await alice.refused("getlogsmsg", colonyname="dev", processid=process_id, count=5) == words


async def test_health_and_unknown_paths(timed_colony: EmbeddedColony) -> None:
    async with httpx.AsyncClient(base_url=timed_colony.url, trust_env=False) as http:
        health = await http.get("/health")
        assert (health.status_code, health.content) == (200, b"")
        assert (await http.get("/")).status_code == 404
