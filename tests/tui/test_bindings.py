"""The table of keys: nothing twice, everything explained."""

from __future__ import annotations

from itertools import groupby

import pytest

from colony_tui.tui.bindings import KEYS, Place, help_rows, hint, spelled
from colony_tui.tui.screens.help import KEY_CELLS


def test_ids_are_unique() -> None:
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("place", Place)
def test_a_key_means_one_thing_in_a_place(place: Place) -> None:
    names = sorted(name for key in KEYS if key.place is place for name in key.keys.split(","))
    assert all(len(list(group)) == 1 for _, group in groupby(names))


@pytest.mark.parametrize(
    ("key", "written"),
    [("ctrl+p", "^P"), ("shift+enter", "Shift+Enter"), ("question_mark", "?"), ("f1", "F1"), ("G", "G"), ("f", "f")],
)
def test_keys_are_written_as_people_write_them(key: str, written: str) -> None:
    assert spelled(key) == written


def test_a_keymap_changes_the_help_and_the_hints() -> None:
    keymap = {"list.filter": "f"}
    assert hint("list.filter", keymap).spelled == "f"
    assert ("f", hint_help("list.filter")) in dict(help_rows(keymap))["Processes"]
    assert hint("list.filter").spelled == "/"


def test_keys_and_words_stand_apart_in_the_help() -> None:
    assert max(len(keys) for _, rows in help_rows() for keys, _ in rows) < KEY_CELLS - 1


def hint_help(key_id: str) -> str:
    return next(key.help for key in KEYS if key.id == key_id)
