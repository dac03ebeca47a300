from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter

from outscope.failures import FAILURE_TABLE
from outscope.representation.check import Check
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS
from services.prober.judge.codes import Code

OTHER_CODES = {"api_documentation", "certificate_invalid"}


def read(example: object) -> Check:
    return TypeAdapter(Check).validate_python(example, strict=True)


@pytest.mark.parametrize("example", FURTHER_CHECKS.values(), ids=list(FURTHER_CHECKS))
def test_each_has_every_field_of_a_check(example: object) -> None:
    read(example)


def test_the_failed_one_fails_as_checks_fail() -> None:
    check = read(FURTHER_CHECKS["failed"])
    assert check["failure"] is not None
    rows = {(row.reason.value, row.owner) for row in FAILURE_TABLE}
    assert (check["failure"]["reason"], check["failure"]["owner"]) in rows
    assert check["analysis"] is None
    assert check["ports"] == []


def test_the_pending_one_knows_nothing_yet() -> None:
    check = read(FURTHER_CHECKS["pending"])
    assert (check["analysis"], check["dns"], check["completed_at"]) == (None, None, None)


def test_the_cancelled_one_has_ended_with_neither_verdict_nor_failure() -> None:
    check = read(FURTHER_CHECKS["cancelled"])
    assert (check["analysis"], check["failure"], check["ports"]) == (None, None, [])
    assert check["completed_at"] is not None


def values_of(check: Check, field: str) -> Iterator[object]:
    """What the evidence says stands there."""
    analysis = check["analysis"]
    assert analysis is not None
    for reason in analysis["reasons"]:
        for each in reason["evidence"]:
            if each["field"] == field:
                yield each["value"]


def test_the_troubled_ones_verdict_cites_what_the_check_shows() -> None:
    check = read(FURTHER_CHECKS["troubled"])
    assert list(values_of(check, "paths[0].location")) == [check["paths"][0]["location"]]
    tls = check["ports"][0]["tls"]
    assert tls is not None
    assert list(values_of(check, "ports[0].tls.flags")) == tls["flags"] == ["expired"]
    assert not tls["valid"]
    assert tls["expires_at"] is not None
    assert tls["expires_at"] < check["created_at"]


@pytest.mark.parametrize("example", [COMPLETED_CHECK, FURTHER_CHECKS["troubled"]])
def test_a_verdict_is_made_of_the_codes_there_are(example: object) -> None:
    analysis = read(example)["analysis"]
    assert analysis is not None
    assert {reason["code"] for reason in analysis["reasons"]} <= {*Code} | OTHER_CODES
