"""RPCs about processes, from submitting to removing, and the executor's side of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from colony_tui.client.caller import Caller
from colony_tui.model import Attribute, FunctionSpec, Process, ProcessState
from colony_tui.wire import decode, requests
from colony_tui.wire.shapes import AttributeShape, SpecShape

MAX_LISTED = 100
"""Processes that one list may have; asking for more is a 400."""


class ProcessCalls(Caller):
    """Each coroutine is one RPC of PROTOCOL.md's table and raises what :meth:`Caller.call` does."""

    async def submit(self, spec: FunctionSpec) -> Process:
        """Submit a process; ours is the colony where the specification names none.

        Not repeated by itself: after a :class:`ConnectError` look at the own processes first.
        """
        if not spec.colony:
            spec = msgspec.structs.replace(spec, colony=self.colony)
        return decode.process(await self.call(requests.Submit(spec=SpecShape.from_model(spec))))

    async def assign(self, time_limit: float = 10.0, *, cpu: str = "", memory: str = "") -> Process:
        """Take the next process for our executor type, waiting up to ``time_limit`` seconds (at least 1).

        Raises:
            NotFound: nothing came within the limit.
        """
        seconds = max(1, round(time_limit))
        request = requests.Assign(colony=self.colony, time_limit=seconds, available_cpu=cpu, available_mem=memory)
        return decode.process(await self.call(request, waits_s=seconds))

    async def get_process(self, process_id: str) -> Process:
        """One process; an unknown one is a :class:`NotFound`."""
        return decode.process(await self.call(requests.GetProcess(process_id=process_id)))

    async def get_processes(
        self,
        state: ProcessState,
        *,
        count: int = MAX_LISTED,
        executor_type: str = "",
        label: str = "",
        initiator: str = "",
    ) -> list[Process]:
        """Processes of a state: waiting in the queue's order, running oldest first, closed newest first.

        Args:
            count: up to 100.
            executor_type: only this type's; before ``initiator`` and ``label``, of which then none applies.
            initiator: only those of this *user's name*.
        """
        request = requests.GetProcesses(
            colony=self.colony,
            count=count,
            state=int(state),
            executor_type=executor_type,
            label=label,
            initiator=initiator,
        )
        return decode.processes(await self.call(request))

    async def get_recent_processes(self, state: ProcessState, seconds: int, executor_id: str = "") -> list[Process]:
        """Processes of a state submitted within the last ``seconds``, oldest first, however many."""
        request = requests.GetRecentProcesses(
            colony=self.colony, executor_id=executor_id, seconds=seconds, state=int(state)
        )
        return decode.processes(await self.call(request))

    async def close(self, process_id: str, output: Sequence[object] = ()) -> None:
        """End it as SUCCESS with this output. For the assigned executor; its channels are gone then."""
        await self.call(requests.CloseSuccessful(process_id=process_id, output=list(output)))

    async def fail(self, process_id: str, errors: Sequence[str]) -> None:
        """End it as FAILED, for good. For the assigned executor."""
        await self.call(requests.CloseFailed(process_id=process_id, errors=list(errors)))

    async def set_output(self, process_id: str, output: Sequence[object]) -> None:
        """Set its output while it runs. For the assigned executor."""
        await self.call(requests.SetOutput(process_id=process_id, output=list(output)))

    async def cancel(self, process_id: str) -> None:
        """Cancel it. Any member may; a closed one is a 400."""
        await self.call(requests.CancelProcess(process_id=process_id))

    async def remove_process(self, process_id: str) -> None:
        """Remove it and what the server keeps of it. A running one is a 400."""
        await self.call(requests.RemoveProcess(process_id=process_id))

    async def add_attribute(self, process_id: str, key: str, value: str) -> Attribute:
        """Attach a key and value to a process. For the assigned executor."""
        shape = AttributeShape(targetid=process_id, targetcolonyname=self.colony, state=1, attributetype=4)
        shape.key, shape.value = key, value
        return decode.attribute(await self.call(requests.AddAttribute(attribute=shape)))
