from dataclasses import replace

from services.prober.facts import PathFacts
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.sender import Sender
from services.prober.judge.sentences import sentence_of
from tests.unit.prober.judge.shapes import answer, host, ready, redirect

HOST = "shop.example.com"


def found(facts: PathFacts) -> Finding:
    return finding_for(ready(facts), host(facts))


def test_a_finding_is_told_about_its_own_answer() -> None:
    finding = found(answer(404, "x", path="/old"))
    assert sentence_of(finding, None, HOST).startswith("/old answered 404: the server works")


def test_a_redirect_says_where_it_leads() -> None:
    sentence = sentence_of(found(redirect("/en/")), None, HOST)
    assert sentence.startswith("/ redirects to https://shop.example.com/en/ on the same site")


def test_a_rule_may_have_a_sentence_of_its_own() -> None:
    finding = replace(found(answer(403, "x")), message="{vendor} of {host} denied {path}.")
    assert sentence_of(finding, None, HOST) == "The site of shop.example.com denied /."


def test_who_sent_it_is_part_of_the_sentence() -> None:
    edge = Sender(vendor="Wall", is_edge=True, evidence=())
    sentence = sentence_of(found(answer(502, "x")), edge, HOST)
    assert sentence.startswith("/ answered 502, sent by Wall and not by the origin")
