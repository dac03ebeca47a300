import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.prober.judge import yaml_syntax
from services.prober.judge.yaml_syntax import is_well_formed

OPENAPI = """\
%YAML 1.2
---
# the shop
openapi: "3.1.0"
info: {title: Shop, version: '1'}
servers:
- url: https://shop.test
paths:
  /a:
    get: &read
      description: |
        all of it:
          - as it is
      responses: {"200": {description: fine}}
  /b:
    get: *read
...
"""
SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by libyaml, and as where it is missing."""
    monkeypatch.setattr(yaml_syntax, "_LOADER", getattr(yaml, request.param))


@pytest.mark.usefixtures("loader")
def test_a_description_with_all_that_yaml_has_is_well_formed() -> None:
    assert is_well_formed(OPENAPI)
    assert is_well_formed(OPENAPI.replace("\n", "\r\n"))
    assert is_well_formed(OPENAPI + OPENAPI)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("    get: &read\n", "   get: &read\n  x: y\n"),
        ("- url:", "-\turl\n -"),
        ("info: {title: Shop, version: '1'}", "info: {title: Shop, version: '1'"),
        ("info: {title: Shop, version: '1'}", "info: {title: Shop, version: '1}"),
        ("paths:\n", "paths: all\n"),
        ("openapi: ", "openapi: x: "),
        ("*read", "*write"),
        ("  /b:\n", "\t/b:\n"),
        ('"3.1.0"', '"3.1.0" oops'),
        ("...\n", "...\n*read\n"),
        ("# the shop", "\x00"),
        ("# the shop", "@: x"),
    ],
)
def test_what_is_broken_anywhere_is_not(good: str, bad: str) -> None:
    assert good in OPENAPI
    assert not is_well_formed(OPENAPI.replace(good, bad))


@pytest.mark.usefixtures("loader")
def test_an_anchor_of_another_document_is_none_of_this() -> None:
    assert is_well_formed("a: &x 1\nb: *x\n")
    assert not is_well_formed("--- &x 1\n--- *x\n")


@pytest.mark.parametrize("sign", ["[", "{", "[a,", "{a: ", "- ", "? ", "[? "])
def test_what_is_nested_without_end_is_given_up_at_once(
    sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = 0
    parse = yaml.parse

    def counted(text: str, loader: type[yaml.SafeLoader]) -> object:
        nonlocal seen
        for event in parse(text, loader):
            seen += 1
            yield event

    monkeypatch.setattr(yaml, "parse", counted)
    assert not is_well_formed(sign * (64 * 1024 // len(sign)))
    assert seen < 600


def test_as_deep_as_descriptions_are_is_read() -> None:
    assert is_well_formed("".join(f"{' ' * depth}a:\n" for depth in range(128)))
    assert not is_well_formed("".join(f"{' ' * depth}a:\n" for depth in range(129)))


def test_half_a_surrogate_pair_breaks_nothing_of_ours() -> None:
    assert not is_well_formed("a: \ud800")


def test_what_an_alias_stands_for_is_not_written_out() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 1000)]
    assert is_well_formed("\n".join(lines))


@given(VALUES)
def test_whatever_a_library_writes_is_well_formed(value: object) -> None:
    assert is_well_formed(yaml.safe_dump(value))


@given(st.text() | st.text(alphabet="ab:-?[]{}&*!|>'\"#% \n\t,"))
@settings(max_examples=2000)
def test_it_is_what_the_library_composes(text: str) -> None:
    try:
        list(yaml.compose_all(text, yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError):
        composed = False
    else:
        composed = True
    if composed:
        assert is_well_formed(text)
