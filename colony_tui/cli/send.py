"""``send``: one entry, seen in the log before the command ends."""

from __future__ import annotations

import asyncio
import sys

from colony_tui.cli import exits, output
from colony_tui.cli.find import check_party, find_channel, find_process
from colony_tui.cli.records import entry_record
from colony_tui.client import ColonyClient
from colony_tui.errors import ColonyError, UsageError
from colony_tui.live.chat import ChatSession, Delivery, Line
from colony_tui.live.follower import ChannelFollower
from colony_tui.live.recorder import MemoryRecorder
from colony_tui.live.tracked import TrackedProcess
from colony_tui.model import MAX_PAYLOAD_BYTES, ChannelEntry, ProcessEnded, ProcessState
from colony_tui.store.condition import ConditionKind
from colony_tui.store.log import ChannelLog

_NOT_READ = (ConditionKind.WAITING, ConditionKind.CATCHING_UP, ConditionKind.LOST)


def payload_of(text: str) -> bytes:
    """The payload that an argument stands for; ``-`` is standard input without its last line break.

    Raises:
        UsageError: it is empty, or larger than a server takes.
    """
    if text == "-":
        payload = sys.stdin.buffer.read(MAX_PAYLOAD_BYTES + 2).removesuffix(b"\n")
    else:
        payload = text.encode("utf-8", "surrogateescape")
    if not payload:
        raise UsageError("There is nothing to send: the text is empty")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise UsageError(f"The text is larger than the {MAX_PAYLOAD_BYTES >> 20} MiB that a server takes")
    return payload


async def send_line(
    client: ColonyClient, process_text: str, channel_text: str, payload: bytes, *, reply_to: int | None, is_json: bool
) -> int:
    """Send one entry and wait until it stands in the log."""
    process = await find_process(client, process_text)
    channel = find_channel(process, channel_text)
    if process.state is ProcessState.WAITING:
        output.note(f"Process {process.id[:8]} waits for an executor; the entry is sent when it runs.")
        process = await client.wait_for(process.id, ProcessState.RUNNING)
    if process.state.is_closed:
        raise ProcessEnded(process, "sent to")
    check_party(client, process)
    tracked = TrackedProcess(client, process)
    follower = ChannelFollower(
        client, tracked, channel, recorder=MemoryRecorder(), now_ns=client.transport.server_time_ns
    )
    line = await _deliver(client, follower, payload, reply_to)
    return _tell(line, follower, is_json=is_json)


async def _deliver(client: ColonyClient, follower: ChannelFollower, payload: bytes, reply_to: int | None) -> Line:
    """The line once its fate is known. Ends early, unsent, where the channel cannot be read."""
    chat = ChatSession(client, follower)
    following = asyncio.create_task(follower.run(), name="follower")
    sending: asyncio.Task[None] | None = None
    try:
        await _until_read(follower, following)
        if reply_to and not _is_known(reply_to, follower.log, client.id):
            output.note(f"No entry {reply_to} of the other party is known; it is sent all the same.")
        line = chat.send(payload, reply_to)
        sending = asyncio.create_task(chat.run(), name="chat")
        settled = asyncio.ensure_future(line.settled.wait())
        await asyncio.wait({settled, following, sending}, return_when=asyncio.FIRST_COMPLETED)
        if not settled.done() and following.done():
            # The process has ended; what becomes of the line is known as soon as its request is answered.
            await asyncio.wait({settled, sending}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        return line
    finally:
        for task in (following, sending):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in (following, sending) if task is not None), return_exceptions=True)


def _is_known(sequence: int, log: ChannelLog, sender_id: str) -> bool:
    """Whether there is an entry that a reply of the sender's to this sequence can mean."""
    is_submitter = log.is_from_submitter(sender_id)
    return any(
        entry.sequence == sequence
        and (log.has_shared_key or log.is_from_submitter(entry.sender_id) is not is_submitter)
        for entry in log
    )


async def _until_read(follower: ChannelFollower, following: asyncio.Task[None]) -> None:
    """Wait until the log was read: before that no sequence is above all seen."""
    has_read = asyncio.Event()
    last_lost = ""

    def look(_: object) -> None:
        nonlocal last_lost
        condition = follower.log.condition
        if condition.kind is ConditionKind.LOST and condition.reason != last_lost:
            last_lost = condition.reason
            output.note(f"Link lost, trying again: {last_lost}")
        if condition.kind not in _NOT_READ:
            has_read.set()

    follower.on_change(look)
    waiting = asyncio.ensure_future(has_read.wait())
    await asyncio.wait({waiting, following}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if following.done():
        following.result()
    condition = follower.log.condition
    if condition.kind is ConditionKind.REFUSED:
        raise ColonyError(f"The server refuses the channel: {condition.reason}")
    if condition.is_settled:
        raise ProcessEnded(follower.tracked.process, "sent to")


def _tell(line: Line, follower: ChannelFollower, *, is_json: bool) -> int:
    if line.state in (Delivery.SEEN, Delivery.ANSWERED):
        entry = _entry_of(line, follower)
        if is_json and entry is not None:
            output.json_line(entry_record(follower.log.process_id, follower.channel, entry))
        else:
            output.note(f"Seen in the log as entry {line.sequence}.")
        return exits.SUCCESS
    if line.state is Delivery.ACCEPTED:
        output.note(f"The server took entry {line.sequence}; the process ended before it was seen in the log.")
        return exits.SUCCESS
    raise ColonyError(f"The entry was not sent or it is not known: {line.state.value}{line.error and ': '}{line.error}")


def _entry_of(line: Line, follower: ChannelFollower) -> ChannelEntry | None:
    return next(
        (entry for entry in follower.log if (entry.sequence, entry.payload) == (line.sequence, line.payload)), None
    )
