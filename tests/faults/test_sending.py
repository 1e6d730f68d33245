"""Lines typed while the link is cut: each stands in the log exactly once, or is shown as unknown."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from colony_tui.live import chat as chat_module
from colony_tui.live.chat import ChatSession, Delivery
from colony_tui.model import Process
from tests.colony import until
from tests.faults.field import Field, faulty
from tests.faults.proxy import seeded
from tests.faults.test_following import TIMES


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_module, "LINK_PAUSE_S", 0.005)


async def counted(there: Field, process: Process) -> Counter[bytes]:
    """How often each payload of ours stands in the server's log."""
    entries = await there.people.bot.read_channel(process.id, "out")
    return Counter(entry.payload for entry in entries if entry.sender_id == there.me.id)


@pytest.mark.parametrize("times", TIMES)
async def test_each_line_stands_in_the_log_once_and_in_order(times: int) -> None:
    faults = 0
    for seed in range(5, 5 + times):
        script = seeded(seed, sockets=(1_000, 30_000), requests=(400, 4_000), roomy=150_000)
        async with faulty(script) as there:
            await send_lines(there, 500)
            faults += there.proxy.request_faults
            print(there.proxy)
    assert faults >= 10 * times


async def send_lines(there: Field, count: int) -> None:
    process = await there.people.running("out", max_exec_time=-1)
    watched = there.follow(process, "out")
    chat = ChatSession(there.me, watched.follower)
    sending = asyncio.create_task(chat.run())
    lines = [chat.send(b"line %d" % number) for number in range(count)]
    await asyncio.gather(*(line.settled.wait() for line in lines))
    sending.cancel()
    assert all(line.state is Delivery.SEEN for line in lines)
    assert await counted(there, process) == {line.payload: 1 for line in lines}
    sequences = [line.sequence for line in lines]
    assert sequences == sorted(set(sequences), key=lambda sequence: sequence or 0)


async def test_lines_in_flight_at_the_end_are_told_rightly() -> None:
    """The process is closed while lines are being sent: what is said of each agrees with what the executor has."""
    states: Counter[Delivery] = Counter()
    script = seeded(8, sockets=(2_000, 30_000), requests=(400, 4_000), roomy=12_000)
    async with faulty(script) as there:
        for number in range(12):
            states += await lines_at_an_end(there, Random(number))
    assert states[Delivery.SEEN] and states[Delivery.FAILED]


async def lines_at_an_end(there: Field, random: Random) -> Counter[Delivery]:
    process = await there.people.running("out", max_exec_time=-1)
    watched = there.follow(process, "out")
    chat = ChatSession(there.me, watched.follower)
    sending = asyncio.create_task(chat.run())
    lines = [chat.send(b"line %d" % at) for at in range(40)]
    enough = random.randrange(1, 40)
    await until(lambda: sum(line.state.is_settled for line in lines) >= enough)
    has = await counted(there, process)
    await there.people.bot.close(process.id)
    await watched.task
    await asyncio.gather(*(line.settled.wait() for line in lines))
    sending.cancel()
    for line in lines:
        if has[line.payload]:
            assert line.state is not Delivery.FAILED
        if line.state is Delivery.SEEN:
            assert line.payload in watched.payloads
    assert max(has.values(), default=0) <= 1
    return Counter(line.state for line in lines)
