"""The embedded colony: the wire, rules and limits of PROTOCOL.md without a ColonyOS server.

Takes its clock and limits as parameters and keeps everything in memory. Knows wire, model and errors only.
"""

from colony_tui.server.clock import Clock, ManualClock, SystemClock
from colony_tui.server.colony import EmbeddedColony
from colony_tui.server.limits import Limits

__all__ = ["Clock", "EmbeddedColony", "Limits", "ManualClock", "SystemClock"]
