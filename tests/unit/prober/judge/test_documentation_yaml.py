from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.prober.judge.documentation_yaml import description_in_yaml


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("openapi: 3.0.0\ninfo:\n  title: x\npaths:\n  /a:\n    get: {}\n", "openapi"),
        ("---\n# c\n'openapi': '3.1.0'\ninfo: {}\ncomponents: {}\n", "openapi"),
        ('swagger: "2.0"\r\ninfo:\r\n  title: x\r\npaths: {}\r\n', "swagger"),
        ("asyncapi: 2.6.0\ninfo: {}\nservers:\n- url: x\nchannels: {}\n", "asyncapi"),
    ],
)
def test_a_description_is_known_by_its_top_level_keys(text: str, format_: str) -> None:
    found = description_in_yaml(text, truncated=False)
    assert found is not None
    assert found[0] == format_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openapi: 3.0.0\n",
        "openapi: 3.0.0\ninfo: {}\n",
        "openapi: 4.0.0\ninfo: {}\npaths: {}\n",
        "x: 1\n  openapi: 3.0.0\ninfo: {}\npaths: {}\n",
        "openapi: 3.0.0\nThis is prose.\ninfo: {}\npaths: {}\n",
        "openapi: 3.0.0\ninfo: {}\npaths: {}\n" + "".join(f"k{i}: 1\n" for i in range(100)),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert description_in_yaml(text, truncated=False) is None


def test_a_cut_text_may_end_in_half_a_key_and_lack_its_paths() -> None:
    text = "openapi: 3.0.0\ninfo:\n  title: x\nserv"
    assert description_in_yaml(text, truncated=True) == ("openapi", "openapi: 3.0.0")
    assert description_in_yaml(text, truncated=False) is None


def test_a_key_said_over_and_over_ends_the_reading() -> None:
    text = "openapi: 3.0.0\ninfo: {}\npaths: {}\n" + "a: 1\n" * 13_000
    assert description_in_yaml(text, truncated=False) is None


def test_paths_far_below_a_long_component_are_found() -> None:
    text = "components:\n" + "  a: 1\n\n" * 5000 + "info: {}\nopenapi: 3.0.0\npaths: {}\n...\n"
    assert description_in_yaml(text, truncated=False) == ("openapi", "openapi: 3.0.0")


def test_a_cut_text_with_two_names_is_what_its_members_show() -> None:
    text = "swagger: 2.0\nasyncapi: 2.6.0\ninfo: {}\nchannels: {}\n"
    told = ("asyncapi", "asyncapi: 2.6.0")
    assert description_in_yaml(text, truncated=False) == told
    assert description_in_yaml(text, truncated=True) == told


KEYS = st.from_regex(r"[a-z_][a-z0-9_-]{0,15}", fullmatch=True).filter(
    lambda key: key not in {"openapi", "swagger", "asyncapi", "info", "y", "n"}
)
SCALARS = st.one_of(
    st.integers(), st.booleans(), st.from_regex(r"[a-z][a-z ]{0,20}[a-z]", fullmatch=True)
)
NODES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
FORMATS = [
    ("openapi", "3.0.3", "paths"),
    ("openapi", "3.1.0", "webhooks"),
    ("swagger", "2.0", "paths"),
    ("asyncapi", "2.6.0", "channels"),
    ("asyncapi", "3.0.0", "operations"),
]


@given(
    st.sampled_from(FORMATS),
    st.dictionaries(KEYS, NODES, max_size=8),
    st.integers(1, 8),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_a_description_is_known_however_its_mapping_is_written(
    shape: tuple[str, str, str],
    beside: dict[str, object],
    indent: int,
    explicit: bool,  # noqa: FBT001 - drawn
    chance: Random,
) -> None:
    name, version, member = shape
    members = [*beside.items(), (name, version), ("info", {"title": "x"}), (member, {"/a": {}})]
    chance.shuffle(members)
    text = yaml.safe_dump(
        dict(members), sort_keys=False, indent=indent, explicit_start=explicit, width=10_000
    )
    assert description_in_yaml(text, truncated=False) == (name, f"{name}: {version}")


@given(st.sampled_from(FORMATS), st.dictionaries(KEYS, NODES, max_size=8), st.integers(0, 400))
def test_of_a_cut_description_nothing_else_is_known(
    shape: tuple[str, str, str], beside: dict[str, object], at: int
) -> None:
    name, version, member = shape
    members = {name: version, "info": {"title": "x"}, **beside, member: {}}
    text = yaml.safe_dump(members, sort_keys=False, width=10_000)[:at]
    found = description_in_yaml(text, truncated=True)
    assert found is None or found == (name, f"{name}: {version}")


@given(st.dictionaries(KEYS, NODES, max_size=8), st.sampled_from(FORMATS))
def test_a_mapping_that_only_speaks_of_a_description_is_none(
    members: dict[str, object], shape: tuple[str, str, str]
) -> None:
    name, version, member = shape
    nested = {**members, "about": {name: version, "info": {}, member: {}}}
    assert description_in_yaml(yaml.safe_dump(nested), truncated=True) is None


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_is_known_stands_in_it(noise: str) -> None:
    found = description_in_yaml(f"openapi: 3{noise}\ninfo: {{}}\n{noise}", truncated=True)
    assert found is None or found[1].removeprefix("openapi: ") in f"3{noise}"
