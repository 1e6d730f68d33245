"""Where settings come from: flags, the environment, a profile; problems and notes are gathered on the way."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from colony_tui.client.address import ServerAddress
from colony_tui.config.private_key import checked_key, read_private_file
from colony_tui.config.settings import Flags, Settings
from colony_tui.config.values import (
    DESK_NAME,
    Found,
    archive_of,
    existing_file_of,
    host_of,
    path_of,
    port_of,
    sockets_of,
    switch_of,
    switch_word,
    text_of,
)
from colony_tui.errors import KeyFormatError, NotConfigured, SettingsError

DEFAULT_PORT = 50080
"""Where a ColonyOS server listens unless it is told otherwise."""

PRIVATE_KEY_VARIABLE = "COLONIES_PRVKEY"
_PROFILE_VARIABLE = "COLONY_TUI_PROFILE"

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
    "sockets": "--sockets",
    "ack": "--ack/--no-ack",
    "theme": "--theme",
}
_PROFILE_KEYS = frozenset(_FLAGS) | frozenset(_VARIABLES)


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
        self._is_profile_lost = False
        """Whether a profile was meant that could not be had: what is missing then may well stand in it."""
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
            host=self._required("host", "the server's host", host_of),
            port=self._value("port", port_of, DEFAULT_PORT),
            tls=self._value("tls", switch_of, True),
            ca_file=self._value("ca_file", existing_file_of, None),
            is_insecure=self._value("insecure", switch_of, False),
        )
        colony = self._required("colony", "the colony's name", text_of)
        more = {name: self._value(name, text_of, "") for name in ("executor_name", "executor_type", "theme")}
        switches = {name: self._value(name, switch_of, name == "ack") for name in ("ascii", "read_only", "ack")}
        sockets = self._value("sockets", sockets_of, None)
        archive, desk = self._files()
        private_key = self._private_key(key, ask_key)
        self._note_contradictions()
        if self._problems:
            raise SettingsError(*self._problems)
        self._note_dangers(address)
        notes = tuple(self._notes)
        return Settings(
            address, colony, private_key, **more, **switches, archive=archive, desk=desk, sockets=sockets, notes=notes
        )

    def _files(self) -> tuple[Path | None, Path]:
        """Archive and desk; the desk is kept where there is no archive as well."""
        archive = self._value("archive", archive_of, None)
        if self._flags.archive is not None and self._flags.no_archive:
            self._problems.append("--archive and --no-archive contradict: give one of them")
        is_off = archive is False or bool(self._flags.no_archive)
        path = archive if isinstance(archive, Path) else data_folder() / "archive.db"
        return None if is_off else path, path.with_name(DESK_NAME)

    # Where values come from

    def _find(self, name: str) -> Found | None:
        """The value of a setting in the strongest source that has one."""
        flag = getattr(self._flags, name, None)
        if flag is not None:
            return Found(flag, _FLAGS[name])
        for variable in _VARIABLES.get(name, ()):
            if text := self._environment.get(variable, "").strip():
                return Found(text, variable)
        if name in self._profile:
            return Found(self._profile[name], self._profile_words, self._file.parent)
        return None

    @property
    def _profile_words(self) -> str:
        return f"profile {self._profile_name} in {self._file}"

    def _value(self, name: str, parse: Callable[[Found], Any], default: Any) -> Any:
        found = self._find(name)
        return default if found is None else self._parsed(found, name, parse)

    def _required(self, name: str, words: str, parse: Callable[[Found], str]) -> str:
        found = self._find(name)
        if found is not None:
            return self._parsed(found, name, parse) or ""
        if not self._is_profile_lost:
            self._problems.append(
                f"{words[0].upper()}{words[1:]} is not set; set {_VARIABLES[name][0]}, give {_FLAGS[name]}, "
                f"or write {name} into a profile in {self._file}"
            )
        return ""

    def _parsed(self, found: Found, name: str, parse: Callable[[Found], Any]) -> Any:
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
            self._lose_profile(f"The profile file {self._file} cannot be read: {error.strerror}")
            return
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self._lose_profile(f"The profile file {self._file} is no valid TOML: {error}")
            return
        self._choose_profile(content)

    def _lose_profile(self, sentence: str) -> None:
        self._problems.append(sentence)
        self._is_profile_lost = True

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
            self._lose_profile(
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

    def _key_source(self) -> Found | None:
        if self._flags.private_key_file is None and self._environment.get(PRIVATE_KEY_VARIABLE, "").strip():
            return Found(None, PRIVATE_KEY_VARIABLE)
        return self._find("private_key_file")

    def _private_key(self, source: Found | None, ask_key: Callable[[], str] | None) -> str:
        try:
            if source is None:
                return self._asked_key(ask_key)
            if source.source == PRIVATE_KEY_VARIABLE:
                return checked_key(self._environment[PRIVATE_KEY_VARIABLE], PRIVATE_KEY_VARIABLE)
            path = path_of(source)
            return checked_key(read_private_file(path), f"the private key in {path}")
        except KeyFormatError as error:
            text = str(error)
            self._problems.append(text[0].upper() + text[1:])
        except ValueError as error:
            self._problems.append(f"private_key_file from {source.source if source else 'nowhere'} {error}")
        return ""

    def _asked_key(self, ask_key: Callable[[], str] | None) -> str:
        # A key that stands in the wrong place is no missing one.
        if ask_key is None and not self._is_profile_lost and "private_key" not in self._profile:
            self._problems.append(
                f"The private key is not set; set {PRIVATE_KEY_VARIABLE}, give --private-key-file, "
                f"or write private_key_file into a profile in {self._file}"
            )
        # Nobody should type a key only to be told that something else is missing.
        return "" if self._problems or ask_key is None else checked_key(ask_key(), "the private key")

    # What the user should know

    def _note_contradictions(self) -> None:
        first, second = (self._environment.get(name, "").strip().lower() for name in _VARIABLES["tls"])
        if {switch_word(first), switch_word(second)} == {True, False} and self._flags.tls is None:
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
