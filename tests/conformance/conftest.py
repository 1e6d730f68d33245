"""Fixtures: the ground that the suite stands on, and the usual two parties."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from colony_tui.server import EmbeddedColony, Limits
from colony_tui.wire.keys import Identity, generate_private_key
from tests.conformance.field import Field
from tests.conformance.parties import Ground, Party

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything here as conformance."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session")
def real_ground() -> Iterator[Ground]:
    """The server that the ``COLONIES_*`` variables name.

    Where the server owner's key is known, the suite makes a colony of its own and removes it in the end: executors that
    are removed stay listed for good. Else it takes the colony that the environment names.
    """
    ground = _ground_of_environment()
    if ground.server_key is None:
        yield ground
        return
    owner = generate_private_key()
    name = f"conformance-{secrets.token_hex(4)}"
    colony = {"colonyid": Identity(owner).id, "name": name}
    _as_server_owner(ground, ground.server_key, "addcolonymsg", colony=colony)
    yield replace(ground, colony_name=name, colony_key=owner)
    _as_server_owner(ground, ground.server_key, "removecolonymsg", colonyname=name)


def _as_server_owner(ground: Ground, key: str, message_type: str, **fields: object) -> None:
    """One RPC of the server's owner, outside any event loop."""
    owner = Party(httpx.AsyncClient(), ground.colony_name, key)
    with httpx.Client(base_url=ground.url, trust_env=False, timeout=60) as http:
        response = http.post("/api", content=owner.envelope(message_type, **fields))
    assert response.status_code == 200, response.text


def _ground_of_environment() -> Ground:
    """What the ``COLONIES_*`` variables say."""
    variables = os.environ
    needed = ("COLONIES_SERVER_HOST", "COLONIES_COLONY_NAME", "COLONIES_COLONY_PRVKEY")
    missing = [name for name in needed if not variables.get(name)]
    if missing:
        pytest.fail(f"--colony=env needs {', '.join(missing)} in the environment")
    port = variables.get("COLONIES_SERVER_HTTP_PORT") or variables.get("COLONIES_SERVER_PORT", "50080")
    scheme = "http" if variables.get("COLONIES_TLS") == "false" else "https"
    return Ground(
        url=f"{scheme}://{variables['COLONIES_SERVER_HOST']}:{port}",
        colony_name=variables["COLONIES_COLONY_NAME"],
        colony_key=variables["COLONIES_COLONY_PRVKEY"],
        server_key=variables.get("COLONIES_SERVER_PRVKEY") or None,
        is_embedded=False,
    )


@pytest.fixture
def limits() -> Limits:
    """Limits of the embedded colony: the real ones, unless a test overrides them."""
    return Limits()


@pytest.fixture
def is_strict() -> bool:
    """Whether the embedded colony reports what would harm a real one, and the test must end without a report.

    Off for the raw wire: there pings serve as fences, and rules are shown by breaking them.
    """
    return False


@pytest.fixture
def late_s() -> float:
    """Seconds for which strict mode forgives who could not know that a process has ended."""
    return 1.0


@pytest.fixture
async def embedded(
    request: pytest.FixtureRequest, limits: Limits, is_strict: bool, late_s: float
) -> AsyncIterator[EmbeddedColony]:
    """An embedded colony of the test's own; skips the test on a real server."""
    if request.config.getoption("--colony") == "env":
        pytest.skip("this needs an embedded colony: its limits are set, or a real one would be harmed")
    async with EmbeddedColony(limits=limits, strict=is_strict, late_s=late_s) as colony:
        yield colony
        colony.check()


@pytest.fixture
def ground(request: pytest.FixtureRequest) -> Ground:
    """The colony that the test runs in: an embedded one of its own, or the one of the environment."""
    if request.config.getoption("--colony") == "env" and "embedded" not in request.fixturenames:
        real: Ground = request.getfixturevalue("real_ground")
        return real
    colony: EmbeddedColony = request.getfixturevalue("embedded")
    return Ground(colony.url, colony.colony, colony.colony_key, colony.server_key, is_embedded=True)


@pytest.fixture
def restart(request: pytest.FixtureRequest, ground: Ground) -> Callable[[], Awaitable[None]]:
    """A call that restarts the server, or skips the test where nobody said how."""
    if ground.is_embedded:
        colony: EmbeddedColony = request.getfixturevalue("embedded")
        return colony.restart

    async def run_command() -> None:
        command = request.config.getoption("--restart-colony")
        if command is None:
            pytest.skip("--restart-colony does not say how to restart the server")
        process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.DEVNULL)
        assert await process.wait() == 0, f"{command} failed"

    return run_command


@pytest.fixture
async def field(ground: Ground, restart: Callable[[], Awaitable[None]]) -> AsyncIterator[Field]:
    """Makes the test's people and machines, and takes them away again."""
    async with httpx.AsyncClient(base_url=ground.url, trust_env=False, timeout=30) as http:
        field = Field(ground, http, restart)
        yield field
        await field.tidy()


@pytest.fixture
async def alice(field: Field) -> Party:
    """A user: the submitter."""
    return await field.user()


@pytest.fixture
async def bot(field: Field) -> Party:
    """An approved executor of a type of its own."""
    return await field.executor()
