"""What may answer instead of a ColonyOS server: each is one clear sentence, none a traceback or a hang."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from colony_tui.client import ColonyClient, ServerAddress, Transport, pool
from colony_tui.client.clock import ServerClock
from colony_tui.client.link import Link
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ConnectError, NotAllowed, ProtocolError, SettingsError, TrustError
from colony_tui.model import NANOSECONDS
from colony_tui.wire.envelope import seal_reply
from colony_tui.wire.keys import Identity, generate_private_key

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[ColonyClient]:
    """A TCP server that reads a request's head and then does as the script says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await script(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Transport(ServerAddress("127.0.0.1", port, tls=False)) as transport:
        yield ColonyClient(transport, Identity(generate_private_key()), "dev")


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> Script:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return script


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (
            answer(b"<html>Bad gateway</html>", "502 Bad Gateway"),
            ProtocolError,
            "with 502, but not as a Colony",
        ),
        (answer(b"not json"), ProtocolError, "it starts with 'not json'"),
        (answer(b'{"payloadtype":5}'), ProtocolError, "no ColonyOS envelope"),
        (answer(b"", "302 Found", "Location: http://elsewhere.example/\r\n"), ProtocolError, "which is not followed"),
        (answer(b""), NotAllowed, "not a member"),
        (answer(seal_reply("getusersmsg", [])), ProtocolError, "answered getcolonymsg with 'getusersmsg'"),
        (answer(seal_reply("getcolonymsg", {"name": 7})), ProtocolError, "colony cannot be read"),
        (answer(seal_reply("getcolonymsg", None)), ProtocolError, "colony cannot be read"),
    ],
    ids=["html", "text", "wrong types", "redirect", "empty", "another reply", "wrong field", "null"],
)
async def test_replies_that_are_none(script: Script, kind: type[Exception], words: str) -> None:
    async with scripted(script) as client:
        with pytest.raises(kind, match=words):
            await client.get_colony()


@pytest.mark.parametrize("status", ["502 Bad Gateway", "200 OK", "302 Found"])
async def test_what_answers_instead_of_the_server_is_no_link_until_a_proper_reply_comes(status: str) -> None:
    bodies = [b"<html>Bad gateway</html>", seal_reply("getcolonymsg", {"name": "dev"})]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(bodies[0], status if len(bodies) > 1 else "200 OK")(reader, writer)
        del bodies[0]

    async with scripted(script) as client:
        link = client.transport.link
        link.heard(0)
        with pytest.raises(ProtocolError) as caught:
            await client.get_colony()
        assert (link.is_up, link.error) == (False, caught.value)
        await client.get_colony()
        assert (link.is_up, link.error) == (True, None)


async def test_half_a_reply_is_a_broken_link() -> None:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()

    async with scripted(script) as client:
        with pytest.raises(ConnectError) as caught:
            await client.get_colony()
        assert not caught.value.is_unsent
        assert not client.transport.link.is_up and client.transport.link.error is caught.value


async def test_a_reply_over_the_limit_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_REPLY_BYTES", 1 << 20)

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with scripted(endless) as client:
        with pytest.raises(ProtocolError, match="larger than 1 MiB"):
            await client.get_colony()


async def test_a_server_that_keeps_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "REPLY_TIME_S", 0.05)

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(silent) as client:
        with pytest.raises(ConnectError, match="has not answered in time"):
            await client.get_colony()


async def test_no_server_there_is_said_to_be_unsent() -> None:
    async with scripted(answer(b"")) as client:
        address = client.transport.address
    async with Transport(address) as transport:
        client = ColonyClient(transport, Identity(generate_private_key()), "dev")
        refusal = f"^127.0.0.1:{address.port} cannot be reached: connection refused$"
        with pytest.raises(ConnectError, match=refusal) as caught:
            await client.get_colony()
        assert caught.value.is_unsent


async def test_a_socket_that_is_none() -> None:
    for script in (
        answer(b"<html>", "404 Not Found"),
        answer(b"", "301 Moved", "Location: ws://elsewhere.example/\r\n"),
    ):
        async with scripted(script) as client:
            with pytest.raises(ProtocolError, match="did not open a WebSocket"):
                await client.transport.connect()


@pytest.mark.parametrize("host", ["a\udc9b", "a\x00b", "\U0001f600.example"])
async def test_a_host_that_is_none(host: str) -> None:
    async with ColonyClient.connect(ServerAddress(host, 1, tls=False), generate_private_key(), "dev") as client:
        with pytest.raises(SettingsError, match="is no host"):
            await client.get_colony()
        with pytest.raises(SettingsError, match="is no host"):
            await client.transport.connect()


