import pytest

from outscope.v1 import facts_pb2
from services.prober.facts import Outcome, OutcomeCode, Owner, PathFacts, TcpState


def test_every_code_of_the_contract_is_there_and_no_other() -> None:
    names = {f"OUTCOME_CODE_{code.name}" for code in OutcomeCode}
    assert names == set(facts_pb2.OutcomeCode.keys()) - {"OUTCOME_CODE_UNSPECIFIED"}


def test_every_owner_and_state_of_the_contract_is_there_and_no_other() -> None:
    owners = {f"OWNER_{owner.name}" for owner in Owner}
    assert owners == set(facts_pb2.Owner.keys()) - {"OWNER_UNSPECIFIED"}
    states = {f"TCP_STATE_{state.name}" for state in TcpState}
    assert states == set(facts_pb2.TcpState.keys()) - {"TCP_STATE_UNSPECIFIED"}


@pytest.mark.parametrize(
    ("code", "owner"),
    [
        (OutcomeCode.OK, None),
        (OutcomeCode.DNS_NXDOMAIN, Owner.TARGET),
        (OutcomeCode.DNS_SERVFAIL, Owner.TARGET),
        (OutcomeCode.DNS_REFUSED, Owner.RESOLVER),
        (OutcomeCode.TCP_TIMEOUT, Owner.NETWORK),
        (OutcomeCode.TLS_ALERT, Owner.TARGET),
        (OutcomeCode.POLICY_REFUSED, Owner.POLICY),
        (OutcomeCode.INTERNAL, Owner.OURS),
    ],
)
def test_an_outcome_says_who_has_to_act(code: OutcomeCode, owner: Owner | None) -> None:
    outcome = Outcome(code=code)
    assert outcome.owner is owner
    assert outcome.ok is (owner is None)


def test_the_first_of_equal_headers_is_returned() -> None:
    facts = PathFacts(
        path="/", outcome=Outcome(code=OutcomeCode.OK), headers=(("a", "1"), ("a", "2"))
    )
    assert facts.header("a") == "1"
    assert facts.header("b") is None
