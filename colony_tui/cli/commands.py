"""The commands with their arguments and options. Each imports what it runs when it is called."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colony_tui import __version__
from colony_tui.cli.options import (
    SharingCommand,
    app_options,
    connection_options,
    demo_options,
    flags_of,
    record_options,
)

if TYPE_CHECKING:
    from colony_tui.client import ColonyClient
    from colony_tui.config import Settings

_STATES = ("waiting", "running", "success", "failed", "cancelled")
_HEX = frozenset("0123456789abcdefABCDEF")
_json = click.option("--json", "is_json", is_flag=True, help="One JSON object a line; [] when there is nothing.")


class _Commands(click.Group):
    """Commands; arguments that begin with no command's name are those of ``open``."""

    command_class = SharingCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            if not _HEX.issuperset(args[0]):
                raise click.UsageError(f"{args[0]!r} is neither a command nor a process id{self._meant(args[0])}", ctx)
            return "open", self.commands["open"], args
        return super().resolve_command(ctx, args)

    def _meant(self, word: str) -> str:
        from difflib import get_close_matches

        shown = [name for name, command in self.commands.items() if not command.hidden]
        close = get_close_matches(word, shown, 1)
        return f"; did you mean {close[0]}?" if close else ""


def _check_sequence(context: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
    """A range of the type would be told in the help, where nobody needs to read it."""
    if value is not None and not -(2**63) <= value < 2**63:
        raise click.BadParameter(f"{value} is no whole number of 64 bits", context, parameter)
    return value


def _show_version(context: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given and not context.resilient_parsing:
        click.echo(f"colony-tui {__version__}")
        context.exit()


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    subcommand_metavar="[PROCESS [CHANNEL] | COMMAND …]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 success, 1 failure, 2 usage or configuration, 3 cannot connect, 4 the process failed, "
    "5 it was cancelled, 130 interrupted.",
)
@app_options
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it.")
@click.pass_context
def commands(context: click.Context) -> int | None:
    """Watch ColonyOS processes live, read their channels, and chat with their executors.

    Without a command: opens the app, at PROCESS and CHANNEL where they are given. Ids may be shortened.
    """
    return None if context.invoked_subcommand else _open_app(context, None, None)


@commands.command("open", hidden=True)
@click.argument("process", required=False)
@click.argument("channel", required=False)
@app_options
@click.pass_context
def open_app(context: click.Context, process: str | None, channel: str | None) -> int:
    """Open the app, at a process and channel where they are given."""
    return _open_app(context, process, channel)


def _open_app(context: click.Context, process: str | None, channel: str | None) -> int:
    from colony_tui.cli.app import open_app

    return open_app(flags_of(context), process, channel)


@commands.command()
@demo_options
@click.pass_context
def demo(context: click.Context) -> int:
    """Open the app on a colony of its own, with live bots. Nothing to set up, no network."""
    from colony_tui.cli.app import open_demo

    return open_demo(flags_of(context))


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="0, the default, for a free one.")
@click.option("--colony", metavar="NAME", default="dev", show_default=True, help="The colony's name.")
@click.option("--env-file", metavar="FILE", type=click.Path(path_type=Path), help="Write the environment here as well.")
@click.option("--bots", "has_bots", is_flag=True, help="With the demo's bots on it, and what they do.")
def server(host: str, port: int, colony: str, env_file: Path | None, has_bots: bool) -> int:
    """Run the embedded colony alone and print its environment.

    It is what users of the colony need. Private keys are those of COLONIES_SERVER_PRVKEY, COLONIES_COLONY_PRVKEY and
    COLONIES_PRVKEY where they are set, else fresh ones. For a second terminal: colony-tui server --env-file colony.env
    here, and . ./colony.env there. In one terminal: eval "$(colony-tui server &)", and kill $COLONY_TUI_SERVER_PID in
    the end.
    """
    from colony_tui.cli.server import serve

    return serve(host, port, colony, env_file, has_bots=has_bots)


@commands.command()
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only this state; may be repeated.")
@click.option("--all", "is_all", is_flag=True, help="Ended processes too: the newest 100 of each state.")
@click.option("--mine", "is_mine", is_flag=True, help="Only what I submitted or am assigned to.")
@_json
@connection_options
@click.pass_context
def ps(context: click.Context, states: tuple[str, ...], is_all: bool, is_mine: bool, is_json: bool) -> int:
    """List processes, by default those that wait and run."""
    from colony_tui.cli.ps import list_processes
    from colony_tui.cli.session import with_client

    if states and is_all:
        raise click.UsageError("--state and --all contradict: give one of them", context)
    wanted = states or (_STATES if is_all else _STATES[:2])
    return with_client(
        flags_of(context), lambda client: list_processes(client, wanted, is_mine=is_mine, is_json=is_json)
    )


@commands.command()
@click.argument("process")
@click.argument("channel", required=False)
@click.option("-f", "--follow", "is_following", is_flag=True, help="Go on until the process ends; exit with its code.")
@_json
@connection_options
@record_options
@click.pass_context
def tail(context: click.Context, process: str, channel: str | None, is_following: bool, is_json: bool) -> int:
    """Print a channel's entries; of an ended process, those recorded.

    It is the app that records them, as long as it sees them. CHANNEL may be left out where there is only one.
    """
    from colony_tui.cli.recorded import Record
    from colony_tui.cli.session import with_settings
    from colony_tui.cli.tail import print_channel

    flags = flags_of(context)

    def tell(client: ColonyClient, settings: Settings) -> Coroutine[None, None, int]:
        record = Record(settings.archive, is_asked_for=flags.archive is not None)
        return print_channel(client, process, channel, record, is_following=is_following, is_json=is_json)

    return with_settings(flags, tell)


@commands.command(context_settings={"ignore_unknown_options": True})
@click.argument("process")
@click.argument("channel")
@click.argument("text")
@click.option(
    "--reply-to",
    metavar="SEQUENCE",
    type=int,
    callback=_check_sequence,
    help="The entry of the other party that this answers.",
)
@_json
@connection_options
@click.pass_context
def send(context: click.Context, process: str, channel: str, text: str, reply_to: int | None, is_json: bool) -> int:
    """Append TEXT to a channel and wait until it stands in the log. TEXT -: standard input, less a last line break."""
    from colony_tui.cli.send import payload_of, send_line
    from colony_tui.cli.session import with_client

    payload = payload_of(text)
    return with_client(
        flags_of(context),
        lambda client: send_line(client, process, channel, payload, reply_to=reply_to, is_json=is_json),
        is_writing=True,
    )


@commands.command()
@_json
@connection_options
@click.pass_context
def whoami(context: click.Context, is_json: bool) -> int:
    """Say who the configured key is in the colony."""
    from colony_tui.cli.session import with_client
    from colony_tui.cli.whoami import tell_identity

    return with_client(flags_of(context), lambda client: tell_identity(client, is_json=is_json))
