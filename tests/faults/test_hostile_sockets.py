"""Servers and intermediaries that send what they should not: one clear sentence each, and calm tries again."""

from __future__ import annotations

import asyncio

import pytest

from colony_tui.client import ChannelSubscription, ProcessSubscription, pool, socket
from colony_tui.client.events import ChannelEvent, Ended, Entries, LimitPassed, Lost, ProcessEvent, Proven, RefusedBy
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError, NotAllowed, ProtocolError
from colony_tui.model import ProcessState
from colony_tui.wire.envelope import seal_reply
from tests.faults.field import Field, faulty
from tests.faults.hostile import (
    BINARY,
    CLOSE,
    CONTINUED,
    PONG,
    TEXT,
    HostileSocket,
    instead,
    saying,
    talking,
)
from tests.faults.proxy import Answer

SOON = RetryPolicy(first=0.02, longest=0.02)

CHANNEL = "subscribechannelmsg"
ENTRY = {"sequence": 1, "timestamp": "2026-01-01T00:00:00Z", "senderid": "a" * 64, "payload": "aGk="}


def entries(**changes: object) -> tuple[int, bytes]:
    return TEXT, seal_reply(CHANNEL, [ENTRY | changes])


def sentence(error: ColonyError) -> str:
    """What a person would read; it is one line of a decent length."""
    text = str(error)
    assert text and "\n" not in text and len(text) < 300 and text.isprintable(), text
    return text


async def endless_pieces(peer: HostileSocket, piece: bytes) -> None:
    await peer.receive()
    await peer.send(TEXT, piece, is_final=False)
    while True:
        await peer.send(CONTINUED, piece, is_final=False)
        await asyncio.sleep(0)


async def masked(peer: HostileSocket) -> None:
    await peer.receive()
    await peer.send(TEXT, b"{}", is_masked=True)
    await peer.silence()


async def hanging_up(_: HostileSocket) -> None:
    """Nothing is said at all."""


async def ending_at_once(peer: HostileSocket) -> None:
    while True:
        opcode, _ = await peer.receive()
        if opcode == TEXT:
            await peer.send_list([])


BROKEN: dict[str, tuple[Answer, type[ColonyError], str]] = {
    "no json": (saying((TEXT, b"hello")), ProtocolError, "no ColonyOS envelope"),
    "empty": (saying((TEXT, b"")), ProtocolError, "it is empty"),
    "html": (saying((TEXT, b"<html>Bad gateway</html>")), ProtocolError, "it starts with '<html>"),
    "escapes": (saying((TEXT, b"\x1b]52;c;aGk=\x07\n\n")), ProtocolError, "no ColonyOS envelope"),
    "binary": (saying((BINARY, bytes(range(256)))), ProtocolError, "no ColonyOS envelope"),
    "no utf-8": (saying((TEXT, b"\xff\xfe")), ProtocolError, "broke the rules of WebSockets"),
    "another type": (saying((TEXT, seal_reply("getprocessmsg", []))), ProtocolError, "sent 'getprocessmsg'"),
    "no list": (saying((TEXT, seal_reply(CHANNEL, {"a": 1}))), ProtocolError, "list of entries"),
    "wrong field": (saying(entries(sequence="one")), ProtocolError, "list of entries"),
    "no time": (saying(entries(timestamp="soon")), ProtocolError, "soon"),
    "no base64": (saying(entries(payload="%%%")), ProtocolError, "list of entries"),
    "large sequence": (saying(entries(sequence=2**63)), ProtocolError, "list of entries"),
    "payload of numbers": (saying((TEXT, b'{"payloadtype":"x","payload":7}')), ProtocolError, "no ColonyOS envelope"),
    "cut off": (saying(entries(error="too slow")), ConnectError, "cut the subscription off: too slow"),
    "too large": (saying((TEXT, b"x" * 60_000)), ProtocolError, "too large and was not taken"),
    "endless pieces": (talking(lambda peer: endless_pieces(peer, b"x" * 512)), ProtocolError, "too large"),
    "endless empty pieces": (talking(lambda peer: endless_pieces(peer, b"")), ProtocolError, "without an end"),
    "reserved opcode": (saying((5, b"")), ProtocolError, "broke the rules of WebSockets"),
    "masked": (talking(masked), ProtocolError, "broke the rules of WebSockets"),
    "going away": (saying((CLOSE, b"\x03\xe9bye")), ConnectError, "1001.*bye"),
    "closed in error": (saying((CLOSE, b"\x03\xf3")), ConnectError, "1011"),
    "close of one byte": (saying((CLOSE, b"\x03")), ProtocolError, "broke the rules of WebSockets"),
    "dropped": (talking(hanging_up), ConnectError, "dropped the subscription"),
    "limits at once": (talking(ending_at_once), ProtocolError, "before their time limit"),
    "a page": (
        instead(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"),
        ProtocolError,
        "did not open a WebSocket",
    ),
    "bad gateway": (instead(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), ProtocolError, "502"),
    "redirect": (
        instead(b"HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"),
        ProtocolError,
        "did not open a WebSocket",
    ),
    "no http": (instead(b"SSH-2.0-OpenSSH_9.6\r\n"), ProtocolError, "did not open a WebSocket"),
    "nothing": (instead(b""), ConnectError, "closed the connection"),
    "wrong accept": (
        instead(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: bm8=\r\n\r\n"
        ),
        ProtocolError,
        "did not open a WebSocket",
    ),
}


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pool, socket):
        monkeypatch.setattr(module, "MAX_REPLY_BYTES", 50_000)
    monkeypatch.setattr(socket, "MAX_FRAGMENTS", 500)


