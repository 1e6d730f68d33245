"""Options that commands share, before a command's name or behind it. A command refuses those that it has no use for."""

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
_NAMES_COLONY = frozenset({"profile", "host", "port", "tls", "colony", "private_key_file", "ca_file", "insecure"})
"""Options that say which colony is meant, and who one is there."""

# Nothing that only reads changes by it; it is there so that it can be given with every command.
_QUIET_READ_ONLY = (_option("--read-only", is_flag=True, hidden=True),)
_RECORD = (
    _option("--archive", metavar="FILE", type=_PATH, help="What the app has recorded, where it is kept elsewhere."),
    _option("--no-archive", is_flag=True, help="Read nothing of what was recorded."),
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
    return _add(_CONNECTION + _QUIET_READ_ONLY, command)


def record_options(command: Decorated) -> Decorated:
    """Add what says where the record is that a command reads."""
    return _add(_RECORD, command)


def app_options(command: Decorated) -> Decorated:
    """Add the connection's options and those of the app."""
    return _add(_CONNECTION + _APP, command)


def demo_options(command: Decorated) -> Decorated:
    """Add those of the app's options that lead to no colony."""
    return _add(_APP, command)


def _add(options: tuple[Callable[[Any], Any], ...], command: Decorated) -> Decorated:
    for option in reversed(options):
        command = option(command)
    return command


class SharingCommand(click.Command):
    """A command that takes some of the shared options, and refuses the others instead of passing over them."""

    def invoke(self, ctx: click.Context) -> Any:
        taken = {parameter.name for parameter in self.params if parameter.callback is _keep}
        for name, value in (ctx.find_object(dict) or {}).items():
            if name not in taken:
                raise click.UsageError(self._refusal(ctx, name, value), ctx)
        return super().invoke(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            for option in _shared_options(ctx):
                if error.option_name in (*option.opts, *option.secondary_opts) and option.name is not None:
                    value = error.option_name in option.opts
                    raise click.UsageError(self._refusal(ctx, option.name, value), ctx) from None
            raise

    def _refusal(self, ctx: click.Context, name: str, value: Any) -> str:
        """Why a shared option does not go with the command, and where there is one that does."""
        option = next(option for option in _shared_options(ctx) if option.name == name)
        flag = (option.secondary_opts if value is False else option.opts)[0]
        if any(flag in parameter.opts for parameter in self.params):
            return f"{self.name} has a {flag} of its own: give it behind the command, as in {ctx.command_path} {flag} …"
        if name in _NAMES_COLONY:
            return f"{flag} does not go with {self.name}, which has a colony of its own"
        return f"{flag} does not go with {self.name}: it is for the app"


def _shared_options(context: click.Context) -> list[click.Option]:
    """The options that may stand before a command's name."""
    options = context.find_root().command.params
    return [option for option in options if isinstance(option, click.Option) and option.callback is _keep]


def flags_of(context: click.Context) -> Flags:
    """The shared options that were given, as settings."""
    from colony_tui.config import Flags

    return Flags(**(context.find_object(dict) or {}))
