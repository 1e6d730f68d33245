"""Everything that the embedded colony holds, apart from connections: survives a restart, but for channel logs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from colony_tui.server.channels import Channel, Channels
from colony_tui.server.clock import Alarm, Clock, Timer
from colony_tui.server.limits import Limits
from colony_tui.server.logs import Logs
from colony_tui.server.processes import ProcessRecord, ProcessTable
from colony_tui.server.registry import Registry
from colony_tui.server.signals import Signals
from colony_tui.server.strict import Rules


class ServerState:
    """The parts, and what concerns several of them.

    Args:
        clock: the server's time.
        limits: what it allows.
        make_id: makes ids of 64 hex characters for processes, functions and attributes.
        server_id: id of the server's owner.
        rules: what counts as harm to a real server.
    """

    def __init__(
        self, clock: Clock, limits: Limits, make_id: Callable[[], str], server_id: str, rules: Rules, version: str
    ) -> None:
        self.clock = clock
        self.limits = limits
        self.make_id = make_id
        self.rules = rules
        self.version = version
        self.address: tuple[str, int] = ("", 0)
        """Host and port where it listens."""
        self.signals = Signals()
        self.logs = Logs(clock)
        self.registry = Registry(clock, make_id, server_id)
        self.channels = Channels(clock, limits)
        self.processes = ProcessTable(clock, make_id, self.registry, self.channels, self.signals)
        self._resumed: list[asyncio.Future[None]] = []
        self._sweeps: list[Timer] = []

    def channel(self, process: ProcessRecord, name: str) -> Channel | None:
        """A declared channel, made anew when it is missing – also when the process was cancelled."""
        found = self.channels.find(process.id, name)
        if found is not None:
            return found
        if process.state in (2, 3) or name not in (process.spec.channels or ()):
            return None
        return self.channels.create(process.id, name, process.initiator_id, process.executor_id)

    def pause(self, colony: str) -> None:
        """Nothing is assigned in the colony until ``resume``."""
        self.registry.paused.add(colony)

    def resume(self, colony: str) -> None:
        self.registry.paused.discard(colony)
        for waiting in self._resumed:
            if not waiting.done():
                waiting.set_result(None)
        self._resumed.clear()

    async def wait_for_resumption(self, alarm: Alarm) -> None:
        """Returns once assignments are resumed somewhere or the alarm rings."""
        resumed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._resumed.append(resumed)
        try:
            await asyncio.wait({resumed, alarm.rung}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if resumed in self._resumed:
                self._resumed.remove(resumed)

    def start_sweeps(self) -> None:
        """Looks at deadlines and for silent executors from now on, in the running loop."""
        self._repeat(self.limits.sweep_s, self.processes.sweep)
        self._repeat(self.limits.unheard_sweep_s, self._remove_unheard)

    def stop_sweeps(self) -> None:
        for timer in self._sweeps:
            timer.cancel()
        self._sweeps.clear()

    def _repeat(self, seconds: float, call: Callable[[], None]) -> None:
        place = len(self._sweeps)

        def again() -> None:
            call()
            self._sweeps[place] = self.clock.call_later(seconds, again)

        self._sweeps.append(self.clock.call_later(seconds, again))

    def _remove_unheard(self) -> None:
        for executor in self.registry.unheard(self.limits.unheard_s):
            self.registry.unregister(executor)
            self.processes.release(executor)
