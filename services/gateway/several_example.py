"""A check from several vantage points that do not agree, for the OpenAPI document."""

from typing import Final

from outscope.representation.check import check_representation
from outscope.v1 import agreement_pb2, check_pb2, verdict_pb2
from services.gateway.examples import RULES_VERSION, completed_check

_HERE: Final = "us-east-1"
_BLOCKED: Final = "eu-west-1"
_FIELD: Final = "paths[0].status_code"
_LEGAL: Final = 451


def several_check() -> check_pb2.Check:
    """Return the check that SEVERAL_CHECK shows, anew each time."""
    check = completed_check()
    check.spec.ClearField("vantage_point")
    check.spec.vantage_points.extend([_HERE, _BLOCKED])
    check.spec.quorum = check_pb2.QUORUM_ANY
    check.result.observer.vantage_point = _HERE
    for name, result in ((_HERE, check.result), (_BLOCKED, _blocked(check.result))):
        check.vantages.add(
            vantage_point=name, status=check.status, result=result, ended_at=check.ended_at
        )
    check.agreement.CopyFrom(_agreement())
    return check


def _blocked(result: check_pb2.CheckResult) -> check_pb2.CheckResult:
    """Return what is seen where the law forbids what is served elsewhere."""
    blocked = check_pb2.CheckResult()
    blocked.CopyFrom(result)
    blocked.observer.vantage_point = _BLOCKED
    del blocked.paths[1:]
    del blocked.discovered[:]
    path = blocked.paths[0]
    path.status_code, path.reason = _LEGAL, "Unavailable For Legal Reasons"
    evidence = verdict_pb2.Evidence(rule="status.client_error", field=_FIELD, value=str(_LEGAL))
    blocked.analysis.CopyFrom(
        verdict_pb2.Analysis(
            reachable=True,
            speaks_http=True,
            analyzability="not_analyzable",
            confidence="high",
            kind="none",
            kind_confidence="high",
            rules_version=RULES_VERSION,
            reasons=[
                verdict_pb2.Reason(
                    code="client_error",
                    category="Content",
                    message="/ answered 451; check a path that is served.",
                    evidence=[evidence],
                )
            ],
        )
    )
    return blocked


def _agreement() -> agreement_pb2.Agreement:
    difference = agreement_pb2.SightDifference(
        code="geo_blocked", field=_FIELD, value=str(_LEGAL), elsewhere="200"
    )
    dissent = agreement_pb2.Dissent(
        vantage_point=_BLOCKED, compared_with=_HERE, code="geo_blocked", evidence=[difference]
    )
    return agreement_pb2.Agreement(
        code="geo_blocked", counted=[_HERE, _BLOCKED], dissents=[dissent]
    )


SEVERAL_CHECK: Final = check_representation(several_check())
