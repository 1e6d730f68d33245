"""``whoami``: what the colony knows of the configured key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from colony_tui.cli import exits, output
from colony_tui.client import ColonyClient
from colony_tui.errors import NoSuchColony, Refused
from colony_tui.model import ExecutorState
from colony_tui.text import safe_label


@dataclass(frozen=True, slots=True)
class Membership:
    """Who an id is in a colony."""

    id: str
    colony: str
    server: str
    kind: str
    """``user``, ``executor``, ``server owner`` or ``unknown`` (as the colony's owner is to queries)."""
    is_member: bool
    name: str | None = None
    executor_type: str | None = None
    executor_state: str | None = None
    executor_colony: str | None = None
    has_colony: bool = True
    """Whether the server has a colony of that name, as far as it tells; it tells strangers as well."""


async def membership(client: ColonyClient) -> Membership:
    """Ask the server who the client's key is. Refusals are answers here."""
    where = (client.id, client.colony, client.transport.address.authority)
    try:
        user = await client.get_user_by_id(client.id)
        return Membership(*where, "user", True, user.name)
    except Refused:
        pass
    try:
        executor = await client.get_executor_by_id(client.id)
        # The server finds executors whatever colony is asked for.
        is_member = executor.state is ExecutorState.APPROVED and executor.colony == client.colony
        more = (executor.name, executor.type, executor.state.name.lower(), executor.colony)
        found = Membership(*where, "executor", is_member, *more)
    except Refused:
        found = Membership(*where, await _kind_of_stranger(client), False)
    return found if found.is_member else replace(found, has_colony=await _has_colony(client))


async def _kind_of_stranger(client: ColonyClient) -> str:
    try:
        await client.get_colonies()
    except Refused:
        return "unknown"
    return "server owner"


async def _has_colony(client: ColonyClient) -> bool:
    try:
        await client.get_colony()
    except NoSuchColony:
        return False
    except Refused:
        pass
    return True


async def tell_identity(client: ColonyClient, *, is_json: bool) -> int:
    """Print who the key is; the exit code is a failure if it is no member."""
    found = await membership(client)
    if is_json:
        output.json_line(asdict(found))
        return _exit_code(found)
    rows = [("id", found.id), ("name", found.name), ("kind", found.kind), ("type", found.executor_type)]
    rows += [("colony", found.colony), ("server", f"{found.server} ({client.transport.address.security})")]
    rows.append(("member", "yes" if found.is_member else "no"))
    for name, value in rows:
        if value is not None:
            output.line(f"{name:8}{safe_label(value)}")
    if note := _note(found):
        output.note(note)
    return _exit_code(found)


def _exit_code(found: Membership) -> int:
    """Failure for who can do nothing in the colony, so that ``whoami && …`` says what it seems to."""
    return exits.SUCCESS if found.is_member else exits.FAILURE


def _note(found: Membership) -> str:
    if not found.has_colony:
        return (
            f"The server has no colony {safe_label(found.colony)}: check the name (--colony, COLONIES_COLONY_NAME, or "
            "colony in the profile)."
        )
    if found.kind == "executor" and found.is_member:
        return (
            "An executor's key is dropped when it has not asked for work (assign) for 10 minutes, and with it whoever "
            "watches with that key; a user's key is not."
        )
    if found.kind == "executor" and found.executor_colony != found.colony:
        return f"This executor is one of colony {safe_label(found.executor_colony or '-')}."
    if found.kind == "executor":
        return f"This executor is {found.executor_state}: the colony's owner must register or approve it."
    if found.kind == "server owner":
        return "The server owner's key administrates colonies and is a member of none: it can read no processes."
    if found.kind == "unknown":
        return (
            "The colony knows this key neither as a user nor as an executor: its owner must add it. (The owner's own "
            "key is no member either.)"
        )
    return ""
