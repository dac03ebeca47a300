import pytest
from pydantic import ValidationError

from outscope.errors import InvalidRequest
from services.gateway.schemas.request import RequestModel, absent_by_default, validated


class Order(RequestModel):
    """A request of these tests."""

    name: str
    count: int = 1


def test_a_valid_request_becomes_its_model() -> None:
    order = validated(Order, {"name": "x"})
    assert (order.name, order.count) == ("x", 1)


@pytest.mark.parametrize(
    "content",
    [
        {"name": 1},
        {"name": "x", "count": "1"},
        {"name": "x", "count": True},
        {"count": 1},
        [],
        None,
    ],
)
def test_nothing_is_converted(content: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(Order, content)
    assert isinstance(caught.value.__cause__, ValidationError)


def test_the_nearest_known_field_is_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(Order, {"nmae": "x"})
    assert caught.value.details == {"nearest": "name"}


def test_a_request_does_not_change() -> None:
    with pytest.raises(ValidationError):
        validated(Order, {"name": "x"}).count = 2  # type: ignore[misc] # frozen is what is tested


def test_a_default_that_stands_for_absence_is_not_shown() -> None:
    schema = {"type": "string", "default": ""}
    absent_by_default(schema)
    assert schema == {"type": "string"}


class Wish(RequestModel):
    """A part of a request of these tests."""

    analyzable: bool = False


class Letter(RequestModel):
    """A request with another in it."""

    reason: str = ""
    wish: Wish = Wish()


def test_an_unknown_field_of_a_part_is_told_the_nearest_of_that_part() -> None:
    with pytest.raises(InvalidRequest, match=r"did you mean \"wish.analyzable\"") as refused:
        validated(Letter, {"wish": {"analysable": True}})
    assert refused.value.field == "wish.analysable"
