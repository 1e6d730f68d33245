"""RPCs about channels and logs."""

from __future__ import annotations

from colony_tui.client.caller import Caller
from colony_tui.client.replies import ReplyTooLarge
from colony_tui.model import ChannelEntry, EntryType, LogLine
from colony_tui.wire import decode, requests
from colony_tui.wire.envelope import text_bytes

PAGE_ENTRIES = 1000
"""Entries that are read at a time from a long log."""


class ChannelCalls(Caller):
    """Each coroutine is one RPC of PROTOCOL.md's table and raises what :meth:`Caller.call` does."""

    async def append(
        self,
        process_id: str,
        channel: str,
        sequence: int,
        payload: bytes | str,
        *,
        in_reply_to: int | None = None,
        type: str = EntryType.DATA,
    ) -> None:
        """Append an entry, as the submitter or the assigned executor.

        Args:
            sequence: int64; by convention odd for the submitter, even for the executor, above all seen.
            payload: up to 10 MiB; text goes as UTF-8.
            in_reply_to: a sequence of the other party.

        Raises:
            RateLimited, ChannelFull, PayloadTooLarge: see there.
            NotFound: never declared, or the process is closed.
        """
        body = text_bytes(payload, requests.AppendEntry.doing) if isinstance(payload, str) else payload
        await self.call(
            requests.AppendEntry(
                process_id=process_id,
                channel=channel,
                sequence=sequence,
                in_reply_to=in_reply_to or 0,
                payload=body,
                entry_type=str(type),
            )
        )

    async def read_channel(
        self, process_id: str, channel: str, *, after_index: int = 0, limit: int = 0
    ) -> tuple[ChannelEntry, ...]:
        """Entries after a *position* of the log, in the server's present order; ``limit`` 0 for all.

        Never call it for a process that is neither WAITING nor RUNNING: it can make an ended channel again.
        """
        request = requests.ReadChannel(process_id=process_id, channel=channel, after_index=after_index, limit=limit)
        return decode.entries(await self.call(request)).entries

    async def read_pages(self, process_id: str, channel: str) -> list[ChannelEntry]:
        """The whole log, page by page. Entries may come twice or be missing when others append meanwhile."""
        found: list[ChannelEntry] = []
        size = PAGE_ENTRIES
        while True:
            try:
                page = await self.read_channel(process_id, channel, after_index=len(found), limit=size)
            except ReplyTooLarge:
                if size == 1:
                    raise
                size = max(1, size // 8)
                continue
            found.extend(page)
            if len(page) < size:
                return found

    async def add_log(self, process_id: str, message: str) -> None:
        """Log a line. For the assigned executor while the process runs."""
        await self.call(requests.AddLog(process_id=process_id, message=message))

    async def get_logs(
        self, process_id: str, *, count: int = 500, since_ns: int = 0, is_latest: bool = False
    ) -> list[LogLine]:
        """Log lines, ascending.

        Args:
            count: up to 500.
            since_ns: only later ones (exclusive).
            is_latest: the newest ``count`` instead of the oldest.
        """
        request = requests.GetLogs(
            colony=self.colony, process_id=process_id, count=count, since_ns=since_ns, latest=is_latest
        )
        return decode.log_lines(await self.call(request))
