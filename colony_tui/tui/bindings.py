"""All keys in one table: what they do, where, and how the help says it.

Owns the keys of the whole screen. Widgets take their part with ``bindings_for``; a user's own keys go in by id with
Textual's keymap, so the table is the only place where a key is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding, BindingType


class Place(Enum):
    """Where a key works; the value is the heading in the help."""

    EVERYWHERE = "Everywhere"
    PROCESS = "A process, in the list or open"
    LIST = "Processes"
    PANE = "An open process"
    STREAM = "A stream"
    LINES = "Info, logs and this page"
    INPUT = "Writing"
    DIALOG = "Dialogs"


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the table."""

    place: Place
    action: str
    """Textual's action, without ``action_``."""
    keys: str
    """Textual's names, separated by commas; the first is the one that is shown."""
    words: str
    """One or two words, for the bottom line."""
    help: str
    """What it does, for the help."""
    is_first: bool = False
    """Whether it comes before what the focused widget itself does with the key."""

    @property
    def id(self) -> str:
        """Under which a keymap names it."""
        name, _, argument = self.action.removeprefix("app.").rstrip(")").partition("(")
        return ".".join(filter(None, (self.place.name.lower(), name, argument)))


_ANYWHERE = Place.EVERYWHERE
_PROCESS = Place.PROCESS
KEYS: tuple[Key, ...] = (
    Key(_ANYWHERE, "help", "question_mark,f1", "help", "All keys"),
    Key(_ANYWHERE, "new_process", "n", "new", "Start a new process"),
    Key(_ANYWHERE, "next_unread", "u", "next unread", "Go to the next process with something unread"),
    Key(_ANYWHERE, "app.command_palette", "ctrl+p", "commands", "Commands: themes and more", is_first=True),
    Key(_ANYWHERE, "app.focus_next", "tab", "next pane", "Next pane"),
    Key(_ANYWHERE, "app.focus_previous", "shift+tab", "pane before", "Pane before"),
    Key(_ANYWHERE, "toggle_list", "l", "list", "Hide or show the list of processes"),
    Key(_ANYWHERE, "app.quit", "q", "quit", "Quit (not while writing)"),
    Key(_ANYWHERE, "app.interrupt", "ctrl+c", "quit", "Twice: quit, also while writing", is_first=True),
    Key(_ANYWHERE, "app.suspend_process", "ctrl+z", "suspend", "Suspend (not while writing); fg comes back"),
    *(
        Key(_ANYWHERE, f"tab_number({number})", f"alt+{number}", "tabs", f"Tab {number} of the process", is_first=True)
        for number in range(1, 10)
    ),
    Key(_PROCESS, "cancel_process", "x", "cancel", "Cancel it (asks first)"),
    Key(_PROCESS, "run_again", "a", "start again", "Start it again (asks first)"),
    Key(_PROCESS, "remove_process", "delete", "remove", "Remove it from the server (asks first)"),
    Key(Place.LIST, "open", "enter", "open", "Open the process"),
    Key(Place.LIST, "cursor(1)", "j,down", "down", "Next process"),
    Key(Place.LIST, "cursor(-1)", "k,up", "up", "Process before"),
    Key(Place.LIST, "page(1)", "pagedown,ctrl+f", "page down", "A page down"),
    Key(Place.LIST, "page(-1)", "pageup,ctrl+b", "page up", "A page up"),
    Key(Place.LIST, "top", "g,home", "top", "First process"),
    Key(Place.LIST, "bottom", "G,end", "bottom", "Last process"),
    Key(Place.LIST, "filter", "slash", "filter", "Filter by function, executor, initiator, state, channel or id"),
    Key(Place.LIST, "clear_filter", "escape", "show all", "Drop the filter"),
    Key(Place.LIST, "tab(1)", "right,full_stop", "next tab", "Next tab: active, finished, mine, all"),
    Key(Place.LIST, "tab(-1)", "left,comma", "tab before", "Tab before"),
    Key(Place.LIST, "compact", "c", "compact", "One line a process, or two"),
    Key(Place.LIST, "copy_id", "y", "copy id", "Copy the process id"),
    Key(Place.PANE, "leave", "escape", "list", "Back to the list"),
    Key(Place.PANE, "write", "i", "write", "Go to the input"),
    Key(Place.PANE, "reply", "r", "reply", "Reply to the entry under the cursor"),
    Key(Place.PANE, "find", "slash", "find", "Find in the stream"),
    Key(Place.PANE, "go_to_time", "T", "time", "Go to a time: 12:04, 12:04:11 or -5m"),
    Key(Place.PANE, "save", "S", "save", "Save the entry under the cursor to a file"),
    Key(Place.PANE, "next_view", "v", "view", "View: threads, time, raw"),
    Key(Place.PANE, "tab(1)", "right,full_stop", "next tab", "Next channel, then Logs and Info"),
    Key(Place.PANE, "tab(-1)", "left,comma", "tab before", "Tab before"),
    Key(Place.STREAM, "cursor_down", "j,down", "down", "Next entry"),
    Key(Place.STREAM, "cursor_up", "k,up", "up", "Entry before"),
    Key(Place.STREAM, "page_down", "pagedown,ctrl+f,space", "page down", "A page down"),
    Key(Place.STREAM, "page_up", "pageup,ctrl+b", "page up", "A page up"),
    Key(Place.STREAM, "half_down", "ctrl+d", "half down", "Half a page down"),
    Key(Place.STREAM, "half_up", "ctrl+u", "half up", "Half a page up"),
    Key(Place.STREAM, "go_top", "g,home", "top", "To the first entry"),
    Key(Place.STREAM, "go_end", "G,end", "end", "To the end, and follow it"),
    Key(Place.STREAM, "open_thread", "enter", "thread", "The thread of the entry alone; Esc is the way back"),
    Key(Place.STREAM, "go_parent", "p", "parent", "To what this entry answers"),
    Key(Place.STREAM, "go_reply", "greater_than_sign", "next reply", "To the next reply"),
    Key(Place.STREAM, "find_next", "n", "next match", "Next match"),
    Key(Place.STREAM, "find_previous", "N", "match before", "Match before"),
    Key(Place.STREAM, "next_times", "t", "times", "Times: off, relative, local, UTC"),
    Key(Place.STREAM, "copy", "y", "copy", "Copy the selection, else the entry, else the newest"),
    Key(Place.STREAM, "copy_thread", "Y", "copy thread", "Copy the thread of the entry"),
    Key(Place.STREAM, "show_all", "o", "show more", "Show more of a long entry, or less again"),
    Key(Place.STREAM, "draw_mark", "m", "mark", "Draw a mark below the entry, or take it away"),
    Key(Place.STREAM, "leave", "escape", "clear", "Drop the selection, then the search, the thread, the cursor"),
    Key(Place.LINES, "scroll_down", "j,down", "down", "A line down"),
    Key(Place.LINES, "scroll_up", "k,up", "up", "A line up"),
    Key(Place.LINES, "page_down", "pagedown,ctrl+f,space", "page down", "A page down"),
    Key(Place.LINES, "page_up", "pageup,ctrl+b", "page up", "A page up"),
    Key(Place.LINES, "scroll_home", "g,home", "top", "To the beginning"),
    Key(Place.LINES, "scroll_end", "G,end", "end", "To the end"),
    Key(Place.LINES, "copy_all", "y", "copy", "Copy all of it"),
    Key(Place.INPUT, "submit", "enter", "send", "Send", is_first=True),
    Key(Place.INPUT, "newline", "ctrl+j,shift+enter,alt+enter", "new line", "New line", is_first=True),
    Key(Place.INPUT, "leave", "escape", "stream", "Drop the reply, then up into the stream", is_first=True),
    Key(Place.INPUT, "scroll_stream(-1)", "pageup", "page up", "Scroll the stream up", is_first=True),
    Key(Place.INPUT, "scroll_stream(1)", "pagedown", "page down", "Scroll the stream down", is_first=True),
    Key(Place.DIALOG, "dismiss_dialog", "escape", "close", "Close"),
)

