"""Renders the client's models from the OpenAPI document: each answer, each member with its type.

Law: what the client knows of an answer is what the API documents, no more and no less.
"""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_OPENING: Final = '''"""The answers of the API, one class each, as its OpenAPI document has them.

Every member is a key too: check.analysis.kind is check["analysis"]["kind"].
Rendered by `make docs`; change the schemas of the gateway instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from outscope_client.model import Model
'''
_SCALARS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
# What is sent is checked by the server, and what these say nobody reads by a client.
_LEFT_OUT: Final = frozenset({"Alive", "Readiness", "ErrorBody", "RequestProblem"})
_SENT: Final = "Request"
_REFERENCE: Final = "#/components/schemas/"
_WIDTH: Final = 96
# As attributes these are what they are for every dict.
_OF_DICT: Final = frozenset(dir(dict))


def models_source(document: Schema) -> str:
    """Return the source of the client's models."""
    schemas = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if name not in _LEFT_OUT and not name.endswith(_SENT) and "properties" in schema
    }
    ordered = list(_in_order_of_use(schemas))
    return _OPENING + "".join(_class(name, schemas[name]) for name in ordered)


def _in_order_of_use(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Yield each name after those that its members are made of."""
    told: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in told:
            return
        told.add(name)
        for schema in schemas[name]["properties"].values():
            model = _model(schema)
            if model:
                yield from visit(model)
        yield name

    for name in sorted(schemas):
        yield from visit(name)


def _class(name: str, schema: Schema) -> str:
    members = schema["properties"]
    lines = [f"class {name}(Model):", f'    """{schema["description"]}"""', ""]
    models = {member: model for member, told in members.items() if (model := _model(told))}
    if models:
        lines.append("    _models: ClassVar[Mapping[str, type[Model]]] = {")
        lines += [f'        "{member}": {model},' for member, model in models.items()]
        lines += ["    }", ""]
    for member, told in members.items():
        text = told.get("description", "")
        lines += [f"    #: {line}" for line in textwrap.wrap(text, _WIDTH - 7)]
        if member in _OF_DICT:
            lines.append(f'    # By its key only, ["{member}"]: a dict has a method of this name.')
        else:
            lines.append(f"    {member}: {_type(told)}")
    return "\n\n" + "\n".join(lines) + "\n"


def _model(schema: Schema) -> str | None:
    """Return the model that a member is, or a list of."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if schema.get("type") == "array":
        return _model(schema["items"])
    options = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return _model(options[0]) if len(options) == 1 else None


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    options = schema.get("anyOf", ())
    if options:
        known = [_type(one) for one in options if one.get("type") != "null"]
        is_optional = len(known) < len(options)
        told = known[0] if len(known) == 1 else "Any"
        return f"{told} | None" if is_optional and told != "Any" else told
    kind = schema.get("type")
    if kind == "array":
        return f"list[{_type(schema['items'])}]"
    return _SCALARS.get(str(kind), "dict[str, Any]" if kind == "object" else "Any")
