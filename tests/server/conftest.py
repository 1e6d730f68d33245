"""Parties that speak the raw wire to an embedded colony."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from colony_tui.server import EmbeddedColony
from tests.colony import colony as colony
from tests.colony import manual_clock as manual_clock
from tests.colony import timed_colony as timed_colony
from tests.conformance.parties import Party


class Parties:
    """Makes parties of a colony, in its memory and not by RPCs."""

    def __init__(self, colony: EmbeddedColony, http: httpx.AsyncClient) -> None:
        self._colony = colony
        self._http = http

    def with_key(self, key: str, name: str = "") -> Party:
        party = Party(self._http, self._colony.colony, key)
        party.name = name
        return party

    def user(self) -> Party:
        return self.with_key(self._colony.user_key, self._colony.user)

    def executor(self, name: str = "bot", executor_type: str = "bot") -> Party:
        party = self.with_key(self._colony.add_executor(name, executor_type), name)
        party.executor_type = executor_type
        return party

    def colony_owner(self) -> Party:
        return self.with_key(self._colony.colony_key)


@pytest.fixture
async def parties(timed_colony: EmbeddedColony) -> AsyncIterator[Parties]:
    """Parties of the colony whose time is the test's."""
    async with httpx.AsyncClient(base_url=timed_colony.url, trust_env=False, timeout=30) as http:
        yield Parties(timed_colony, http)


@pytest.fixture
def alice(parties: Parties) -> Party:
    """The member that the colony starts with."""
    return parties.user()


@pytest.fixture
def bot(parties: Parties) -> Party:
    """An approved executor."""
    return parties.executor()
