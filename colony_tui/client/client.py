"""The client of a colony: one identity, every RPC that matters, and subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from colony_tui.client.address import ServerAddress
from colony_tui.client.assignments import Assignments
from colony_tui.client.channel_subscription import ChannelSubscription
from colony_tui.client.channels import ChannelCalls
from colony_tui.client.events import Ended, Lost, Moved, Reached, RefusedBy, Restored
from colony_tui.client.process_subscription import ProcessSubscription
from colony_tui.client.processes import ProcessCalls
from colony_tui.client.registry import RegistryCalls
from colony_tui.client.transport import Transport
from colony_tui.errors import ColonyError, TimeLimitReached
from colony_tui.model import ChannelEntry, Process, ProcessEnded, ProcessState
from colony_tui.wire.keys import Identity

OTHER_ENDS_S = 2.0
"""How often a process that is waited for is looked at, for ends that its subscription does not tell."""


class ColonyClient(RegistryCalls, ProcessCalls, ChannelCalls):
    """A colony as one identity sees it.

    One coroutine for each RPC (see the base classes), and subscriptions as asynchronous iterators::

        async with ColonyClient.connect(ServerAddress("localhost", 50080, tls=False), private_key, "dev") as client:
            process = await client.submit(FunctionSpec(function="chat", executor_type="bot", channels=("chat",)))
            await client.wait_for(process.id, ProcessState.RUNNING, time_limit=30)
            async with client.subscribe_channel(process.id, "chat") as subscription:
                await client.append(process.id, "chat", 1, "Hello")
                async for event in subscription:
                    print(event)

    Several clients may share a transport. Cancelling a coroutine closes its connection; what the server did by then
    stays done.
    """

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: ServerAddress, private_key: str, colony: str) -> AsyncIterator[ColonyClient]:
        """A client with a transport of its own, closed with the context.

        Raises:
            KeyFormatError: the key is malformed.
            SettingsError: the address's certificate file or the environment's proxy cannot be used.
        """
        identity = Identity(private_key)
        async with Transport(address) as transport:
            yield cls(transport, identity, colony)

    def subscribe_channel(
        self, process_id: str, channel: str, *, time_limit: float = 30.0, held: Iterable[ChannelEntry] = ()
    ) -> ChannelSubscription:
        """Follow a channel from its first entry to the end of its process; see :class:`ChannelSubscription`."""
        return ChannelSubscription(self, process_id, channel, time_limit=time_limit, held=held)

    def subscribe_process(
        self, process_id: str, state: ProcessState, *, time_limit: float = 120.0
    ) -> ProcessSubscription:
        """Be told when a process reaches a state; see :class:`ProcessSubscription`."""
        return ProcessSubscription(self, process_id, state, time_limit=time_limit)

    async def wait_for(self, process_id: str, state: ProcessState, time_limit: float | None = None) -> Process:
        """Wait until a process is in ``state`` and return it.

        Lost links are waited out. A state that was passed within moments (RUNNING of a quick process) counts as
        missed when the process has ended.

        Args:
            time_limit: seconds, ``None`` for no limit.

        Raises:
            ProcessEnded: it closed in another state, also before the call.
            TimeLimitReached: it did not come in time.
            NotFound: the server does not know the process.
            Refused: the server refuses to tell.
        """
        try:
            async with asyncio.timeout(time_limit):
                return await self._wait_for(process_id, state)
        except TimeoutError:
            raise TimeLimitReached(f"Process {process_id[:8]} was not {state.word} within {time_limit:g} s") from None

    async def _wait_for(self, process_id: str, state: ProcessState) -> Process:
        async with self.subscribe_process(process_id, state) as subscription:
            events = aiter(subscription)
            coming = asyncio.ensure_future(anext(events))
            try:
                while True:
                    done, _ = await asyncio.wait({coming}, timeout=OTHER_ENDS_S)
                    if not done:
                        process = await self._look_at(process_id)
                        if process is not None and process.state is state:
                            return process  # The server can miss a change in the moment of subscribing.
                        if process is not None and process.state.is_closed:
                            raise ProcessEnded(process, state.word)
                        continue
                    match coming.result():
                        case Reached(process):
                            return process
                        case Ended(None):
                            return await self.get_process(process_id)
                        case Ended(process) if process is not None:
                            raise ProcessEnded(process, state.word)
                        case RefusedBy(error):
                            raise error
                        case Moved() | Lost() | Restored() | Ended():
                            coming = asyncio.ensure_future(anext(events))
            finally:
                coming.cancel()

    async def _look_at(self, process_id: str) -> Process | None:
        try:
            return await self.get_process(process_id)
        except ColonyError:
            return None  # The subscription tells about losses and refusals.

    def assignments(
        self, *, time_limit: float = 10.0, on_trouble: Callable[[ColonyError], None] = lambda error: None
    ) -> Assignments:
        """Processes as they are assigned to this executor; see :class:`Assignments`."""
        return Assignments(self, time_limit=time_limit, on_trouble=on_trouble)
