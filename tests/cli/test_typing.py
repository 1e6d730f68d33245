"""Bursts of keys through a real terminal, as a link that stalls hands them over."""

from __future__ import annotations

import asyncio

import pytest

from colony_tui.client import ColonyClient
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import running, variables
from tests.cli.terminal import run_in_terminal
from tests.cli.test_app_files import SCREEN, Typist

pytestmark = pytest.mark.e2e


async def test_a_burst_is_sent_as_it_was_typed(colony: EmbeddedColony, alice: ColonyClient, bot: ColonyClient) -> None:
    process = await running(alice, bot)
    lines = b"ihello\rbbbb\x1b\rXY\ncc\x1b\rdd\rabc\rdef\rghi\r"
    settings = variables(colony, colony.user_key) | SCREEN
    typist = Typist((b"Enter sends", lines))
    program = asyncio.create_task(
        asyncio.to_thread(run_in_terminal, (process.id[:12], "chat"), settings, on_output=typist)
    )
    sent: list[bytes] = []
    while b"ghi" not in b"".join(sent):
        assert not program.done()
        sent = [entry.payload for entry in await alice.read_channel(process.id, "chat")]
    assert typist.process is not None
    typist.process.kill()
    assert (await program).code == -9
    assert sent == [b"hello", b"bbbb\nXY\ncc\ndd", b"abc", b"def", b"ghi"]
