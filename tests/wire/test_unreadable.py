"""Bytes that are no reply of a ColonyOS server: always one error of ours, whatever they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from colony_tui.errors import ProtocolError
from colony_tui.wire import decode
from colony_tui.wire.depth import CUT, DEEPEST, cut
from colony_tui.wire.envelope import Reply, open_reply

DEEP = b"[" * 10_000 + b"]" * 10_000

READERS: list[Callable[[bytes], object]] = [
    open_reply,
    decode.process,
    decode.processes,
    decode.entries,
    decode.executors,
    decode.users,
    decode.functions,
    decode.log_lines,
    decode.statistics,
    decode.is_paused,
    decode.server_info,
    decode.colony,
]

PIECES = [
    b'{"payloadtype":"\xe9","payload":""}',
    b'{"payloadtype":"x","payload":"","later":%b}' % DEEP,
    b'{"message":"momentan\xe9ment indisponible","status":503}',
    b'[{"processid":"\xff\xfe","state":0}]',
    b'[{"processid":"x","state":0,"in":%b' % DEEP,
    DEEP,
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b"\xff\xfe\x00",
    b'[{"senderid":"\xc3"}]',
    b'[{"processid":"x","state":0,"spec":{"label":"\\ud800"}}]',
]


def check(body: bytes) -> None:
    for reader in READERS:
        try:
            reader(body)
        except ProtocolError as error:
            assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize("body", PIECES, ids=range(len(PIECES)))
def test_what_cannot_be_read_is_an_error_of_ours(body: bytes) -> None:
    check(body)


@given(some.lists(some.one_of(some.sampled_from(PIECES), some.binary(max_size=40)), max_size=3).map(b"".join))
def test_no_bytes_at_all_are_an_error_of_another_kind(body: bytes) -> None:
    check(body)


def test_a_refusal_that_cannot_be_read_is_one_without_a_reason() -> None:
    for payload in (b'{"message":"\xe9"}', b'{"later":%b}' % DEEP):
        assert Reply("error", payload, True).refusal().reason == "an error without a reason"


def test_a_process_that_is_nested_too_deeply_does_not_hide_the_others() -> None:
    deep = b'{"processid":"b","state":1,"spec":{"funcname":"f","args":[1,%b,2],"kwargs":{"k":%b}}}' % (DEEP, DEEP)
    found = decode.processes(b'[{"processid":"a","state":0},%b,{"processid":"c","state":2}]' % deep)
    assert [process.id for process in found] == ["a", "b", "c"]
    assert found[1].spec.function == "f" and (found[1].spec.args[0], found[1].spec.args[2]) == (1, 2)


values: some.SearchStrategy[Any] = some.recursive(
    some.one_of(some.none(), some.integers(), some.text(max_size=5)),
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(some.text(max_size=3), inner)),
)


@given(values)
def test_what_is_not_deep_is_not_cut(value: Any) -> None:
    text = json.dumps(value).encode()
    assert cut(text) == text
    wrapped = b"[" * DEEPEST + text + b"]" * DEEPEST
    expected = CUT if isinstance(value, list | dict) else text
    assert cut(wrapped) == b"[" * DEEPEST + expected + b"]" * DEEPEST


def test_marks_inside_of_strings_are_no_nesting() -> None:
    text = json.dumps(["[" * 500, '"[', "\\", {'{\\"': "}"}]).encode()
    assert cut(text) == text
    assert cut(b"[" * 500) == b"[" * DEEPEST + CUT
