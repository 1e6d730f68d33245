"""An embedded colony that answers as one in trouble does, instead of as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from colony_tui.server.rpc import Answer, answer
from colony_tui.server.state import ServerState
from colony_tui.wire.envelope import inner_message_type, open_envelope, seal_reply

BUSY = Answer(500, seal_reply("error", {"status": 500, "message": "pq: too many clients"}, is_error=True))

PAGE = Answer(502, b"<html>Bad gateway</html>")


class Troubles:
    """Answers that are given instead of the colony's own, by message type; ``*`` for all. Set them at any time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: Counter[str] = Counter()
        self._answers: dict[str, tuple[Answer, float]] = {}
        monkeypatch.setattr("colony_tui.server.colony.answer", self._answer)

    def give(self, kind: str, answer: Answer, times: float = float("inf")) -> None:
        """Give this answer so many times."""
        self._answers[kind] = (answer, times)

    def clear(self) -> None:
        self._answers.clear()

    async def _answer(self, state: ServerState, body: bytes, count: Callable[[str], None]) -> Answer:
        kind = inner_message_type(open_envelope(body)) or ""
        self.asked[kind] += 1
        for key in (kind, "*"):
            given, times = self._answers.get(key, (BUSY, 0))
            if times > 0:
                self._answers[key] = (given, times - 1)
                return given
        return await answer(state, body, count)
