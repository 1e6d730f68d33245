"""Every recorded exchange with a real server, made again with the embedded colony, gives the recorded replies.

Ids are mapped, times only compared as set or unset. What else may differ is named in ``EXCEPTIONS`` and ``_neutral``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from colony_tui.server import EmbeddedColony, ManualClock
from colony_tui.wire.keys import Identity
from tests.colony import until
from tests.conformance.parties import Party, Reply
from tests.conformance.sockets import Closed, Pong, Socket

DATA = Path(__file__).parent.parent / "data" / "wire"
Json = dict[str, Any]

ALICE = "b4c17b2c7fd7c4a4d3b0b4a1ff3d7bd8c2d9ee6b6b0ad9a1b2f5f7c9a4e3d201"
CHATBOT = "5c1a3d7f0e9b2846a7c3e5d1f0b92847c6a5e4d3f2b1a09876543210fedcba98"
DEV_DOCKER = "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05"
STRANGER = "0" * 63 + "7"
RECORDED_COLONY_ID = "4787a5071856a4acf702b2ffcea422e3237a679c681314113d86139461290cf4"

TIMES = {"submissiontime", "starttime", "endtime", "waitdeadline", "execdeadline", "commissiontime"}
RANDOM = {"functionid", "attributeid", "prioritytime", "timestamp"}


def _only_known_executors(payload: Any) -> Any:
    """The recorded server had executors of its own."""
    return [executor for executor in payload if executor["executorname"] == "chatbot"]


def _only_names(payload: Any) -> Any:
    """Versions, ports and counts are each server's own."""
    return sorted(payload)


EXCEPTIONS: dict[str, Callable[[Any], Any]] = {
    "getexecutorsmsg": _only_known_executors,
    "getcolonystatsmsg": _only_names,
    "getserverinfomsg": _only_names,
    "versionmsg": _only_names,
}


