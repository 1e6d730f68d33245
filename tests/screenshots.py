"""Pictures of the real app on the seeded demo: ``python -m tests.screenshots [FOLDER]``.

Writes SVG, and PNG beside it where a Chromium is installed. Not a test: what stands in a picture depends on the moment.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from colony_tui.client import ColonyClient
from colony_tui.demo.colony import Demo
from colony_tui.model import NANOSECONDS
from colony_tui.tui.keeping import Files
from colony_tui.tui.live_session import LiveSession
from colony_tui.tui.run import LiveApp

_REMOTE_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class Shot:
    """A picture to take."""

    name: str
    size: tuple[int, int]
    theme: str
    function: str
    """The process of this function is opened."""
    is_ready: Callable[[LiveApp], bool]


def says(words: str) -> Callable[[LiveApp], bool]:
    """Whether words stand on the screen."""
    return lambda app: words in screen_text(app)


def screen_text(app: LiveApp) -> str:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


SHOTS = (
    Shot("main-dark", (160, 45), "colony-dark", "chat", says("following")),
    Shot("main-light", (160, 45), "colony-light", "chat", says("following")),
    Shot("progress-80x24", (80, 24), "colony-dark", "long-task", says("ended: success")),
)


async def take(shot: Shot, folder: Path) -> Path:
    """Open the demo, wait until the screen shows what it is meant to, and write the picture."""
    async with AsyncExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = await stack.enter_async_context(Demo(seed=1))
        connection = ColonyClient.connect(demo.address, demo.private_key, demo.colony)
        client = await stack.enter_async_context(connection)
        session = LiveSession(client, demo.colony, files=Files(own / "archive.db", own / "desk.db"))
        app = LiveApp(session)
        async with app.run_test(size=shot.size) as pilot:
            app.theme = shot.theme
            await until(pilot, lambda: session.colony.watcher.statistics is not None)
            await until(pilot, lambda: found(session, shot.function) is not None)
            app.screen.open(found(session, shot.function), "")  # type: ignore[attr-defined]
            await until(pilot, lambda: shot.is_ready(app))
            opened_ns = min(row.process.submitted_ns for row in session.rows)
            await until(pilot, lambda: session.now_ns() - opened_ns > 12 * NANOSECONDS)
            picture = app.export_screenshot(title="colony-tui")
    path = folder / f"{shot.name}.svg"
    path.write_text(_REMOTE_FONT.sub("", picture))
    return path


def found(session: LiveSession, function: str) -> str | None:
    mine = (row.process for row in session.rows if row.process.spec.function == function)
    return next((process.id for process in mine), None)


async def until(pilot: Pilot[None], holds: Callable[[], bool], tries: int = 3000) -> None:
    """Let the app go on until a condition holds."""
    for _ in range(tries):
        if holds():
            return
        await pilot.pause(0.02)
    raise TimeoutError("the picture did not become what it should show")


def make_png(svg: Path) -> None:
    """Turn a picture into a PNG, where a Chromium is there to do it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    size = _SIZE.search(svg.read_text())
    if browser is None or size is None:
        return
    width, height = (int(float(side)) + 1 for side in size.groups())
    with tempfile.TemporaryDirectory() as profile:
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
        network = "--disable-background-networking --disable-component-update"
        target = f"--user-data-dir={profile} --window-size={width},{height} --screenshot={svg.with_suffix('.png')}"
        command = [browser, *flags.split(), *network.split(), *target.split(), svg.absolute().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    for shot in SHOTS:
        path = asyncio.run(take(shot, folder))
        make_png(path)
        print(path)


if __name__ == "__main__":
    main()
