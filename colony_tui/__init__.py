"""Live monitoring of ColonyOS processes and chat over their channels.

Importing this package costs nothing: the client's names are loaded when they are first used, Textual never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from colony_tui.client import ChannelSubscription, ColonyClient, ProcessSubscription, ServerAddress
    from colony_tui.errors import ColonyError
    from colony_tui.model import ChannelEntry, FunctionSpec, Process, ProcessState
    from colony_tui.wire.keys import Identity, generate_private_key

__all__ = [
    "ChannelEntry",
    "ChannelSubscription",
    "ColonyClient",
    "ColonyError",
    "FunctionSpec",
    "Identity",
    "Process",
    "ProcessState",
    "ProcessSubscription",
    "ServerAddress",
    "__version__",
    "generate_private_key",
]

_HOMES = {
    "ChannelEntry": "colony_tui.model",
    "ChannelSubscription": "colony_tui.client",
    "ColonyClient": "colony_tui.client",
    "ColonyError": "colony_tui.errors",
    "FunctionSpec": "colony_tui.model",
    "Identity": "colony_tui.wire.keys",
    "Process": "colony_tui.model",
    "ProcessState": "colony_tui.model",
    "ProcessSubscription": "colony_tui.client",
    "ServerAddress": "colony_tui.client",
    "generate_private_key": "colony_tui.wire.keys",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
