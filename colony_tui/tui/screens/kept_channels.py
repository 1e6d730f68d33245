"""Channels that were open a while ago, kept as they were shown: coming back to one builds nothing again.

Owns which are kept. Their rows follow their logs while they are not shown, so every change of a log is passed on here.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from colony_tui.store.log import ChannelLog, LogChange
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import RowKey
from colony_tui.tui.widgets.stream import Aside, Place

MAX_KEPT = 8
"""Channels that are kept; the one that was left longest ago goes first."""

ChannelPlace = tuple[str, str]
"""Process id and channel."""


class Whole(NamedTuple):
    """What a thread alone came from."""

    place: Place
    root: RowKey


@dataclass(slots=True)
class KeptChannel:
    """A channel that is not shown just now."""

    log: ChannelLog
    view: LogView
    view_index: int
    whole: Whole | None
    """If it is a thread alone."""
    aside: Aside


class KeptChannels:
    """The channels that were left last."""

    def __init__(self) -> None:
        self._channels: OrderedDict[ChannelPlace, KeptChannel] = OrderedDict()

    def keep(self, place: ChannelPlace, channel: KeptChannel) -> None:
        """Keep a channel that is left."""
        self._channels[place] = channel
        self._channels.move_to_end(place)
        if len(self._channels) > MAX_KEPT:
            self._channels.popitem(last=False)

    def take(self, place: ChannelPlace, log: ChannelLog | None) -> KeptChannel | None:
        """Take out a channel that is opened again; none if it was not kept, or has begun another log since."""
        channel = self._channels.pop(place, None)
        return channel if channel is not None and channel.log is log else None

    def apply(self, place: ChannelPlace, change: LogChange) -> None:
        """The log of a channel has changed."""
        channel = self._channels.get(place)
        if channel is not None:
            channel.aside.show(channel.view.apply(change))

    def forget_names(self) -> None:
        """Names, roles or hues have changed."""
        for channel in self._channels.values():
            channel.aside.is_stale = True
