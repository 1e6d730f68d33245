"""Lines that executors log for processes."""

from __future__ import annotations

from colony_tui.server.clock import Clock
from colony_tui.wire.shapes import LogShape


class Logs:
    """All lines, in the order of their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: list[LogShape] = []

    def add(self, process_id: str, colony: str, executor_name: str, message: str) -> None:
        self._lines.append(LogShape(process_id, colony, executor_name, message, self._clock.now_ns()))

    def lines(self, process_id: str, executor_name: str, count: int, since_ns: int, latest: bool) -> list[LogShape]:
        """Lines of an executor, or without one of a process: the newest, else those after a time, else the oldest."""
        found = [
            line
            for line in self._lines
            if (line.executorname == executor_name if executor_name else line.processid == process_id)
        ]
        if latest:
            return found[-count:] if count > 0 else []
        return [line for line in found if line.timestamp > max(0, since_ns)][: max(0, count)]
