"""Who an id is: names of executors and users, asked for once and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from colony_tui.errors import ColonyError, ConnectError, Refused
from colony_tui.live.recorder import MemoryRecorder, Recorder
from colony_tui.model import Executor, User

if TYPE_CHECKING:
    from colony_tui.archive.transcript import Name


class NameSource(Protocol):
    """The RPCs that names come from."""

    @property
    def id(self) -> str: ...

    async def get_executors(self) -> list[Executor]: ...

    async def get_users(self) -> list[User]: ...

    async def get_executor_by_id(self, executor_id: str) -> Executor: ...

    async def get_user_by_id(self, user_id: str) -> User: ...


class Directory:
    """Executors and users of a colony by id. An id that nobody knows is asked for once, then shown as itself.

    What the server says comes first; what was recorded stands in for those whom it has forgotten.
    """

    def __init__(
        self, source: NameSource, *, recorder: Recorder | None = None, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._source = source
        self._recorder = recorder or MemoryRecorder()
        self._on_change = on_change
        self._recorded: dict[str, Name] = {}
        self._assigned: set[str] = set()
        self._asked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.executors: dict[str, Executor] = {}
        self.users: dict[str, User] = {}

    def record_in(self, recorder: Recorder) -> None:
        """Record there from now on, beginning with what is known."""
        self._recorder = recorder
        recorder.record_names([*self.executors.values(), *self.users.values()])

    def name_of(self, member_id: str) -> str | None:
        """The name, ``None`` while it is not known. Names come from other people: as untrusted as payloads."""
        if member_id in self.executors:
            return self.executors[member_id].name
        if member_id in self.users:
            return self.users[member_id].name
        recorded = self._recorded.get(member_id)
        return recorded.name if recorded is not None else None

    def is_executor(self, member_id: str) -> bool:
        """Whether it is known to take processes, now or at some time before."""
        recorded = self._recorded.get(member_id)
        was_executor = recorded is not None and recorded.executor_type is not None
        return member_id in self.executors or member_id in self._assigned or was_executor

    def recall(self, names: Mapping[str, Name]) -> None:
        """Take in names that were recorded earlier."""
        if any(self._recorded.get(member_id) != name for member_id, name in names.items()):
            self._recorded.update(names)
            self._on_change()

    def learn_executor(self, executor_id: str) -> None:
        """Whoever was given a process is an executor, whether or not anybody knows its name."""
        if executor_id and executor_id not in self._assigned:
            self._assigned.add(executor_id)
            self._on_change()
        self.wish(executor_id)

    def learn_user(self, user_id: str, name: str) -> None:
        """Take in a name that came with something else, such as a process's initiator."""
        if user_id and name and user_id not in self.users and user_id not in self.executors:
            self.users[user_id] = User(user_id, name, "")
            self._on_change()

    def wish(self, member_id: str) -> None:
        """Ask for an id in the background, once, unless it is known."""
        if not member_id or member_id in self._asked or member_id in self.executors or member_id in self.users:
            return
        self._asked.add(member_id)
        task = asyncio.create_task(self._ask(member_id), name=f"name of {member_id[:8]}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def refresh(self) -> None:
        """Ask for all executors and users again; raises what the client does."""
        self._take(await self._source.get_executors(), await self._source.get_users())

    async def refresh_executors(self) -> None:
        """Ask for all executors again; they tell when they were last heard from."""
        self._take(await self._source.get_executors(), [])

    async def end(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, member_id: str) -> None:
        try:
            try:
                self._take([await self._source.get_executor_by_id(member_id)], [])
            except Refused:
                self._take([], [await self._source.get_user_by_id(member_id)])
        except ConnectError:
            self._asked.discard(member_id)
        except ColonyError:
            return

    def _take(self, executors: list[Executor], users: list[User]) -> None:
        self._recorder.record_names([*executors, *users])
        before = (dict(self.executors), dict(self.users))
        self.executors.update({executor.id: executor for executor in executors})
        self.users.update({user.id: user for user in users})
        if before != (self.executors, self.users):
            self._on_change()
