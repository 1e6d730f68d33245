"""What is filled in to start a process, and the function specification that it makes. Pure.

Owns what is said of each field, how a text becomes a typed argument, and the sentences that say what is wrong with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from colony_tui.model import Function, FunctionArg, FunctionSpec
from colony_tui.text import cell_width, safe_label

MAX_CHANNELS = 100
"""Channels of a process that the server serves (PROTOCOL.md, "Channels")."""

FUNCTION, TYPE, CHANNELS, ARGS, EXEC_TIME, WAIT_TIME, RETRIES = (
    "function",
    "executor type",
    "channels",
    "arguments",
    "may run",
    "may wait",
    "retries",
)
"""Names of the fields that every process has."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What is said of a field."""

    name: str
    hints: tuple[str, ...] = ()
    """What stands in it while it is empty, the longest form first."""
    help: str = ""
    """A sentence or two."""

    def hint(self, width: int) -> str:
        """The longest form that ``width`` cells hold, else as many words of the last one."""
        hints = [safe_label(hint) for hint in self.hints] or [""]
        return next((hint for hint in hints if cell_width(hint) <= width), whole_words(hints[-1], width))


def whole_words(text: str, width: int) -> str:
    """As many words as ``width`` cells hold; an ellipsis stands for the others."""
    if cell_width(text) <= width:
        return text
    words = text.split(" ")
    while words and cell_width(" ".join((*words, "…"))) > width:
        words.pop()
    return " ".join((*words, "…")) if words else ""


_SPANS = ("no limit; or 90, 15m, 2h", "no limit")
NAMED_FUNCTION = (
    FieldWords(FUNCTION, ("its name",), "The name that an executor serves it by"),
    FieldWords(TYPE, ("such as cli",), "The type of executor that is to run it"),
)
"""Fields of a function that nobody registered."""

OWN_FIELDS = (
    FieldWords(
        CHANNELS,
        ("none: only logs and output", "none"),
        "Names such as chat, sync; without a channel there is nothing to read or write while it runs",
    ),
    FieldWords(ARGS, ('a JSON list, such as ["fast", 3]', 'such as ["fast", 3]'), 'By position, as JSON: ["fast", 3]'),
    FieldWords(EXEC_TIME, _SPANS, "Each attempt at most: seconds, 15m or 2h; then it is put back"),
    FieldWords(WAIT_TIME, _SPANS, "For an executor at most: seconds, 15m or 2h; then it fails"),
    FieldWords(RETRIES, ("0",), "How often it may be put back before it fails"),
)
"""Fields that every process has."""


def words_of(arg: FunctionArg) -> FieldWords:
    """What is said of an argument: what one can type, and what it is for."""
    kind = " | ".join(arg.choices) if arg.choices else arg.type
    hints = ("  ".join(filter(None, (kind, arg.description))), kind or arg.description)
    said = f"{arg.description} ({kind})" if arg.description and kind else arg.description or kind
    return FieldWords(arg.name, hints, said)


_INTEGERS = frozenset(("int", "integer", "int32", "int64", "long"))
_NUMBERS = frozenset(("float", "float64", "double", "number"))
_BOOLEANS = frozenset(("bool", "boolean"))
_JSON = frozenset(("object", "array", "list", "map", "dict", "json", "any"))
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_BETWEEN = re.compile(r"[,\s]+")
_SPAN = re.compile(r"(\d+)\s*(s|min|m|h|)")


class FormError(ValueError):
    """A field cannot be taken as it is; ``str()`` is one sentence for a person."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field_name = field_name


def channel_text(names: Iterable[str]) -> str:
    """Names of channels as the field begins with them: a name that nobody could type there is left out.

    A name may hold anything, and a field shows its text to the terminal as it is.
    """
    return ", ".join(name for name in names if name and safe_label(name) == name and not _BETWEEN.search(name))


@dataclass(frozen=True, slots=True)
class Form:
    """The texts of all fields as they were typed."""

    function: str = ""
    executor_type: str = ""
    channels: str = ""
    """Names, separated by commas or blanks."""
    args: str = ""
    """A JSON list, or empty."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Texts of the function's own arguments, by name."""
    exec_time: str = ""
    """Seconds, or with a unit; empty: without limit."""
    wait_time: str = ""
    retries: str = ""


