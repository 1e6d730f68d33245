"""The executor's side as conversations: every assigned process is served by a handler, in a task of its own.

Owns the life of an attempt from its assignment to its end, also when that comes from elsewhere: a handler whose
process is cancelled or put back is cancelled. A runner registers nothing by itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import NoReturn

import msgspec

from colony_tui.client import Assignments, ColonyClient
from colony_tui.client.events import Ended, Moved, Reached, RefusedBy
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError, NotAllowed, ProtocolError, Unsendable
from colony_tui.live.conversation import Conversation, Failed, sentence
from colony_tui.model import Executor, ExecutorState, Function, Process, ProcessState

CHECK_S = 10.0
"""How often a served process is looked at, for ends that its subscription does not tell."""

OVERDUE_CHECK_S = 1.0
"""How often once its execution deadline has passed: it is put back within moments."""

LEAVE_S = 0.2
"""How long handlers may clean up undisturbed when a runner stops."""

Handler = Callable[[Conversation], Awaitable[object]]
"""Serves one attempt of a process. What it returns becomes the output (a list or tuple as it is, ``None`` as nothing,
anything else as the only value); what it raises fails the process with its words. It is cancelled when the process is
cancelled, put back, or otherwise no longer its executor's."""


class _Gate:
    """Lets the polling go on only while there is room for another process."""

    def __init__(self, client: ColonyClient, capacity: int | None) -> None:
        self.transport = client.transport
        self._client = client
        self._room = asyncio.Semaphore(capacity) if capacity is not None else None

    async def assign(self, time_limit: float = 10.0, *, cpu: str = "", memory: str = "") -> Process:
        if self._room is not None:
            await self._room.acquire()
        try:
            return await self._client.assign(time_limit, cpu=cpu, memory=memory)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """One process less is served."""
        if self._room is not None:
            self._room.release()


