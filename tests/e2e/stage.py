"""The app on a strict embedded colony, with real bots in it, driven by keys and watched as a terminal would see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget

from colony_tui.client import ColonyClient
from colony_tui.live.colony import Manners
from colony_tui.model import ChannelEntry, FunctionSpec, Process
from colony_tui.server.limits import Limits
from colony_tui.store.condition import ConditionKind
from colony_tui.tui.keeping import Files
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.run import LiveApp
from colony_tui.tui.screens.main import MainScreen
from colony_tui.tui.widgets.chat_input import ChatInput, ChatText
from colony_tui.tui.widgets.process_list import ProcessList
from colony_tui.wire.keys import generate_private_key
from tests.demo.performing import bot, running
from tests.members import Members, address_of, members
from tests.tui.screen import screen_text, widget_text

WIDE, NARROW = (160, 45), (80, 24)
PATIENCE_S = 40.0


class RecordingDriver(HeadlessDriver):
    """A terminal that is none: what the app writes is kept."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed on as they are
        self.writes: list[str] = []
        self.count = 0
        self.on_write: Callable[[str], None] = lambda data: None

    @property
    def is_headless(self) -> bool:
        """Not headless: else nothing would be painted at all."""
        return False

    def write(self, data: str) -> None:
        self.writes.append(data)
        self.count += 1
        self.on_write(data)

    @property
    def written(self) -> str:
        """All that was written so far."""
        return "".join(self.writes)


@dataclass
class Player:
    """An app that runs, and whoever sits before it."""

    app: LiveApp
    session: LiveSession
    pilot: Pilot[None]
    client: ColonyClient
    _seen: tuple[int, str] = (-1, "")

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return screen_text(self.app)

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def driver(self) -> RecordingDriver:
        assert isinstance(self.app._driver, RecordingDriver)
        return self.app._driver

    def has(self, *words: str) -> bool:
        """Whether all of it stands on the screen; looks again only once something was painted."""
        count = self.driver.count
        if self._seen[0] != count:
            self._seen = (count, self.text)
        return all(word in self._seen[1] for word in words)

    @property
    def stream(self) -> str:
        """What stands in the stream."""
        return widget_text(self.main.pane.holder.stream)

    @property
    def condition(self) -> ConditionKind | None:
        """Of the stream on the screen."""
        condition = self.main.pane.holder.condition
        return condition.kind if condition is not None else None

    def process(self, process_id: str) -> Process:
        """The latest snapshot that the app has of a process that it knows."""
        process = self.session.colony.watcher.table.get(process_id)
        assert process is not None
        return process

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the app go on until the condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it never came:\n{self.text}")
            await asyncio.sleep(0.01)

    async def shows(self, *words: str) -> None:
        """Wait until all of it stands on the screen."""
        await self.until(lambda: self.has(*words))

    async def hides(self, words: str) -> None:
        """Wait until it stands on the screen no more."""
        await self.until(lambda: not self.has(words))

    async def focuses(self, kind: type[Widget]) -> None:
        """Wait until a widget of that kind has the focus."""
        await self.until(lambda: isinstance(self.app.focused, kind))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Go to the input, put a line in and send it."""
        if not isinstance(self.app.focused, ChatText):
            await self.press("i")
            await self.focuses(ChatText)
        self.paste(text)
        await self.until(lambda: self.main.query_one(ChatInput).text == text)
        await self.press("enter")

    def paste(self, text: str) -> None:
        """Hand text over as a terminal does it with a paste."""
        self.app.post_message(Paste(text))

    async def opens(self, process_id: str, channel: str | None = None) -> None:
        """Open a process once it is listed."""
        await self.focuses(ProcessList)
        await self.until(lambda: self.session.colony.watcher.table.get(process_id) is not None)
        self.app.call_later(self.main.open, process_id, channel)
        await self.until(lambda: self.main.pane.process_id == process_id and self.main.pane.has_focus_within)

    async def is_live(self) -> None:
        """Wait until the server has proven the stream on the screen."""
        await self.until(lambda: self.condition is ConditionKind.LIVE)

    def log_of(self, process_id: str, channel: str) -> list[ChannelEntry]:
        """What the app holds of a channel."""
        return list(self.session.log(process_id, channel) or ())


@dataclass
class Stage:
    """A colony with a user, an executor that does what the test says, and bots of the demo."""

    people: Members
    _apps: AsyncExitStack = field(repr=False)

    async def start_bot(self, name: str) -> None:
        """Let a bot of the demo live here until the stage closes. It never waits."""
        player = replace(bot(name), name=f"{name}-demo")
        client = self.people.client(generate_private_key())
        await player.register(self.people.owner, client)
        await self._apps.enter_async_context(running(player.runner(client, check_s=0.2)))

    async def submit(self, function: str, executor_type: str, *channels: str, **more: object) -> Process:
        """A process of the user's, submitted elsewhere."""
        return await self.people.me.submit(
            FunctionSpec(function=function, executor_type=executor_type, channels=channels, **more)  # type: ignore[arg-type]  # the caller names fields
        )

    @asynccontextmanager
    async def app(
        self,
        *,
        key: str = "",
        process_id: str = "",
        channel: str | None = None,
        size: tuple[int, int] = WIDE,
        is_read_only: bool = False,
        files: Files | None = None,
    ) -> AsyncIterator[Player]:
        """The app, for the user or for another key, with a connection of its own."""
        colony = self.people.colony
        async with ColonyClient.connect(address_of(colony), key or colony.user_key, colony.colony) as client:
            session = LiveSession(client, colony.colony, files=files, manners=Manners(is_read_only=is_read_only))
            app = LiveApp(session, process_id=process_id, channel=channel)
            app.driver_class = RecordingDriver
            async with app.run_test(size=size, headless=False) as pilot:
                player = Player(app, session, pilot, client)
                await player.until(lambda: any(isinstance(screen, MainScreen) for screen in app.screen_stack))
                yield player
            await session.over()


@asynccontextmanager
async def stage(*bots: str, limits: Limits | None = None) -> AsyncIterator[Stage]:
    """A strict colony with these bots of the demo. Fails when anybody harmed it."""
    async with members(limits=limits) as people, AsyncExitStack() as apps:
        scene = Stage(people, apps)
        for name in bots:
            await scene.start_bot(name)
        yield scene


def tasks_but_mine() -> set[asyncio.Task[object]]:
    """Every task of the loop but the one that asks."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
