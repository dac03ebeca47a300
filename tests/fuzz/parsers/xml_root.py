"""An XML description: known by the root element that an XML parser finds too, or nothing."""

from xml.etree import ElementTree as ET

from services.prober.judge.documentation_xml import description_in_xml
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Read noise as a description, and compare with what expat makes of it."""
    text = noise.decode(errors="replace")
    found = description_in_xml(text)
    if found is None:
        return
    name, _, uri = found[1].partition(" in ")
    assert name in text
    assert uri in text
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError):
        return
    assert root.tag == f"{{{uri}}}{name}", (root.tag, found)


TARGET = Target(
    check=check,
    seeds=(
        b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"></definitions>',
        b"<w:definitions xmlns:w='http://schemas.xmlsoap.org/wsdl/'/>",
        b'<?xml version="1.0"?><!-- a --><!DOCTYPE x><application xmlns="http://wadl.dev.java.net/2009/02"></application>',
        b'<x:Edmx xmlns:x="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"></x:Edmx>',
    ),
    max_bytes=1024,
)
