"""The example check judged anew and explained, as the OpenAPI document shows it.

Made by the code that shows real answers, so that the examples have every field they have.
"""

from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import judgement_service_pb2, problem_pb2, verdict_pb2
from services.gateway.examples import completed_check
from services.gateway.translate.judgement import explanation, rejudged_check, rejudged_list

_REJUDGED: Final = Timestamp(seconds=1_777_024_800)
_ID: Final = completed_check().id


def _difference() -> judgement_service_pb2.Difference:
    after = completed_check().result.analysis
    before = verdict_pb2.Analysis()
    before.CopyFrom(after)
    before.kind, before.rules_version = "website", "2"
    return judgement_service_pb2.Difference(
        before=before, after=after, changed=["kind", "rules_version"]
    )


def _rejudged_check() -> judgement_service_pb2.RejudgeCheckResponse:
    check = completed_check()
    check.rejudged_at.CopyFrom(_REJUDGED)
    return judgement_service_pb2.RejudgeCheckResponse(check=check, difference=_difference())


def _rejudged_list() -> judgement_service_pb2.RejudgeChecksResponse:
    judged = judgement_service_pb2.RejudgedItem(
        id=_ID, fqdn="example.com", difference=_difference()
    )
    refused = judgement_service_pb2.RejudgedItem(
        id="chk_01kprq4e00c5s6h9m2t8v4x3zb",
        fqdn="example.com",
        problem=problem_pb2.Problem(
            code="conflict",
            message=(
                "What this verdict was reached from is not there to be judged again: it is kept "
                "for 7 days, and not at all when the answers are too long. Create another check "
                "of the name instead."
            ),
        ),
    )
    return judgement_service_pb2.RejudgeChecksResponse(
        items=[judged, refused], next_cursor="cur_xyz789"
    )


def _explained() -> judgement_service_pb2.ExplainCheckResponse:
    analysis = completed_check().result.analysis
    decided = verdict_pb2.ConsideredRule(
        rule=analysis.reasons[0].evidence[0].rule,
        role=verdict_pb2.RULE_ROLE_DECIDED,
        where="paths[0]",
        message=analysis.reasons[0].message,
        evidence=analysis.reasons[0].evidence,
    )
    gated = verdict_pb2.ConsideredRule(
        rule="generic.captcha",
        role=verdict_pb2.RULE_ROLE_GATED,
        where="paths[0]",
        message=(
            "Such a mark counts with a status that denies, or on a page that shows nothing but a "
            "script; / answered 200."
        ),
        evidence=[
            verdict_pb2.Evidence(rule="generic.captcha", field="paths[0].body", value="g-recaptcha")
        ],
    )
    considered = verdict_pb2.ConsideredRule(
        rule="cloudflare.challenge",
        role=verdict_pb2.RULE_ROLE_CONSIDERED,
        message=(
            "It looks for the header cf-mitigated with a value that is “challenge”; nothing of "
            "this check shows it."
        ),
    )
    return judgement_service_pb2.ExplainCheckResponse(
        analysis=analysis, rules=[decided, gated, considered], is_current=True
    )


REJUDGED_CHECK: Final = rejudged_check(_rejudged_check())
REJUDGED_LIST: Final = rejudged_list(_rejudged_list())
EXPLANATION: Final = explanation(_ID, _explained())
