"""Settings: flags, then the environment that ColonyOS users already have, then a profile, then defaults.

The one place where settings are read. Owns their names, where they are looked for and what is said when one is wrong.
A private key comes from the environment, from a file that only its owner can read, or from a prompt.

The profile file is ``config.toml`` in the user's configuration folder::

    profile = "work"                 # which one is taken without --profile; else the one named "default"

    [profiles.work]
    host = "colony.example.org"
    port = 443
    colony = "dev"
    private_key_file = "work.key"    # beside this file; mode 0600
    archive = "work/archive.db"      # where history is kept; false: nowhere
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colony_tui.client.address import ServerAddress
from colony_tui.errors import KeyFormatError, NotConfigured, SettingsError
from colony_tui.wire.keys import Identity

DEFAULT_PORT = 50080
"""Where a ColonyOS server listens unless it is told otherwise."""

DESK_NAME = "desk.db"
"""The file of drafts, lines and read positions, in the archive's folder."""

PRIVATE_KEY_VARIABLE = "COLONIES_PRVKEY"
_PROFILE_VARIABLE = "COLONY_TUI_PROFILE"
_MAX_KEY_FILE_BYTES = 4096

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "host": ("COLONIES_SERVER_HOST",),
    "port": ("COLONIES_SERVER_HTTP_PORT", "COLONIES_SERVER_PORT"),
    "tls": ("COLONIES_TLS", "COLONIES_SERVER_TLS"),
    "colony": ("COLONIES_COLONY_NAME",),
    "executor_name": ("COLONIES_EXECUTOR_NAME",),
    "executor_type": ("COLONIES_EXECUTOR_TYPE",),
    "ascii": ("COLONIES_CLI_ASCII",),
}
"""Setting -> variables that may hold it, the first one that is set wins (PROTOCOL.md, "Settings")."""

_FLAGS: Mapping[str, str] = {
    "host": "--host",
    "port": "--port",
    "tls": "--tls/--no-tls",
    "colony": "--colony",
    "private_key_file": "--private-key-file",
    "ca_file": "--ca-file",
    "insecure": "--insecure",
    "read_only": "--read-only",
    "archive": "--archive/--no-archive",
}
_PROFILE_KEYS = frozenset(_FLAGS) | frozenset(_VARIABLES)

_TRUE = frozenset({"true", "t", "1", "yes", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "off"})


@dataclass(slots=True)
class Flags:
    """What was given on the command line; ``None`` where nothing was."""

    host: str | None = None
    port: int | None = None
    tls: bool | None = None
    colony: str | None = None
    profile: str | None = None
    private_key_file: Path | None = None
    ca_file: Path | None = None
    insecure: bool | None = None
    read_only: bool | None = None
    archive: Path | None = None
    no_archive: bool | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the program needs to know before it connects."""

    address: ServerAddress
    colony: str
    """Name of the colony."""
    private_key: str = field(repr=False)
    """64 hex characters, checked."""
    executor_name: str = ""
    executor_type: str = ""
    ascii: bool = False
    """Draw with ASCII characters only."""
    read_only: bool = False
    """Send, submit, cancel, remove and acknowledge nothing."""
    archive: Path | None = None
    """Where what is seen is recorded; ``None``: nowhere."""
    desk: Path = Path(DESK_NAME)
    """Where drafts, lines and read positions are kept: beside the archive."""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read although nothing is wrong."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A value and where it came from, in words for messages."""

    value: Any
    source: str
    folder: Path = Path()
    """What a relative path in it is relative to."""


def config_file() -> Path:
    """Where profiles are kept, whether the file exists or not."""
    from platformdirs import user_config_path

    return user_config_path("colony-tui") / "config.toml"


def data_folder() -> Path:
    """Where history is kept unless something else is set."""
    from platformdirs import user_data_path

    return user_data_path("colony-tui")


def load_settings(
    flags: Flags | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    ask_key: Callable[[], str] | None = None,
) -> Settings:
    """The settings in force.

    Args:
        environment: by default the process's.
        file: the profile file, by default :func:`config_file`.
        ask_key: asks a person for the private key when none is set; ``None`` when nobody is there to be asked.

    Raises:
        NotConfigured: neither host nor colony nor key is set anywhere.
        SettingsError: all that is missing or wrong, together.
    """
    variables = os.environ if environment is None else environment
    reader = _Reader(flags or Flags(), variables, file or config_file())
    return reader.settings(ask_key)


