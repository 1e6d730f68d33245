"""From what a person types to a process: ids may be shortened wherever that is unambiguous."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from colony_tui.client import ColonyClient
from colony_tui.errors import ColonyError, NotFound, Refused, UsageError
from colony_tui.model import SYNC_CHANNEL, Process, ProcessState

ID_LENGTH = 64
_HEX = frozenset("0123456789abcdef")
_LIVE = (ProcessState.WAITING, ProcessState.RUNNING)
_CLOSED = (ProcessState.SUCCESS, ProcessState.FAILED, ProcessState.CANCELLED)


async def find_process(client: ColonyClient, text: str) -> Process:
    """The process whose id begins with ``text``, as :func:`look_for_process` finds it.

    Raises:
        UsageError: it is no beginning of an id, or of several.
        ColonyError: there is none.
    """
    process = await look_for_process(client, text)
    if process is None:
        raise not_found(text)
    return process


def not_found(text: str) -> ColonyError:
    """The error for an id that leads to no process of the server."""
    if len(text) == ID_LENGTH:
        return ColonyError(f"The server has no process {text}")
    return ColonyError(f"No process in the colony's lists has an id that begins with {text}")


async def look_for_process(client: ColonyClient, text: str) -> Process | None:
    """The process whose id begins with ``text``; one that still lives is preferred to those that have ended.

    ``None`` where the server does not know the whole id, or lists none that begins so.

    Raises:
        UsageError: it is no beginning of an id, or of several.
    """
    start = text.lower()
    if not start or len(start) > ID_LENGTH or not _HEX.issuperset(start):
        raise UsageError(f"{text!r} is no process id: up to {ID_LENGTH} hexadecimal characters")
    if len(start) == ID_LENGTH:
        try:
            return await client.get_process(start)
        except NotFound:
            return None
    for states in (_LIVE, _CLOSED):
        found = {process.id: process for process in await _listed(client, states) if process.id.startswith(start)}
        if len(found) > 1:
            raise ambiguous(text, found)
        if found:
            return next(iter(found.values()))
    return None


def ambiguous(text: str, ids: Collection[str]) -> UsageError:
    """The error for a beginning of several ids."""
    some = ", ".join(process_id[:12] for process_id in sorted(ids)[:5])
    return UsageError(f"{text} is the beginning of {len(ids)} process ids ({some}); give more of it")


async def _listed(client: ColonyClient, states: tuple[ProcessState, ...]) -> list[Process]:
    lists = await asyncio.gather(*(_of_state(client, state) for state in states))
    return [process for processes in lists for process in processes]


async def _of_state(client: ColonyClient, state: ProcessState) -> list[Process]:
    try:
        return await client.get_processes(state)
    except Refused:
        if state is ProcessState.CANCELLED:
            return []  # Servers before 1.9.12 do not know this state.
        raise


def find_channel(process: Process, channel: str | None) -> str:
    """The channel that is meant: the one given, else the only one that is not for synchronisation.

    Raises:
        UsageError: it was not declared, or it must be said which.
    """
    declared = process.channels
    if channel is not None:
        if channel in declared:
            return channel
        raise UsageError(
            f"Process {process.id[:8]} has no channel {channel!r}; "
            + (f"declared are: {', '.join(declared)}" if declared else "it declares none")
        )
    candidates = [name for name in declared if name != SYNC_CHANNEL] or list(declared)
    if not candidates:
        raise UsageError(f"Process {process.id[:8]} declares no channels")
    if len(candidates) > 1:
        raise UsageError(f"Say which channel of process {process.id[:8]}; declared are: {', '.join(declared)}")
    return candidates[0]


def check_party(client: ColonyClient, process: Process) -> None:
    """Raise :class:`ColonyError` where the server would refuse the channels of the process."""
    if process.state is ProcessState.RUNNING and not process.may_read_channels(client.id):
        raise ColonyError(
            f"Only the submitter and the assigned executor of process {process.id[:8]} may use its channels, "
            f"and this key ({client.id[:8]}) is neither"
        )
