"""Shows beside each field of a schema what it holds in an example of the whole.

Law: a field's example is a part of a whole one, so the two never disagree.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def note_examples(schema: Json, definitions: Mapping[str, Json], example: object) -> None:
    """Set `examples` of every field in the definitions of a schema that an example has a value of.

    The first value of a field stays. What is null or empty shows nothing; a field that holds
    another schema is shown by the fields of that one.
    """
    for shape in _shapes_of(schema, definitions):
        if isinstance(example, Mapping):
            for name, field in shape.get("properties", {}).items():
                _note(field, definitions, example.get(name))
        elif isinstance(example, list | tuple) and "items" in shape:
            for each in example:
                note_examples(shape["items"], definitions, each)


def _note(field: Json, definitions: Mapping[str, Json], value: object) -> None:
    if value is None or value in ("", [], ()):
        return
    if not refers(field):
        field.setdefault("examples", [value])
    note_examples(field, definitions, value)


def refers(schema: Json) -> bool:
    """Tell whether a schema is, or is a list or a choice of, one that is defined elsewhere."""
    choices = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    return any("$ref" in each for each in choices)


def _shapes_of(schema: Json, definitions: Mapping[str, Json]) -> Iterator[Json]:
    """Yield what a value of the schema may look like, references followed."""
    for choice in schema.get("anyOf", (schema,)):
        reference = choice.get("$ref", "").rpartition("/")[2]
        yield definitions[reference] if reference else choice
