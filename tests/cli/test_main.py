"""What all commands share: exit codes, settings before and behind the name, help, one sentence for each error."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from colony_tui import __version__
from colony_tui.cli import exits
from colony_tui.cli.main import run
from colony_tui.errors import (
    ColonyError,
    ConnectError,
    KeyFormatError,
    NotAllowed,
    NotConfigured,
    SettingsError,
    TrustError,
    UsageError,
)
from colony_tui.server import EmbeddedColony
from tests.cli.conftest import Cli


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"colony-tui {__version__}\n"


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["ps", "-h"], ["server", "-h"], ["tail", "--help"]])
def test_help_needs_no_settings(capsys: pytest.CaptureFixture[str], bare: Path, arguments: list[str]) -> None:
    assert run(arguments) == 0
    assert capsys.readouterr().out.startswith("Usage: colony-tui")


def test_help_says_of_each_command_a_whole_sentence(
    capsys: pytest.CaptureFixture[str], bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["-h"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == ["demo", "ps", "send", "server", "tail", "whoami"]
    assert all(line.endswith(".") and not line.endswith("..") for line in listed)


def test_help_tells_no_range_that_nobody_meets(capsys: pytest.CaptureFixture[str], bare: Path) -> None:
    assert run(["send", "-h"]) == 0
    assert "9223372036854775807" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["ab12"], ["ps"], ["whoami"], ["tail", "ab12"], ["send", "ab", "c", "text"]])
def test_nothing_configured_offers_the_demo(
    capsys: pytest.CaptureFixture[str], bare: Path, arguments: list[str]
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    for word in ("COLONIES_SERVER_HOST", "COLONIES_PRVKEY", str(bare / "config.toml"), "colony-tui demo"):
        assert word in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sned", "ab", "x", "y"], "did you mean send?"),
        (["--nope"], "--nope"),
        (["ps", "--state", "odd"], "'odd' is not one of"),
        (["send", "ab", "c", "text", "--reply-to", str(2**63)], "9223372036854775808 is no whole number of 64 bits"),
        (["send", "ab", "c", "text", "--reply-to", "x"], "'x' is not a valid integer"),
        (["tail"], "Missing argument 'PROCESS'"),
        (["tail", "ab\x1b[2J"], r"\x1b[2J"),
        (["\x1b[2J"], r"\x1b[2J"),
        (["--\x1b[2J"], "[2J"),
        (["ps", "--port", "99999"], "99999"),
        (["ps", "--colony", "a\udcff"], "colony from --colony holds characters that cannot be printed"),
        (["ps", "--host", "a\udcff"], "host from --host holds characters that cannot be printed"),
        (["ps", "--host", "\U0001f600.example"], "is no host"),
        (["ps", "--profile", "a\udcff"], "There is no profile a"),
        (["ps", "--private-key-file", "a\udcff"], "cannot be read"),
        (["tail", "\udcff"], "is no process id"),
    ],
)
async def test_usage_errors(cli: Cli, arguments: list[str], words: str) -> None:
    ran = await cli(*arguments)
    assert (ran.code, ran.out, words in ran.err, "\x1b" in ran.err) == (2, "", True, False)


@pytest.mark.parametrize("word", ["nope", "opn", "opens"])
def test_a_command_that_is_not_told_of_is_not_meant(capsys: pytest.CaptureFixture[str], bare: Path, word: str) -> None:
    assert run([word]) == 2
    assert capsys.readouterr().err.endswith(f"{word!r} is neither a command nor a process id\n")


async def test_options_stand_before_and_behind_the_command(cli: Cli, colony: EmbeddedColony) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = str(nobody.getsockname()[1])
    for arguments in (
        ("--port", closed, "ps"),
        ("ps", "--port", closed),
        ("--port", str(colony.port), "ps", "--port", closed),
    ):
        ran = await cli(*arguments)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.count("\n") == 1 and f"127.0.0.1:{closed} cannot be reached" in ran.err
    assert (await cli("--port", closed, "ps", "--port", str(colony.port))).code == 0


async def test_all_settings_that_are_wrong_are_told_without_a_traceback(
    cli: Cli, colony: EmbeddedColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONIES_SERVER_PORT", "many")
    monkeypatch.setenv("COLONIES_PRVKEY", colony.user_key[:-1] + "x")
    ran = await cli("ps")
    assert (ran.code, ran.err.count("\n")) == (2, 2)
    assert "port from COLONIES_SERVER_PORT is 'many'" in ran.err
    assert "COLONIES_PRVKEY must be 64 hexadecimal characters" in ran.err
    assert colony.user_key[:16] not in ran.err


async def test_notes_go_to_standard_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_SERVER_TLS", "true")
    ran = await cli("ps", "--json")
    assert (ran.code, ran.out) == (0, "[]\n")
    assert ran.err.startswith("Note: COLONIES_TLS=false and COLONIES_SERVER_TLS=true contradict")


@pytest.mark.parametrize(("arguments", "variable"), [((), "true"), (("--tls",), "false")])
async def test_tls_where_there_is_none_says_each_way_to_do_without(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], variable: str
) -> None:
    monkeypatch.setenv("COLONIES_TLS", variable)
    ran = await cli("ps", *arguments)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert all(way in ran.err for way in ("--no-tls", "COLONIES_TLS=false", "tls = false"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ColonyError("x"), 1),
        (NotAllowed(403, "x"), 1),
        (UsageError("x"), 2),
        (SettingsError("x"), 2),
        (NotConfigured("x"), 2),
        (KeyFormatError("x"), 2),
        (ConnectError("x"), 3),
        (TrustError("x"), 3),
    ],
)
def test_each_error_has_its_code(error: ColonyError, code: int) -> None:
    assert exits.of_error(error) == code
