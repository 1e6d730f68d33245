"""The WebSocket side: subscriptions, read and written as the real server does (PROTOCOL.md, "Subscriptions").

Frames are taken off the network at once, so that strict mode sees when they came, but acted upon one after the other:
while a channel subscription runs nothing behind it is looked at, pings included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import ClientConnectionResetError, WSMsgType, web

from colony_tui.errors import Refused
from colony_tui.server.channels import Channel, Subscriber
from colony_tui.server.clock import Alarm
from colony_tui.server.replies import seal_refusal
from colony_tui.server.rpc import recover
from colony_tui.server.state import ServerState
from colony_tui.server.strict import SocketWatch
from colony_tui.wire.envelope import (
    UNREADABLE,
    SignedEnvelope,
    inner_message_type,
    open_envelope,
    open_request,
    seal_reply,
)
from colony_tui.wire.requests import Request, SubscribeChannel, SubscribeProcess, SubscribeProcesses
from colony_tui.wire.shapes import EntryReplyShape, ProcessShape

_GONE = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


@dataclass(slots=True)
class _Frame:
    """A frame as it came: a ping's bytes, or an envelope with its sender and request."""

    ping: bytes | None = None
    envelope: SignedEnvelope | None = None
    sender_id: str = ""
    request: Request | None = None
    arrived_ns: int = 0


class _Drop(Exception):
    """The real server drops the TCP connection here, without a close frame."""


