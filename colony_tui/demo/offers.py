"""What a bot is: an executor with a name and a type, and the functions that it offers, each with its handler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colony_tui.client import ColonyClient
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.live.executor import CHECK_S, ExecutorRunner, Handler, register
from colony_tui.model import Function, FunctionArg


@dataclass(frozen=True)
class Offer:
    """A function as it is registered, the channels that it uses, and what serves it."""

    name: str
    description: str
    channels: tuple[str, ...]
    """To be declared by whoever submits it; a registration does not hold them, so its description names them."""
    handler: Handler
    args: tuple[FunctionArg, ...] = ()

    @property
    def function(self) -> Function:
        """What is registered; its executor is filled in then."""
        return Function(
            name=self.name,
            executor_name="",
            executor_type="",
            description=f"{self.description} ({_named(self.channels)})",
            args=self.args,
        )

    async def serve(self, conversation: Conversation) -> object:
        """Handle a process that declares the channels.

        Raises:
            Failed: it does not.
        """
        missing = tuple(channel for channel in self.channels if channel not in conversation.process.channels)
        if missing:
            raise Failed(f"{self.name} needs the {_named(missing)}, which the process does not declare")
        return await self.handler(conversation)


@dataclass(frozen=True)
class Bot:
    """An executor with its offers."""

    name: str
    type: str
    offers: tuple[Offer, ...]
    capacity: int | None = None
    """Processes at once, ``None`` for any number."""

    async def register(self, owner: ColonyClient, client: ColonyClient) -> None:
        """Make it an approved executor of the colony with its functions."""
        await register(owner, client, self.name, self.type, [offer.function for offer in self.offers])

    def runner(self, client: ColonyClient, *, check_s: float = CHECK_S) -> ExecutorRunner:
        """What serves its processes; it must be registered."""
        handlers = {offer.name: offer.serve for offer in self.offers}
        return ExecutorRunner(client, handlers, capacity=self.capacity, check_s=check_s)


def _named(channels: Sequence[str]) -> str:
    names = " and ".join(f"'{channel}'" for channel in channels)
    return f"{'channels' if len(channels) > 1 else 'channel'} {names}"


def whole_number(conversation: Conversation, name: str, position: int, *, default: int, highest: int) -> int:
    """An argument that must be a whole number from 0 to ``highest``.

    Raises:
        Failed: it is something else; the process then fails with this sentence.
    """
    value = conversation.argument(name, position, default)
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise Failed(f"{name} must be a whole number from 0 to {highest:,}, not {value!r}")
    return value


def number(conversation: Conversation, name: str, position: int, *, default: float, highest: float) -> float:
    """An argument that must be a number from 0 to ``highest``.

    Raises:
        Failed: it is something else.
    """
    value = conversation.argument(name, position, default)
    try:
        found = float(value) if isinstance(value, int | float | str) else -1.0
    except ValueError:
        found = -1.0
    if not 0 <= found <= highest:
        raise Failed(f"{name} must be a number from 0 to {highest:g}, not {value!r}")
    return found


def text(conversation: Conversation, name: str, position: int, *, default: str = "") -> str:
    """An argument as text."""
    return str(conversation.argument(name, position, default))
