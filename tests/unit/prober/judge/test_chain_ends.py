from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, OutcomeCode
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import answer, followed, host, redirect, unanswered

OKTA = "https://corp.okta.com"
FURTHER = followed(redirect("/a"), redirect("/b", path="/a"))


def codes(facts: HostFacts) -> list[str]:
    return [reason.code for reason in verdict_for(facts).reasons]


def test_a_chain_that_goes_on_past_the_limit_says_so_beside_the_verdict() -> None:
    facts = host(FURTHER, FURTHER, max_redirects=1)
    assert codes(facts) == ["redirect_same_site", "redirect_limit"]
    reason = verdict_for(facts).reasons[1]
    assert "the 1 hops" in reason.message
    assert [item.field for item in reason.evidence] == [
        "paths[0].redirects[0].answer.location",
        "paths[1].redirects[0].answer.location",
    ]


@pytest.mark.parametrize("limit", [2, 5])
def test_one_that_ends_within_the_limit_does_not(limit: int) -> None:
    path = followed(redirect("/a"), answer(200, "<p>Shoes", path="/a"))
    assert codes(host(path, max_redirects=limit)) == ["content_served"]


def test_without_redirects_there_is_nothing_to_say() -> None:
    assert "redirect_limit" not in codes(host(redirect("/a"), max_redirects=0))


def test_what_forbids_a_hop_is_told_with_it() -> None:
    refused = unanswered(OutcomeCode.POLICY_REFUSED, base="http://10.0.0.1")
    path = followed(redirect(refused.url), refused)
    denied = replace(path, redirects=(replace(path.redirects[0], denial="private use"),))
    assert "lets no check look (private use);" in verdict_for(host(denied)).reasons[0].message
    beside = verdict_for(host(answer(200, "<p>Shoes"), denied)).reasons
    (told,) = (reason for reason in beside if reason.code == "redirect_refused")
    assert "lets no check look (private use)" in told.message


def test_a_hop_that_was_refused_is_told_where_it_did_not_decide() -> None:
    refused = unanswered(OutcomeCode.POLICY_REFUSED, "/app/x/sso/saml", base=OKTA)
    path = followed(redirect(refused.url), refused)
    assert codes(host(path)) == ["identity_provider_redirect", "redirect_refused"]


@pytest.mark.parametrize("leads", ["/a", "https://www.example.com/"])
def test_a_hop_that_was_not_asked_is_told_beside_what_an_unfollowed_redirect_says(
    leads: str,
) -> None:
    path = followed(redirect(leads), unanswered(OutcomeCode.HTTP_NOT_ASKED))
    assert codes(host(path)) == [*codes(host(redirect(leads))), "redirect_not_asked"]
    told = verdict_for(host(path)).reasons[1]
    assert str(told.category) == "Policy"
    assert [(item.field, item.value) for item in told.evidence] == [
        ("paths[0].redirects[0].answer.outcome", "http_not_asked")
    ]


def test_what_decided_is_not_told_twice() -> None:
    path = followed(redirect("/"), unanswered(OutcomeCode.HTTP_REDIRECT_LOOP))
    assert codes(host(path)) == ["redirect_loop"]