def spec_of(form: Form, function: Function | None) -> FunctionSpec:
    """The specification of a filled form.

    Args:
        form: What was typed.
        function: What was chosen, for the types of its arguments; ``None`` for one that nobody registered.

    Raises:
        FormError: names the first field that cannot be taken.
    """
    if not form.function.strip():
        raise FormError(FUNCTION, "Choose a function, or type its name")
    if not form.executor_type.strip():
        raise FormError(TYPE, "Say which type of executor is to run it")
    declared = function.args if function is not None else ()
    return FunctionSpec(
        function=form.function.strip(),
        executor_type=form.executor_type.strip(),
        channels=_channels(form.channels),
        args=_args(form.args),
        kwargs=_kwargs(form.named, declared),
        max_exec_time=_seconds(EXEC_TIME, form.exec_time),
        max_wait_time=_seconds(WAIT_TIME, form.wait_time),
        max_retries=_count(form.retries),
    )


def argument(arg: FunctionArg, text: str) -> object:
    """A typed value of what was typed for an argument.

    Raises:
        FormError: the text is no value of its type, or none of its choices.
    """
    name, kind = arg.name, arg.type.lower()
    if arg.choices and text not in arg.choices:
        choices = ", ".join(safe_label(choice) for choice in arg.choices)
        raise FormError(name, f"{safe_label(name)} is one of: {choices}")
    if kind in _INTEGERS:
        return _number(name, text, int, "a whole number")
    if kind in _NUMBERS:
        return _number(name, text, float, "a number")
    if kind in _BOOLEANS:
        truth = _TRUTHS.get(text.strip().lower())
        if truth is None:
            raise FormError(name, f"{safe_label(name)} is true or false")
        return truth
    return _json(name, text) if kind in _JSON else text


def _number(name: str, text: str, kind: type[int] | type[float], words: str) -> int | float:
    try:
        value = kind(text)
    except ValueError:
        raise FormError(name, f"{safe_label(name)} is {words}") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise FormError(name, f"{safe_label(name)} is {words}")
    return value


def _json(name: str, text: str) -> object:
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise FormError(name, f"{safe_label(name)} is JSON: {error}") from None
    return value


def _kwargs(named: Mapping[str, str], declared: tuple[FunctionArg, ...]) -> dict[str, object]:
    values: dict[str, object] = {}
    for arg in declared:
        text = named.get(arg.name, "")
        if text.strip():
            values[arg.name] = argument(arg, text)
        elif arg.is_required:
            raise FormError(arg.name, f"{safe_label(arg.name)} is needed")
    return values


def _args(text: str) -> tuple[object, ...]:
    if not text.strip():
        return ()
    value = _json(ARGS, text)
    if not isinstance(value, list):
        raise FormError(ARGS, 'Arguments are a JSON list, such as ["fast", 3]')
    return tuple(value)


def _channels(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for name in _BETWEEN.split(text) if name))
    if len(names) > MAX_CHANNELS:
        raise FormError(CHANNELS, f"A process has at most {MAX_CHANNELS} channels")
    return names


def _seconds(name: str, text: str) -> int:
    """Seconds, −1 for no limit. Nothing may be 0: the server would put the process back at once."""
    if not text.strip():
        return -1
    match = _SPAN.fullmatch(text.strip().lower())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds < 2**31:
        raise FormError(name, f"{name.capitalize()}: seconds such as 90, or 15m, or 2h; empty for no limit")
    return seconds


def _count(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal() or int(text) > 1_000_000:
        raise FormError(RETRIES, "Retries: how often it may be put back, such as 3")
    return int(text)
