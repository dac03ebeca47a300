from typing import Any

from services.gateway.field_examples import note_examples, refers

PART = {"$ref": "#/components/schemas/Part"}
WHOLE = {"$ref": "#/components/schemas/Whole"}


def definitions() -> dict[str, Any]:
    return {
        "Whole": {
            "properties": {
                "name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "words": {"type": "array", "items": {"type": "string"}},
                "part": {"anyOf": [PART, {"type": "null"}]},
                "parts": {"type": "array", "items": PART},
            }
        },
        "Part": {"properties": {"size": {"type": "integer"}, "is_big": {"type": "boolean"}}},
    }


def test_a_field_is_shown_with_its_value_in_the_whole() -> None:
    shown = definitions()
    note_examples(WHOLE, shown, {"name": "a", "words": ["b", "c"], "part": {"size": 0}})
    assert shown["Whole"]["properties"]["name"]["examples"] == ["a"]
    assert shown["Whole"]["properties"]["words"]["examples"] == [["b", "c"]]
    assert shown["Part"]["properties"]["size"]["examples"] == [0]
    assert "examples" not in shown["Part"]["properties"]["is_big"]


def test_a_field_of_another_schema_is_shown_by_that_ones_fields() -> None:
    shown = definitions()
    note_examples(WHOLE, shown, {"parts": [{"size": 1}, {"size": 2, "is_big": False}]})
    assert "examples" not in shown["Whole"]["properties"]["parts"]
    assert shown["Part"]["properties"]["size"]["examples"] == [1]
    assert shown["Part"]["properties"]["is_big"]["examples"] == [False]


def test_what_is_null_or_empty_shows_nothing_and_leaves_the_place_to_the_next() -> None:
    shown = definitions()
    empty: dict[str, object] = {"name": None, "words": [], "part": None, "parts": []}
    note_examples(WHOLE, shown, empty)
    assert shown == definitions()
    note_examples(WHOLE, shown, {**empty, "name": "a"})
    note_examples(WHOLE, shown, {**empty, "name": "b"})
    assert shown["Whole"]["properties"]["name"]["examples"] == ["a"]


def test_an_example_that_stands_there_already_stays() -> None:
    shown = definitions()
    shown["Whole"]["properties"]["name"]["examples"] = ["chosen"]
    note_examples(WHOLE, shown, {"name": "other"})
    assert shown["Whole"]["properties"]["name"]["examples"] == ["chosen"]


def test_a_reference_is_seen_in_a_list_and_in_a_choice() -> None:
    assert refers(PART)
    assert refers({"type": "array", "items": PART})
    assert refers({"anyOf": [PART, {"type": "null"}]})
    assert not refers({"type": "array", "items": {"type": "string"}})
