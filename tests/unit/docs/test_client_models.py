"""The client's models are made of the OpenAPI document."""

import ast

from docs.client_models import models_source

STRING = {"type": "string", "description": "A name."}
DOCUMENT = {
    "components": {
        "schemas": {
            "Outer": {
                "description": "Holds others.",
                "properties": {
                    "inner": {"$ref": "#/components/schemas/Zinner"},
                    "several": {"type": "array", "items": {"$ref": "#/components/schemas/Zinner"}},
                    "perhaps": {
                        "anyOf": [{"$ref": "#/components/schemas/Zinner"}, {"type": "null"}]
                    },
                    "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    "names": {"type": "array", "items": {"type": "string"}},
                },
            },
            "Zinner": {
                "description": "Is held.",
                "properties": {"name": STRING, "values": STRING, "count": {"type": "integer"}},
            },
            "OuterRequest": {"description": "Is sent.", "properties": {"name": STRING}},
            "ErrorBody": {"description": "Is raised.", "properties": {"error": STRING}},
        }
    }
}


def test_each_answer_is_a_class_after_those_it_is_made_of() -> None:
    classes = [
        node for node in ast.parse(models_source(DOCUMENT)).body if isinstance(node, ast.ClassDef)
    ]
    assert [one.name for one in classes] == ["Zinner", "Outer"]
    members = {
        statement.target.id: ast.unparse(statement.annotation)
        for statement in classes[1].body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    del members["_models"]
    assert members == {
        "inner": "Zinner",
        "several": "list[Zinner]",
        "perhaps": "Zinner | None",
        "either": "Any",
        "names": "list[str]",
    }


def test_a_member_named_like_a_method_of_dict_is_no_attribute() -> None:
    source = models_source(DOCUMENT)
    assert "    values:" not in source
    assert 'its key only, ["values"]' in source
    assert "    #: A name.\n    name: str\n" in source
