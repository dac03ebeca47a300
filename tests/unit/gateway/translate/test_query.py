import pytest

from outscope.errors import InvalidRequest
from services.gateway.translate.query import query_fields, refuse_any


def test_a_number_becomes_an_integer_and_nothing_else_does() -> None:
    assert query_fields([("limit", "30"), ("fqdn", "30")], numbers=("limit",)) == {
        "limit": 30,
        "fqdn": "30",
    }
    assert query_fields([]) == {}


@pytest.mark.parametrize("limit", ["", " 5", "5 ", "+5", "5.0", "0x5", "\u0665", "1_0", "9" * 50])
def test_what_is_no_plain_number_stays_text(limit: str) -> None:
    assert query_fields([("limit", limit)], numbers=("limit",)) == {"limit": limit}


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        query_fields([("fqdn", "a"), ("status", "failed"), ("status", "failed")])
    assert caught.value.field == "status"


def test_where_none_is_taken_any_parameter_is_refused_by_its_name() -> None:
    refuse_any([])
    with pytest.raises(InvalidRequest, match='"x"') as refused:
        refuse_any(["x", "y"])
    assert refused.value.field == "x"
