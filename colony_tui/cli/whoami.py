"""``whoami``: what the colony knows of the configured key."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from colony_tui.cli import exits, output
from colony_tui.client import ColonyClient
from colony_tui.errors import Refused
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
        is_member = executor.state is ExecutorState.APPROVED
        state = executor.state.name.lower()
        return Membership(*where, "executor", is_member, executor.name, executor.type, state)
    except Refused:
        pass
    try:
        await client.get_colonies()
        return Membership(*where, "server owner", False)
    except Refused:
        return Membership(*where, "unknown", False)


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
    if found.kind == "executor" and found.is_member:
        return (
            "An executor's key is dropped when it has not asked for work (assign) for 10 minutes, and with it whoever "
            "watches with that key; a user's key is not."
        )
    if found.kind == "executor":
        return f"This executor is {found.executor_state}: the colony's owner must register or approve it."
    if found.kind == "server owner":
        return "The server owner's key administrates colonies and is a member of none: it can read no processes."
    if found.kind == "unknown":
        return (
            "The colony knows this key neither as a user nor as an executor: its owner must add it. (The owner's own "
            f"key is no member either.) Or the server has no colony {safe_label(found.colony)}: it tells strangers "
            "nothing of the two."
        )
    return ""