class ExecutorRunner:
    """Serves what is assigned to one registered and approved executor, with a handler for each function.

    Args:
        client: the executor's.
        handlers: by name of function; a process of another function fails with a sentence.
        capacity: processes at once, ``None`` for any number. A limited executor does not poll while it is full, so
            it is removed by the server when it stays so for ten minutes (PROTOCOL.md, "RPCs that matter here").
        on_trouble: called with each error that is waited out, or came too late to matter.
        check_s: how often a served process is looked at; its cancellation is told within moments anyway.
        retry: when to try again after a lost link.
    """

    def __init__(
        self,
        client: ColonyClient,
        handlers: Mapping[str, Handler],
        *,
        capacity: int | None = None,
        on_trouble: Callable[[ColonyError], None] = lambda error: None,
        check_s: float = CHECK_S,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._client = client
        self._handlers = handlers
        self._gate = _Gate(client, capacity)
        self._on_trouble = on_trouble
        self._check_s = check_s
        self._retry = retry or RetryPolicy()
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> NoReturn:
        """Serve until cancelled; all handlers are then cancelled too, and what they ran stays assigned.

        A handler that takes its time to clean up is cancelled again, until it has ended.

        Raises:
            Refused: the server no longer takes this executor's key.
        """
        try:
            async with Assignments(self._gate, on_trouble=self._on_trouble) as assignments:
                async for process in assignments:
                    self._start(process)
            raise AssertionError("assignments never end by themselves")
        finally:
            while self._tasks:
                for task in self._tasks:
                    task.cancel()
                await asyncio.wait(self._tasks, timeout=LEAVE_S)

    def _start(self, process: Process) -> None:
        earlier = self._serving.get(process.id)
        if earlier is not None:
            earlier.cancel()
        task = asyncio.create_task(self._serve(process), name=f"{process.spec.function} {process.id[:8]}")
        self._serving[process.id] = task
        self._tasks.add(task)
        task.add_done_callback(partial(self._forget, process.id))

    def _forget(self, process_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._serving.get(process_id) is task:
            del self._serving[process_id]
        self._gate.leave()

    async def _serve(self, process: Process) -> None:
        conversation = Conversation(self._client, process, retry=self._retry)
        tasks = [
            asyncio.create_task(work, name=f"{name} of {process.id[:8]}")
            for name, work in (
                ("handler", self._handle(conversation)),
                ("watch", self._watch(conversation)),
                ("stop", conversation.stopped()),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                await conversation.leave()
        for task in done:
            task.result()

    async def _handle(self, conversation: Conversation) -> None:
        process = conversation.process
        handler = self._handlers.get(process.spec.function)
        try:
            if handler is None:
                raise Failed(f"This executor has no function {process.spec.function!r}")
            output = _output(await handler(conversation))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is what its process fails with
            await self._fail(process, error)
            return
        try:
            await self._conclude(lambda: self._client.close(process.id, output))
        except Unsendable as error:
            await self._fail(process, error)

    async def _fail(self, process: Process, error: Exception) -> None:
        errors = [sentence(error)]
        await self._conclude(lambda: self._client.fail(process.id, errors))

    async def _conclude(self, call: Callable[[], Awaitable[None]]) -> None:
        """End the process. The server refuses when it has ended or was put back meanwhile: nothing is left to do.

        Raises:
            Unsendable: the server cannot even be asked.
        """
        loop = asyncio.get_running_loop()
        lost_at: float | None = None
        while True:
            try:
                return await call()
            except ConnectError as error:
                self._on_trouble(error)
                lost_at = lost_at or loop.time()
                await self._client.transport.link.wait(self._retry.delay(loop.time() - lost_at, random.random()))
            except Unsendable:
                raise
            except ColonyError as error:
                return self._on_trouble(error)

    async def _watch(self, conversation: Conversation) -> None:
        """Return once the attempt is no longer ours: cancelled, put back, closed by others, removed."""
        process_id = conversation.process.id
        async with self._client.subscribe_process(process_id, ProcessState.CANCELLED) as subscription:
            while True:
                try:
                    async with asyncio.timeout(self._next_check_s(conversation)):
                        event = await anext(subscription)
                except TimeoutError:
                    event = None
                if isinstance(event, Reached | Ended | RefusedBy):
                    return
                if (event is None or isinstance(event, Moved)) and await self._is_over(conversation):
                    return

    async def _is_over(self, conversation: Conversation) -> bool:
        try:
            return not await conversation.is_current()
        except (ConnectError, ProtocolError) as error:
            self._on_trouble(error)
            return False

    def _next_check_s(self, conversation: Conversation) -> float:
        limit = conversation.process.spec.max_exec_time
        if limit <= 0:
            return self._check_s
        left = limit - conversation.elapsed_s
        return min(self._check_s, left if left > 0 else OVERDUE_CHECK_S)


_REGISTERED = (ExecutorState.PENDING, ExecutorState.APPROVED)


async def register(
    owner: ColonyClient, client: ColonyClient, name: str, executor_type: str, functions: Iterable[Function] = ()
) -> None:
    """Register and approve an executor, and register its functions; what is there already stays as it is.

    Choose a name that is free: neither an owner's key nor one that is not registered yet can look, and a server that
    allows registering again gives the name to the newcomer and drops the executor that had it.

    Args:
        owner: a client with the colony owner's key.
        client: a client with the executor's key.
        functions: their executor's name and type, and the colony, are filled in.

    Raises:
        Refused: not the owner's key, or another executor has that name.
    """
    state = await _registered(client, name)
    if state is None:
        await owner.add_executor(Executor(id=client.id, name=name, type=executor_type, colony=owner.colony))
    if state is not ExecutorState.APPROVED:
        await owner.approve_executor(name)
    known = {function.name for function in await client.get_functions(name)}
    for function in functions:
        if function.name not in known:
            home = {"executor_name": name, "executor_type": executor_type, "colony": client.colony}
            await client.add_function(msgspec.structs.replace(function, **home))


async def _registered(client: ColonyClient, name: str) -> ExecutorState | None:
    """How far the executor's registration under that name has come; ``None`` without one."""
    try:
        found = await client.get_executors()
    except NotAllowed:
        return None
    mine = (executor for executor in found if (executor.id, executor.name) == (client.id, name))
    return next((executor.state for executor in mine if executor.state in _REGISTERED), None)


def _output(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