class _Reader:
    """Looks settings up, and gathers problems and notes instead of stopping at the first."""

    def __init__(self, flags: Flags, environment: Mapping[str, str], file: Path) -> None:
        self._flags = flags
        self._environment = environment
        self._file = file
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._profile_name = ""
        self._profile: Mapping[str, Any] = {}
        self._read_profile()

    def settings(self, ask_key: Callable[[], str] | None) -> Settings:
        key = self._key_source()
        if not self._problems and key is None and self._find("host") is None and self._find("colony") is None:
            raise NotConfigured(
                "No colony is configured: set COLONIES_SERVER_HOST, COLONIES_SERVER_PORT, COLONIES_TLS, "
                f"COLONIES_COLONY_NAME and COLONIES_PRVKEY, or write a profile into {self._file}",
                "To look around without a colony, run: colony-tui demo",
            )
        address = ServerAddress(
            host=self._required("host", "the server's host", _host),
            port=self._value("port", _port, DEFAULT_PORT),
            tls=self._value("tls", _switch, True),
            ca_file=self._value("ca_file", _existing_file, None),
            is_insecure=self._value("insecure", _switch, False),
        )
        colony = self._required("colony", "the colony's name", _text)
        more = {name: self._value(name, _text, "") for name in ("executor_name", "executor_type")}
        switches = {name: self._value(name, _switch, False) for name in ("ascii", "read_only")}
        archive, desk = self._files()
        private_key = self._private_key(key, ask_key)
        self._note_contradictions()
        if self._problems:
            raise SettingsError(*self._problems)
        self._note_dangers(address)
        notes = tuple(self._notes)
        return Settings(address, colony, private_key, **more, **switches, archive=archive, desk=desk, notes=notes)

    def _files(self) -> tuple[Path | None, Path]:
        """Archive and desk; the desk is kept where there is no archive as well."""
        archive = self._value("archive", _archive, None)
        if self._flags.archive is not None and self._flags.no_archive:
            self._problems.append("--archive and --no-archive contradict: give one of them")
        is_off = archive is False or bool(self._flags.no_archive)
        path = archive if isinstance(archive, Path) else data_folder() / "archive.db"
        return None if is_off else path, path.with_name(DESK_NAME)

    # Where values come from

    def _find(self, name: str) -> _Found | None:
        """The value of a setting in the strongest source that has one."""
        flag = getattr(self._flags, name, None)
        if flag is not None:
            return _Found(flag, _FLAGS[name])
        for variable in _VARIABLES.get(name, ()):
            if text := self._environment.get(variable, "").strip():
                return _Found(text, variable)
        if name in self._profile:
            return _Found(self._profile[name], self._profile_words, self._file.parent)
        return None

    @property
    def _profile_words(self) -> str:
        return f"profile {self._profile_name} in {self._file}"

    def _value(self, name: str, parse: Callable[[_Found], Any], default: Any) -> Any:
        found = self._find(name)
        return default if found is None else self._parsed(found, name, parse)

    def _required(self, name: str, words: str, parse: Callable[[_Found], str]) -> str:
        found = self._find(name)
        if found is None:
            variable = _VARIABLES[name][0]
            self._problems.append(
                f"{words[0].upper()}{words[1:]} is not set; set {variable}, give {_FLAGS[name]}, "
                f"or write {name} into a profile in {self._file}"
            )
            return ""
        return self._parsed(found, name, parse) or ""

    def _parsed(self, found: _Found, name: str, parse: Callable[[_Found], Any]) -> Any:
        try:
            return parse(found)
        except ValueError as error:
            self._problems.append(f"{name} from {found.source} {error}")
            return None

    # The profile

    def _read_profile(self) -> None:
        try:
            content = tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            content = {}
        except OSError as error:
            self._problems.append(f"The profile file {self._file} cannot be read: {error.strerror}")
            return
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self._problems.append(f"The profile file {self._file} is no valid TOML: {error}")
            return
        self._choose_profile(content)

    def _choose_profile(self, content: Mapping[str, Any]) -> None:
        profiles = content.get("profiles", {})
        asked = (
            (self._flags.profile, "--profile"),
            (self._environment.get(_PROFILE_VARIABLE), _PROFILE_VARIABLE),
            (content.get("profile"), f"profile in {self._file}"),
        )
        name, source = next(((name, source) for name, source in asked if name), ("default", ""))
        profile = profiles.get(name) if isinstance(profiles, dict) else None
        if isinstance(profile, dict):
            self._profile_name, self._profile = str(name), profile
            self._check_profile()
        elif source or profile is not None:
            known = ", ".join(profiles) if isinstance(profiles, dict) and profiles else "none"
            self._problems.append(
                f"There is no profile {name} ({source or 'the default one'}) in {self._file}; known are: {known}"
            )

    def _check_profile(self) -> None:
        if "private_key" in self._profile:
            self._problems.append(
                f"private_key stands in {self._profile_words}; move the key to a file of its own with mode 0600 "
                "and name it with private_key_file"
            )
        for name in sorted(self._profile.keys() - _PROFILE_KEYS - {"private_key"}):
            self._notes.append(f"{name} in {self._profile_words} is no setting that this version knows")
        if self._flags.profile:
            hidden = [
                variable
                for name in self._profile
                for variable in _VARIABLES.get(name, ())
                if self._environment.get(variable, "").strip()
            ]
            if self._environment.get(PRIVATE_KEY_VARIABLE, "").strip() and "private_key_file" in self._profile:
                hidden.append(PRIVATE_KEY_VARIABLE)
            if hidden:
                self._notes.append(f"{', '.join(hidden)} of the environment stand before {self._profile_words}")

    # The private key

    def _key_source(self) -> _Found | None:
        if self._flags.private_key_file is None and self._environment.get(PRIVATE_KEY_VARIABLE, "").strip():
            return _Found(None, PRIVATE_KEY_VARIABLE)
        return self._find("private_key_file")

    def _private_key(self, source: _Found | None, ask_key: Callable[[], str] | None) -> str:
        try:
            if source is None:
                return self._asked_key(ask_key)
            if source.source == PRIVATE_KEY_VARIABLE:
                return _checked_key(self._environment[PRIVATE_KEY_VARIABLE], PRIVATE_KEY_VARIABLE)
            path = _path(source)
            return _checked_key(read_private_file(path), f"the private key in {path}")
        except KeyFormatError as error:
            text = str(error)
            self._problems.append(text[0].upper() + text[1:])
        except ValueError as error:
            self._problems.append(f"private_key_file from {source.source if source else 'nowhere'} {error}")
        return ""

    def _asked_key(self, ask_key: Callable[[], str] | None) -> str:
        if ask_key is None:
            self._problems.append(
                f"The private key is not set; set {PRIVATE_KEY_VARIABLE}, give --private-key-file, "
                f"or write private_key_file into a profile in {self._file}"
            )
            return ""
        # Nobody should type a key only to be told that something else is missing.
        return "" if self._problems else _checked_key(ask_key(), "the private key")

    # What the user should know

    def _note_contradictions(self) -> None:
        first, second = (self._environment.get(name, "").strip().lower() for name in _VARIABLES["tls"])
        if {_switch_word(first), _switch_word(second)} == {True, False} and self._flags.tls is None:
            self._notes.append(
                f"COLONIES_TLS={first} and COLONIES_SERVER_TLS={second} contradict; the first one counts"
            )

    def _note_dangers(self, address: ServerAddress) -> None:
        if address.tls and address.is_insecure:
            self._notes.append(
                f"The certificate of {address.authority} is not checked: whoever stands between can read and change all"
            )
        elif address.is_exposed:
            self._notes.append(
                f"The link to {address.authority} is not encrypted: whoever sees a request can read and repeat it"
            )


