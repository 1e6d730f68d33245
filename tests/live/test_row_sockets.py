"""Subscriptions of rows: what is wished for follows the process, and a refusal is remembered."""

from __future__ import annotations

import pytest

from colony_tui.client.process_subscription import ProcessSubscription
from colony_tui.errors import Refused
from colony_tui.live import row_sockets
from colony_tui.live.row_sockets import RowSockets
from colony_tui.server.pubsub import PubSubSocket
from tests.colony import until
from tests.members import members


async def test_a_refusal_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused(500, "no subscriptions here")

    monkeypatch.setattr(PubSubSocket, "_follow_process", refuse)
    monkeypatch.setattr("colony_tui.client.process_subscription.YOUNG_LOOKS_S", ())
    async with members(strict=False) as people:
        first, second = await people.running("out"), await people.running("out")
        rows = RowSockets(people.me, lambda *_: None, budget=3)
        rows.want([first, second])
        for _ in range(3):
            await until(lambda: not len(rows))
            rows.want([first, second])
        assert people.colony.counts["handshakes"] == 4, "each wish once; the last one had to wait for room"
        monkeypatch.setattr(row_sockets, "REFUSED_S", 0.0)
        rows._resting.clear()
        rows.want([first])
        await until(lambda: not len(rows))
        rows.want([first])
        await until(lambda: not len(rows))
        assert people.colony.counts["handshakes"] == 8
        await rows.end()


async def test_what_nobody_thought_of_is_told_and_not_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: ProcessSubscription) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(ProcessSubscription, "_run", fail)
    async with members() as people:
        process = await people.running("out")
        told: list[Exception] = []
        rows = RowSockets(people.me, lambda *_: None, on_mishap=told.append)
        for _ in range(3):
            rows.want([process])
            await until(lambda: not len(rows))
        assert [type(error) for error in told] == [ZeroDivisionError] * 2
        await rows.end()
