from outscope.representation.outcome import optional_outcome, outcome_representation
from outscope.v1 import facts_pb2


def test_an_outcome_names_what_happened_and_who_has_to_act() -> None:
    outcome = facts_pb2.Outcome(
        code=facts_pb2.OUTCOME_CODE_TCP_REFUSED, owner=facts_pb2.OWNER_TARGET, duration_ms=7
    )
    assert outcome_representation(outcome) == {
        "code": "tcp_refused",
        "owner": "target",
        "duration_ms": 7,
    }


def test_nobody_has_to_act_when_all_is_well() -> None:
    outcome = facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK)
    assert outcome_representation(outcome)["owner"] is None


def test_a_stage_never_begun_is_null() -> None:
    assert optional_outcome(facts_pb2.Outcome()) is None
    assert optional_outcome(facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK)) is not None
