import pytest

from outscope.v1 import check_pb2, facts_pb2, messages_pb2, verdict_pb2
from services.scheduler.domain.check import CheckSpec
from services.scheduler.translate.judgement import (
    analysis_in,
    answer_in,
    difference_message,
    question_payload,
    with_analysis,
)
from services.scheduler.translate.report import UndecodableError

SPEC = CheckSpec(
    fqdn="a.example",
    ports=(443,),
    paths=("/", "/x"),
    vantage_point="eu-west-1",
    include_content_sample=False,
    content_retention_days=7,
)
BEFORE = verdict_pb2.Analysis(reachable=True, kind="none", rules_version="1")
AFTER = verdict_pb2.Analysis(
    reachable=True,
    analyzable=True,
    kind="api",
    reasons=[verdict_pb2.Reason(code="content_served")],
    rules_version="2",
)
RESULT = check_pb2.CheckResult(
    analysis=BEFORE,
    dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"]),
    observer=check_pb2.Observer(prober_id="p-1"),
)


def test_a_question_carries_what_was_asked_seen_and_kept() -> None:
    payload = question_payload(SPEC, RESULT.SerializeToString(), b"kept", explain=True)
    request = messages_pb2.JudgeRequest.FromString(payload)
    assert (request.spec.fqdn, list(request.spec.paths)) == ("a.example", ["/", "/x"])
    assert request.result == RESULT
    assert (request.kept, request.explain) == (b"kept", True)


def test_an_answer_is_a_verdict_or_a_problem() -> None:
    for reply in (
        messages_pb2.JudgeReply(analysis=verdict_pb2.Analysis()),
        messages_pb2.JudgeReply(problem="nothing is kept"),
    ):
        assert answer_in(reply.SerializeToString()) == reply


@pytest.mark.parametrize("payload", [b"", b"\xff\xff"])
def test_what_is_neither_is_no_answer(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        answer_in(payload)


def test_only_the_verdict_of_a_result_is_replaced() -> None:
    # Field 99 is one that this version does not know.
    stored = RESULT.SerializeToString() + bytes([0x9A, 0x06, 0x01, 0x78])
    replaced = with_analysis(stored, AFTER)
    assert analysis_in(replaced) == AFTER
    assert bytes([0x9A, 0x06, 0x01, 0x78]) in replaced
    message = check_pb2.CheckResult.FromString(replaced)
    assert (message.dns, message.observer) == (RESULT.dns, RESULT.observer)


def test_a_difference_names_each_field_that_differs() -> None:
    difference = difference_message(BEFORE, AFTER)
    assert (difference.before, difference.after) == (BEFORE, AFTER)
    assert list(difference.changed) == ["analyzable", "kind", "reasons", "rules_version"]
    assert list(difference_message(AFTER, AFTER).changed) == []
