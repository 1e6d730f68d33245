"""Options that every command which connects shares, before the command's name or behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from colony_tui.config import Flags

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Gather what was given where :func:`flags_of` finds it; what stands behind the command's name wins."""
    if value is not None and parameter.name is not None:
        context.ensure_object(dict)[parameter.name] = value


def _option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return click.option(*names, callback=_keep, expose_value=False, default=None, **settings)


_PATH = click.Path(path_type=Path)
_CONNECTION = (
    _option("--profile", metavar="NAME", help="Profile of the configuration file."),
    _option("--host", metavar="HOST", help="The server's name or address."),
    _option("--port", metavar="PORT", type=click.IntRange(1, 65535), help="The server's port."),
    _option("--tls/--no-tls", help="Whether the link is encrypted (default: it is)."),
    _option("--colony", metavar="NAME", help="The colony's name."),
    _option("--private-key-file", metavar="FILE", type=_PATH, help="File with the private key, mode 0600."),
    _option("--ca-file", metavar="FILE", type=_PATH, help="Certificate authority (PEM) to trust."),
    _option("--insecure", is_flag=True, help="Accept any certificate. Dangerous."),
)
_APP = (
    _option("--read-only", is_flag=True, help="Send, submit, cancel, remove and acknowledge nothing."),
    _option("--archive", metavar="FILE", type=_PATH, help="Where what is seen is recorded."),
    _option("--no-archive", is_flag=True, help="Record nothing of what is seen."),
    _option(
        "--ack/--no-ack", help="Acknowledge on sync what was submitted here, once it is stored (default: it is done)."
    ),
    _option("--theme", metavar="NAME", help="colony-dark, colony-light or one of Textual's (default: the last one)."),
    _option("--sockets", metavar="N", type=click.IntRange(1, 1024), help="Subscriptions at a time (default: 32)."),
)


def connection_options(command: Decorated) -> Decorated:
    """Add what says where the colony is and who one is."""
    return _add(_CONNECTION, command)


def app_options(command: Decorated) -> Decorated:
    """Add the connection's options and those of the app."""
    return _add(_CONNECTION + _APP, command)


def _add(options: tuple[Callable[[Any], Any], ...], command: Decorated) -> Decorated:
    for option in reversed(options):
        command = option(command)
    return command


def flags_of(context: click.Context) -> Flags:
    """The shared options that were given, as settings."""
    from colony_tui.config import Flags

    return Flags(**(context.find_object(dict) or {}))