class PubSubSocket:
    """One WebSocket, from its handshake to its end."""

    def __init__(self, state: ServerState, count: Callable[[str], None], http: web.Request) -> None:
        self._state = state
        self._count = count
        self._http = http
        self._watch = SocketWatch(state.rules)
        self._frames: asyncio.Queue[_Frame | None] = asyncio.Queue()
        self._stops: list[Callable[[], None]] = []
        self._writes: asyncio.Queue[bytes] = asyncio.Queue()
        # Compression is what the real server does not offer; pings are answered in their turn only.
        self._socket = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, max_msg_size=state.limits.body_bytes
        )

    async def run(self) -> web.WebSocketResponse:
        """Serves the socket until either side ends it."""
        await self._socket.prepare(self._http)
        tasks = [asyncio.create_task(self._take_frames()), asyncio.create_task(self._write_processes())]
        try:
            while (frame := await self._frames.get()) is not None:
                await self._act(frame)
            await self._socket.close()
        except _Drop:
            self._hang_up()
        except (ClientConnectionResetError, ConnectionResetError):
            pass
        finally:
            for stop in self._stops:
                stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    def _hang_up(self) -> None:
        if self._http.transport is not None:
            self._http.transport.close()

    # Frames, as they come

    async def _take_frames(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type in _GONE:
                self._frames.put_nowait(None)
                return
            if message.type is WSMsgType.PING:
                self._count("pings")
                self._watch.ping(self._who(""))
                self._frames.put_nowait(_Frame(ping=message.data))
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._frames.put_nowait(self._open(message.data))

    def _open(self, data: str | bytes) -> _Frame:
        """Opens an envelope; one that cannot be opened is left empty and met when its turn comes."""
        frame = _Frame(arrived_ns=self._state.clock.now_ns())
        try:
            envelope = open_envelope(data)
            frame.sender_id = recover(envelope)
            frame.envelope = envelope
            frame.request = open_request(envelope)
        except (*UNREADABLE, Refused):
            return frame
        if isinstance(frame.request, SubscribeChannel | SubscribeProcess | SubscribeProcesses):
            self._count("subscribe_frames")
            limit_s = self._limit_s(frame.request)
            self._watch.subscribe(frame.request, frame.arrived_ns, limit_s, self._who(frame.sender_id))
        return frame

    def _limit_s(self, request: SubscribeChannel | SubscribeProcess | SubscribeProcesses) -> float:
        if isinstance(request, SubscribeChannel) and request.time_limit == 0:
            return self._state.limits.subscription_s
        return max(0, request.time_limit)

    def _who(self, sender_id: str) -> str:
        """The caller as a violation names it: name or id, and the port at its end."""
        names = (self._state.registry.name_of(colony, sender_id) for colony in self._state.registry.colonies)
        name = next(filter(None, names), sender_id[:8] or "somebody")
        peer = self._http.transport.get_extra_info("peername") if self._http.transport else None
        return f"{name} on the socket from port {peer[1]}" if peer else name

    # Frames, in their turn

    async def _act(self, frame: _Frame) -> None:
        if frame.ping is not None:
            await self._socket.pong(frame.ping)
            return
        if frame.envelope is None:
            raise _Drop
        try:
            await self._subscribe(frame, frame.envelope)
        except Refused as refused:
            await self._send(seal_refusal(refused))
        finally:
            if frame.request is not None and not isinstance(frame.request, SubscribeProcess):
                self._watch.over(frame.request)

    async def _subscribe(self, frame: _Frame, envelope: SignedEnvelope) -> None:
        request = frame.request
        if isinstance(request, SubscribeChannel):
            await self._follow_channel(frame, request)
        elif isinstance(request, SubscribeProcess):
            self._follow_process(request)
        elif isinstance(request, SubscribeProcesses):
            if self._state.registry.executor_by_id(frame.sender_id) is None:
                raise Refused(403, "executor not found")
            raise Refused(501, "The embedded colony has no subscriptions to lists of processes, which harm a real one")
        elif envelope.payloadtype == "subscribechannelmsg":
            if inner_message_type(envelope) not in (None, envelope.payloadtype):
                raise Refused(400, "Failed to subscribe to channel, msg.MsgType does not match rpcMsg.PayloadType")
            raise Refused(400, "Failed to subscribe to channel, invalid JSON")
        elif envelope.payloadtype == "subscribeprocessmsg" and inner_message_type(envelope) is not None:
            raise Refused(403, "Failed to subscribe to process, msg.msgType does not match rpcMsg.PayloadType")

    # A process

    def _follow_process(self, request: SubscribeProcess) -> None:
        """Pushes every change to a state, and the present one at once; then the whole socket is dropped."""
        process = self._state.processes.get(request.process_id)
        if process is None:
            self._watch.over(request)
            raise Refused(403, f"Invalid process with Id {request.process_id}")
        executor_type = request.executor_type or process.executor_type
        self._stops.append(self._state.signals.listen(executor_type, request.state, process.id, self._push_process))
        if process.state == request.state:
            self._push_process(process.shape())
        timer = self._state.clock.call_later(self._limit_s(request), self._hang_up)
        self._stops.append(timer.cancel)

    def _push_process(self, process: ProcessShape) -> None:
        self._writes.put_nowait(seal_reply("subscribeprocessmsg", process))

    async def _write_processes(self) -> None:
        with suppress(ClientConnectionResetError, ConnectionResetError):
            while True:
                await self._send(await self._writes.get())

    # A channel

    async def _follow_channel(self, frame: _Frame, request: SubscribeChannel) -> None:
        """Backlog, pushes, and an empty list at the limit – or silence at the process's end."""
        state = self._state
        channel = self._channel(frame, request)
        subscriber = state.channels.subscribe(channel, frame.sender_id)
        try:
            backlog = state.channels.read(channel, frame.sender_id, request.after_index, 0)
            if backlog:
                await self._send_entries(backlog)
            limit_s = self._limit_s(request)
            self._watch.begun(request, state.clock.now_ns(), limit_s)
            alarm = Alarm(state.clock, limit_s)
            try:
                await self._push_entries(subscriber, alarm)
            finally:
                alarm.cancel()
        finally:
            state.channels.unsubscribe(channel, subscriber)

    def _channel(self, frame: _Frame, request: SubscribeChannel) -> Channel:
        process = self._state.processes.get(request.process_id)
        if process is None:
            raise Refused(404, "Process not found")
        self._state.registry.require_member(frame.sender_id, process.colony)
        who = self._who(frame.sender_id)
        self._state.rules.check_channel_touch(process, frame.arrived_ns, frame.sender_id, who, request)
        try:
            channel = self._state.channel(process, request.channel)
        except Refused:
            channel = None
        if channel is None:
            raise Refused(404, "Channel not found")
        return channel

    async def _push_entries(self, subscriber: Subscriber, alarm: Alarm) -> None:
        while not alarm.is_over:
            shape = subscriber.take()
            if shape is not None:
                await self._send_entries([shape])
            elif subscriber.is_closed:
                return
            else:
                news = asyncio.ensure_future(subscriber.wait())
                try:
                    await asyncio.wait({news, alarm.rung}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    news.cancel()
        await self._send_entries([])

    async def _send_entries(self, shapes: list[EntryReplyShape]) -> None:
        await self._send(seal_reply("subscribechannelmsg", shapes))

    async def _send(self, frame: bytes) -> None:
        await self._socket.send_frame(frame, WSMsgType.TEXT)