async def losses(there: Field, subscription: ChannelSubscription | ProcessSubscription, count: int) -> list[Lost]:
    """The first losses; no more handshakes are made than were told of."""
    found: list[Lost] = []
    async with subscription:
        async for event in subscription:
            if isinstance(event, Lost):
                found.append(event)
            assert not isinstance(event, Ended | RefusedBy)
            assert there.proxy.opened[True] <= len(found) + 1
            if len(found) == count:
                break
    return found


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_broken_is_said_and_tried_again(name: str) -> None:
    answer, kind, words = BROKEN[name]
    async with faulty(answer=answer) as there:
        process = await there.people.running("out")
        subscription = ChannelSubscription(there.me, process.id, "out", retry=SOON)
        for loss in await losses(there, subscription, 3):
            assert isinstance(loss.error, kind), repr(loss.error)
            with pytest.raises(kind, match=words):
                raise loss.error
            sentence(loss.error)


@pytest.mark.parametrize(
    "name", ["no json", "dropped", "going away", "too large", "endless empty pieces", "bad gateway", "wrong accept"]
)
async def test_a_wait_for_a_state_says_the_same(name: str) -> None:
    answer, kind, words = BROKEN[name]
    async with faulty(answer=answer) as there:
        process = await there.people.running("out")
        subscription = ProcessSubscription(there.me, process.id, ProcessState.SUCCESS, retry=SOON)
        for loss in await losses(there, subscription, 2):
            with pytest.raises(kind, match=words):
                raise loss.error


@pytest.mark.parametrize("frame", [(TEXT, seal_reply("subscribeprocessmsg", {})), (PONG, b"")])
async def test_a_wake_up_without_a_change_is_no_busy_loop(frame: tuple[int, bytes]) -> None:
    async with faulty(answer=saying(frame)) as there:
        process = await there.people.running("out")
        subscription = ProcessSubscription(
            there.me, process.id, ProcessState.SUCCESS, retry=RetryPolicy(first=60, longest=60)
        )
        async with subscription:
            event: ProcessEvent = await anext(subscription)
            assert isinstance(event, Lost)
            with pytest.raises(ProtocolError, match=r"of changes of the process|nobody had sent a ping"):
                raise event.error
        assert there.proxy.opened[True] <= 3


async def test_an_error_frame_is_a_refusal_in_the_servers_words() -> None:
    refused = seal_reply("error", {"status": 403, "message": "Not authorized"}, is_error=True)
    async with faulty(answer=saying((TEXT, refused))) as there:
        process = await there.people.running("out")
        async with ChannelSubscription(there.me, process.id, "out") as subscription:
            events = [event async for event in subscription]
    last = events[-1]
    assert isinstance(last, RefusedBy) and isinstance(last.error, NotAllowed) and "Not authorized" in str(last.error)


async def test_a_handshake_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "OPEN_TIME_S", 0.05)

    async def slow(_: bytes, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await reader.read()

    async with faulty(answer=slow) as there:
        process = await there.people.running("out")
        (loss,) = await losses(there, ChannelSubscription(there.me, process.id, "out", retry=SOON), 1)
        assert isinstance(loss.error, ConnectError) and "cannot be reached" in sentence(loss.error)


async def test_pongs_of_an_intermediary_are_not_taken_for_the_end() -> None:
    news = asyncio.Event()

    async def eager(peer: HostileSocket) -> None:
        """Answer every ping at once although the subscription goes on."""
        await peer.receive()
        opcode, data = await peer.receive()
        await peer.send(PONG, data)
        await news.wait()
        await peer.send_list([ENTRY])
        await peer.send_list([])
        while True:
            opcode, data = await peer.receive()
            if opcode != TEXT:
                await peer.send(PONG, data)

    async with faulty(answer=talking(eager)) as there:
        process = await there.people.running("out")
        seen: list[ChannelEvent] = []
        async with ChannelSubscription(there.me, process.id, "out", time_limit=1) as subscription:
            while there.people.colony.counts["getprocessmsg"] < 2:
                await there.people.me.get_version()
            news.set()
            async for event in subscription:
                seen.append(event)
                assert not isinstance(event, Ended | Lost | RefusedBy)
                if isinstance(event, LimitPassed):
                    break
        kinds = [type(event) for event in seen]
        assert kinds[1:] == [Entries, Proven, LimitPassed]


async def test_a_message_in_many_pieces_is_whole() -> None:
    frame = seal_reply(CHANNEL, [ENTRY])

    async def piecemeal(peer: HostileSocket) -> None:
        await peer.receive()
        await peer.send(TEXT, frame[:1], is_final=False)
        for at in range(1, len(frame)):
            await peer.send(CONTINUED, frame[at : at + 1], is_final=at == len(frame) - 1)
        await peer.silence()

    async with faulty(answer=talking(piecemeal)) as there:
        process = await there.people.running("out")
        async with ChannelSubscription(there.me, process.id, "out") as subscription:
            events = [await anext(subscription) for _ in range(3)]
    assert isinstance(events[1], Entries) and events[2] == Proven(1)
