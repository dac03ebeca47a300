from dataclasses import replace

from outscope.v1 import check_pb2, messages_pb2, verdict_pb2
from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.kept import kept_facts
from services.prober.rejudge import reply_to
from services.prober.report import result_report
from tests.unit.prober.judge.shapes import HOST, answer, host, json
from tests.unit.prober.reporting import JOB, OBSERVER, seen_by_observer

PAGE = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
CHALLENGE = seen_by_observer(
    host(
        answer(
            403,
            PAGE,
            headers=(("cf-mitigated", "challenge"), ("set-cookie", "cf_chl=secret; Path=/")),
        )
    )
)


def question(facts: HostFacts, *, explain: bool = False) -> messages_pb2.JudgeRequest:
    return messages_pb2.JudgeRequest(
        spec=check_pb2.CheckSpec(fqdn=HOST, paths=facts.spec.paths),
        result=result_report(JOB, facts, verdict_for(facts), OBSERVER).result,
        kept=kept_facts(facts),
        explain=explain,
    )


def answered(request: messages_pb2.JudgeRequest) -> messages_pb2.JudgeReply:
    return reply_to(request.SerializeToString())


def test_the_rules_say_what_they_said() -> None:
    request = question(CHALLENGE)
    reply = answered(request)
    assert reply.analysis == request.result.analysis
    assert reply.analysis.rules_version
    assert "(198.51.100.7, 2001:db8::7)" in reply.analysis.reasons[0].message
    assert reply.problem == ""
    assert not reply.rules


def test_the_verdict_in_the_question_has_no_part_in_the_answer() -> None:
    request = question(CHALLENGE)
    expected = check_pb2.CheckResult()
    expected.CopyFrom(request.result)
    request.result.analysis.analyzable = True
    del request.result.analysis.reasons[:]
    assert answered(request).analysis == expected.analysis


def test_each_rule_is_told_when_asked_for() -> None:
    rules = {rule.rule: rule for rule in answered(question(CHALLENGE, explain=True)).rules}
    assert rules["cloudflare.challenge"].role == verdict_pb2.RULE_ROLE_DECIDED
    assert rules["cloudflare.challenge_page"].role == verdict_pb2.RULE_ROLE_OUTRANKED
    assert rules["cloudflare.challenge"].where == "paths[0]"
    assert rules["cloudflare.challenge"].evidence[0].field == "paths[0].headers.cf-mitigated"


def test_the_headers_that_are_evidence_come_with_the_verdict() -> None:
    (cited,) = answered(question(CHALLENGE)).cited
    assert cited.where == "paths[0]"
    assert [(each.name, each.value) for each in cited.headers] == [("cf-mitigated", "challenge")]
    assert not cited.text


def test_no_credential_is_told() -> None:
    cookie = (("set-cookie", "datadome=secret-of-theirs; Path=/"), ("server", "cloudflare"))
    reply = answered(question(host(answer(200, "<p>Hello</p>", headers=cookie)), explain=True))
    assert len(reply.rules) > 1
    assert "set-cookie" in [each.name for answer in reply.cited for each in answer.headers]
    assert b"secret" not in reply.SerializeToString()


def test_an_address_whose_credentials_were_not_kept_leads_where_it_led() -> None:
    headers = (
        ("location", f"https://user:pw@{HOST}/login"),
        ("link", f'<https://user:pw@{HOST}/api.json>; rel="service-desc"'),
        ("www-authenticate", f'Bearer realm="https://user:pw@{HOST}/token?secret=pw"'),
    )
    for status in (302, 401):
        request = question(host(answer(status, "", headers=headers)))
        assert answered(request).analysis == request.result.analysis
        assert b"pw" not in request.SerializeToString()


def test_no_credential_is_told_in_the_sentence_of_a_rule() -> None:
    body = '{"openapi": "3.1.0", "info": {"title": "//u:secret@a.test?key=secret"}, "paths": {}}'
    reply = answered(question(host(json(200, body)), explain=True))
    assert any("documentation" in rule.message for rule in reply.rules)
    assert not [rule.message for rule in reply.rules if "secret" in rule.message]


def test_what_is_not_kept_is_told_as_a_problem() -> None:
    request = question(CHALLENGE)
    request.kept = b""
    reply = answered(request)
    assert "too long to keep" in reply.problem
    assert not reply.HasField("analysis")


def test_facts_of_another_check_are_told_as_a_problem() -> None:
    request = question(CHALLENGE)
    request.kept = kept_facts(replace(CHALLENGE, paths=()))
    assert "paths[0]" in answered(request).problem


def test_a_question_that_cannot_be_read_is_answered_too() -> None:
    assert "cannot read" in reply_to(b"\xff\xff").problem
