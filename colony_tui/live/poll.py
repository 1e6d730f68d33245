"""One thing that is asked for again and again, at the pace of its beat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from colony_tui.client.link import Link
from colony_tui.client.patience import Patience
from colony_tui.client.retry import RetryPolicy
from colony_tui.errors import ColonyError, ConnectError
from colony_tui.live.beat import Beat

LOST = RetryPolicy(first=2.0)
"""When a poll that met no server is tried again."""


class Poll:
    """Asks while :meth:`run` runs; no error ends it.

    A broken link, which knows and shows itself, is tried again by :data:`LOST`, or as soon as something else succeeds.
    Whatever an answer was, the next question waits for the beat: what costs the server most is likeliest to fail.

    Args:
        on_error: told of refusals and of replies that are none.
        on_mishap: told of what nobody thought of.
    """

    def __init__(
        self,
        link: Link,
        beat: Beat,
        ask: Callable[[], Awaitable[None]],
        *,
        on_error: Callable[[ColonyError], None] = lambda error: None,
        on_mishap: Callable[[Exception], None],
    ) -> None:
        self._patience = Patience(link, LOST)
        self._beat = beat
        self._ask = ask
        self._on_error = on_error
        self._on_mishap = on_mishap

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self._ask()
            except ConnectError:
                await self._patience.wait(self._patience.delay())
                continue
            except ColonyError as error:
                self._on_error(error)
            except Exception as error:  # noqa: BLE001 - it is shown, and other polls go on
                self._on_mishap(error)
            self._patience.restored()
            await self._beat.wait()
