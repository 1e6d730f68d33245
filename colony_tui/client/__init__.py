"""The asynchronous client: RPCs, subscriptions that reconnect by themselves, and the executor's side.

Knows wire and model; reads no settings, keeps no state of channels or processes.
"""

from colony_tui.client.address import ServerAddress
from colony_tui.client.assignments import Assignments
from colony_tui.client.channel_subscription import ChannelSubscription
from colony_tui.client.client import ColonyClient
from colony_tui.client.process_subscription import ProcessSubscription
from colony_tui.client.transport import Transport

__all__ = [
    "Assignments",
    "ChannelSubscription",
    "ColonyClient",
    "ProcessSubscription",
    "ServerAddress",
    "Transport",
]
