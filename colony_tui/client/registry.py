"""RPCs about colonies, users, executors and functions, and about the server itself."""

from __future__ import annotations

from colony_tui.client.caller import Caller
from colony_tui.model import Colony, Executor, Function, ServerInfo, Statistics, User
from colony_tui.wire import decode, requests
from colony_tui.wire.shapes import ColonyShape, ExecutorShape, FunctionShape, UserShape


class RegistryCalls(Caller):
    """Each coroutine is one RPC of PROTOCOL.md's table and raises what :meth:`Caller.call` does."""

    async def add_colony(self, colony: Colony) -> Colony:
        """Add a colony. For the server's owner."""
        shape = ColonyShape(colony.id, colony.name)
        return decode.colony(await self.call(requests.AddColony(colony_shape=shape)))

    async def get_colonies(self) -> list[Colony]:
        """All colonies. For the server's owner."""
        return decode.colonies(await self.call(requests.GetColonies()))

    async def remove_colony(self, name: str) -> None:
        """Remove a colony with all that is in it. For the server's owner."""
        await self.call(requests.RemoveColony(colony=name))

    async def get_colony(self, name: str = "") -> Colony:
        """A colony by name, by default our own; an unknown one is a 403."""
        return decode.colony(await self.call(requests.GetColony(colony=name or self.colony)))

    async def add_user(self, user: User) -> User:
        """Make an id a user of the colony. For the colony's owner."""
        return decode.user(await self.call(requests.AddUser(user=UserShape.from_model(user))))

    async def remove_user(self, name: str) -> None:
        """Remove a user. For the colony's owner."""
        await self.call(requests.RemoveUser(colony=self.colony, user_name=name))

    async def get_users(self) -> list[User]:
        return decode.users(await self.call(requests.GetUsers(colony=self.colony)))

    async def get_user(self, name: str) -> User:
        """A user by name; an unknown one is a 500."""
        return decode.user(await self.call(requests.GetUser(colony=self.colony, user_name=name)))

    async def get_user_by_id(self, user_id: str) -> User:
        """A user by id; an unknown one is a :class:`NotFound`."""
        return decode.user(await self.call(requests.GetUserById(colony=self.colony, user_id=user_id)))

    async def add_executor(self, executor: Executor) -> Executor:
        """Register an executor, pending until approved. For the colony's owner."""
        return decode.executor(await self.call(requests.AddExecutor(executor=ExecutorShape.from_model(executor))))

    async def approve_executor(self, name: str) -> None:
        """Let an executor take processes. For the colony's owner."""
        await self.call(requests.ApproveExecutor(colony=self.colony, executor_name=name))

    async def remove_executor(self, name: str) -> None:
        """Remove an executor; what it runs is put back. For the colony's owner."""
        await self.call(requests.RemoveExecutor(colony=self.colony, executor_name=name))

    async def get_executors(self) -> list[Executor]:
        """All executors, unregistered ones too."""
        return decode.executors(await self.call(requests.GetExecutors(colony=self.colony)))

    async def get_executor(self, name: str) -> Executor:
        """An executor by name; an unknown one is a 500."""
        return decode.executor(await self.call(requests.GetExecutor(colony=self.colony, executor_name=name)))

    async def get_executor_by_id(self, executor_id: str) -> Executor:
        """An executor by id; an unknown one is a :class:`NotFound`."""
        return decode.executor(await self.call(requests.GetExecutorById(colony=self.colony, executor_id=executor_id)))

    async def add_function(self, function: Function) -> Function:
        """Register a function. For the executor itself; registering it again makes a second."""
        return decode.function(await self.call(requests.AddFunction(function=FunctionShape.from_model(function))))

    async def get_functions(self, executor_name: str = "") -> list[Function]:
        """Registered functions, of all executors by default."""
        request = requests.GetFunctions(colony=self.colony, executor_name=executor_name)
        return decode.functions(await self.call(request))

    async def get_statistics(self) -> Statistics:
        """Counts by state: the expensive poll. :class:`NotAllowed` for who is not a member."""
        return decode.statistics(await self.call(requests.GetStatistics(colony=self.colony)))

    async def is_paused(self) -> bool:
        """Whether the colony assigns nothing at present."""
        return decode.is_paused(await self.call(requests.GetPauseStatus(colony=self.colony)))

    async def get_version(self) -> ServerInfo:
        return decode.server_info(await self.call(requests.GetVersion()))

    async def get_server_info(self) -> ServerInfo:
        return decode.server_info(await self.call(requests.GetServerInfo()))
