from outscope.v1 import check_pb2, judgement_service_pb2, problem_pb2, verdict_pb2
from services.gateway.schemas.judgement import RejudgeRequest
from services.gateway.schemas.request import validated
from services.gateway.translate.judgement import (
    explanation,
    rejudge_message,
    rejudged_check,
    rejudged_list,
)

BEFORE = verdict_pb2.Analysis(kind="none", rules_version="1")
AFTER = verdict_pb2.Analysis(kind="api", analyzable=True, rules_version="2")
DIFFERENCE = judgement_service_pb2.Difference(
    before=BEFORE, after=AFTER, changed=["analyzable", "kind", "rules_version"]
)


def test_what_is_asked_is_passed_on_with_its_defaults() -> None:
    assert rejudge_message(validated(RejudgeRequest, {})) == (
        judgement_service_pb2.RejudgeChecksRequest(page_size=30)
    )
    asked = validated(RejudgeRequest, {"fqdn": "a.example", "limit": 5, "cursor": "cur_x"})
    assert rejudge_message(asked) == judgement_service_pb2.RejudgeChecksRequest(
        page_size=5, cursor="cur_x", fqdn="a.example"
    )


def test_a_judged_check_is_shown_with_both_verdicts() -> None:
    check = check_pb2.Check(
        id="chk_1",
        status=check_pb2.CHECK_STATUS_COMPLETED,
        result=check_pb2.CheckResult(analysis=AFTER),
    )
    check.rejudged_at.FromSeconds(1_776_765_600)
    answer = judgement_service_pb2.RejudgeCheckResponse(check=check, difference=DIFFERENCE)
    shown = rejudged_check(answer)
    assert isinstance(shown["check"], dict)
    assert shown["check"]["rejudged_at"] == "2026-04-21T10:00:00Z"
    assert isinstance(shown["difference"], dict)
    assert shown["difference"]["before"]["kind"] == "none"
    assert shown["difference"]["after"] == shown["check"]["analysis"]
    assert shown["difference"]["changed"] == ["analyzable", "kind", "rules_version"]


def test_each_check_of_a_page_has_a_difference_or_an_error() -> None:
    problem = problem_pb2.Problem(code="conflict", message="Nothing is kept.")
    page = judgement_service_pb2.RejudgeChecksResponse(
        items=[
            judgement_service_pb2.RejudgedItem(id="chk_2", fqdn="a.test", difference=DIFFERENCE),
            judgement_service_pb2.RejudgedItem(id="chk_1", fqdn="b.test", problem=problem),
        ],
        next_cursor="cur_x",
    )
    shown = rejudged_list(page)
    first, second = shown["data"]
    assert (first["id"], first["fqdn"], first["error"]) == ("chk_2", "a.test", None)
    assert first["difference"] is not None
    assert (second["id"], second["difference"]) == ("chk_1", None)
    assert second["error"] == {"code": "conflict", "message": "Nothing is kept.", "details": {}}
    assert shown["pagination"] == {"next_cursor": "cur_x", "has_more": True}
    last = rejudged_list(judgement_service_pb2.RejudgeChecksResponse())
    assert last["data"] == []
    assert last["pagination"] == {"next_cursor": None, "has_more": False}


def test_an_explanation_keeps_the_order_of_its_rules() -> None:
    evidence = verdict_pb2.Evidence(rule="r", field="paths[0].title", value="x")
    rules = [
        verdict_pb2.ConsideredRule(
            rule="r",
            role=verdict_pb2.RULE_ROLE_DECIDED,
            where="paths[0]",
            message="It decided.",
            evidence=[evidence],
        ),
        verdict_pb2.ConsideredRule(rule="dns", role=verdict_pb2.RULE_ROLE_FIRED, message="So."),
    ]
    answer = judgement_service_pb2.ExplainCheckResponse(
        analysis=AFTER, rules=rules, is_current=True
    )
    shown = explanation("chk_1", answer)
    assert (shown["id"], shown["is_current"], shown["analysis"]["kind"]) == ("chk_1", True, "api")
    assert shown["rules"] == [
        {
            "rule": "r",
            "role": "decided",
            "where": "paths[0]",
            "message": "It decided.",
            "evidence": [{"rule": "r", "field": "paths[0].title", "value": "x"}],
        },
        {"rule": "dns", "role": "fired", "where": None, "message": "So.", "evidence": []},
    ]