# Values, each from text or from TOML; a ValueError completes the sentence "host from --host …".


def _text(found: _Found) -> str:
    if not isinstance(found.value, str):
        raise ValueError("must be text in quotation marks")
    text = found.value.strip()
    if not text:
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


def _host(found: _Found) -> str:
    text = _text(found)
    if "://" in text or "/" in text:
        raise ValueError(f"is {text!r}, but must be a name or address only, without http:// and path")
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1]
    if text.count(":") == 1:
        raise ValueError(f"is {text!r}, but must not hold the port; set the port on its own")
    if any(char.isspace() or char in "@?#" for char in text):
        raise ValueError(f"is {text!r}, which is no host")
    return text


def _port(found: _Found) -> int:
    value = found.value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 6:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise ValueError(f"is {found.value!r}, but must be a number from 1 to 65535")
    return value


def _switch_word(text: str) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def _switch(found: _Found) -> bool:
    value = found.value if isinstance(found.value, bool) else _switch_word(str(found.value).lower())
    if value is None:
        raise ValueError(f"is {found.value!r}, but must be true or false")
    return value


def _path(found: _Found) -> Path:
    if not isinstance(found.value, str | Path) or not str(found.value):
        raise ValueError("must be a path in quotation marks")
    return found.folder / Path(found.value).expanduser()


def _archive(found: _Found) -> Path | bool:
    """A file that is there or can be made, or ``False`` for none."""
    if found.value is False:
        return False
    path = _path(found)
    if path.is_dir():
        raise ValueError(f"is {path}, which is a folder; name a file in it, such as {path / 'archive.db'}")
    if path.name == DESK_NAME:
        raise ValueError(f"is {path}, but {DESK_NAME} is the name of the file for drafts beside it; choose another")
    return path


def _existing_file(found: _Found) -> Path:
    path = _path(found)
    if not path.is_file():
        raise ValueError(f"is {path}, but there is no such file")
    return path


def _checked_key(text: str, name: str) -> str:
    Identity(text, name)
    return text.strip()


def read_private_file(path: Path) -> str:
    """The text of a small file that only its owner can read.

    Raises:
        ValueError: it cannot be read or others can; completes the sentence "private_key_file from … …".
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISFIFO(status.st_mode):
                raise ValueError(f"is {path}, which is no file")
            # Where there are no such modes (Windows), the folder's rights are what protects it.
            if os.name == "posix" and status.st_mode & 0o077:
                mode = stat.S_IMODE(status.st_mode)
                raise ValueError(f"is {path}, which others can read (mode {mode:04o}); run: chmod 600 {path}")
            content = file.read(_MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"is {path}, which cannot be read: {error.strerror}") from None
    if len(content) > _MAX_KEY_FILE_BYTES:
        raise ValueError(f"is {path}, which is too large for a private key")
    return content.decode("ascii", "replace")