_SPELLINGS = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "escape": "Esc",
    "enter": "Enter",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "delete": "Del",
    "home": "Home",
    "end": "End",
    "space": "Space",
    "tab": "Tab",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def spelled(key: str) -> str:
    """One of Textual's key names as people write it: ``ctrl+p`` is ``^P``, ``shift+enter`` is ``Shift+Enter``."""
    *modifiers, name = key.split("+")
    plain = _SPELLINGS.get(name, name.upper() if name[0] == "f" and name[1:].isdigit() else name)
    if modifiers == ["ctrl"] and len(plain) == 1:
        return f"^{plain.upper()}"
    return "+".join([*(modifier.capitalize() for modifier in modifiers), plain])


def bindings_for(place: Place, *ids: str, without: tuple[str, ...] = ()) -> list[BindingType]:
    """Textual's bindings of a place.

    Args:
        place: Where the keys work.
        ids: Only these; none given: all.
        without: Not these.
    """
    return [
        Binding(key.keys, key.action, key.help, show=False, priority=key.is_first, id=key.id)
        for key in KEYS
        if key.place is place and (not ids or key.id in ids) and key.id not in without
    ]


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does here, for the bottom line and for sentences."""

    key: str
    """Textual's name."""
    words: str
    is_kept: bool = False
    """Whether it stays where there is no room for all."""

    @property
    def spelled(self) -> str:
        return spelled(self.key)


def hint(key_id: str, keymap: Mapping[str, str] | None = None, words: str = "") -> Hint:
    """The key of an id as it is bound now.

    Args:
        key_id: As ``Key.id``.
        keymap: The user's own keys by id.
        words: Instead of the table's.

    Raises:
        KeyError: The table has no such id.
    """
    key = _BY_ID[key_id]
    keys = (keymap or {}).get(key_id, key.keys)
    return Hint(keys.partition(",")[0].strip(), words or key.words, key_id == _KEPT)


def help_rows(keymap: Mapping[str, str] | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """The help: places with their lines, each the keys as people write them and what they do."""
    rows: dict[Place, list[tuple[str, str]]] = {}
    for key in KEYS:
        names = (keymap or {}).get(key.id, key.keys).split(",")
        shown, words = "  ".join(spelled(name.strip()) for name in names), key.help
        if key.action.startswith("tab_number("):
            if key.action != "tab_number(1)":
                continue
            shown, words = f"{shown} …", "Tab 1 to 9 of the process"
        rows.setdefault(key.place, []).append((shown, words))
    return [(place.value, rows[place]) for place in Place if place in rows]


_BY_ID = {key.id: key for key in KEYS}
_KEPT = "everywhere.help"
