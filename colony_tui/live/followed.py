"""A process whose channels are followed: its followers, the chats over them, and its log lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from colony_tui.client.transport import Transport
from colony_tui.errors import ColonyError
from colony_tui.live import mishap
from colony_tui.live.chat import ChatSession, SendingClient
from colony_tui.live.follower import ChannelFollower, FollowingClient
from colony_tui.live.mishap import mishap_words
from colony_tui.live.recorder import Recorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import LogLine
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import LogChange

if TYPE_CHECKING:
    from colony_tui.archive.desk import Desk

LOG_PAGE = 500
"""Log lines that one request may ask for."""


class FollowedClient(FollowingClient, SendingClient, Protocol):
    """What following a process needs of a client."""

    transport: Transport

    async def get_logs(
        self, process_id: str, *, count: int = 500, since_ns: int = 0, is_latest: bool = False
    ) -> list[LogLine]: ...


class FollowedProcess:
    """Followers and chats of one process, each channel's once. What they hold outlives :meth:`stop`.

    Args:
        on_change: called with the channel's name and each change of its log or condition.
        on_lines: called with the channel's name when an own line's delivery changed.
        may_send: whether lines are sent at all, those that were left on the desk included.
        on_free: called when a channel needs its socket no more, since there is nothing to follow.
    """

    def __init__(
        self,
        client: FollowedClient,
        tracked: TrackedProcess,
        *,
        recorder: Recorder,
        now_ns: Callable[[], int],
        on_change: Callable[[str, LogChange], None],
        on_lines: Callable[[str], None],
        on_free: Callable[[], None] = lambda: None,
        desk: Desk | None = None,
        may_send: bool = True,
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._desk = desk
        self._may_send = may_send
        self._now_ns = now_ns
        self._on_change = on_change
        self._on_lines = on_lines
        self._on_free = on_free
        self._following: dict[str, asyncio.Task[None]] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self.tracked = tracked
        self.followers: dict[str, ChannelFollower] = {}
        self.chats: dict[str, ChatSession] = {}
        self.log_lines: list[LogLine] = []
        """Recorded and read ones, each once, by time."""
        self._known_lines: set[LogLine] = set()
        self._lines_since_ns = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.tracked.is_gone or self.tracked.process.state.is_closed

    @property
    def open_channels(self) -> int:
        """How many channels are followed just now, each with a socket."""
        return sum(not task.done() for task in self._following.values())

    def follow(self, channels: Sequence[str], in_turn: Sequence[str] = ()) -> None:
        """Follow these channels, and no others any more; send to those and to the ones that are read ``in_turn``."""
        for name in [name for name in self._following if name not in channels]:
            self._following.pop(name).cancel()
        for name in [name for name in self._sending if name not in (*channels, *in_turn)]:
            self._sending.pop(name).cancel()
        for name in (*channels, *in_turn):
            follower = self.follower(name)
            what = f"{self.tracked.id[:8]}/{name}"
            if name in channels and name not in self._following:
                self._following[name] = asyncio.create_task(follower.run(), name=f"follow {what}")
                self._following[name].add_done_callback(self._on_done)
            if self._may_send and name not in self._sending:
                self._sending[name] = asyncio.create_task(self._send(name), name=f"send {what}")

    def forget_refusals(self) -> None:
        """Have channels that were refused followed anew by the next :meth:`follow`: what we may do has changed."""
        for name in [name for name, task in self._following.items() if task.done()]:
            if self.followers[name].log.condition.kind is ConditionKind.REFUSED:
                del self._following[name]

    async def _send(self, channel: str) -> None:
        """Send a channel's lines until cancelled; the line that fails in a way that nobody thought of says so."""
        chat = self.chats[channel]
        while True:
            try:
                await chat.run()
            except Exception as error:  # noqa: BLE001 - the line says it
                under_way = (line for line in chat.pending if not line.state.is_settled)
                if line := next(under_way, None):
                    line.error = mishap_words(error)
                # Whoever is told may be what has failed.
                with suppress(Exception):
                    self._on_lines(channel)
                await asyncio.sleep(mishap.PAUSE_S)

    def close_unfollowed(self) -> None:
        """The process has ended: say so of channels that nobody follows, who would see it by himself."""
        for name, follower in self.followers.items():
            if name not in self._following:
                follower.close_if_over()

    async def check_unfollowed(self) -> None:
        """Read every channel that has no socket, now. Raises what the client does."""
        for name in self.tracked.process.channels:
            if name not in self._following:
                await self.follower(name).check()

    def chat(self, channel: str) -> ChatSession:
        """The chat over a channel; its lines are sent while the channel is followed or read in turn."""
        self.follower(channel)
        return self.chats[channel]

    def follower(self, channel: str) -> ChannelFollower:
        """The follower of a channel, made when first asked for."""
        if channel not in self.followers:
            follower = ChannelFollower(
                self._client, self.tracked, channel, recorder=self._recorder, now_ns=self._now_ns
            )
            follower.on_change(lambda change: self._on_change(channel, change))
            self.followers[channel] = follower
            self.chats[channel] = ChatSession(
                self._client, follower, desk=self._desk, on_change=lambda: self._on_lines(channel)
            )
        return self.followers[channel]

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._on_free()

    async def stop(self) -> None:
        """Stop following; what is held stays."""
        tasks = [*self._following.values(), *self._sending.values()]
        self.follow(())
        await asyncio.gather(*tasks, return_exceptions=True)

    async def read_logs(self) -> bool:
        """Ask for log lines, page by page, from the first one on; whether there were any that are new.

        Raises what the client does, unless something was read before.
        """
        has_news = False
        while True:
            since = self._lines_since_ns
            try:
                page = await self._client.get_logs(self.tracked.id, count=LOG_PAGE, since_ns=since)
            except ColonyError:
                if has_news:
                    return True
                raise
            if fresh := self.take_log_lines(page):
                self._recorder.record_log_lines(fresh)
                has_news = True
            if page:
                first, last = page[0].timestamp_ns, page[-1].timestamp_ns
                # More of the last one's moment may follow it. Where a page holds nothing else there is no other way on.
                self._lines_since_ns = max(since, last if first == last and len(page) >= LOG_PAGE else last - 1)
            if len(page) < LOG_PAGE or self._lines_since_ns == since:
                return has_news

    def take_log_lines(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """Put lines where they belong; those that were not known."""
        fresh = [line for line in dict.fromkeys(lines) if line not in self._known_lines]
        is_later = not (fresh and self.log_lines) or fresh[0].timestamp_ns >= self.log_lines[-1].timestamp_ns
        self._known_lines.update(fresh)
        self.log_lines.extend(fresh)
        if not is_later:
            self.log_lines.sort(key=lambda line: line.timestamp_ns)
        return fresh
