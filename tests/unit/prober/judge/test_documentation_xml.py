import pytest

from services.prober.judge.documentation_xml import description_in_xml

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