async def test_a_host_with_a_label_that_no_name_can_have() -> None:
    async with ColonyClient.connect(ServerAddress("x" * 64, 1, tls=False), generate_private_key(), "dev") as client:
        for call in (client.get_colony, client.transport.connect):
            with pytest.raises(ConnectError, match="x:1"):
                await call()


async def test_cookies_of_replies_go_onto_the_handshake() -> None:
    heads: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(seal_reply("versionmsg", {}), headers="Set-Cookie: node=7; Path=/\r\n")(reader, writer)

    async with scripted(script) as client:
        await client.get_version()

        async def handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.transport.abort()

        port = client.transport.address.port
        server = await asyncio.start_server(handshake, "127.0.0.1", 0)
        async with server:
            other = server.sockets[0].getsockname()[1]
            object.__setattr__(client.transport.address, "port", other)
            with pytest.raises((ConnectError, ProtocolError)):
                await client.transport.connect()
        assert other != port
    assert b"cookie: node=7" in heads[0].lower()


async def test_tls_where_there_is_none_says_what_to_set() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent a TLS hello to an HTTP server.\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        address = ServerAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=True)
        async with Transport(address) as transport:
            secure = ColonyClient(transport, Identity(generate_private_key()), "dev")
            with pytest.raises(
                TrustError, match="if the server has no TLS, do without: --no-tls, COLONIES_TLS=false, or"
            ):
                await secure.get_colony()


def test_addresses_in_words(tmp_path: Path) -> None:
    assert ServerAddress("::1", 80, tls=False).http_url == "http://[::1]:80"
    assert ServerAddress("::1", 80, tls=False).is_loopback
    assert ServerAddress("colony.example", 443).security == "encrypted"
    exposed = ServerAddress("colony.example", 80, tls=False)
    assert exposed.is_exposed and exposed.security == "not encrypted"
    assert not ServerAddress("127.0.0.1", 80, tls=False).is_exposed
    assert ServerAddress("colony.example", 443, is_insecure=True).is_exposed
    with pytest.raises(SettingsError, match="cannot be used"):
        ServerAddress("colony.example", 443, ca_file=tmp_path / "none.pem").tls_context()
    context = ServerAddress("colony.example", 443, is_insecure=True).tls_context()
    assert context is not None and context.verify_mode is ssl.CERT_NONE


def test_one_decision_about_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "socks5://proxy.example:1080")
    assert ServerAddress("colony.example", 443).proxy() == "http://proxy.example:3128"
    assert ServerAddress("localhost", 443).proxy() is None
    with pytest.raises(SettingsError, match="not supported"):
        ServerAddress("colony.example", 80, tls=False).proxy()
    monkeypatch.setenv("no_proxy", "colony.example")
    assert ServerAddress("colony.example", 443).proxy() is None


def test_the_server_clock_narrows_down_and_starts_over() -> None:
    clock = ServerClock()
    clock.observe("nonsense", 0, 0)
    assert not clock.is_known
    # The server is 10.4 s ahead; each date tells a second.
    for ours in (100.0, 100.3, 100.7):
        second = int(ours + 10.4)
        date = f"Thu, 01 Jan 1970 00:{second // 60:02d}:{second % 60:02d} GMT"
        at = int(ours * NANOSECONDS)
        clock.observe(date, at, at + 1_000_000)
    assert abs(clock.ahead_ns / NANOSECONDS - 10.4) <= 0.3
    clock.observe("Thu, 01 Jan 1970 00:00:50 GMT", 100 * NANOSECONDS, 100 * NANOSECONDS)
    assert clock.ahead_ns < -49 * NANOSECONDS


def test_the_first_minute_is_tried_each_second_then_ever_more_seldom() -> None:
    policy = RetryPolicy()
    assert policy.delay(0, 0.5) == policy.delay(59, 0.5) == 1.0
    assert 1.0 < policy.delay(120, 0.5) < policy.delay(200, 0.5) <= 10.0
    assert policy.delay(10_000, 0.5) == 10.0
    assert 0.8 <= policy.delay(0, 0.0) < policy.delay(0, 1.0) <= 1.2


async def test_waiting_ends_when_the_link_comes_up() -> None:
    link = Link()
    link.failed(0, ConnectError("gone"))
    told: list[bool] = []
    link.on_change(lambda: told.append(link.is_up))
    waiting = asyncio.create_task(link.wait(3600))
    await asyncio.sleep(0)
    link.heard(1, 0.02)
    await waiting
    link.heard(2, 0.04)
    assert told == [True] and link.round_trip_s == pytest.approx(0.03)
