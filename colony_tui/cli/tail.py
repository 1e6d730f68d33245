"""``tail``: a channel's entries, and with ``-f`` what comes until the process ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from colony_tui.archive import Transcript
from colony_tui.cli import exits, output
from colony_tui.cli.find import ambiguous, check_party, find_channel, look_for_process, not_found
from colony_tui.cli.members import directory_of, shown_name
from colony_tui.cli.recorded import Record
from colony_tui.cli.records import entry_record
from colony_tui.client import ColonyClient
from colony_tui.client.events import CutOff, Ended, Entries, LogReset, Lost, RefusedBy, Restored
from colony_tui.errors import ColonyError
from colony_tui.live.names import Directory
from colony_tui.model import (
    NANOSECONDS,
    ChannelEntry,
    EntryType,
    NoteKind,
    Process,
    ProcessEnded,
    ProcessState,
    duration_s,
)
from colony_tui.store.log import ChannelLog
from colony_tui.text import UNLIMITED, Limits, ansi, lay_out, plain, safe_label
from colony_tui.tui.times import exact_span, time_of_day

_INDENT = "    "


async def print_channel(
    client: ColonyClient,
    process_text: str,
    channel_text: str | None,
    record: Record,
    *,
    is_following: bool,
    is_json: bool,
) -> int:
    """Print what a channel holds, and follow it to the end of its process where that is asked for.

    Where the server keeps nothing, it is what was recorded.
    """
    process, is_gone = await _find(client, process_text, record)
    channel = find_channel(process, channel_text)
    log = _log_of(process, channel)
    printer = _Printer(process.id, channel, await directory_of(client), is_json=is_json)
    if is_gone or process.state.is_closed:
        transcript = record.transcript(process.id, channel)
        if transcript is None:
            if is_gone:
                raise not_found(process_text)
            return _tell_closed(process, is_following=is_following)
        if is_gone:
            output.note(f"The server has no process {process.id[:8]} any more.")
        printer.learn(record.names())
        _print_recorded(process, transcript, log, printer)
        return exits.of_outcome(process.state.word) if process.state.is_closed or is_following else exits.SUCCESS
    check_party(client, process)
    if is_following:
        if process.state is ProcessState.WAITING:
            output.note(_waits(process))
        return await _follow(client, log, printer)
    printer.show(log.add(await client.read_pages(process.id, channel)).added)
    if not len(log):
        output.note(_waits(process) if process.state is ProcessState.WAITING else f"Nothing was said on {channel} yet.")
        if is_json:
            output.json_line([])
    return exits.SUCCESS


async def _find(client: ColonyClient, text: str, record: Record) -> tuple[Process, bool]:
    """The process, and whether the server has it no more: it is then as it was recorded.

    Raises:
        UsageError: it is no beginning of an id, or of several.
        ColonyError: neither the server nor the record has it.
    """
    process = await look_for_process(client, text)
    if process is not None:
        return process, False
    ids = record.ids(text.lower())
    if len(ids) > 1:
        raise ambiguous(text, ids)
    for process_id in ids:
        # The server lists the newest only, and knows others by their whole ids.
        process = await look_for_process(client, process_id)
        if process is not None:
            return process, False
        process = record.process(process_id)
        if process is not None:
            return process, True
    raise not_found(text)


def _log_of(process: Process, channel: str) -> ChannelLog:
    log = ChannelLog(process.id, channel, process.initiator_id, (process.executor_id,))
    if process.started_ns is not None:
        log.set_attempts((process.started_ns,), process.attempt, (process.executor_id,))
    return log


def _print_recorded(process: Process, transcript: Transcript, log: ChannelLog, printer: _Printer) -> None:
    if process.state.is_closed:
        _tell_end(process)
    output.note(f"From the record: {transcript.coverage.words(time_of_day)}.")
    for item in transcript.items:
        if isinstance(item, ChannelEntry):
            log.add((item,))
        elif item.kind is NoteKind.RESET:
            log.reset(item.at_ns)
    printer.show(log)


def _waits(process: Process) -> str:
    kind = safe_label(process.spec.executor_type)
    return f"Process {process.id[:8]} waits for an executor of type {kind}; nothing comes before one takes it."


def _tell_closed(process: Process, *, is_following: bool) -> int:
    """The server has forgotten the channels of a process that has ended."""
    if not is_following and process.state is ProcessState.SUCCESS:
        raise ProcessEnded(process, "read; the server keeps no channels of ended processes")
    _tell_end(process)
    output.note("The server keeps no channels of ended processes, so nothing can be shown.")
    return exits.of_outcome(process.state.word)


async def _follow(client: ColonyClient, log: ChannelLog, printer: _Printer) -> int:
    is_lost = False
    async with client.subscribe_channel(log.process_id, log.channel) as subscription:
        async for event in subscription:
            match event:
                case Entries(entries):
                    printer.show(log.add(entries).added)
                case Lost(error) if not is_lost:
                    is_lost = True
                    output.note(f"Link lost, trying again: {error}")
                case Restored():
                    is_lost = False
                    output.note("Link restored.")
                case CutOff(reason):
                    output.note(f"The server cut us off ({reason}); the log is read again.")
                case LogReset(held):
                    log.reset(client.transport.server_time_ns())
                    output.note(f"The server has lost its log of {held} entries (restarted?); a new one begins here.")
                case RefusedBy(error):
                    raise error
                case Ended(process, is_complete):
                    return _tell_ended(process, is_complete=is_complete)
    raise ColonyError("The subscription ended without a reason")


def _tell_ended(process: Process | None, *, is_complete: bool) -> int:
    if not is_complete:
        output.note("The last entries may be missing: the process ended while its channel was not followed.")
    if process is None:
        output.note("The process was removed.")
        return exits.FAILURE
    _tell_end(process)
    return exits.of_outcome(process.state.word)


def _tell_end(process: Process) -> None:
    took = duration_s(process.started_ns, process.ended_ns)
    output.note(f"Process {process.id[:8]} ended: {process.state.word}{f' after {exact_span(took)}' if took else ''}.")
    for error in process.errors:
        output.note(f"{_INDENT}{error}")


class _Printer:
    """Prints entries: for people with names and local times, or as JSON lines with everything."""

    def __init__(self, process_id: str, channel: str, directory: Directory, *, is_json: bool) -> None:
        self._process_id = process_id
        self._channel = channel
        self._directory = directory
        self._is_json = is_json
        self._has_color = output.has_color()
        self._limits = UNLIMITED if output.width() is None else Limits()

    def learn(self, names: Mapping[str, str]) -> None:
        """Use these names for who has none."""
        for member_id, name in names.items():
            self._directory.learn_user(member_id, name)

    def show(self, entries: Iterable[ChannelEntry]) -> None:
        for entry in entries:
            if self._is_json:
                output.json_line(entry_record(self._process_id, self._channel, entry))
            else:
                output.line(self._text(entry))

    def _text(self, entry: ChannelEntry) -> str:
        body = lay_out(entry.payload, self._limits)
        text = (ansi if self._has_color else plain)(body)
        if len(body) > 1:
            # Indented, so that no payload can pass for a line of ours.
            text = text.replace("\n", f"\n{_INDENT}")
        if body.cut is not None:
            text += f"\n{_INDENT}({body.cut.total - body.cut.shown:,} more bytes; a pipe or --json gets all)"
        return f"{self._head(entry)} {text}".rstrip()

    def _head(self, entry: ChannelEntry) -> str:
        moment = datetime.fromtimestamp(entry.timestamp_ns // NANOSECONDS).astimezone()
        words = [f"{moment:%H:%M:%S}", shown_name(self._directory, entry.sender_id), str(entry.sequence)]
        if entry.in_reply_to is not None:
            words.append(f"re {entry.in_reply_to}")
        if entry.type != EntryType.DATA:
            words.append(f"({safe_label(entry.type, 24)})")
        head = f"{' '.join(words)}:"
        return f"\x1b[2m{head}\x1b[0m" if self._has_color else head
