"""Settings: which source wins, what is said when one is wrong, and where keys may come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from colony_tui.config import Flags, Settings, config_file, load_settings
from colony_tui.errors import KeyFormatError, NotConfigured, SettingsError

KEY = "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05"
OTHER_KEY = "7a7ebe4ff2dd5a0e5b4c4e8c3a5a3c0f5f5d9d0f6b2b1c0d9e8f7a6b5c4d3e2f"
ENOUGH = {"COLONIES_SERVER_HOST": "colony.example", "COLONIES_COLONY_NAME": "dev", "COLONIES_PRVKEY": KEY}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def problems(file: Path, environment: Mapping[str, str], flags: Flags | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(flags, environment, file=file)
    assert KEY not in str(caught.value) and OTHER_KEY not in str(caught.value)
    return caught.value.problems


def key_file(folder: Path, key: str = OTHER_KEY, mode: int = 0o600) -> Path:
    path = folder / "my.key"
    path.write_text(f"{key}\n")
    path.chmod(mode)
    return path


def test_defaults(file: Path) -> None:
    settings = load_settings(None, ENOUGH, file=file)
    assert (settings.address.host, settings.address.port, settings.address.tls) == ("colony.example", 50080, True)
    assert (settings.colony, settings.private_key) == ("dev", KEY)
    assert (settings.executor_name, settings.executor_type, settings.ascii, settings.read_only) == (
        "",
        "",
        False,
        False,
    )
    assert settings.notes == ()


@pytest.mark.parametrize(
    ("flags", "profile", "expected"),
    [
        (Flags(), "", (None, True)),
        (Flags(), "sockets = 5\nack = false", (5, False)),
        (Flags(sockets=7, ack=True), "sockets = 5\nack = false", (7, True)),
        (Flags(ack=False), "", (None, False)),
    ],
)
def test_manners_towards_the_colony(file: Path, flags: Flags, profile: str, expected: tuple[int | None, bool]) -> None:
    file.write_text(f"[profiles.default]\n{profile}\n")
    settings = load_settings(flags, ENOUGH, file=file)
    assert (settings.sockets, settings.ack) == expected


@pytest.mark.parametrize("wrong", ["0", "-1", "true", '"many"', "1025", "1.5"])
def test_no_number_of_sockets(file: Path, wrong: str) -> None:
    file.write_text(f"[profiles.default]\nsockets = {wrong}\n")
    (problem,) = problems(file, ENOUGH)
    assert "sockets from profile default" in problem and "must be a number from 1 to 1024" in problem


@pytest.mark.parametrize(
    ("flags", "environment", "profile", "expected"),
    [
        (Flags(port=1), {"COLONIES_SERVER_HTTP_PORT": "2", "COLONIES_SERVER_PORT": "3"}, "port = 4", 1),
        (Flags(), {"COLONIES_SERVER_HTTP_PORT": "2", "COLONIES_SERVER_PORT": "3"}, "port = 4", 2),
        (Flags(), {"COLONIES_SERVER_HTTP_PORT": "", "COLONIES_SERVER_PORT": " 3 "}, "port = 4", 3),
        (Flags(), {}, "port = 4", 4),
        (Flags(), {}, 'port = "4"', 4),
        (Flags(), {}, "", 50080),
    ],
)
def test_the_strongest_source_wins(
    file: Path, flags: Flags, environment: dict[str, str], profile: str, expected: int
) -> None:
    file.write_text(f"[profiles.default]\n{profile}\n")
    assert load_settings(flags, ENOUGH | environment, file=file).address.port == expected


@pytest.mark.parametrize(
    ("first", "second", "flag", "expected", "has_note"),
    [
        (None, None, None, True, False),
        ("false", None, None, False, False),
        (None, "false", None, False, False),
        ("", "FALSE", None, False, False),
        ("true", "false", None, True, True),
        ("0", "1", None, False, True),
        ("0", "no", None, False, False),
        ("true", "false", False, False, False),
        ("false", "nonsense", None, False, False),
    ],
)
def test_tls(
    file: Path, first: str | None, second: str | None, flag: bool | None, expected: bool, has_note: bool
) -> None:
    given = {"COLONIES_TLS": first, "COLONIES_SERVER_TLS": second, "COLONIES_SERVER_HOST": "localhost"}
    environment = ENOUGH | {name: value for name, value in given.items() if value is not None}
    settings = load_settings(Flags(tls=flag), environment, file=file)
    assert settings.address.tls is expected
    assert bool(settings.notes) is has_note


def test_everything_from_the_environment_that_users_have(file: Path) -> None:
    more = {
        "COLONIES_EXECUTOR_NAME": "bot-1",
        "COLONIES_EXECUTOR_TYPE": "bot",
        "COLONIES_CLI_ASCII": "true",
        "COLONIES_SERVER_HOST": "[::1]",
    }
    settings = load_settings(None, ENOUGH | more, file=file)
    assert (settings.executor_name, settings.executor_type, settings.ascii) == ("bot-1", "bot", True)
    assert settings.address.host == "::1"


def test_everything_from_a_profile(file: Path, tmp_path: Path) -> None:
    key_file(tmp_path)
    (tmp_path / "ca.pem").write_text("")
    file.write_text(
        'profile = "work"\n[profiles.default]\nhost = "elsewhere"\n[profiles.work]\nhost = "colony"\nport = 443\n'
        'tls = true\ncolony = "prod"\nprivate_key_file = "my.key"\nca_file = "ca.pem"\nexecutor_name = "bot-1"\n'
        'executor_type = "bot"\nascii = true\nread_only = true\n'
    )
    settings = load_settings(None, {}, file=file)
    address = settings.address
    assert (address.host, address.port, address.tls, address.ca_file) == ("colony", 443, True, tmp_path / "ca.pem")
    assert (settings.colony, settings.private_key, settings.executor_name) == ("prod", OTHER_KEY, "bot-1")
    assert (settings.executor_type, settings.ascii, settings.read_only) == ("bot", True, True)
    assert load_settings(Flags(profile="default", colony="x"), {"COLONIES_PRVKEY": KEY}, file=file).address.host == (
        "elsewhere"
    )


def test_a_profile_is_chosen_by_flag_variable_or_file(file: Path) -> None:
    names = "".join(f'[profiles.{name}]\ncolony = "{name}"\n' for name in ("default", "a", "b", "c"))
    environment = {name: value for name, value in ENOUGH.items() if name != "COLONIES_COLONY_NAME"}
    file.write_text(names)
    assert load_settings(None, environment, file=file).colony == "default"
    file.write_text(f'profile = "a"\n{names}')
    assert load_settings(None, environment, file=file).colony == "a"
    environment["COLONY_TUI_PROFILE"] = "b"
    assert load_settings(None, environment, file=file).colony == "b"
    assert load_settings(Flags(profile="c"), environment, file=file).colony == "c"


def test_a_chosen_profile_that_the_environment_hides_is_noted(file: Path, tmp_path: Path) -> None:
    key_file(tmp_path)
    file.write_text('[profiles.work]\nhost = "work.example"\nprivate_key_file = "my.key"\n')
    (note,) = load_settings(Flags(profile="work"), ENOUGH, file=file).notes
    assert note.startswith("COLONIES_SERVER_HOST, COLONIES_PRVKEY of the environment stand before profile work")


@pytest.mark.parametrize("environment", [{}, {"COLONIES_TLS": "false"}, {"COLONIES_PRVKEY": " "}])
def test_nothing_configured(file: Path, environment: Mapping[str, str]) -> None:
    with pytest.raises(NotConfigured, match=r"COLONIES_SERVER_HOST.*colony-tui demo"):
        load_settings(None, environment, file=file)


def test_all_problems_are_told_together(file: Path) -> None:
    found = problems(file, {"COLONIES_SERVER_PORT": "0", "COLONIES_TLS": "maybe", "COLONIES_PRVKEY": "12"})
    assert [sentence.split(";")[0] for sentence in found] == [
        "The server's host is not set",
        "port from COLONIES_SERVER_PORT is '0', but must be a number from 1 to 65535",
        "tls from COLONIES_TLS is 'maybe', but must be true or false",
        "The colony's name is not set",
        "COLONIES_PRVKEY must be 64 hexadecimal characters (32 bytes), but has 2 characters",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("COLONIES_SERVER_HOST", "https://colony.example", "without http:// and path"),
        ("COLONIES_SERVER_HOST", "colony.example:443", "must not hold the port"),
        ("COLONIES_SERVER_HOST", "colony example", "which is no host"),
        ("COLONIES_SERVER_HOST", "me@colony", "which is no host"),
        ("COLONIES_SERVER_HOST", "colony\x1b[2J", "cannot be printed"),
        ("COLONIES_SERVER_PORT", "65536", "from 1 to 65535"),
        ("COLONIES_SERVER_PORT", "-1", "from 1 to 65535"),
        ("COLONIES_SERVER_PORT", "٣", "from 1 to 65535"),
        ("COLONIES_CLI_ASCII", "2", "true or false"),
        ("COLONIES_PRVKEY", "0" * 64, "COLONIES_PRVKEY is no valid secp256k1 key"),
        ("COLONIES_PRVKEY", "z" * 64, "contains others"),
    ],
)
def test_bad_values_name_their_source(file: Path, variable: str, value: str, words: str) -> None:
    (sentence,) = problems(file, ENOUGH | {variable: value})
    assert variable in sentence and words in sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[profiles", "is no valid TOML"),
        ('[profiles.default]\nport = "x"', "port from profile default in"),
        ("[profiles.default]\nport = true", "must be a number"),
        ("[profiles.default]\ncolony = 3", "must be text in quotation marks"),
        ('[profiles.default]\ncolony = ""', "is empty"),
        ("[profiles.default]\nread_only = 2", "must be true or false"),
        ('[profiles.default]\nca_file = "nowhere.pem"', "there is no such file"),
        (f'[profiles.default]\nprivate_key = "{OTHER_KEY}"', "move the key to a file of its own"),
        ('profile = "work"\n[profiles.default]', "There is no profile work"),
        ("profiles = 3\nprofile = 4", "There is no profile 4"),
        ("[profiles]\ndefault = 3", "There is no profile default"),
    ],
)
def test_a_bad_profile_is_told(file: Path, content: str, words: str) -> None:
    file.write_text(content)
    environment = {
        name: value for name, value in ENOUGH.items() if "COLONY_NAME" not in name or "colony" not in content
    }
    assert any(words in sentence for sentence in problems(file, environment))


def test_an_unknown_setting_of_a_profile_is_a_note(file: Path) -> None:
    file.write_text("[profiles.default]\nprot = 3\n")
    (note,) = load_settings(None, ENOUGH, file=file).notes
    assert note.startswith("prot in profile default")


def test_a_profile_that_is_not_there_names_those_that_are(file: Path) -> None:
    file.write_text("[profiles.a]\n[profiles.b]\n")
    (sentence,) = problems(file, ENOUGH, Flags(profile="c"))
    assert "no profile c (--profile)" in sentence and "known are: a, b" in sentence


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (sentence,) = problems(tmp_path, ENOUGH)
    assert "cannot be read: Is a directory" in sentence


@pytest.mark.parametrize(
    ("content", "flags", "words"),
    [
        ("[profiles.a]", Flags(profile="b"), "no profile b"),
        ("", Flags(profile="b"), "no profile b"),
        ("[profiles", Flags(), "no valid TOML"),
        ("\xff", Flags(), "no valid TOML"),
    ],
)
def test_what_a_profile_would_have_told_is_not_missed_where_it_cannot_be_had(
    file: Path, content: str, flags: Flags, words: str
) -> None:
    file.write_text(content, "latin-1")
    (sentence,) = problems(file, {}, flags)
    assert words in sentence
    first, second = problems(file, {"COLONIES_SERVER_PORT": "many"}, flags)
    assert words in first and "port from COLONIES_SERVER_PORT" in second


def test_a_key_that_stands_in_the_profile_is_not_said_to_be_missing(file: Path) -> None:
    file.write_text(f'[profiles.default]\nhost = "colony"\ncolony = "dev"\nprivate_key = "{OTHER_KEY}"\n')
    (sentence,) = problems(file, {})
    assert "move the key to a file of its own" in sentence


# Keys


def test_a_key_comes_from_the_flag_then_the_environment_then_the_profile(file: Path, tmp_path: Path) -> None:
    path = key_file(tmp_path)
    assert load_settings(Flags(private_key_file=path), ENOUGH, file=file).private_key == OTHER_KEY
    file.write_text('[profiles.default]\nprivate_key_file = "my.key"\n')
    assert load_settings(None, ENOUGH, file=file).private_key == KEY
    without = {name: value for name, value in ENOUGH.items() if name != "COLONIES_PRVKEY"}
    assert load_settings(None, without, file=file).private_key == OTHER_KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_file_that_others_can_read_is_refused(file: Path, tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, mode=mode)
    (sentence,) = problems(file, ENOUGH, Flags(private_key_file=path))
    assert f"(mode {mode:04o}); run: chmod 600 {path}" in sentence


def test_bad_key_files_are_told_without_their_content(file: Path, tmp_path: Path) -> None:
    cut = key_file(tmp_path, OTHER_KEY[:-2])
    assert "has 62 characters" in problems(file, ENOUGH, Flags(private_key_file=cut))[0]
    large = key_file(tmp_path, "a" * 5000)
    assert "too large" in problems(file, ENOUGH, Flags(private_key_file=large))[0]
    assert "cannot be read" in problems(file, ENOUGH, Flags(private_key_file=tmp_path / "none"))[0]
    assert "no file" in problems(file, ENOUGH, Flags(private_key_file=Path("/dev/null")))[0]


def test_a_person_is_asked_only_when_nothing_else_is_wrong(file: Path) -> None:
    without = {name: value for name, value in ENOUGH.items() if name != "COLONIES_PRVKEY"}
    assert load_settings(None, without, file=file, ask_key=lambda: f" {KEY} ").private_key == KEY
    assert "The private key is not set" in problems(file, without)[0]
    with pytest.raises(SettingsError, match="must be 64 hexadecimal"):
        load_settings(None, without, file=file, ask_key=lambda: "short")

    def never() -> str:
        raise AssertionError("asked although the port is wrong")

    with pytest.raises(SettingsError, match="port from"):
        load_settings(None, without | {"COLONIES_SERVER_PORT": "x"}, file=file, ask_key=never)


def test_a_key_shows_nowhere(file: Path) -> None:
    settings = load_settings(None, ENOUGH, file=file)
    assert KEY not in repr(settings) and KEY not in str(settings)
    assert isinstance(settings, Settings)
    with pytest.raises(SettingsError) as caught:
        load_settings(None, ENOUGH | {"COLONIES_PRVKEY": "f" * 64}, file=file)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "f" * 16 not in str(chain)
        assert not isinstance(chain, KeyFormatError) or chain.__cause__ is None
        chain = chain.__cause__ or chain.__context__


# Dangers


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Flags(tls=False), "is not encrypted"),
        (Flags(insecure=True), "is not checked"),
        (Flags(tls=False, host="127.0.0.1"), ""),
        (Flags(), ""),
    ],
)
def test_dangers_are_noted(file: Path, flags: Flags, words: str) -> None:
    notes = load_settings(flags, ENOUGH, file=file).notes
    assert any(words in sentence for sentence in notes) if words else not notes


# Files


def test_history_is_kept_in_the_data_folder_and_the_desk_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "data" / "colony-tui"
    settings = load_settings(None, ENOUGH, file=file)
    assert (settings.archive, settings.desk) == (folder / "archive.db", folder / "desk.db")
    settings = load_settings(Flags(no_archive=True), ENOUGH, file=file)
    assert (settings.archive, settings.desk) == (None, folder / "desk.db")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("flags", "profile", "archive", "desk"),
    [
        (Flags(), 'archive = "mine/seen.db"', "mine/seen.db", "mine/desk.db"),
        (Flags(no_archive=True), 'archive = "mine/seen.db"', None, "mine/desk.db"),
        (Flags(archive=Path("/elsewhere/a.db")), 'archive = "mine/seen.db"', "/elsewhere/a.db", "/elsewhere/desk.db"),
        (Flags(archive=Path("/elsewhere/a.db")), "archive = false", "/elsewhere/a.db", "/elsewhere/desk.db"),
    ],
)
def test_the_archive_of_a_flag_or_a_profile(
    file: Path, tmp_path: Path, flags: Flags, profile: str, archive: str | None, desk: str
) -> None:
    file.write_text(f"[profiles.default]\n{profile}\n")
    settings = load_settings(flags, ENOUGH, file=file)
    assert settings.archive == (None if archive is None else tmp_path / archive)
    assert settings.desk == tmp_path / desk


def test_a_profile_may_switch_the_archive_off(file: Path) -> None:
    file.write_text("[profiles.default]\narchive = false\n")
    settings = load_settings(None, ENOUGH, file=file)
    assert settings.archive is None and settings.desk.name == "desk.db"


def test_what_can_be_no_archive_is_said(file: Path, tmp_path: Path) -> None:
    (said,) = problems(file, ENOUGH, Flags(archive=tmp_path))
    assert "which is a folder" in said and "--archive" in said
    (said,) = problems(file, ENOUGH, Flags(archive=tmp_path / "desk.db"))
    assert "choose another" in said
    (said,) = problems(file, ENOUGH, Flags(archive=tmp_path / "a.db", no_archive=True))
    assert "contradict" in said
    file.write_text("[profiles.default]\narchive = true\n")
    assert "must be a path" in problems(file, ENOUGH)[0]


def test_the_file_is_where_the_system_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_file() == tmp_path / "colony-tui" / "config.toml"
