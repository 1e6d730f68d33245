"""Shared options: each command honours what is given before or behind its name, or refuses it; it ignores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from colony_tui.archive import ArchiveReader
from colony_tui.cli.commands import commands
from colony_tui.cli.main import run
from colony_tui.cli.options import SharingCommand
from colony_tui.config import Flags
from colony_tui.tui.theme import LIGHT_THEME
from tests.cli.terminal import run_in_terminal
from tests.cli.test_app_files import SCREEN, Typist

COLONY: dict[tuple[str, ...], dict[str, object]] = {
    ("--profile", "work"): {"profile": "work"},
    ("--host", "there"): {"host": "there"},
    ("--port", "5"): {"port": 5},
    ("--tls",): {"tls": True},
    ("--no-tls",): {"tls": False},
    ("--colony", "prod"): {"colony": "prod"},
    ("--private-key-file", "key"): {"private_key_file": Path("key")},
    ("--ca-file", "ca.pem"): {"ca_file": Path("ca.pem")},
    ("--insecure",): {"insecure": True},
}
"""Options that lead to a colony, and what they set."""
READ_ONLY: dict[tuple[str, ...], dict[str, object]] = {("--read-only",): {"read_only": True}}
RECORD: dict[tuple[str, ...], dict[str, object]] = {
    ("--archive", "file"): {"archive": Path("file")},
    ("--no-archive",): {"no_archive": True},
}
LOOKS: dict[tuple[str, ...], dict[str, object]] = {
    ("--ack",): {"ack": True},
    ("--no-ack",): {"ack": False},
    ("--theme", "nord"): {"theme": "nord"},
    ("--sockets", "3"): {"sockets": 3},
}
APP = READ_ONLY | RECORD | LOOKS
ALL = COLONY | APP
COMMANDS = {
    ("ab12",): ALL,
    ("open", "ab12"): ALL,
    ("demo",): APP,
    ("server",): {},
    ("ps",): COLONY | READ_ONLY,
    ("tail", "ab12"): COLONY | READ_ONLY | RECORD,
    ("send", "ab12", "chat", "text"): COLONY | READ_ONLY,
    ("whoami",): COLONY | READ_ONLY,
}
"""Each command, with the shared options that it honours."""
OWN = {"--host", "--port", "--colony"}
"""Options of ``server`` that are spelled like shared ones: behind its name they are meant."""


def combinations() -> Iterator[ParameterSet]:
    for command in COMMANDS:
        for option in ALL:
            for arguments, is_behind in (([*option, *command], False), ([command[0], *option, *command[1:]], True)):
                if not (is_behind and command[0] == "server" and option[0] in OWN):
                    yield pytest.param(command, option, arguments, is_behind, id=" ".join(arguments))


class Reached(Exception):
    """A command has begun, with these settings."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, bare: Path) -> list[Flags]:
    """What commands begin with, which end there."""
    seen: list[Flags] = []

    def load(flags: Flags, *_: object, **__: object) -> None:
        seen.append(flags)
        raise Reached

    def serve(*_: object, **__: object) -> None:
        seen.append(Flags())
        raise Reached

    for module in ("session", "app"):
        monkeypatch.setattr(f"colony_tui.cli.{module}.load_settings", load)
    monkeypatch.setattr("colony_tui.cli.server.serve", serve)
    return seen


def test_the_table_holds_every_command_and_every_shared_option() -> None:
    assert {command[0] for command in COMMANDS} - {"ab12"} == set(commands.commands)
    spelled = {name for option in commands.params for name in (*option.opts, *option.secondary_opts)}
    assert {option[0] for option in ALL} == spelled - {"--version"}
    assert all(isinstance(command, SharingCommand) for command in commands.commands.values())


@pytest.mark.parametrize(("command", "option", "arguments", "is_behind"), combinations())
def test_an_option_is_honoured_or_refused(
    begun: list[Flags],
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    option: tuple[str, ...],
    arguments: list[str],
    is_behind: bool,
) -> None:
    if option in COMMANDS[command]:
        with pytest.raises(Reached):
            run(arguments)
        assert {name: getattr(begun[0], name) for name in ALL[option]} == ALL[option]
        return
    assert run(arguments) == 2
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert begun == [] and sentence.startswith("colony-tui: ")
    # Behind "send" what looks like an option may be the text.
    assert (option[0] in sentence and command[0] in sentence) or (is_behind and command[0] == "send")


def test_where_an_option_of_the_command_belongs_is_said(begun: list[Flags], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--port", "5", "server"]) == 2
    assert "give it behind the command, as in colony-tui server --port …" in capsys.readouterr().err


def test_options_of_a_list_that_contradict_are_refused(begun: list[Flags], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ps", "--state", "running", "--all"]) == 2
    assert "--state and --all contradict" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--no-archive", "demo", "--archive", "x"), ("demo", "--archive", "{folder}")])
def test_values_are_checked_for_the_demo_too(
    bare: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run([argument.format(folder=bare) for argument in arguments]) == 2
    err = capsys.readouterr().err
    assert "--archive" in err and "needs a terminal" not in err


@pytest.mark.e2e
async def test_a_theme_that_there_is_not_is_told_before_the_demo_opens() -> None:
    shown = await asyncio.to_thread(run_in_terminal, ("--theme", "nosuch", "demo"), SCREEN)
    assert shown.code == 2 and b"There is no theme 'nosuch'; there are" in shown.written


@pytest.mark.e2e
async def test_the_demo_does_as_its_options_say(tmp_path: Path) -> None:
    archive = tmp_path / "demo.db"
    arguments = ("--read-only", "--archive", str(archive), "demo", "--theme", LIGHT_THEME)
    turns = Typist((b"chatbot", b"n"), (b"Read-only: nothing is started", b"q"))
    shown = await asyncio.to_thread(run_in_terminal, arguments, SCREEN | {"COLORTERM": "truecolor"}, on_output=turns)
    assert shown.code == 0 and turns.is_done
    # The background of the light theme, as a terminal is told of it.
    assert b"48;2;253;253;251" in shown.written
    with ArchiveReader(archive) as reader:
        assert reader.find("")
