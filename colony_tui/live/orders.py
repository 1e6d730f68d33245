"""Submit, cancel, remove, never repeated by themselves: where an answer is lost, the server is asked what came."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Protocol

from colony_tui.errors import ColonyError, ConnectError, NotFound, ProtocolError
from colony_tui.live.watcher import ColonyWatcher, WatchedClient
from colony_tui.model import NANOSECONDS, FunctionSpec, Process, ProcessState

FIND_TRIES, FIND_PAUSE_S, FIND_S = 10, 2.0, 120
"""How often and how far back is looked for a process whose submission had no reply."""

STARTED = (ProcessState.WAITING, ProcessState.RUNNING, ProcessState.SUCCESS, ProcessState.FAILED)
"""Where a process may be moments after it was submitted."""

CLOCK_NS = 5 * NANOSECONDS
"""How far off our idea of the server's clock may be; its replies tell whole seconds."""


class OrderingClient(WatchedClient, Protocol):
    """What ordering needs of a client."""

    async def submit(self, spec: FunctionSpec) -> Process: ...

    async def cancel(self, process_id: str) -> None: ...

    async def remove_process(self, process_id: str) -> None: ...


class Orders:
    """Changes to a colony's processes. What is seen of them on the way goes to the watcher."""

    def __init__(self, client: OrderingClient, watcher: ColonyWatcher) -> None:
        self._client = client
        self._watcher = watcher

    async def submit(self, spec: FunctionSpec) -> Process:
        """Submit a process. Raises what the client does.

        Where the reply was lost, it is looked for among what waits, runs and has ended.
        """
        known, asked_ns = {process.id for process in self._watcher.table}, self._client.transport.server_time_ns()
        try:
            return await self._client.submit(spec)
        except (ConnectError, ProtocolError) as error:
            if isinstance(error, ConnectError) and error.is_unsent:
                raise
            return await self._find_submitted(spec, known, asked_ns, error)

    async def _find_submitted(self, spec: FunctionSpec, known: set[str], asked_ns: int, error: ColonyError) -> Process:
        """The process of a submission whose reply was lost.

        Raises:
            ConnectError: there is none, so that it can be submitted again; or nobody answers that.
        """
        for _ in range(FIND_TRIES):
            try:
                for state in STARTED:
                    for process in await self._client.get_recent_processes(state, FIND_S):
                        is_new = process.id not in known and process.submitted_ns > asked_ns - CLOCK_NS
                        if is_new and process.initiator_id == self._client.id and _is_of(process, spec):
                            return process
            except (ConnectError, ProtocolError):
                await self._client.transport.link.wait(FIND_PAUSE_S)
            else:
                raise ConnectError(f"{error}; the server has no such process: it can be started again")
        raise ConnectError(f"{error}; whether it was started is not known: look for it before you start it again")

    async def cancel(self, process_id: str) -> bool:
        """Cancel a process; whether the server still knew it. Raises what the client does, unless it is cancelled."""
        cancelling = self._client.cancel(process_id)
        return await self._change(process_id, cancelling, lambda now: now.state is ProcessState.CANCELLED)

    async def remove(self, process_id: str) -> bool:
        """Remove a process that does not run; likewise."""
        return await self._change(process_id, self._client.remove_process(process_id), lambda now: False)

    async def _change(
        self, process_id: str, change: Coroutine[None, None, None], is_done: Callable[[Process], bool]
    ) -> bool:
        """Carry it out, and look what became of the process: where an answer is lost, the change may be made."""
        is_known = True
        try:
            await change
        except NotFound:
            is_known = False
        except ColonyError:
            process = await self._watcher.fetch(process_id)
            if process is not None and not is_done(process):
                raise
            return True
        await self._watcher.fetch(process_id)
        return is_known


def _is_of(process: Process, spec: FunctionSpec) -> bool:
    """Whether a process may have come of that specification: what the server fills in is left out."""
    own = process.spec
    same = (own.function, own.executor_type, own.channels) == (spec.function, spec.executor_type, spec.channels)
    return same and (list(own.args), dict(own.kwargs)) == (list(spec.args), dict(spec.kwargs))
