"""``server``: the embedded colony alone, and the environment that leads to it."""

from __future__ import annotations

import asyncio
import errno
import os
import shlex
import signal
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from colony_tui.cli import exits, output
from colony_tui.client import ServerAddress
from colony_tui.config.values import Found, host_of, text_of
from colony_tui.errors import ColonyError, ConnectError, UsageError
from colony_tui.server import EmbeddedColony
from colony_tui.wire.keys import Identity

if TYPE_CHECKING:
    from colony_tui.demo.life import Life

_SERVER_KEY, _COLONY_KEY, _USER_KEY = "COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_PRVKEY"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses to listen on that are none to connect to."""


def serve(host: str, port: int, colony: str, env_file: Path | None, *, has_bots: bool = False) -> int:
    """Serve until interrupted or terminated."""
    host, colony = _checked("host", host, host_of), _checked("colony", colony, text_of)
    server_key, colony_key, user_key = keys = [_given_key(name) for name in (_SERVER_KEY, _COLONY_KEY, _USER_KEY)]
    given = [key for key in keys if key is not None]
    if len(set(given)) < len(given):
        raise UsageError(f"{_SERVER_KEY}, {_COLONY_KEY} and {_USER_KEY} must be different keys")
    embedded = EmbeddedColony(
        host=host, port=port, colony=colony, server_key=server_key, colony_key=colony_key, user_key=user_key
    )
    try:
        return asyncio.run(_serve(embedded, env_file.absolute() if env_file else None, has_bots=has_bots))
    except ConnectError as error:
        # Nobody tried to connect anywhere: it is the address that cannot be had.
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE:
            where = ServerAddress(host, port).authority
            raise ColonyError(f"{where} is in use: choose another --port, or 0 for a free one") from None
        raise ColonyError(str(error)) from None


def _checked(name: str, value: str, parse: Callable[[Found], str]) -> str:
    try:
        return parse(Found(value, f"--{name}"))
    except ValueError as error:
        raise UsageError(f"{name} from --{name} {error}") from None


def _given_key(variable: str) -> str | None:
    key = os.environ.get(variable, "").strip()
    if not key:
        return None
    Identity(key, variable)
    return key


async def _serve(embedded: EmbeddedColony, env_file: Path | None, *, has_bots: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell starts its background jobs with interrupts ignored, and so it shall be.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(embedded)
        life = await stack.enter_async_context(_life_on(embedded)) if has_bots else None
        if life is not None:
            # Who reads the environment finds all there is.
            await life.wait_until_open()
        lines = [f"export {name}={shlex.quote(value)}" for name, value in environment(embedded).items()]
        if env_file is not None:
            write_private(env_file, "\n".join([*lines, ""]))
        for line in lines:
            output.line(line)
        _let_go_of_output()
        output.note(f"The embedded colony {embedded.colony} serves on {embedded.url}; its data is in memory only.")
        if life is not None:
            output.note("The demo's bots are on it, and what they do has begun.")
        if not ServerAddress(embedded.host, embedded.port).is_loopback:
            output.note("Other machines can reach it, over a link that is not encrypted.")
        if env_file is not None:
            output.note(f"In another terminal: . {shlex.quote(str(env_file))} && colony-tui")
        await (stop.wait() if life is None else life.wait_for(stop))
    output.note("Stopped.")
    return exits.SUCCESS


def _life_on(embedded: EmbeddedColony) -> Life:
    """The demo's bots and users. Loaded only where they are wanted."""
    from colony_tui.demo.life import Life

    return Life(embedded, ServerAddress(_reached_at(embedded), embedded.port, tls=False))


def _reached_at(embedded: EmbeddedColony) -> str:
    return _EVERYWHERE.get(embedded.host, embedded.host)


def environment(embedded: EmbeddedColony) -> dict[str, str]:
    """What a user of the colony exports; every variable that would win over another one is among them."""
    return {
        "COLONIES_SERVER_HOST": _reached_at(embedded),
        "COLONIES_SERVER_PORT": str(embedded.port),
        "COLONIES_SERVER_HTTP_PORT": str(embedded.port),
        "COLONIES_TLS": "false",
        "COLONIES_SERVER_TLS": "false",
        "COLONIES_COLONY_NAME": embedded.colony,
        "COLONIES_COLONY_ID": embedded.colony_id,
        _SERVER_KEY: embedded.server_key,
        _COLONY_KEY: embedded.colony_key,
        _USER_KEY: embedded.user_key,
        "COLONY_TUI_SERVER_PID": str(os.getpid()),
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        ColonyError: it cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError as error:
        raise ColonyError(f"The environment cannot be written to {path}: {error.strerror}") from None


def _let_go_of_output() -> None:
    """Close the pipe that a shell's ``$(…)`` reads to its end, so that it can go on while we serve."""
    if stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
