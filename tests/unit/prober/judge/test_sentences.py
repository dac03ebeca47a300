from dataclasses import replace

import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.sender import Sender
from services.prober.judge.sentences import sentence_of
from tests.unit.prober.judge.shapes import answer, host, ready, redirect

FACTS = host()
ADDRESSES = tuple(f"203.0.113.{number}" for number in range(1, 7))


def found(facts: PathFacts) -> Finding:
    return finding_for(ready(facts), host(facts))


def test_a_finding_is_told_about_its_own_answer() -> None:
    finding = found(answer(404, "x", path="/old"))
    assert sentence_of(finding, None, FACTS).startswith("/old answered 404: the server works")


def test_a_redirect_says_where_it_leads() -> None:
    sentence = sentence_of(found(redirect("/en/")), None, FACTS)
    assert sentence.startswith("/ redirects to https://shop.example.com/en/ on the same site")


def test_a_rule_may_have_a_sentence_of_its_own() -> None:
    finding = replace(found(answer(403, "x")), message="{vendor} of {host} denied {path}.")
    assert sentence_of(finding, None, FACTS) == "The site of shop.example.com denied /."


def test_who_sent_it_is_part_of_the_sentence() -> None:
    edge = Sender(vendor="Wall", is_edge=True, evidence=())
    sentence = sentence_of(found(answer(502, "x")), edge, FACTS)
    assert sentence.startswith("/ answered 502, sent by Wall and not by the origin")


CHALLENGED = answer(403, "x", headers={"cf-mitigated": "challenge"})


def told(egress_addresses: tuple[str, ...] = (), user_agent: str = "") -> str:
    facts = host(CHALLENGED)
    facts = replace(facts, egress_addresses=egress_addresses, user_agent=user_agent)
    return verdict_for(facts).reasons[0].message


def test_who_wants_to_let_us_in_is_told_whom() -> None:
    assert told(egress_addresses=ADDRESSES[:2], user_agent="OutScope/1 (+https://a.test)") == (
        "Cloudflare answered / with a challenge only a browser can pass; allow our addresses "
        "(203.0.113.1, 203.0.113.2) and user agent “OutScope/1 (+https://a.test)” there, or scan "
        "from inside."
    )
    many = told(egress_addresses=ADDRESSES)
    assert "(203.0.113.1, 203.0.113.2, 203.0.113.3, 203.0.113.4, 2 more) and user agent " in many


def test_what_nobody_told_of_us_is_left_out() -> None:
    assert "allow our addresses and user agent there" in told()
    assert "allow our addresses and user agent “OutScope/1” there" in told(user_agent="OutScope/1")


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (answer(429, "x"), "raise the limit for our addresses (203.0.113.1), or"),
        (
            answer(403, "<h1>You have been blocked</h1>", headers={"content-type": "text/html"}),
            "allow our addresses (203.0.113.1) and user agent “OutScope/1” there, or",
        ),
    ],
)
def test_each_sentence_that_asks_to_let_us_in_names_us(page: PathFacts, says: str) -> None:
    facts = replace(host(page), egress_addresses=ADDRESSES[:1], user_agent="OutScope/1")
    assert says in verdict_for(facts).reasons[0].message


def test_whoever_denies_every_path_alike_is_told_whom_to_let_in() -> None:
    facts = host(answer(403, "x"), control=answer(403, "x", path="/k3v9x0q2m7t5w8r1b6zd"))
    message = verdict_for(replace(facts, egress_addresses=ADDRESSES[:1])).reasons[0].message
    assert "allow our addresses (203.0.113.1) and user agent, or give" in message
