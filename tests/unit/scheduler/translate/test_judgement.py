import pytest

from outscope.v1 import check_pb2, facts_pb2, messages_pb2, verdict_pb2
from services.scheduler.domain.check import CheckSpec
from services.scheduler.translate.judgement import (
    analysis_in,
    answer_in,
    difference_message,
    question_payload,
    with_judgement,
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
    replaced = with_judgement(stored, messages_pb2.JudgeReply(analysis=AFTER))
    assert analysis_in(replaced) == AFTER
    assert bytes([0x9A, 0x06, 0x01, 0x78]) in replaced
    message = check_pb2.CheckResult.FromString(replaced)
    assert (message.dns, message.observer) == (RESULT.dns, RESULT.observer)


def test_a_difference_names_each_field_that_differs() -> None:
    difference = difference_message(BEFORE, AFTER)
    assert (difference.before, difference.after) == (BEFORE, AFTER)
    assert list(difference.changed) == ["analyzable", "kind", "reasons", "rules_version"]
    assert list(difference_message(AFTER, AFTER).changed) == []


def test_a_header_that_the_verdict_cites_is_shown_with_its_answer() -> None:
    hop = facts_pb2.Redirect(answer=facts_pb2.PathFacts(path="/in"))
    result = check_pb2.CheckResult(
        ports=[facts_pb2.PortFacts(port=443), facts_pb2.PortFacts(probe=facts_pb2.PathFacts())],
        paths=[facts_pb2.PathFacts(headers=[header("server", "a")], redirects=[hop])],
    )
    reply = messages_pb2.JudgeReply(
        cited=[
            messages_pb2.KeptAnswer(
                where="paths[0]", headers=[header("server", "other"), header("x-odd", "yes")]
            ),
            messages_pb2.KeptAnswer(
                where="paths[0].redirects[0].answer", headers=[header("via", "b")]
            ),
            messages_pb2.KeptAnswer(where="ports[1].probe", headers=[header("via", "c")]),
        ]
    )
    shown = check_pb2.CheckResult.FromString(with_judgement(result.SerializeToString(), reply))
    path = shown.paths[0]
    assert list(path.headers) == [header("server", "a"), header("x-odd", "yes")]
    assert list(path.redirects[0].answer.headers) == [header("via", "b")]
    assert list(shown.ports[1].probe.headers) == [header("via", "c")]
    again = with_judgement(shown.SerializeToString(), reply)
    assert check_pb2.CheckResult.FromString(again) == shown


def header(name: str, value: str) -> facts_pb2.Header:
    return facts_pb2.Header(name=name, value=value)


@pytest.mark.parametrize(
    "where",
    ["", "paths", "paths[9]", "paths[x]", "paths[0].title", "ports[0]", "words[0]", "paths[0].a.b"],
)
def test_a_place_that_is_no_answer_shows_nothing(where: str) -> None:
    result = check_pb2.CheckResult(
        ports=[facts_pb2.PortFacts(port=443)], paths=[facts_pb2.PathFacts(path="/", title="T")]
    )
    cited = messages_pb2.KeptAnswer(where=where, headers=[header("via", "a")])
    reply = messages_pb2.JudgeReply(cited=[cited])
    shown = check_pb2.CheckResult.FromString(with_judgement(result.SerializeToString(), reply))
    shown.ClearField("analysis")
    assert shown == result
