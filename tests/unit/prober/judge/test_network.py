from dataclasses import replace

import pytest

from services.prober.facts import Outcome, OutcomeCode, PathFacts, TcpState, TlsFlag
from services.prober.judge.decide import verdict_for
from services.prober.judge.network import certificate_reason, failure_reasons
from tests.unit.prober.judge.shapes import answer, dns, host, port, tls

DNS = [code for code in OutcomeCode if code.value.startswith("dns_")]
TCP = {
    OutcomeCode.TCP_REFUSED: TcpState.REFUSED,
    OutcomeCode.TCP_TIMEOUT: TcpState.FILTERED,
    OutcomeCode.TCP_UNREACHABLE: TcpState.UNREACHABLE,
    OutcomeCode.TCP_RESET: TcpState.RESET,
}
TLS = [
    code
    for code in OutcomeCode
    if code.value.startswith("tls_") and code is not OutcomeCode.TLS_NOT_TLS
]
HTTP = [
    code
    for code in OutcomeCode
    if code.value.startswith("http_") and code is not OutcomeCode.HTTP_NO_ENDPOINT
]


def no_endpoint() -> PathFacts:
    return PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_NO_ENDPOINT))


@pytest.mark.parametrize("code", DNS)
def test_a_name_that_does_not_resolve_is_unreachable_for_that_reason(code: OutcomeCode) -> None:
    verdict = verdict_for(host(no_endpoint(), ports=(), name=dns(code)))
    assert [reason.code for reason in verdict.reasons] == [code.value]
    assert verdict.reasons[0].evidence[0].field == "dns.outcome"
    assert (verdict.reachable, verdict.speaks_http, verdict.analyzable) == (False, False, False)
    assert str(verdict.kind) == "none"


@pytest.mark.parametrize("code", TCP)
def test_a_closed_port_is_unreachable_for_that_reason(code: OutcomeCode) -> None:
    verdict = verdict_for(host(no_endpoint(), ports=(port(8443, state=TCP[code], tcp=code),)))
    assert [reason.code for reason in verdict.reasons] == [code.value]
    assert "8443" in verdict.reasons[0].message
    assert not verdict.reachable


@pytest.mark.parametrize("code", TLS)
def test_a_failed_handshake_is_reachable_and_not_analyzable(code: OutcomeCode) -> None:
    one = port(tls_outcome=code, http=OutcomeCode.HTTP_NOT_HTTP)
    verdict = verdict_for(host(no_endpoint(), ports=(one,)))
    assert [reason.code for reason in verdict.reasons] == [code.value]
    assert (verdict.reachable, verdict.speaks_http, verdict.analyzable) == (True, False, False)


@pytest.mark.parametrize("code", HTTP)
def test_an_open_port_without_an_answer_is_told_so(code: OutcomeCode) -> None:
    one = port(80, tls_outcome=OutcomeCode.TLS_NOT_TLS, http=code)
    verdict = verdict_for(host(no_endpoint(), ports=(one,)))
    assert [reason.code for reason in verdict.reasons] == [code.value]
    # What we did not ask may well speak HTTP.
    is_ours = code is OutcomeCode.HTTP_NOT_ASKED
    assert str(verdict.kind) == ("none" if is_ours else "other_service")
    if is_ours:
        assert str(verdict.analyzability) == "unknown"


def test_ports_that_fail_alike_share_a_reason() -> None:
    closed = [port(n, state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED) for n in (80, 443)]
    other = port(22, http=OutcomeCode.HTTP_NOT_HTTP)
    reasons = failure_reasons(host(no_endpoint(), ports=(*closed, other)))
    assert [reason.code for reason in reasons] == ["tcp_refused", "http_not_http"]
    assert "80, 443" in reasons[0].message
    assert [item.field for item in reasons[0].evidence] == [
        "ports[0].tcp_outcome",
        "ports[1].tcp_outcome",
    ]


def test_a_request_that_failed_after_the_port_spoke_http_is_told() -> None:
    path = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
    verdict = verdict_for(host(path))
    assert verdict.speaks_http
    assert not verdict.analyzable
    assert verdict.reasons[0].code == "http_timeout"


def test_a_failed_request_comes_before_a_closed_port() -> None:
    path = PathFacts(
        path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT), url="https://shop.example.com/"
    )
    closed = port(80, state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED)
    reasons = failure_reasons(host(path, ports=(closed, port(443))))
    assert [reason.code for reason in reasons] == ["http_timeout", "tcp_refused"]
    assert "443" in reasons[0].message


def test_what_a_port_answered_first_counts_when_no_path_was_answered() -> None:
    path = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
    first = answer(200, "<html><title>Shop</title>Shoes")
    verdict = verdict_for(host(path, ports=(port(probe=first),)))
    assert verdict.analyzable
    assert verdict.reasons[0].evidence[0].field.startswith("ports[0].probe.")


def test_an_invalid_certificate_is_told_and_does_not_decide() -> None:
    bad = port(tls=tls(TlsFlag.EXPIRED, TlsFlag.NAME_MISMATCH))
    verdict = verdict_for(host(answer(200, "<title>Shop</title>Shoes"), ports=(bad,)))
    assert verdict.analyzable
    (reason,) = [one for one in verdict.reasons if one.code == "certificate_invalid"]
    assert "expired" in reason.message
    assert "another name" in reason.message
    assert reason.evidence[0].value == "expired, name_mismatch"


def test_a_valid_certificate_is_no_reason() -> None:
    assert certificate_reason(host(answer(), ports=(port(tls=tls()),))) is None


def test_every_flag_has_words() -> None:
    for flag in TlsFlag:
        reason = certificate_reason(host(answer(), ports=(port(tls=tls(flag)),)))
        assert reason is not None
        assert "could not be verified" not in reason.message


def test_a_certificate_without_flags_is_told_by_the_verifier() -> None:
    odd = replace(tls(), valid=False, verify_message="unsupported purpose")
    reason = certificate_reason(host(answer(), ports=(port(tls=odd),)))
    assert reason is not None
    assert reason.evidence[0].value == "unsupported purpose"


def test_a_check_cut_short_says_so() -> None:
    verdict = verdict_for(host(answer(200, "<title>x</title>y"), deadline_hit=True))
    assert "check_cut_short" in {reason.code for reason in verdict.reasons}


@pytest.mark.parametrize("code", [OutcomeCode.POLICY_REFUSED, OutcomeCode.INTERNAL])
def test_a_port_we_did_not_try_is_told(code: OutcomeCode) -> None:
    one = port(state=TcpState.UNREACHABLE, tcp=code)
    assert failure_reasons(host(no_endpoint(), ports=(one,)))[0].code == code.value


def test_a_host_without_any_fact_still_has_a_reason() -> None:
    assert verdict_for(host(no_endpoint(), ports=())).reasons[0].code == "http_no_endpoint"
