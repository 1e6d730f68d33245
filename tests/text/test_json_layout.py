"""JSON laid out from its own tokens, judged against the standard library's parser."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colony_tui.text import Cut, Limits, Role, json_lines, plain
from colony_tui.text.json_layout import MAX_DEPTH, is_json
from tests.text.corpus import offence
from tests.text.strategies import limits

_TOKENS = ["{", "}", "[", "]", ",", ":", '"a"', '"\\u12aF\\n"', '"\\x"', '"\x01"', '"', "1", "01", "-", "-0.5e+9", "1."]
_TOKENS += ["true", "nul", "NaN", " ", "\n", "\t", "\u00a0", "[1]", '{"a":1}', '{"a"', '"b":[]', "{}"]
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=25,
)
_sources = st.lists(st.sampled_from(_TOKENS), max_size=12).map("".join) | _values.map(json.dumps)


class _NoConstant(Exception):
    """NaN and Infinity are no JSON."""


def _refuse(constant: str) -> None:
    raise _NoConstant(constant)


def _parse(source: str) -> object:
    """The value with numbers as their own text and all pairs kept, so that nothing can be lost unnoticed."""
    return json.loads(source, parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=_Pairs)


class _Pairs(list[object]):
    """The pairs of an object."""


@given(_sources)
def test_it_is_json_exactly_if_the_parser_says_so(source: str) -> None:
    try:
        is_container = isinstance(_parse(source), list)
    except (ValueError, _NoConstant):
        is_container = False
    assert is_json(source.encode()) == is_container
    assert (json_lines(source.encode()) is not None) == is_container


@given(st.lists(_values) | st.dictionaries(st.text(), _values), st.none() | st.integers(0, 8), st.booleans())
def test_a_layout_loses_and_adds_nothing(value: object, indent: int | None, is_ascii: bool) -> None:
    source = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    if any("\ud800" <= char <= "\udfff" for char in source):
        return
    text = json_lines(source.encode())
    assert text is not None
    assert text.cut is None
    assert offence(plain(text)) is None
    if offence(source) is None and plain(text).isascii():
        assert _parse(plain(text)) == _parse(source)
    assert text == json_lines(json.dumps(value, ensure_ascii=is_ascii).encode())


@given(_sources, limits)
def test_a_layout_keeps_its_limits(source: str, limits: Limits) -> None:
    payload = source.encode()
    text = json_lines(payload, limits)
    if text is not None:
        assert len(text) <= limits.lines
        assert text.cut is None or 0 <= text.cut.shown < text.cut.total == len(payload)
        if text.cut is None:
            assert text == json_lines(payload)


def test_tokens_stay_as_they_were_sent() -> None:
    source = b'{"n": 123456789012345678901234567890, "n": 1.0, "e": 1E+2, "s": "\\u00e9\\/", "k": [-0, 1e400]}'
    text = json_lines(source)
    assert text is not None
    assert plain(text).split("\n") == [
        "{",
        '  "n": 123456789012345678901234567890,',
        '  "n": 1.0,',
        '  "e": 1E+2,',
        '  "s": "\\u00e9\\/",',
        '  "k": [-0, 1e400]',
        "}",
    ]


def test_what_is_short_stands_on_one_line() -> None:
    text = json_lines(b'\n{ "step" :1,\n"of":[5,{}]}\n')
    assert text is not None
    assert plain(text) == '{"step": 1, "of": [5, {}]}'


def test_tokens_have_roles() -> None:
    text = json_lines(b'{"k": ["s", 1, true, null]}')
    assert text is not None
    roles: list[tuple[str, Role | None]] = [(span.text, span.style.role) for span in text[0]]
    assert roles == [
        ("{", None),
        ('"k"', "json_key"),
        (": [", None),
        ('"s"', "json_string"),
        (", ", None),
        ("1", "json_number"),
        (", ", None),
        ("true", "json_literal"),
        (", ", None),
        ("null", "json_literal"),
        ("]}", None),
    ]


def test_controls_in_strings_are_visible() -> None:
    text = json_lines('["\u009b2J\u202e", "\u0301"]'.encode())
    assert text is not None
    assert [(span.text, span.style.role) for span in text[0]][1:5] == [
        ('"', "json_string"),
        ("‹U+009B›", "escape"),
        ("2J", "json_string"),
        ("‹U+202E›", "escape"),
    ]
    assert '"\u0301"' in plain(text)


@pytest.mark.parametrize(
    "source", [b"", b"1", b'"a"', b"true", b"[", b"[1]]", b'{"a":1}x', b"[\xff]", b"\xef\xbb\xbf[]"]
)
def test_what_is_no_object_or_array_is_not_laid_out(source: bytes) -> None:
    assert json_lines(source) is None
    assert not is_json(source)


def test_depth_is_limited() -> None:
    assert is_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert not is_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    ("payload", "size", "shown", "cut"),
    [
        (b'["abcdef"]', 6, '[\n  "abcd', Cut(6, 10)),
        (b"[1, true]", 6, "[\n  1,", Cut(4, 9)),
        (b"[1, -5.5]", 6, "[\n  1,", Cut(4, 9)),
        ('["äöü"]'.encode(), 5, '[\n  "ä', Cut(4, 10)),
        (b'{"key": 1}', 3, '{\n  "k', Cut(3, 10)),
    ],
)
def test_json_that_goes_on_beyond_the_limit_is_laid_out_as_far_as_it_is_seen(
    payload: bytes, size: int, shown: str, cut: Cut
) -> None:
    text = json_lines(payload, Limits(size=size))
    assert text is not None
    assert (plain(text), text.cut) == (shown, cut)


def test_lines_are_cut_where_the_source_is_told() -> None:
    items = ", ".join(f'"{number:030}"' for number in range(3))
    text = json_lines(f"[{items}]".encode(), Limits(lines=2))
    assert text is not None
    assert plain(text) == f'[\n  "{0:030}",'
    assert text.cut == Cut(len(f'["{0:030}", '), len(items) + 2)