def _records(name: str) -> list[Json]:
    (path,) = DATA.glob(f"{name}-*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def _neutral(value: Any) -> Any:
    """A payload without what no two servers share."""
    if isinstance(value, list):
        return [_neutral(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, item in value.items():
        if name in RANDOM:
            item = "random"
        elif name in TIMES:
            item = "unset" if item.startswith("0001-") else "set"
        elif name == "lastheardfromtime":
            # The recorded executors had been assigned work before the recording.
            item = "time"
        result[name] = _neutral(item)
    return result


class Replay:
    """Makes a recording's requests and compares what comes back."""

    def __init__(self, colony: EmbeddedColony, clock: ManualClock, http: httpx.AsyncClient) -> None:
        keys = {"alice": ALICE, "chatbot": CHATBOT, "dev-docker": DEV_DOCKER, "stranger": STRANGER}
        keys |= {"colony": colony.colony_key, "server": colony.server_key}
        self.parties = {name: Party(http, "dev", key) for name, key in keys.items()}
        self.colony = colony
        self.clock = clock
        self._ids = {RECORDED_COLONY_ID: colony.colony_id}
        self._log_times: dict[str, int] = {}

    def translate(self, value: Any) -> Any:
        """A recorded value with our ids in it."""
        text = json.dumps(value)
        for recorded, ours in self._ids.items():
            text = text.replace(recorded, ours)
        return json.loads(text)

    def knows(self, process_id: str) -> bool:
        return process_id in self._ids or process_id == "0" * 64

    def learn(self, recorded: str, ours: str) -> None:
        self._ids[recorded] = ours

    async def rpc(self, record: Json) -> None:
        message = self._filled(self.translate(record["rpc"]))
        message_type = message.pop("msgtype")
        asked = asyncio.ensure_future(self.parties[record["signed_by"]].ask(message_type, **message))
        if message_type == "assignprocessmsg" and record["status"] == 404:
            await self.pass_time_until(asked)
        reply = await asked
        assert reply.status == record["status"], (record["rpc"], reply.payload)
        if record.get("body") == "empty":
            assert reply.body == b""
            return
        if message_type == "submitfuncspecmsg" and not reply.is_error:
            self.learn(record["payload"]["processid"], reply.payload["processid"])
        if message_type == "getlogsmsg" and not reply.is_error:
            self._log_times |= {line["message"]: line["timestamp"] for line in reply.payload or ()}
        assert (reply.payload_type, reply.is_error) == (record["reply_payloadtype"], record["error"])
        view = None if reply.is_error else EXCEPTIONS.get(message_type)
        self.compare(reply.payload, record["payload"], view or (lambda payload: payload))

    def compare(self, ours: Any, recorded: Any, view: Callable[[Any], Any] = lambda payload: payload) -> None:
        assert _neutral(view(ours)) == _neutral(view(self.translate(recorded)))

    def _filled(self, message: Json) -> Json:
        """A request with what the recording only describes."""
        match = re.fullmatch(r"<timestamp of (\w+)>", str(message.get("since")))
        if match:
            message["since"] = self._log_times[match[1]]
        match = re.fullmatch(r"<(\d+) bytes, base64>", str(message.get("payload")))
        if match:
            message["payload"] = base64.b64encode(bytes(int(match[1]))).decode()
        return message

    async def pass_time_until(self, waiting: asyncio.Future[Any]) -> None:
        """Lets the colony's time pass while something is awaited, about a hundred times as fast as ours."""
        while not waiting.done():
            await self.clock.advance(0.1)
            await asyncio.wait({waiting}, timeout=0.001)


@pytest.fixture
async def replay() -> AsyncIterator[Replay]:
    clock = ManualClock()
    async with EmbeddedColony(clock=clock, user="keeper") as colony:
        colony.add_executor("dev-docker", "cli", DEV_DOCKER)
        async with httpx.AsyncClient(base_url=colony.url, trust_env=False, timeout=30) as http:
            replay = Replay(colony, clock, http)
            await replay.parties["colony"].get("removeusermsg", colonyname="dev", name="keeper")
            yield replay


async def _register(replay: Replay) -> None:
    """The user and the executor of the first recording."""
    for record in _records("01")[:3]:
        await replay.rpc(record)


def test_the_recorded_keys_make_the_recorded_ids() -> None:
    recorded = {vector["private_key"]: vector["id"] for vector in json.loads((DATA / "vectors.json").read_text())}
    assert {key: Identity(key).id for key in recorded} == recorded


async def test_identity_and_registry(replay: Replay) -> None:
    for record in _records("01"):
        await replay.rpc(record)


class Listening:
    """The sockets of a replay; what is recorded of them is compared in its order, when the next one is opened."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._stack = AsyncExitStack()
        self._expected: list[Json] = []
        self.socket: Socket | None = None

    async def __aenter__(self) -> Listening:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def send(self, record: Json, *, is_new: bool = True, pings: bool = False) -> None:
        """Sends a recorded frame and waits until the server has it."""
        if is_new or self.socket is None:
            await self.settle()
            self.socket = await self._stack.enter_async_context(Socket(self._replay.colony.url))
        message = self._replay.translate(record["ws_send"])
        message_type = message.pop("msgtype")
        counts = self._replay.colony.counts
        before = counts["subscribe_frames"]
        await self.socket.send(self._replay.parties[record["signed_by"]], message_type, **message)
        if pings:
            await self.socket.ping(b"over")
        if message_type.startswith("subscribe"):
            await until(lambda: counts["subscribe_frames"] > before)

    def expect(self, record: Json) -> None:
        self._expected.append(record)

    async def next(self) -> Reply | Pong | Closed:
        assert self.socket is not None
        coming = asyncio.ensure_future(self.socket.next())
        await asyncio.wait({coming}, timeout=0.05)
        await self._replay.pass_time_until(coming)
        return await coming

    async def settle(self) -> None:
        """Compares what has been recorded of the present socket so far."""
        expected, self._expected = self._expected, []
        for record in expected:
            event = await self.next()
            if "pong" in record:
                assert event == Pong(b"over")
                continue
            frame = record["ws_frame"]
            assert isinstance(event, Reply), (event, record)
            assert (event.payload_type, event.is_error) == (frame["payloadtype"], frame["error"])
            self._replay.compare(event.payload, frame["payload"])


async def test_chat_with_a_bot(replay: Replay) -> None:
    await _register(replay)
    async with Listening(replay) as listening:
        for record in _records("02"):
            if "rpc" in record:
                await replay.rpc(record)
            elif "ws_send" in record:
                await listening.send(record)
            elif "ws_frame" in record:
                listening.expect(record)
                await listening.settle()
            elif record["note"].startswith("nothing arrived on the open chat subscription"):
                # The socket with the chat has given way to another; silence at the end is a test of its own.
                continue
        await listening.settle()


async def test_ordering_and_errors(replay: Replay) -> None:
    await _register(replay)
    async with Listening(replay) as listening:
        for record in _records("03"):
            if "rpc" in record:
                await replay.rpc(record)
            elif "ws_send" in record:
                await listening.send(record)
            elif "ws_frame" in record:
                listening.expect(record)
                await listening.settle()


async def test_limits(replay: Replay) -> None:
    await _register(replay)
    for record in _records("04"):
        if "rpc" in record:
            await replay.rpc(record)
        elif "739 appends" in record["note"]:
            # The recorded ones took a few seconds, in which the server allowed more; here no time passes.
            (process,) = await replay.parties["alice"].processes(1)
            await replay.parties["alice"].say(process["processid"], *range(1, 501))


async def test_process_life(replay: Replay) -> None:
    await _register(replay)
    for record in _records("05"):
        note = record.get("note", "")
        if note.startswith("maxexectime passed"):
            await replay.clock.advance(3)
        if "rpc" not in record:
            continue
        payload = record["payload"]
        if isinstance(payload, dict) and payload.get("errors") == ["Maximum execution time limit exceeded"]:
            await replay.clock.advance(3)
        await replay.rpc(record)


async def test_more_of_the_registry(replay: Replay) -> None:
    await _register(replay)
    for record in _records("07"):
        if "http" in record:
            await _raw_http(replay, record)
        elif "rpc" in record:
            await replay.rpc(record)


async def _raw_http(replay: Replay, record: Json) -> None:
    alice = replay.parties["alice"]
    envelope = json.loads(alice.envelope("getcolonymsg", colonyname="dev"))
    payload_type, is_error, refusal = record["reply"]
    words = refusal["message"]
    if record["http"] == "a body that is no JSON":
        # The words are those of the decoder.
        reply, words = await alice.post(b"{nonsense"), None
    elif record["http"] == "signature not readable":
        reply, words = await alice.post(json.dumps(envelope | {"signature": "zz"}).encode()), None
    else:
        reply = await alice.post(json.dumps(envelope | {"payloadtype": "getusersmsg"}).encode())
    assert (reply.status, reply.payload_type, reply.is_error) == (record["status"], payload_type, is_error)
    assert reply.payload["status"] == refusal["status"]
    assert words in (None, reply.payload["message"])


SEAMS: dict[int, dict[str, bool]] = {
    0: {"pings": True},
    1: {"pings": True},
    2: {"pings": True},
    3: {"pings": True},
    4: {"is_new": False},
    6: {"is_new": False, "pings": True},
    9: {"pings": True},
}
"""How the frames of recording 08 were sent, by their number: on the socket before, with a ping behind."""

BEFORE: dict[str, tuple[int, ...]] = {
    "f7b982d5c7d4337e51459a50b6a59d94b483a18f2ff41fb14ad7c4f3c0acd697": (1,),
    "205ab028b9cda8e08aaae4fa3d9b9f513c3dcc8c4eb194cc2a3221de7d18cdd1": (10, 11, 12, 5),
}
"""What had been appended to processes of recording 08 when it begins to speak of them."""

WAITS = "4db9e8742739d2c20bbfc666eb2dcb21d3aa769874cab04a07d4250c8b63e9b5"
PUT_BACK = "ea69062b1f6f8b6c2f2384e9845851d9b0719d25a7e4512ee776211568f5337d"


async def _prepare(replay: Replay, process_id: str) -> None:
    """The process that recording 08 takes for granted."""
    alice, chatbot = replay.parties["alice"], replay.parties["chatbot"]
    changes: Json = {"maxexectime": 1, "maxretries": 3} if process_id == PUT_BACK else {}
    changes["conditions"] = {"colonyname": "dev", "executortype": "chatbot", "executornames": []}
    process = await alice.submit("chatbot", nodename="work", priority=1, **changes)
    replay.learn(process_id, process["processid"])
    # The process that was put back before is taken first.
    while process_id != WAITS and (await chatbot.assign())["processid"] != process["processid"]:
        pass
    for sequence in BEFORE.get(process_id, ()):
        payload = b"one" if sequence == 1 else str(sequence).encode()
        assert (await chatbot.append(process["processid"], sequence, payload)).status == 200


async def test_endings_and_seams(replay: Replay) -> None:
    await _register(replay)
    numbers = iter(range(100))
    async with Listening(replay) as listening:
        for record in _records("08"):
            request = record.get("rpc") or record.get("ws_send") or {}
            process_id = request.get("processid")
            if process_id and not replay.knows(process_id):
                await listening.settle()
                await _prepare(replay, process_id)
            if "ws_send" in record:
                await listening.send(record, **SEAMS.get(next(numbers), {}))
            elif "ws_frame" in record or "pong" in record:
                listening.expect(record)
            elif "rpc" in record:
                if record["rpc"]["msgtype"] == "getprocessmsg":
                    await listening.settle()
                await replay.rpc(record)
            elif record["note"].startswith("limit of subscribeprocess"):
                await listening.settle()
                assert await listening.next() == Closed(None)
        await listening.settle()


@pytest.mark.parametrize(
    "text", ["no JSON", '{"payloadtype": "subscribechannelmsg", "payload": "", "signature": "zz"}']
)
async def test_unreadable_frames_drop_the_connection(replay: Replay, text: str) -> None:
    async with Socket(replay.colony.url) as socket:
        await socket.send_text(text)
        await socket.dropped()


def test_every_recording_is_replayed_or_said_not_to_be() -> None:
    """Recording 06 is of servers in other zones: a matter of decoding, and checked there."""
    assert sorted(path.name[:2] for path in DATA.glob("*.jsonl")) == ["01", "02", "03", "04", "05", "06", "07", "08"]
