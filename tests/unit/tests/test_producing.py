"""A test that is marked with a code, and does not see it, fails."""

import pytest

from outscope.failures import FailureReason
from services.prober.facts import (
    AddressFacts,
    CheckSpec,
    DnsFacts,
    Failure,
    HostFacts,
    Outcome,
    OutcomeCode,
    Owner,
    PortFacts,
    TcpState,
)
from tests.conftest import pytest_runtest_call
from tests.producing import forget, name_of, produces, producing, saw, saw_reason, unseen

EVERY_CODE = [produces(*OutcomeCode, *FailureReason).mark]


def seen() -> set[str]:
    every = {name_of(code) for code in (*OutcomeCode, *FailureReason)}
    return every - set(unseen(EVERY_CODE))


def outcome(code: OutcomeCode) -> Outcome:
    return Outcome(code=code)


@produces(OutcomeCode.TCP_REFUSED)
def test_a_marked_test_fails_while_its_code_is_unseen(request: pytest.FixtureRequest) -> None:
    running = pytest_runtest_call(request.node)
    next(running)
    saw(outcome(OutcomeCode.TCP_RESET))
    with pytest.raises(pytest.fail.Exception, match=r"OutcomeCode\.TCP_REFUSED"):
        next(running)
    again = pytest_runtest_call(request.node)
    next(again)
    saw(outcome(OutcomeCode.TCP_REFUSED))
    with pytest.raises(StopIteration):
        next(again)


def test_what_one_test_saw_does_not_count_for_the_next() -> None:
    saw(outcome(OutcomeCode.TCP_REFUSED))
    forget()
    assert seen() == set()


def test_every_outcome_of_a_host_is_seen_however_deep() -> None:
    address = AddressFacts(
        address="", state=TcpState.NOT_TRIED, outcome=outcome(OutcomeCode.TCP_NO_IPV6)
    )
    port = PortFacts(
        port=80,
        state=TcpState.OPEN,
        tcp_outcome=outcome(OutcomeCode.OK),
        tls_outcome=outcome(OutcomeCode.TLS_NOT_TLS),
        addresses=(address,),
    )
    dns = DnsFacts(
        outcome=outcome(OutcomeCode.OK),
        a_outcome=outcome(OutcomeCode.OK),
        aaaa_outcome=outcome(OutcomeCode.DNS_NO_DATA),
    )
    facts = HostFacts(spec=CheckSpec(fqdn="x.test"), dns=dns, ports=(port,))
    assert saw(facts) is facts
    assert seen() == {
        "OutcomeCode.OK",
        "OutcomeCode.DNS_NO_DATA",
        "OutcomeCode.TLS_NOT_TLS",
        "OutcomeCode.TCP_NO_IPV6",
    }


def test_an_outcome_and_a_failure_of_the_same_value_are_two() -> None:
    saw(Failure(reason=FailureReason.INTERNAL, owner=Owner.OURS, message=""))
    assert seen() == {"FailureReason.INTERNAL"}
    saw(outcome(OutcomeCode.INTERNAL))
    assert seen() == {"FailureReason.INTERNAL", "OutcomeCode.INTERNAL"}


def test_a_reason_is_seen_as_it_is_told_and_no_other_text_is_one() -> None:
    saw_reason("target_budget")
    assert seen() == {"FailureReason.TARGET_BUDGET"}
    with pytest.raises(ValueError, match="no_such_reason"):
        saw_reason("no_such_reason")


def test_a_parameter_set_is_marked_with_its_first_value() -> None:
    values = producing(OutcomeCode.TCP_RESET, OutcomeCode.OK)
    assert values.values == (OutcomeCode.TCP_RESET, OutcomeCode.OK)
    assert [mark.args for mark in values.marks if isinstance(mark, pytest.MarkDecorator)] == [
        (OutcomeCode.TCP_RESET,)
    ]
