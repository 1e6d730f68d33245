"""The form of a new process: typed values, and one sentence for what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.model import Function, FunctionArg
from colony_tui.tui.function_form import Form, FormError, argument, channel_text, spec_of, whole_words, words_of

FUNCTION = Function(
    name="train",
    executor_name="w",
    executor_type="gpu",
    args=(FunctionArg("epochs", "int", is_required=True), FunctionArg("mode", choices=("slow", "fast"))),
)
FORM = Form(function="train", executor_type="gpu", named={"epochs": "5"})


def test_a_filled_form_is_a_specification() -> None:
    form = replace(FORM, channels="chat, sync chat", args='["a", 1]', exec_time="15m", wait_time="90", retries="3")
    spec = spec_of(form, FUNCTION)
    assert (spec.function, spec.executor_type, spec.channels) == ("train", "gpu", ("chat", "sync"))
    assert (spec.args, spec.kwargs) == (("a", 1), {"epochs": 5})
    assert (spec.max_exec_time, spec.max_wait_time, spec.max_retries) == (900, 90, 3)


def test_only_channels_that_can_be_typed_are_offered() -> None:
    offered = channel_text(("chat", "a b", "a,b", "\x1b]52;c;eA==\x07", "\x9b2J", "\u202esync", "", "größe"))
    assert offered == "chat, größe"
    assert spec_of(replace(FORM, channels=offered), FUNCTION).channels == ("chat", "größe")


@pytest.mark.parametrize(
    ("width", "shown"),
    [(40, "int  how many, 10 if not given"), (29, "int"), (10, "int"), (2, "")],
)
def test_a_field_says_as_much_as_fits(width: int, shown: str) -> None:
    assert words_of(FunctionArg("steps", "int", "how many, 10 if not given")).hint(width) == shown


def test_what_does_not_fit_ends_with_a_whole_word() -> None:
    words = words_of(FunctionArg("speed", choices=("slow", "fast", "as fast as it goes")))
    assert words.hint(20) == "slow | fast | as …"
    assert whole_words("one two", 7) == "one two" and whole_words("one two", 6) == "one …"
    assert whole_words("three", 4) == "" and whole_words("", 0) == ""


def test_what_an_argument_is_for_is_said_with_its_type() -> None:
    assert words_of(FunctionArg("a", "int", "how many")).help == "how many (int)"
    assert words_of(FunctionArg("a", "", "how many")).help == "how many"
    assert words_of(FunctionArg("a", "string", choices=("x", "y"))).help == "x | y"


def test_limits_left_empty_are_none_and_never_nought() -> None:
    spec = spec_of(FORM, FUNCTION)
    assert (spec.max_exec_time, spec.max_wait_time, spec.max_retries) == (-1, -1, 0)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"function": " "}, "function", "Choose a function"),
        ({"executor_type": ""}, "executor type", "which type"),
        ({"named": {}}, "epochs", "epochs is needed"),
        ({"named": {"epochs": "many"}}, "epochs", "whole number"),
        ({"named": {"epochs": "1", "mode": "odd"}}, "mode", "slow, fast"),
        ({"args": "{}"}, "arguments", "a JSON list"),
        ({"args": "["}, "arguments", "JSON"),
        ({"args": '"\ud800"'}, "arguments", "JSON"),
        ({"exec_time": "0"}, "may run", "seconds such as"),
        ({"exec_time": "soon"}, "may run", "seconds such as"),
        ({"wait_time": "-1"}, "may wait", "seconds such as"),
        ({"retries": "-1"}, "retries", "how often"),
        ({"channels": " ".join(map(str, range(101)))}, "channels", "at most 100"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(change: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(FormError, match=words) as caught:
        spec_of(replace(FORM, **change), FUNCTION)  # type: ignore[arg-type]  # fields by name
    assert caught.value.field_name == field


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "-3", -3),
        ("float", "1e3", 1000.0),
        ("bool", "Yes", True),
        ("bool", "0", False),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("string", " as it is ", " as it is "),
        ("", "5", "5"),
        ("somebody's own", "{", "{"),
    ],
)
def test_texts_become_values(kind: str, text: str, value: object) -> None:
    result = argument(FunctionArg("x", kind), text)
    assert result == value and type(result) is type(value)


@given(st.sampled_from(["int", "float", "bool", "json", "string"]), st.text(max_size=20))
def test_any_text_is_a_value_or_a_sentence(kind: str, text: str) -> None:
    try:
        argument(FunctionArg("x\x1b", kind), text)
    except FormError as error:
        assert "\x1b" not in str(error)
