"""From arguments to an exit code: runs a command, and says every expected error in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import click

from colony_tui.cli import exits, output
from colony_tui.cli.commands import commands
from colony_tui.errors import ColonyError, SettingsError

NAME = "colony-tui"


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name (by default the process's) and return its exit code."""
    output.prepare()
    try:
        return _run(arguments)
    finally:
        output.finish()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = commands.main(args=arguments, prog_name=NAME, standalone_mode=False)
    except output.OutputClosed:
        return exits.SUCCESS
    except (click.Abort, KeyboardInterrupt):
        return exits.INTERRUPTED
    except click.ClickException as error:
        _tell_usage(error)
        return exits.USAGE
    except ColonyError as error:
        for sentence in error.problems if isinstance(error, SettingsError) else (str(error),):
            output.note(f"{NAME}: {sentence}")
        return exits.of_error(error)
    return code if isinstance(code, int) else exits.SUCCESS


def _tell_usage(error: click.ClickException) -> None:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        output.note(error.ctx.get_usage())
        output.note(f"Try: {error.ctx.command_path} -h")
    output.note(f"{NAME}: {error.format_message()}")
