"""``ps``: the colony's processes as a table or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from colony_tui.cli import exits, output
from colony_tui.cli.members import directory_of, shown_name
from colony_tui.cli.records import process_record
from colony_tui.client import ColonyClient
from colony_tui.client.processes import MAX_LISTED
from colony_tui.errors import Refused
from colony_tui.live.names import Directory
from colony_tui.model import Process, ProcessState, duration_s
from colony_tui.text import cell_width, cut_cells, safe_label
from colony_tui.tui.times import rough_span

_HEADS = ("PROCESS", "STATE", "FUNCTION", "EXECUTOR", "INITIATOR", "AGE", "TIME", "CHANNELS")
_RECENT_S = 3600


async def list_processes(client: ColonyClient, states: Sequence[str], *, is_mine: bool, is_json: bool) -> int:
    """Print the processes of the states, each state in the server's order."""
    wanted = list(dict.fromkeys(ProcessState[state.upper()] for state in states))
    lists = await asyncio.gather(*(_of_state(client, state, len(wanted) > 1) for state in wanted))
    directory = await directory_of(client)
    processes = [process for found in lists for process in found]
    if is_mine:
        processes = [process for process in processes if process.may_read_channels(client.id)]
    if is_json:
        for process in processes:
            output.json_line(process_record(process, directory.name_of))
        if not processes:
            output.json_line([])
    elif processes:
        _print_table(processes, directory, client.transport.server_time_ns())
    else:
        output.note(f"No process of {'mine' if is_mine else 'the colony'} {_nothing(wanted)}.")
    return exits.SUCCESS


def _nothing(states: Sequence[ProcessState]) -> str:
    """What no process is or has done, e.g. "is running or has ended as failed"."""
    if len(states) == len(ProcessState):
        return "is listed"
    living = " or ".join(state.word for state in states if not state.is_closed)
    ended = " or ".join(state.word for state in states if state.is_closed)
    return " or ".join(f"{what} {words}" for what, words in (("is", living), ("has ended as", ended)) if words)


async def _of_state(client: ColonyClient, state: ProcessState, is_one_of_many: bool) -> list[Process]:
    try:
        found = await client.get_processes(state)
    except Refused:
        if state is ProcessState.CANCELLED and is_one_of_many:
            output.note("Note: this server does not list cancelled processes.")
            return []
        raise
    if len(found) < MAX_LISTED:
        return found
    if state.is_closed:
        output.note(f"Note: only the newest {MAX_LISTED} processes that ended as {state.word} are listed.")
        return found
    # The server lists the oldest ones; the newest are what somebody looks for.
    known = {process.id for process in found}
    recent = [process for process in await client.get_recent_processes(state, _RECENT_S) if process.id not in known]
    output.note(f"Note: of more {state.word} processes, the first {MAX_LISTED} and those of the last hour are listed.")
    return found + recent


def _print_table(processes: Sequence[Process], directory: Directory, now_ns: int) -> None:
    rows = [_HEADS, *(_row(process, directory, now_ns) for process in processes)]
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    limit = output.width()
    for row in rows:
        cells = (cell + " " * (size - cell_width(cell)) for cell, size in zip(row, widths, strict=True))
        text = "  ".join(cells).rstrip()
        output.line(text if limit is None else cut_cells(text, limit))


def _row(process: Process, directory: Directory, now_ns: int) -> tuple[str, ...]:
    time = duration_s(process.started_ns, process.ended_ns if process.state.is_closed else now_ns)
    return (
        process.id[:8],
        process.state.word,
        safe_label(process.spec.function, 28) or "-",
        shown_name(directory, process.executor_id),
        safe_label(process.initiator_name, 24) or shown_name(directory, process.initiator_id),
        rough_span(duration_s(process.submitted_ns, now_ns)),
        "-" if process.state is ProcessState.WAITING or process.started_ns is None else rough_span(time),
        ",".join(safe_label(name, 40) for name in process.channels) or "-",
    )
