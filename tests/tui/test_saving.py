"""Payloads to files: names, modes, what is there already, and the dialog."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from textual.widgets import Input

from colony_tui.tui.app import ColonyApp
from colony_tui.tui.saving import default_name, save
from colony_tui.tui.screens.save import SaveScreen
from colony_tui.tui.widgets.stream import StreamView
from tests.tui.data import ROWS
from tests.tui.screen import screen_text, until
from tests.tui.scripted import CHATBOT, ScriptedSession, entry


@pytest.mark.parametrize(
    ("channel", "payload", "is_markdown", "name"),
    [
        ("chat", b"hello", False, "chat-7.txt"),
        ("chat", b"# hello", True, "chat-7.md"),
        ("../../etc/pass wd\x1b[2J", b"hello", False, "etc-pass-wd-2J-7.txt"),
        ("", b'{"a": 1}', False, "entry-7.json"),
        ("\u202e.bashrc", bytes(range(40)), False, "bashrc-7.bin"),
    ],
)
def test_names_to_begin_with_are_harmless(channel: str, payload: bytes, is_markdown: bool, name: str) -> None:
    assert default_name(channel, 7, payload, is_markdown) == name


def test_a_file_is_its_owners_and_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new"
    save(path, b"one")
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        save(path, b"two")
    path.chmod(0o644)
    save(path, b"two", is_overwriting=True)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["new"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        save(tmp_path / "link", b"one")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        save(tmp_path, b"one", is_overwriting=True)


BINARY = bytes(range(256)) * 100


def new_app() -> ColonyApp:
    session = ScriptedSession()
    log = session.channel_logs[ROWS[0].id, "chat"]
    log.add([entry(CHATBOT, 9000, 0.01, "x")])
    made = log[len(log) - 1]
    log.add([type(made)(9002, None, made.timestamp_ns + 1, CHATBOT, BINARY, "data")])
    return ColonyApp(session, process_id=ROWS[0].id)


async def test_a_payload_is_saved_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = new_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        await until(pilot, lambda: "S saves" in screen_text(app))
        await pilot.press("k", "S")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert "Save #9002 of chatbot, 25.0 KiB" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "Saved 25.0 KiB to" in screen_text(app))
        path = tmp_path / "chat-9002.bin"
        assert path.read_bytes() == BINARY and stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_it_asks_before_it_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chat-9002.bin").write_bytes(b"mine")
    (tmp_path / "chat-9002.binx").write_bytes(b"mine too")
    app = new_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        await pilot.press("k", "S")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("enter")
        await until(pilot, lambda: "chat-9002.bin is there. Enter overwrites it" in screen_text(app))
        await pilot.press("x", "enter")
        await until(pilot, lambda: "chat-9002.binx is there" in screen_text(app))
        assert (tmp_path / "chat-9002.binx").read_bytes() == b"mine too"
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: "chat-9002.bin is there" in screen_text(app))
        assert (tmp_path / "chat-9002.bin").read_bytes() == b"mine"
        await pilot.press("enter")
        await until(pilot, lambda: "Saved 25.0 KiB" in screen_text(app))
        assert (tmp_path / "chat-9002.bin").read_bytes() == BINARY


async def test_what_the_system_says_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = new_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, StreamView))
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.screen.query_one(Input).value = "no/such/folder"
        await pilot.press("enter")
        await until(pilot, lambda: "Not saved: No such file or directory" in screen_text(app))
        app.screen.query_one(Input).value = "nul\0byte"
        await pilot.press("enter")
        await until(pilot, lambda: "Not saved: embedded null byte" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SaveScreen))
        assert os.listdir(tmp_path) == []
