"""The people and machines of one test, and the tidying up behind them."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.conformance.parties import Ground, Json, Party, Reply

PATIENCE = 15.0
"""Seconds within which a condition that must come true has come true."""

LIVE_STATES = (0, 1)
"""WAITING and RUNNING."""


class Field:
    """Makes users, executors and strangers in the test's colony, and takes them and their processes away again."""

    def __init__(self, ground: Ground, http: httpx.AsyncClient, restart: Callable[[], Awaitable[None]]) -> None:
        self.ground = ground
        self.restart = restart
        self.http = http
        self.owner = Party(http, ground.colony_name, ground.colony_key)
        self._mark = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._users: list[Party] = []
        self._executors: list[Party] = []
        self._submitted: list[str] = []

    def unused_name(self, stem: str) -> str:
        """A name that nothing else in the colony has."""
        return f"{stem}-{self._mark}-{next(self._numbers)}"

    def stranger(self) -> Party:
        """Somebody with a good key whom the server does not know."""
        return Party(self.http, self.ground.colony_name)

    def server_owner(self) -> Party:
        """The server's owner; only where the ground has that key."""
        assert self.ground.server_key is not None
        return Party(self.http, self.ground.colony_name, self.ground.server_key)

    async def user(self, stem: str = "alice") -> Party:
        """A new user of the colony."""
        party = _Submitter(self.http, self.ground.colony_name, self._submitted)
        party.name = self.unused_name(stem)
        await self.owner.get(
            "addusermsg",
            user={"colonyname": party.colony_name, "userid": party.id, "name": party.name, "email": "", "phone": ""},
        )
        self._users.append(party)
        return party

    async def executor(self, executor_type: str = "", is_approved: bool = True) -> Party:
        """A new executor, of a type of its own unless one is given."""
        party = _Submitter(self.http, self.ground.colony_name, self._submitted)
        party.name = self.unused_name("bot")
        party.executor_type = executor_type or party.name
        await self.register(party)
        if is_approved:
            await self.owner.get("approveexecutormsg", colonyname=party.colony_name, executorname=party.name)
        return party

    async def register(self, party: Party) -> Json:
        """Registers an executor's key; it is pending until it is approved."""
        added: Json = await self.owner.get(
            "addexecutormsg",
            executor={
                "executorname": party.name,
                "executorid": party.id,
                "colonyname": party.colony_name,
                "executortype": party.executor_type,
            },
        )
        self._executors.append(party)
        return added

    async def running(
        self, submitter: Party, executor: Party, channels: tuple[str, ...] = ("a",), **changes: Any
    ) -> str:
        """A process of the submitter's that the executor has taken: its id."""
        process = await submitter.submit(executor.executor_type, channels, **changes)
        assigned = await executor.assign()
        assert assigned["processid"] == process["processid"]
        process_id: str = assigned["processid"]
        return process_id

    async def tidy(self) -> None:
        """Cancels and removes what was submitted, then removes the executors and users. Never fails."""
        for process_id in self._submitted:
            keeper = self._users[0] if self._users else self._executors[0]
            reply = await keeper.ask("getprocessmsg", processid=process_id)
            if reply.is_error:
                continue
            if reply.payload["state"] in LIVE_STATES:
                await keeper.ask("cancelprocessmsg", processid=process_id)
            await keeper.ask("removeprocessmsg", processid=process_id, all=False)
        for executor in self._executors:
            await self.owner.ask("removeexecutormsg", colonyname=executor.colony_name, executorname=executor.name)
        for user in self._users:
            await self.owner.ask("removeusermsg", colonyname=user.colony_name, name=user.name)


class _Submitter(Party):
    """A member that notes what it submits, so that it can be taken away."""

    def __init__(self, http: httpx.AsyncClient, colony_name: str, submitted: list[str]) -> None:
        super().__init__(http, colony_name)
        self._submitted = submitted

    async def ask(self, message_type: str, /, **fields: Any) -> Reply:
        reply = await super().ask(message_type, **fields)
        if message_type == "submitfuncspecmsg" and not reply.is_error:
            self._submitted.append(reply.payload["processid"])
        return reply


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Asks again and again until the condition holds; fails when it still does not after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        await asyncio.sleep(0.05)


async def until_state(party: Party, process_id: str, state: int) -> Json:
    """Waits until a process is in a state: the process."""
    seen: list[Json] = []

    async def reached() -> bool:
        seen[:] = [await party.process(process_id)]
        return bool(seen[0]["state"] == state)

    await until(reached)
    return seen[0]
