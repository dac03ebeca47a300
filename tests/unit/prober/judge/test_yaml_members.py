from typing import Any

import pytest

from services.prober.judge.json_members import CUT
from services.prober.judge.yaml_members import members_in_yaml

READ: dict[str, dict[str, Any]] = {
    "a: 1\nb: x # note\n": {"a": "1", "b": "x"},
    "---\n# c\na:\n  b: 'x: y'\n  c: \"z\"\nd: e\n": {"a": {"b": "x: y", "c": "z"}, "d": "e"},
    "a:\n- url: u\n  name: n\n- x\nb: 1\n": {"a": [{"url": "u", "name": "n"}, "x"], "b": "1"},
    "a:\n  - url: u\n  -\n    b: c\n": {"a": [{"url": "u"}, {"b": "c"}]},
    "a: |\n  b: no key\n  text\nc: >-\n    d: e\nf: g\n": {"a": CUT, "c": CUT, "f": "g"},
    'a: {}\nb: []\nc: {"d": 1}\ne: [read, write]\n': {"a": {}, "b": [], "c": {"d": 1}, "e": CUT},
    "/a/{id}:\n  get: {}\n": {"/a/{id}": {"get": {}}},
    "a:\nb:\n": {"a": None, "b": None},
    "a: x\n  continued: not a key\nb: y\n": {"a": "x", "b": "y"},
    "a: *x\nb: &y z\nc: !tag q\n": {"a": CUT, "b": CUT, "c": CUT},
    "a: 1\na: 2\n": {"a": "1"},
    "a:\r\n  b: c\r\n": {"a": {"b": "c"}},
    "- a\n- b\n": {},
    "prose\n": {},
    "": {},
    "a: ''\n": {"a": ""},
}


@pytest.mark.parametrize("text", READ)
def test_members_are_read_by_their_indentation(text: str) -> None:
    assert members_in_yaml(text) == READ[text]


def test_what_lies_too_deep_is_passed() -> None:
    deep = "".join(f"{' ' * depth}k:\n" for depth in range(40)) + "z: 1\n"
    assert members_in_yaml(deep)["z"] == "1"


def test_lists_in_lists_end() -> None:
    assert members_in_yaml("a:\n  " + "- " * 2000 + "b\nc: d\n")["c"] == "d"


def test_half_a_character_in_a_flow_collection_stands_for_none() -> None:
    assert members_in_yaml(r'info: {"title": "\ud800"}') == {"info": {"title": "\ufffd"}}
