"""Checks that ended otherwise than usual, for the OpenAPI document.

Between them and the usual one every field of a check has a value somewhere.
"""

from collections.abc import Mapping
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.gateway.examples import RULES_VERSION, completed_check
from services.gateway.several_example import SEVERAL_CHECK

_EXPIRED: Final = Timestamp(seconds=1_775_001_600)
_DELETED: Final = Timestamp(seconds=1_777_370_401)
_MOVED: Final = "https://example.com/login?session=[redacted]"
_AUTHORIZATION: Final = "https://example.okta.com/oauth2/v1/authorize"
_CHALLENGE: Final = f'Bearer realm="shop", authorization_uri="{_AUTHORIZATION}"'
_PAGE: Final = b"<!doctype html><title>Moved</title><p>Moved.</p>"


def _troubled_check() -> check_pb2.Check:
    """Return a check of a name whose certificate has expired, with SSH beside it."""
    check = completed_check()
    spec, result = check.spec, check.result
    del spec.ports[:]
    spec.ports.extend([443, 22])
    spec.include_content_sample = True
    result.analysis.CopyFrom(_verdict())
    result.dns.cname_chain.append("edge.example.net")
    result.dns.aaaa_records.append("2001:db8::34")
    result.dns.aaaa_outcome.CopyFrom(result.dns.a_outcome)
    _expire(result.ports[0].tls)
    _redirect(result.ports[0].probe)
    _redirect(result.paths[0])
    _challenge(result.paths[1])
    result.ports.append(_ssh())
    check.samples.append(_sample())
    return check


def _verdict() -> verdict_pb2.Analysis:
    redirect = verdict_pb2.Evidence(
        rule="auth.login_redirect", field="paths[0].location", value=_MOVED
    )
    flag = verdict_pb2.Evidence(rule="tls.certificate", field="ports[0].tls.flags", value="expired")
    reasons = [
        verdict_pb2.Reason(
            code="login_redirect",
            category="Redirect",
            message=f"/ sends visitors to the login at {_MOVED}; give the scanner an account.",
            evidence=[redirect],
        ),
        verdict_pb2.Reason(
            code="certificate_invalid",
            category="TLS",
            message="Clients will not trust the certificate on port 443: it has expired.",
            evidence=[flag],
        ),
    ]
    return verdict_pb2.Analysis(
        reachable=True,
        speaks_http=True,
        analyzable=True,
        analyzability="analyzable",
        confidence="medium",
        kind="login_app",
        kind_confidence="high",
        auth_detected=True,
        authentication=_authentication(redirect),
        reasons=reasons,
        rules_version=RULES_VERSION,
    )


def _authentication(redirect: verdict_pb2.Evidence) -> verdict_pb2.Authentication:
    challenge = verdict_pb2.Evidence(
        rule="auth.challenge", field="paths[1].headers.www-authenticate", value=_CHALLENGE
    )
    return verdict_pb2.Authentication(
        paths=[
            verdict_pb2.PathAuthentication(
                path="/", state="redirected", entry_url=_MOVED, evidence=[redirect]
            ),
            verdict_pb2.PathAuthentication(
                path="/shop",
                state="challenged",
                schemes=["Bearer"],
                realm="shop",
                provider="Okta",
                entry_url=_AUTHORIZATION,
                evidence=[challenge],
            ),
        ],
        gated_share=1.0,
        entry_url=_MOVED,
    )


def _expire(tls: facts_pb2.TlsFacts) -> None:
    tls.valid = False
    tls.flags.append("expired")
    tls.verify_message = "certificate has expired"
    tls.days_left = -20
    tls.chain[0].not_after.CopyFrom(_EXPIRED)


def _redirect(path: facts_pb2.PathFacts) -> None:
    path.status_code = 302
    path.reason = "Found"
    path.content_type = "text/html; charset=utf-8"
    path.location = _MOVED
    path.title = "Moved"
    path.body_bytes = len(_PAGE)
    path.headers.add(name="location", value=_MOVED)


def _challenge(path: facts_pb2.PathFacts) -> None:
    path.ClearField("redirects")
    path.ClearField("location")
    path.status_code = 401
    path.reason = "Unauthorized"
    path.headers.add(name="www-authenticate", value=_CHALLENGE)


def _ssh() -> facts_pb2.PortFacts:
    ok, unlike = facts_pb2.OUTCOME_CODE_OK, facts_pb2.OWNER_TARGET
    return facts_pb2.PortFacts(
        port=22,
        state=facts_pb2.TCP_STATE_OPEN,
        address="93.184.216.34",
        tcp_outcome=facts_pb2.Outcome(code=ok, duration_ms=11),
        tls_outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_TLS_NOT_TLS, owner=unlike),
        http_outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_HTTP_NOT_HTTP, owner=unlike),
        attempts=1,
        addresses=[
            facts_pb2.AddressFacts(
                address="93.184.216.34",
                state=facts_pb2.TCP_STATE_OPEN,
                outcome=facts_pb2.Outcome(code=ok, duration_ms=11),
            )
        ],
        banner=b"SSH-2.0-OpenSSH_9.7\r\n",
        service="ssh",
    )


def _sample() -> facts_pb2.ContentSample:
    location = facts_pb2.Header(name="location", value=_MOVED)
    return facts_pb2.ContentSample(path="/", headers=[location], body=_PAGE, expires_at=_DELETED)


def _failed_check() -> check_pb2.Check:
    """Return a check that no prober carried out."""
    check = completed_check()
    check.ClearField("result")
    check.status = check_pb2.CHECK_STATUS_FAILED
    check.failure.CopyFrom(
        check_pb2.Failure(
            reason="deadline_exceeded",
            owner=facts_pb2.OWNER_OURS,
            message="No prober of eu-west-1 answered within 300 seconds.",
        )
    )
    return check


def _pending_check() -> check_pb2.Check:
    check = completed_check()
    for field in ("result", "ended_at"):
        check.ClearField(field)
    check.status = check_pb2.CHECK_STATUS_PENDING
    return check


def _cancelled_check() -> check_pb2.Check:
    check = completed_check()
    check.ClearField("result")
    check.status = check_pb2.CHECK_STATUS_CANCELLED
    return check


CANCELLED_CHECK: Final = check_representation(_cancelled_check())
FURTHER_CHECKS: Final[Mapping[str, object]] = {
    "troubled": check_representation(_troubled_check()),
    "failed": check_representation(_failed_check()),
    "pending": check_representation(_pending_check()),
    "cancelled": CANCELLED_CHECK,
    "several": SEVERAL_CHECK,
}
