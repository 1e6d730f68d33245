"""Colonies, users, executors and functions, and who is a member of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from colony_tui.errors import Refused
from colony_tui.model import NANOSECONDS, ExecutorState
from colony_tui.server.clock import Clock
from colony_tui.wire.shapes import ColonyShape, ExecutorShape, FunctionShape, UserShape
from colony_tui.wire.times import format_time

MICROSECOND_DIGITS = 6


@dataclass(slots=True)
class ExecutorRecord:
    """An executor as it is stored; never deleted, only unregistered."""

    id: str
    name: str
    type: str
    colony: str
    registered_ns: int
    requires_functions: bool
    capabilities: object
    allocations: object
    state: ExecutorState = ExecutorState.PENDING
    heard_ns: int | None = None
    """Its latest assign."""

    def shape(self) -> ExecutorShape:
        return ExecutorShape(
            executorid=self.id,
            executortype=self.type,
            executorname=self.name,
            colonyname=self.colony,
            state=int(self.state),
            requirefuncreg=self.requires_functions,
            commissiontime=format_time(self.registered_ns, digits=MICROSECOND_DIGITS),
            lastheardfromtime=format_time(self.heard_ns, digits=MICROSECOND_DIGITS),
            capabilities=self.capabilities or {"hardware": None, "software": None},
            allocations=self.allocations or {"projects": None},
        )


class Registry:
    """Everybody whom the server knows. All refusals are in the real server's words."""

    def __init__(self, clock: Clock, make_id: Callable[[], str], server_id: str) -> None:
        self._clock = clock
        self._make_id = make_id
        self.server_id = server_id
        self.colonies: dict[str, ColonyShape] = {}
        self.paused: set[str] = set()
        """Names of the colonies in which nothing is assigned."""
        self._users: dict[tuple[str, str], UserShape] = {}
        self._executors: dict[tuple[str, str], ExecutorRecord] = {}
        self._functions: dict[str, list[FunctionShape]] = {}

    # Who may

    def require_server_owner(self, sender_id: str) -> None:
        if sender_id != self.server_id:
            raise Refused(403, "Access denied, not server owner")

    def require_colony_owner(self, sender_id: str, colony: str) -> None:
        if not colony:
            raise Refused(403, "Empty Colony name")
        if sender_id != self._colony(colony, 403).colonyid:
            raise Refused(403, "Access denied, not colony owner")

    def require_member(self, sender_id: str, colony: str, *, is_approved: bool = True) -> None:
        """Lets users and executors pass, executors only once approved unless said otherwise."""
        self._colony(colony, 403)
        executor = self.executor_by_id(sender_id)
        if executor is not None and executor.colony == colony:
            if executor.state is ExecutorState.APPROVED or not is_approved:
                return
        elif self.user_by_id(colony, sender_id) is not None:
            return
        raise Refused(403, f"Access denied, not a member of Colony with name <{colony}>")

    def known_colony(self, name: str) -> ColonyShape:
        """The colony, else a 400."""
        return self._colony(name, 400)

    def _colony(self, name: str, status: int) -> ColonyShape:
        if name not in self.colonies:
            raise Refused(status, f"Colony with name <{name}> does not exists")
        return self.colonies[name]

    def name_of(self, colony: str, member_id: str) -> str:
        """What a member is called; empty when nobody has that id."""
        executor = self.executor_by_id(member_id)
        if executor is not None:
            return executor.name
        user = self.user_by_id(colony, member_id)
        return user.name if user else ""

    # Colonies

    def add_colony(self, colony: ColonyShape) -> ColonyShape:
        if len(colony.colonyid) != 64:
            raise Refused(400, "Failed to add colony, invalid colony Id length")
        if colony.name in self.colonies:
            raise Refused(400, f"A Colony with name <{colony.name}> already exists")
        self.colonies[colony.name] = colony
        return colony

    def remove_colony(self, name: str) -> None:
        if name not in self.colonies:
            raise Refused(400, f"Colony with name <{name}> not found")
        del self.colonies[name]
        self.paused.discard(name)
        self._users = {key: user for key, user in self._users.items() if key[0] != name}
        self._executors = {key: executor for key, executor in self._executors.items() if key[0] != name}
        self._functions.pop(name, None)

    # Users

    def add_user(self, user: UserShape) -> UserShape:
        if (user.colonyname, user.name) in self._users:
            raise Refused(400, f"A user with name <{user.name}> already exists in Colony with name <{user.colonyname}>")
        self._users[user.colonyname, user.name] = user
        return user

    def remove_user(self, colony: str, name: str) -> None:
        if self._users.pop((colony, name), None) is None:
            raise Refused(400, f"User with name <{name}> not found")

    def users(self, colony: str) -> list[UserShape]:
        return [user for user in self._users.values() if user.colonyname == colony]

    def user(self, colony: str, name: str) -> UserShape | None:
        return self._users.get((colony, name))

    def user_by_id(self, colony: str, user_id: str) -> UserShape | None:
        return next((user for user in self.users(colony) if user.userid == user_id), None)

    # Executors

    def add_executor(self, given: ExecutorShape) -> ExecutorRecord:
        """Registers an executor, not yet approved; one that was removed may come back under its name."""
        namesake = self._executors.get((given.colonyname, given.executorname))
        if namesake is not None and namesake.state is not ExecutorState.UNREGISTERED:
            raise Refused(
                400, f"Executor with name <{given.executorname}> in Colony <{given.colonyname}> already exists"
            )
        if self.executor_by_id(given.executorid) not in (None, namesake):
            raise Refused(400, "Executor not unique, both Name and ExecutorId must be unique within a Colony")
        executor = ExecutorRecord(
            given.executorid,
            given.executorname,
            given.executortype,
            given.colonyname,
            self._clock.now_ns(),
            given.requirefuncreg,
            given.capabilities,
            given.allocations,
        )
        self._executors[executor.colony, executor.name] = executor
        return executor

    def executor(self, colony: str, name: str) -> ExecutorRecord | None:
        return self._executors.get((colony, name))

    def executor_by_id(self, executor_id: str) -> ExecutorRecord | None:
        return next((executor for executor in self._executors.values() if executor.id == executor_id), None)

    def executors(self, colony: str) -> list[ExecutorRecord]:
        return [executor for executor in self._executors.values() if executor.colony == colony]

    def hear(self, executor: ExecutorRecord) -> None:
        executor.heard_ns = self._clock.now_ns()

    def unregister(self, executor: ExecutorRecord) -> None:
        executor.state = ExecutorState.UNREGISTERED
        functions = self._functions.get(executor.colony, [])
        functions[:] = [function for function in functions if function.executorname != executor.name]

    def unheard(self, seconds: float) -> list[ExecutorRecord]:
        """Registered executors that were heard once, but not within the last ``seconds``."""
        oldest_ns = self._clock.now_ns() - round(seconds * NANOSECONDS)
        return [
            executor
            for executor in self._executors.values()
            if executor.heard_ns is not None
            and executor.heard_ns < oldest_ns
            and executor.state is not ExecutorState.UNREGISTERED
        ]

    # Functions

    def add_function(self, given: FunctionShape) -> FunctionShape:
        """Registers a function; the same once more makes a second."""
        function = FunctionShape(
            functionid=given.functionid or self._make_id(),
            executorname=given.executorname,
            executortype=given.executortype,
            colonyname=given.colonyname,
            funcname=given.funcname,
            description=given.description or msgspec.UNSET,
            args=given.args or msgspec.UNSET,
        )
        self._functions.setdefault(function.colonyname, []).append(function)
        return function

    def functions(self, colony: str, executor_name: str = "") -> list[FunctionShape]:
        return [
            function
            for function in self._functions.get(colony, ())
            if not executor_name or function.executorname == executor_name
        ]

    def count_call(self, executor: ExecutorRecord, function_name: str, waited_s: float, ran_s: float) -> bool:
        """Adds a call to a function's averages (the real server's kind: halfway to the newest); whether it is known."""
        known = [
            function
            for function in self.functions(executor.colony, executor.name)
            if function.funcname == function_name
        ]
        for function in known:
            function.counter += 1
            function.minwaittime = min(function.minwaittime or waited_s, waited_s)
            function.maxwaittime = max(function.maxwaittime, waited_s)
            function.minexectime = min(function.minexectime or ran_s, ran_s)
            function.maxexectime = max(function.maxexectime, ran_s)
            function.avgwaittime = (function.avgwaittime + waited_s) / 2 if function.avgwaittime else waited_s
            function.avgexectime = (function.avgexectime + ran_s) / 2 if function.avgexectime else ran_s
        return bool(known)
