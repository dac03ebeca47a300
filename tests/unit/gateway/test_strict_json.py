import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from services.gateway.strict_json import parsed_json

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_what_is_json_is_read_as_it_was_written(value: object) -> None:
    assert parsed_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        parsed_json(body)
    except InvalidRequest as refusal:
        refusal.message.encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b'{"a": 1,}', "line 1"),
        (b"{'a': 1}", "not JSON"),
        (b"{} {}", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "1e999"),
        (b'{"a": -1e999}', "too large"),
        (b'{"a": "\xff"}', "UTF-8 at byte 7"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1, column 1"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\uDC00": 1}', "surrogate"),
        (b"[" * 100_000, "deeply"),
        (b"9" * 5000, "too long"),
    ],
)
def test_what_readers_disagree_on_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        parsed_json(body)


@pytest.mark.parametrize(
    "body", [b'{"a": 1, "a": 1}', b'{"b": [{"a": 1, "c": 2, "a": 3}]}', b'{"a": 1, "\\u0061": 2}']
)
def test_a_name_that_occurs_twice_is_refused_and_named(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed_json(body)
    assert caught.value.field == "a"


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parsed_json(b'"\\ud83d\\ude00"') == "😀"


def test_a_fault_says_where_it_is() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed_json(b'{\n  "a" 1}')
    assert caught.value.details == {"line": 2, "column": 7}


def test_a_name_repeated_behind_very_many_others_is_found_in_one_pass() -> None:
    names = [*(f'"k{number:06}":0' for number in range(80_000)), '"k079999":0']
    with pytest.raises(InvalidRequest, match='"k079999" occurs more than once'):
        parsed_json(f"{{{','.join(names)}}}".encode())
