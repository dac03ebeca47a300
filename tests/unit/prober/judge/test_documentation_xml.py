from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.judge.documentation_xml import description_in_xml, is_well_formed

WSDL = 'xmlns="http://schemas.xmlsoap.org/wsdl/"'


@pytest.mark.parametrize(
    "text",
    [
        f"<definitions {WSDL}>",
        f"<?xml version='1.0'?><?style x?><!-- a - b --><!DOCTYPE x><definitions name='x' {WSDL}>",
        "  <w:definitions xmlns:w='http://schemas.xmlsoap.org/wsdl/'>",
        '<description xmlns="http://www.w3.org/ns/wsdl">',
    ],
)
def test_a_wsdl_is_known_by_its_root(text: str) -> None:
    found = description_in_xml(text)
    assert found is not None
    assert found[0] == "wsdl"


def test_a_quote_inside_the_other_kind_belongs_to_the_namespace() -> None:
    text = "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/\"/'>"
    assert description_in_xml(text) is None


def test_what_looks_like_an_attribute_inside_a_value_is_none() -> None:
    inside = WSDL.replace('"', "'")
    assert description_in_xml(f'<definitions name="a {inside} b">') is None
    assert description_in_xml(f'<definitions name="a {inside} b" {WSDL}>') is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<definitions>",
        f"<other {WSDL}>",
        f"<root><definitions {WSDL}></root>",
        f"text <definitions {WSDL}>",
        "<w:definitions xmlns='http://schemas.xmlsoap.org/wsdl/'>",
        f"<!-- <definitions {WSDL}>",
    ],
)
def test_another_root_or_namespace_is_none(text: str) -> None:
    assert description_in_xml(text) is None


ROOTS = {
    ("definitions", "http://schemas.xmlsoap.org/wsdl/"): "wsdl",
    ("description", "http://www.w3.org/ns/wsdl"): "wsdl",
    ("application", "http://wadl.dev.java.net/2009/02"): "wadl",
    ("Edmx", "http://docs.oasis-open.org/odata/ns/edmx"): "odata",
    ("Edmx", "http://schemas.microsoft.com/ado/2007/06/edmx"): "odata",
}
WORDS = st.from_regex(r"[a-z][a-z0-9.-]{0,9}", fullmatch=True).filter(
    lambda word: not word.startswith("xml")
)
# What may stand before the root, and beside its namespace.
BEFORE = st.lists(
    st.one_of(
        st.sampled_from(["\n", "  ", "<!-- a - b -->", "<!---->", "<!DOCTYPE x>"]),
        WORDS.map(lambda word: f'<?{word} of="it"?>'),
        # Dashes may end the comment.
        WORDS.map(lambda word: f"<!-- <{word.replace('-', '.')}> -->"),
    ),
    max_size=6,
).filter(lambda parts: parts.count("<!DOCTYPE x>") < 2)
VALUES = st.text(st.characters(exclude_characters="<>&\"'", codec="ascii"), max_size=12).map(
    lambda text: "".join(filter(str.isprintable, text))
)


def start_tag(
    root: tuple[str, str], prefix: str, quote: str, beside: Mapping[str, str], *, first: bool
) -> str:
    name, uri = root
    attributes = [f"{key}={quote}{value}{quote}" for key, value in beside.items()]
    namespace = f"xmlns:{prefix}" if prefix else "xmlns"
    attributes.insert(0 if first else len(attributes), f"{namespace}={quote}{uri}{quote}")
    return " ".join([f"<{prefix}:{name}" if prefix else f"<{name}", *attributes])


@given(
    st.sampled_from(sorted(ROOTS)),
    st.one_of(st.just(""), WORDS),
    st.sampled_from(["'", '"']),
    st.dictionaries(WORDS, VALUES, max_size=4),
    st.booleans(),
    BEFORE,
)
def test_a_root_is_known_however_it_is_written(
    root: tuple[str, str],
    prefix: str,
    quote: str,
    beside: Mapping[str, str],
    first: bool,  # noqa: FBT001 - drawn
    before: list[str],
) -> None:
    text = "".join(before) + start_tag(root, prefix, quote, beside, first=first) + "/>"
    assert ET.fromstring(text.lstrip()).tag == f"{{{root[1]}}}{root[0]}"
    assert description_in_xml(text) == (ROOTS[root], f"{root[0]} in {root[1]}")


@given(st.sampled_from(sorted(ROOTS)), WORDS, WORDS, BEFORE)
def test_no_other_root_is_known_nor_any_in_another_namespace(
    root: tuple[str, str], name: str, word: str, before: list[str]
) -> None:
    for other in ((f"{name}x", root[1]), (root[0], f"{root[1]}{word}"), (root[0], word)):
        text = "".join(before) + start_tag(other, "", '"', {}, first=True) + "/>"
        assert description_in_xml(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_is_known_stands_in_it(noise: str) -> None:
    for text in (noise, f"<definitions {WSDL}{noise}", f"<!--{noise}<definitions {WSDL}>"):
        found = description_in_xml(text)
        assert found is None or found == ("wsdl", found[1])


@pytest.mark.parametrize(
    "text",
    ["<a/>", "\n<?xml version='1.0' encoding='utf-16'?><a><b>\u00e9</b></a>\n", "<a/><!-- b -->"],
)
def test_xml_to_its_end_is_well_formed(text: str) -> None:
    assert is_well_formed(text)


@pytest.mark.parametrize(
    "text", ["", "<a>", "<a/>b", "<a></b>", "<a>&c;</a>", "<a>\0</a>", "\ud800"]
)
def test_what_breaks_the_grammar_is_not(text: str) -> None:
    assert not is_well_formed(text)


def test_entities_are_not_made_longer() -> None:
    grown = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(9))
    text = f"<!DOCTYPE a [<!ENTITY e0 'x'>{grown}]><a>&e9;</a>"
    assert is_well_formed(text)
