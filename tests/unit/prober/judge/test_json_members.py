import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.prober.judge.json_members import CUT, document_in, is_object, object_at

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=6))
def test_a_whole_object_is_what_the_json_module_reads(members: dict[str, object]) -> None:
    document = document_in(json.dumps(members, indent=1))
    assert document is not None
    assert document.is_whole
    assert document.members == members


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=6), VALUES, min_size=1, max_size=6), st.data())
def test_a_cut_object_gives_members_of_the_whole_one(
    members: dict[str, object], data: st.DataObject
) -> None:
    whole = json.dumps(members)
    cut = data.draw(st.integers(1, len(whole) - 1))
    document = document_in(whole[:cut])
    assert document is not None
    assert not document.is_whole
    read = {name: value for name, value in document.members.items() if value is not CUT}
    # A number may be cut in half and still read as a number; all before the last are exact.
    for name in list(read)[:-1]:
        assert read[name] == members[name]


@pytest.mark.parametrize("text", ["", "[]", "1", '"{}"', "<html>", "null"])
def test_what_is_no_object_is_none(text: str) -> None:
    assert document_in(text) is None


@pytest.mark.parametrize(
    "text",
    ["{", '{"a', '{"a":', '{"a":1,', "{1:2}", "{{{{", '{"a":' + "[" * 65000, '{"a":' + "9" * 65000],
)
def test_broken_text_ends_the_reading_and_never_raises(text: str) -> None:
    document = document_in(text)
    assert document is not None
    assert not document.is_whole


def test_the_member_the_cut_fell_into_may_be_an_object() -> None:
    document = document_in('{"paths":{"/a":{"get":')
    assert document is not None
    assert document.members == {"paths": CUT}
    assert is_object(document.members["paths"])
    assert repr(CUT) == "CUT"


@pytest.mark.parametrize("text", ['{"a":1} trailing', "{}{}", '{"a":1}{', "{} \f", "{}\xa0"])
def test_text_after_the_object_makes_it_not_whole(text: str) -> None:
    document = document_in(text)
    assert document is not None
    assert not document.is_whole


def test_an_object_in_a_text_ends_where_it_ends() -> None:
    document = object_at('ui({"a": {"b": 1}}, x)', 3)
    assert (document.members, document.is_whole) == ({"a": {"b": 1}}, True)


def test_an_object_that_is_cut_off_in_a_text_is_read_to_there() -> None:
    document = object_at('ui({"a": 1, "b": {"c', 3)
    assert (document.members, document.is_whole) == ({"a": 1, "b": CUT}, False)


@pytest.mark.parametrize("text", ["", "[1]", "x", "{x: 1}"])
def test_what_is_no_object_has_no_members(text: str) -> None:
    assert not object_at(text, 0).members
