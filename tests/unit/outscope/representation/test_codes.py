import pytest

from outscope.representation.codes import (
    outcome_code,
    owner_code,
    quorum_code,
    role_code,
    status_code,
    tcp_state_code,
)
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2

FROM_THE_FUTURE = 9_999


def test_an_outcome_loses_its_prefix_and_its_capitals() -> None:
    assert outcome_code(facts_pb2.OUTCOME_CODE_DNS_NXDOMAIN) == "dns_nxdomain"
    assert outcome_code(facts_pb2.OUTCOME_CODE_OK) == "ok"


def test_quorums_are_the_documented_words_and_the_majority_is_the_default() -> None:
    assert [quorum_code(number) for number in check_pb2.Quorum.values()] == [
        "majority",
        "majority",
        "any",
        "all",
    ]
    assert quorum_code(FROM_THE_FUTURE) == "majority"


def test_roles_are_the_documented_words() -> None:
    roles = [number for number in verdict_pb2.RuleRole.values() if number]
    assert [role_code(number) for number in roles] == [
        "decided",
        "fired",
        "outranked",
        "gated",
        "present",
        "considered",
    ]
    assert role_code(FROM_THE_FUTURE) == "unknown"


def test_owners_and_states_are_the_documented_words() -> None:
    owners = [number for number in facts_pb2.Owner.values() if number]
    states = [number for number in facts_pb2.TcpState.values() if number]
    assert [owner_code(number) for number in owners] == [
        "target",
        "resolver",
        "network",
        "policy",
        "ours",
    ]
    assert [tcp_state_code(number) for number in states] == [
        "open",
        "refused",
        "filtered",
        "unreachable",
        "reset",
        "not_tried",
    ]


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (check_pb2.CHECK_STATUS_PENDING, "pending"),
        (check_pb2.CHECK_STATUS_COMPLETED, "completed"),
        (check_pb2.CHECK_STATUS_FAILED, "failed"),
        (FROM_THE_FUTURE, "pending"),
    ],
)
def test_a_status_is_one_of_three_words(number: int, word: str) -> None:
    assert status_code(number) == word


def test_a_value_of_a_newer_contract_is_unknown_and_no_error() -> None:
    assert outcome_code(FROM_THE_FUTURE) == "unknown"
    assert owner_code(FROM_THE_FUTURE) == "unknown"
    assert tcp_state_code(FROM_THE_FUTURE) == "unknown"
