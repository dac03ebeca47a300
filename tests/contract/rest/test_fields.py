"""Every field of a check is documented: what it means, and what it may look like.

The walk goes through whatever the answer of GET /v1/check/{id} is made of.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from services.gateway.field_examples import refers
from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS

Json = dict[str, Any]

DOCUMENT: Final[Json] = openapi_document(OPERATIONS)
CONTENT: Final[Json] = DOCUMENT["paths"]["/v1/check/{id}"]["get"]["responses"]["200"]["content"][
    "application/json"
]


def models(schema: object, definitions: Json, met: set[str]) -> Iterator[str]:
    """Yield the name of every schema that one refers to, directly or not, once."""
    if isinstance(schema, list):
        for each in schema:
            yield from models(each, definitions, met)
    if not isinstance(schema, dict):
        return
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in met:
        met.add(name)
        yield name
        yield from models(definitions[name], definitions, met)
    for child in schema.values():
        yield from models(child, definitions, met)


def undocumented(schema: Json, definitions: Json) -> list[str]:
    """Return the fields without a description, or without an example of their own or below."""
    found = []
    for model in models(schema, definitions, set()):
        for name, field in definitions[model].get("properties", {}).items():
            if not field.get("description"):
                found.append(f"{model}.{name} has no description")
            if not refers(field) and not field.get("examples"):
                found.append(f"{model}.{name} has no example")
    return found


def fields(schema: Json, definitions: Json) -> list[tuple[str, Json]]:
    return [
        (f"{model}.{name}", field)
        for model in models(schema, definitions, set())
        for name, field in definitions[model].get("properties", {}).items()
    ]


SCHEMAS: Final[Json] = DOCUMENT["components"]["schemas"]
FIELDS: Final = fields(CONTENT["schema"], SCHEMAS)


def test_every_field_of_a_check_has_a_description_and_an_example() -> None:
    assert undocumented(CONTENT["schema"], SCHEMAS) == []


def test_the_walk_reaches_every_part_of_a_check() -> None:
    reached = {name for name, _ in FIELDS}
    assert {
        "Check.id",
        "Analysis.kind",
        "Evidence.value",
        "Dns.a_records",
        "Outcome.code",
        "Port.banner",
        "Address.state",
        "Tls.flags",
        "Certificate.key_bits",
        "Answer.location",
        "Path.sample",
        "Timing.tls_ms",
        "Header.value",
        "Sample.body",
        "Failure.reason",
        "Observer.egress_addresses",
        "Requested.ports",
    } <= reached


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _ in FIELDS])
def test_an_example_of_a_field_fits_it(name: str, field: Json) -> None:
    whole = {**field, "components": DOCUMENT["components"]}
    for example in field.get("examples", ()):
        Draft202012Validator(whole).validate(example)


def test_checks_of_every_status_are_shown() -> None:
    examples = {name: each["value"] for name, each in CONTENT["examples"].items()}
    assert {name: each["status"] for name, each in examples.items()} == {
        "usual": "completed",
        "troubled": "completed",
        "failed": "failed",
        "pending": "pending",
        "cancelled": "cancelled",
        "several": "completed",
    }


def test_a_field_that_lacks_either_is_found_however_deep() -> None:
    definitions: Json = {
        "Whole": {
            "properties": {
                "parts": {"type": "array", "items": {"$ref": "#/x/Part"}, "description": "All."},
                "other": {"anyOf": [{"$ref": "#/x/Other"}, {"type": "null"}]},
            }
        },
        "Part": {"properties": {"size": {"type": "integer", "description": "In bytes."}}},
        "Other": {"properties": {"word": {"type": "string", "examples": ["a"]}}},
    }
    assert undocumented({"$ref": "#/x/Whole"}, definitions) == [
        "Whole.other has no description",
        "Part.size has no example",
        "Other.word has no description",
    ]


def test_every_field_of_every_schema_has_a_description() -> None:
    assert [
        f"{model}.{name}"
        for model, schema in SCHEMAS.items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description")
    ] == []
