"""The commands that open the app: on the configured colony, and on the demo's."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from colony_tui.cli.find import find_channel, find_process
from colony_tui.cli.session import settings_of
from colony_tui.client import ColonyClient
from colony_tui.config import PRIVATE_KEY_VARIABLE, Flags, Settings, load_settings
from colony_tui.errors import UsageError
from colony_tui.wire.keys import generate_private_key

if TYPE_CHECKING:
    from colony_tui.live.colony import Manners
    from colony_tui.tui.keeping import Files

_DEMO_HOST, _DEMO_COLONY = "127.0.0.1", "dev"


def open_app(flags: Flags, process: str | None, channel: str | None) -> int:
    """Open the app on the configured colony, at a process and channel where they are given."""
    settings = settings_of(flags)
    _check_terminal()
    return asyncio.run(_open_app(settings, process, channel))


async def _open_app(settings: Settings, process_text: str | None, channel_text: str | None) -> int:
    run_app, files = _load_app()
    async with ColonyClient.connect(settings.address, settings.private_key, settings.colony) as client:
        process_id, channel = "", None
        if process_text is not None:
            process = await find_process(client, process_text)
            process_id = process.id
            channel = None if channel_text is None else find_channel(process, channel_text)
        return await run_app(
            client,
            process_id=process_id,
            channel=channel,
            files=files(settings.archive, settings.desk),
            theme=settings.theme,
            manners=_manners(settings),
        )


def open_demo(flags: Flags) -> int:
    """Open the app on an embedded colony with live bots."""
    # Painted first, served then: what connects meanwhile waits in the queue of a socket that listens already.
    with socket.create_server((_DEMO_HOST, 0)) as listener:
        settings = _demo_settings(flags, listener.getsockname()[1])
        _check_terminal()
        has_own_archive = flags.archive is not None or bool(flags.no_archive)
        return asyncio.run(_open_demo(settings, listener, has_own_archive=has_own_archive))


def _demo_settings(flags: Flags, port: int) -> Settings:
    """The flags' settings, for the demo's colony; environment and profiles are those of other colonies."""
    here = replace(flags, host=_DEMO_HOST, port=port, tls=False, colony=_DEMO_COLONY)
    return load_settings(here, {PRIVATE_KEY_VARIABLE: generate_private_key()}, file=Path(os.devnull))


async def _open_demo(settings: Settings, listener: socket.socket, *, has_own_archive: bool) -> int:
    run_app, files = _load_app()
    async with AsyncExitStack() as stack:
        connection = ColonyClient.connect(settings.address, settings.private_key, settings.colony)
        client = await stack.enter_async_context(connection)

        async def opening() -> None:
            demo = await asyncio.to_thread(import_module, "colony_tui.demo.colony")
            colony = await stack.enter_async_context(demo.Demo(listener=listener, private_key=settings.private_key))
            await colony.wait_until_open()

        # So that history works as on a colony that lasts; nothing of it stays that nobody asked for.
        folder = stack.enter_context(_passing_folder())
        return await run_app(
            client,
            files=files(settings.archive if has_own_archive else folder / "archive.db", folder / "desk.db"),
            theme=settings.theme,
            manners=_manners(settings),
            opening=opening,
        )


def _manners(settings: Settings) -> Manners:
    from colony_tui.live.colony import Manners
    from colony_tui.live.share import SOCKETS

    return Manners(is_read_only=settings.read_only, may_ack=settings.ack, sockets=settings.sockets or SOCKETS)


@contextmanager
def _passing_folder() -> Iterator[Path]:
    """A folder that goes with the context, and also when the terminal does: a hang-up would end the program at once."""
    with TemporaryDirectory(prefix="colony-tui-demo-", ignore_cleanup_errors=True) as name:

        def end(number: int, _: FrameType | None) -> None:
            rmtree(name, ignore_errors=True)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        before = signal.signal(signal.SIGHUP, end)
        try:
            yield Path(name)
        finally:
            signal.signal(signal.SIGHUP, before)


def _load_app() -> tuple[Callable[..., Coroutine[None, None, int]], type[Files]]:
    """``run_app`` and what it is told of files.

    They are loaded without collecting garbage, of which modules have none; nor are they looked at later.
    """
    gc.disable()
    try:
        from colony_tui.tui.keeping import Files
        from colony_tui.tui.run import run_app
    finally:
        gc.freeze()
        gc.enable()
    return run_app, Files


def _check_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The app needs a terminal; for scripts there are ps, tail, send and whoami")
