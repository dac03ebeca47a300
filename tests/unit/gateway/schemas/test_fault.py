from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outscope.errors import InvalidRequest
from services.gateway.schemas.fault import fault_in, nearest_of, unknown_field


class Inner(BaseModel):
    """A nested object."""

    size: int


class Outer(BaseModel):
    """A request of these tests."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: Annotated[str, Field(pattern="^a")]
    inner: Inner | None = None
    ports: list[int] = []
    paths: Annotated[list[str], Field(min_length=1)] = ["/"]
    names: Annotated[list[str], Field(min_length=2)] = ["a", "b"]


def fault_of(content: object) -> InvalidRequest:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(content)
    return fault_in(caught.value, tuple(Outer.model_fields))


def test_an_unknown_field_is_told_before_a_missing_one() -> None:
    fault = fault_of({"nam": "a"})
    assert (fault.field, fault.value, fault.details) == ("nam", "a", {"nearest": "name"})


def test_a_missing_field_has_no_value() -> None:
    fault = fault_of({})
    assert (fault.field, fault.value) == ("name", None)
    assert fault.message == "name is required"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"name": "a", "inner": {"size": "x"}}, "inner.size"),
        ({"name": "a", "ports": [1, "2"]}, "ports[1]"),
        ({"name": 1}, "name"),
    ],
)
def test_a_place_is_written_as_in_a_path(content: object, field: str) -> None:
    assert fault_of(content).field == field


def test_a_rule_without_words_of_ours_still_names_the_field() -> None:
    fault = fault_of({"name": "b"})
    assert fault.field == "name"
    assert fault.message.startswith("name is not accepted: ")


def test_the_whole_body_has_no_field() -> None:
    fault = fault_of([])
    assert fault.field is None
    assert "object" in fault.message


KNOWN = ("ports", "paths", "fqdn")


@pytest.mark.parametrize(
    ("word", "nearest"), [("fqnd", "fqdn"), ("PORT", "ports"), ("path", "paths")]
)
def test_a_misspelt_word_has_the_one_it_was_meant_to_be(word: str, nearest: str) -> None:
    assert nearest_of(word, KNOWN) == nearest


@pytest.mark.parametrize("word", ["", "zzz", "\U0001f600" * 1000])
def test_there_is_always_a_nearest_word(word: str) -> None:
    assert nearest_of(word, KNOWN) in KNOWN


def test_a_very_long_name_is_cut() -> None:
    fault = unknown_field("x" * 10_000, 1, ("fqdn",))
    assert fault.field == "x" * 128
    assert len(fault.message) < 300


@pytest.mark.parametrize(
    ("field", "told"), [("paths", "at least 1 item"), ("names", "at least 2 items")]
)
def test_a_list_that_is_too_short_is_told_in_good_english(field: str, told: str) -> None:
    assert fault_of({"name": "a", field: []}).message == f"{field} must have {told}"
