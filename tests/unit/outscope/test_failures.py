from pathlib import Path
from typing import get_type_hints

from outscope.failures import FAILURE_TABLE, FailureReason
from outscope.representation.vantage import Failure
from outscope.v1 import facts_pb2

ROOT = Path(__file__).parents[3]


def test_every_reason_is_one_row_with_a_known_owner() -> None:
    assert [row.reason for row in FAILURE_TABLE] == list(FailureReason)
    for row in FAILURE_TABLE:
        assert f"OWNER_{row.owner.upper()}" in facts_pb2.Owner.keys()  # noqa: SIM118 - not a dict
        assert row.summary.endswith(".")


def test_what_is_ours_or_the_resolvers_is_never_the_targets() -> None:
    owners = {row.reason: row.owner for row in FAILURE_TABLE}
    assert "target" not in owners.values()
    assert owners[FailureReason.RESOLVER_UNAVAILABLE] == "resolver"
    assert owners[FailureReason.RESOLVER_FAILED] == "resolver"


def test_the_contract_and_the_api_name_every_reason() -> None:
    proto = (ROOT / "proto/outscope/v1/check.proto").read_text("utf-8")
    message = proto.partition("message Failure {")[2].partition("string reason")[0]
    described = str(get_type_hints(Failure, include_extras=True)["reason"])
    for reason in FailureReason:
        assert reason.value in message
        assert reason.value in described
