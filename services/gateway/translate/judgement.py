"""Questions about verdicts as the scheduler's messages, and its answers as the API shows them."""

from outscope.representation.check import check_representation
from outscope.representation.codes import role_code
from outscope.representation.evidence import evidence_representation
from outscope.representation.verdict import analysis_representation
from outscope.v1 import judgement_service_pb2, verdict_pb2
from services.gateway.schemas.judgement import (
    ConsideredRule,
    Difference,
    Explanation,
    RejudgedItem,
    RejudgedList,
    RejudgeRequest,
)
from services.gateway.translate.problem import problem_from


def rejudge_message(asked: RejudgeRequest) -> judgement_service_pb2.RejudgeChecksRequest:
    """Return which checks to judge anew."""
    return judgement_service_pb2.RejudgeChecksRequest(
        page_size=asked.limit, cursor=asked.cursor, fqdn=asked.fqdn
    )


def rejudged_check(answer: judgement_service_pb2.RejudgeCheckResponse) -> dict[str, object]:
    """Return a check with its new verdict."""
    return {
        "check": check_representation(answer.check),
        "difference": _difference(answer.difference),
    }


def rejudged_list(page: judgement_service_pb2.RejudgeChecksResponse) -> RejudgedList:
    """Return what came of a page of checks."""
    return {
        "data": [_item(item) for item in page.items],
        "pagination": {
            "next_cursor": page.next_cursor or None,
            "has_more": bool(page.next_cursor),
        },
    }


def explanation(check_id: str, answer: judgement_service_pb2.ExplainCheckResponse) -> Explanation:
    """Return what the rules say of a check."""
    return {
        "id": check_id,
        "analysis": analysis_representation(answer.analysis),
        "is_current": answer.is_current,
        "rules": [_rule(rule) for rule in answer.rules],
    }


def _item(item: judgement_service_pb2.RejudgedItem) -> RejudgedItem:
    is_judged = item.HasField("difference")
    return {
        "id": item.id,
        "fqdn": item.fqdn,
        "difference": _difference(item.difference) if is_judged else None,
        "error": None if is_judged else problem_from(item.problem),
    }


def _difference(difference: judgement_service_pb2.Difference) -> Difference:
    return {
        "before": analysis_representation(difference.before),
        "after": analysis_representation(difference.after),
        "changed": list(difference.changed),
    }


def _rule(rule: verdict_pb2.ConsideredRule) -> ConsideredRule:
    return {
        "rule": rule.rule,
        "role": role_code(rule.role),
        "where": rule.where or None,
        "message": rule.message,
        "evidence": [evidence_representation(item) for item in rule.evidence],
    }
