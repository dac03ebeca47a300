import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, check_service_pb2, problem_pb2
from services.gateway.translate.batch import (
    batch_message,
    batch_result,
    nothing_created,
    reading_of,
)


def item_of(fqdn: str) -> check_service_pb2.BatchItem:
    """What the scheduler says of a spec: names beginning with a dot are refused."""
    if fqdn.startswith("."):
        return check_service_pb2.BatchItem(
            problem=problem_pb2.Problem(code="invalid_request", message="m", field="fqdn")
        )
    return check_service_pb2.BatchItem(
        check=check_pb2.Check(id=f"chk_{fqdn}", spec=check_pb2.CheckSpec(fqdn=fqdn))
    )


@given(
    st.lists(
        st.one_of(
            st.fixed_dictionaries({"fqdn": st.sampled_from(["a", "b", ".c", "d"])}),
            st.fixed_dictionaries({"fqdn": st.just("e"), "prots": st.just(1)}),
            st.integers(),
            st.just({}),
        ),
        max_size=12,
    )
)
def test_every_item_is_created_or_refused_in_its_place(items: list[object]) -> None:
    readings = [reading_of(item) for item in items]
    specs = batch_message(readings).specs
    result = batch_result(items, readings, [item_of(spec.fqdn) for spec in specs])
    good = [
        item["fqdn"]
        for item in items
        if isinstance(item, dict) and item.keys() == {"fqdn"} and item["fqdn"] != ".c"
    ]
    assert [each["fqdn"] for each in result["created"]] == good
    refused = [each["index"] for each in result["errors"]]
    assert refused == sorted(set(refused))
    assert len(good) + len(refused) == len(items)
    assert result["stats"] == {
        "total": len(items),
        "created": len(good),
        "failed": len(refused),
    }


@pytest.mark.parametrize(
    ("item", "fqdn"),
    [(5, None), ({}, None), ({"fqdn": 5}, None), ({"fqdn": "x" * 999, "a": 1}, "x" * 256)],
)
def test_a_refused_item_shows_its_name_if_it_has_one(item: object, fqdn: str | None) -> None:
    [error] = batch_result([item], [reading_of(item)], [])["errors"]
    assert error["fqdn"] == fqdn


def test_an_item_refused_here_keeps_all_that_there_is_to_tell() -> None:
    items: list[object] = [{"fqdn": "a", "prots": 1}, {"fqdn": "a", "ports": [70000]}]
    unknown, port = batch_result(items, [reading_of(item) for item in items], [])["errors"]
    assert unknown["error"]["details"] == {"field": "prots", "value": 1, "nearest": "ports"}
    assert port["error"]["details"] == {"field": "ports[0]", "value": 70000}


@pytest.mark.parametrize(("total", "told"), [(1, "The check could"), (3, "None of the 3 checks")])
def test_nothing_created_is_a_refusal_of_the_whole(total: int, told: str) -> None:
    items: list[object] = [5] * total
    refusal = nothing_created(batch_result(items, [reading_of(item) for item in items], []))
    assert isinstance(refusal, InvalidRequest)
    assert refusal.message.startswith(told)
    assert (refusal.field, refusal.value) == ("checks", total)
