import pytest

from outscope.errors import InvalidRequest
from services.gateway.schemas.check_list import STATUSES, CheckListQuery
from services.gateway.schemas.request import validated


def test_the_documented_defaults() -> None:
    query = validated(CheckListQuery, {})
    assert (query.limit, query.cursor, query.fqdn, query.status) == (30, "", "", None)


def test_the_statuses_are_the_documented_ones_and_cancelled() -> None:
    assert STATUSES == ("pending", "completed", "failed", "cancelled")


def test_an_unknown_status_lists_those_that_exist() -> None:
    with pytest.raises(InvalidRequest, match="pending, completed, failed or cancelled"):
        validated(CheckListQuery, {"status": "done"})


def test_the_schema_shows_no_null_and_no_empty_default() -> None:
    properties = CheckListQuery.model_json_schema()["properties"]
    assert properties["status"]["type"] == "string"
    assert properties["status"]["enum"] == list(STATUSES)
    assert "anyOf" not in properties["status"]
    assert all("default" not in properties[name] for name in ("cursor", "fqdn", "status"))
    assert properties["limit"]["default"] == 30


def test_what_a_query_does_not_know_is_a_parameter() -> None:
    with pytest.raises(InvalidRequest) as error:
        validated(CheckListQuery, {"limt": 5})
    assert error.value.message == 'There is no parameter "limt"; did you mean "limit"?'
    assert error.value.details == {"nearest": "limit"}
