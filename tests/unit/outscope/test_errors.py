import grpc
import pytest

from outscope.errors import ERROR_TABLE, REFUSALS, InvalidRequest, Refusal, refusal_for

DOCUMENTED = {
    "invalid_request": 400,
    "unauthorized": 401,
    "not_found": 404,
    "rate_limited": 429,
    "internal_error": 500,
}


def subclasses(of: type[Refusal]) -> set[type[Refusal]]:
    return {found for child in of.__subclasses__() for found in {child, *subclasses(child)}}


def test_every_refusal_stands_in_the_table_once() -> None:
    # A narrower kind of a refusal may stand elsewhere, told to callers as the one in the table.
    assert set(REFUSALS) <= subclasses(Refusal)
    assert {each.code for each in subclasses(Refusal)} == {each.code for each in REFUSALS}
    assert len({row.code for row in ERROR_TABLE}) == len(ERROR_TABLE)


def test_the_documented_status_codes_hold() -> None:
    statuses = {row.code: row.http_status for row in ERROR_TABLE}
    assert {code: statuses[code] for code in DOCUMENTED} == DOCUMENTED


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.code)
def test_every_grpc_code_exists(row: Refusal) -> None:
    assert row.grpc_code in grpc.StatusCode.__members__


def test_a_refusal_is_found_again_by_its_code() -> None:
    found = refusal_for("invalid_request", "no", field="fqdn", value="x", limit=3)
    assert isinstance(found, InvalidRequest)
    assert (found.message, found.field, found.value) == ("no", "fqdn", "x")
    assert found.details == {"limit": 3}


def test_an_unknown_code_is_no_refusal() -> None:
    assert refusal_for("internal_error", "no") is None
