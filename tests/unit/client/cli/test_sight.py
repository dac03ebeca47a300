"""A check as a tool tells it."""

import copy
from typing import Any

from outscope_client.cli.sight import seen_of
from outscope_client.models import Check

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK

FAILED: Any = FURTHER_CHECKS["failed"]


def test_of_one_place_there_are_no_others_and_no_agreement() -> None:
    seen = seen_of(Check(copy.deepcopy(dict(COMPLETED_CHECK))))
    assert (seen["vantage_point"], seen["vantages"], seen["agreement"]) == ("eu-west-1", [], None)
    assert seen["verdict"] in seen["report"]


def test_of_several_each_tells_its_verdict_and_what_differs_is_told() -> None:
    seen = seen_of(Check(copy.deepcopy(dict(SEVERAL_CHECK))))
    assert seen["vantage_point"] is None
    here, there = seen["vantages"]
    assert (here["vantage_point"], here["analyzability"]) == ("us-east-1", "analyzable")
    assert there["analyzability"] == "not_analyzable"
    assert there["verdict"].startswith("Reachable over HTTP, but not analyzable")
    assert seen["agreement"] == SEVERAL_CHECK["agreement"]


def test_who_could_not_look_says_why() -> None:
    check: dict[str, Any] = copy.deepcopy(dict(SEVERAL_CHECK))
    lost = FAILED["failure"]
    check["vantages"][1] |= {"status": "failed", "analysis": None, "failure": lost}
    there = seen_of(Check(check))["vantages"][1]
    assert (there["failure"], there["verdict"]) == (lost["reason"], lost["reason"])
    assert there["analyzability"] is None
