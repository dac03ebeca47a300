from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, OutcomeCode, TcpState
from services.prober.judge import decide, explain
from services.prober.judge.decide import verdict_for
from services.prober.judge.explain import Considered, Role, considered_rules
from services.prober.judge.pack import DECLARED
from tests.unit.prober.judge.shapes import answer, dns, followed, host, json, port, redirect, tls

SHOP = (
    "<html><head><title>Shop</title></head><body><h1>Welcome</h1>"
    + "<p>We sell things that people need.</p>" * 20
    + "{}</body></html>"
)
CLOUDFLARE = {"server": "cloudflare", "cf-ray": "8a1b2c3d4e5f-MAD"}
CHALLENGE = answer(
    403,
    "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>",
    headers={"cf-mitigated": "challenge", **CLOUDFLARE},
)


def considered(facts: HostFacts) -> list[Considered]:
    return list(considered_rules(facts, verdict_for(facts)))


def the(rule: str, facts: HostFacts, where: str = "paths[0]") -> Considered:
    (found,) = [each for each in considered(facts) if (each.rule, each.where) == (rule, where)]
    return found


def test_what_decided_comes_first_with_its_reason() -> None:
    facts = host(CHALLENGE)
    first = considered(facts)[0]
    reason = verdict_for(facts).reasons[0]
    assert (first.rule, first.role, first.where) == (
        "cloudflare.challenge",
        Role.DECIDED,
        "paths[0]",
    )
    assert (first.message, first.evidence) == (reason.message, reason.evidence)


def test_a_rule_that_comes_after_the_one_that_decided_is_outranked() -> None:
    page = the("cloudflare.challenge_page", host(CHALLENGE))
    assert page.role is Role.OUTRANKED
    assert page.message == "It fits /, but what that answer is had been decided before it."
    assert the("generic.challenge_title", host(CHALLENGE)).role is Role.OUTRANKED


def test_a_captcha_on_a_served_page_is_told_and_did_not_count() -> None:
    facts = host(answer(200, SHOP.format('<div class="g-recaptcha"></div>')))
    captcha = the("generic.captcha", facts)
    assert captcha.role is Role.GATED
    assert "answered 200" in captcha.message
    assert [(item.field, item.value) for item in captcha.evidence] == [
        ("paths[0].body", "g-recaptcha"),
        ("paths[0].status_code", "200"),
    ]
    denied = host(answer(403, SHOP.format('<div class="g-recaptcha"></div>')))
    assert the("generic.captcha", denied).role is Role.DECIDED


def test_a_mark_without_the_status_it_needs_is_gated_by_it() -> None:
    facts = host(answer(200, SHOP.format("sorry, you have been blocked")))
    block = the("cloudflare.block", facts)
    assert block.role is Role.GATED
    assert "only with status 403, and this was 200" in block.message
    assert ("paths[0].status_code", "200") in [(e.field, e.value) for e in block.evidence]


def test_a_mark_on_too_long_a_page_is_gated_by_its_length() -> None:
    talk = SHOP.format("incapsula incident id _incapsula_resource " + "x" * 20_000)
    gated = the("imperva.block", host(answer(200, talk)))
    assert gated.role is Role.GATED
    assert "at most 16384 characters" in gated.message


def test_who_stands_in_front_is_present_and_comes_last() -> None:
    facts = host(answer(200, SHOP.format(""), headers=CLOUDFLARE))
    last = [each for each in considered(facts) if each.role is not Role.CONSIDERED][-1]
    assert (last.rule, last.role) == ("cloudflare.present", Role.PRESENT)
    assert "alone this says nothing" in last.message


def test_rules_are_told_by_role() -> None:
    facts = host(CHALLENGE, json(401, '{"error":"unauthorized"}', path="/api"))
    roles = [each.role for each in considered(facts)]
    assert roles == sorted(roles, key=list(Role).index)
    assert roles.count(Role.DECIDED) == 1
    # The API decided; the challenge counts beside it.
    assert the("cloudflare.challenge", facts).role is Role.FIRED


def test_each_rule_is_told_once_for_each_answer() -> None:
    facts = host(*(answer(403, "x", path=f"/{n}") for n in range(20)), CHALLENGE)
    told = [(each.rule, each.where) for each in considered(facts)]
    assert len(told) == len(set(told))


def test_an_answer_beyond_those_a_reason_cites_is_told_as_counted() -> None:
    challenges = [
        answer(403, "", path=f"/{n}", headers={"cf-mitigated": "challenge"}) for n in range(20)
    ]
    facts = host(*challenges)
    assert len(verdict_for(facts).reasons[0].evidence) < 20
    last = the("cloudflare.challenge", facts, "paths[19]")
    assert last.role is Role.FIRED
    assert last.message == "It made the answer to /19 count as challenge."
    # Those that it cites have its sentence, each about its own answer.
    third = the("cloudflare.challenge", facts, "paths[3]")
    assert third.message.startswith("Cloudflare answered /3 with a challenge only a browser")


def test_another_port_has_its_own_place() -> None:
    there = replace(CHALLENGE, url="https://shop.example.com:8443/")
    ports = (port(443, tls=tls()), port(8443, probe=there))
    facts = host(answer(200, SHOP.format("")), ports=ports)
    assert the("cloudflare.challenge", facts, "ports[1].probe").role is Role.FIRED


def test_each_answer_of_a_followed_redirect_has_its_own_place() -> None:
    login = redirect("/in", server="cloudflare")
    page = answer(200, SHOP.format('<div class="g-recaptcha"></div>'), path="/in")
    facts = host(followed(login, page))
    captcha = the("generic.captcha", facts, "paths[0].redirects[0].answer")
    assert captcha.role is Role.GATED
    assert "/ (redirected to https://shop.example.com/in) answered 200" in captcha.message
    assert the("cloudflare.origin_error", facts).role is Role.GATED
    assert ("paths[0].status_code", "302") in [
        (item.field, item.value) for item in the("cloudflare.origin_error", facts).evidence
    ]


def test_a_wall_on_the_way_decides_where_it_stood() -> None:
    wall = redirect("/in", cf_mitigated="challenge")
    facts = host(followed(wall, answer(200, SHOP.format(""), path="/in")))
    first = considered(facts)[0]
    assert (first.rule, first.role, first.where) == (
        "cloudflare.challenge",
        Role.DECIDED,
        "paths[0]",
    )


RANDOM = "/k3v9x0q2m7t5w8r1b6zd"


def test_what_the_random_path_took_from_an_answer_is_told_as_gated() -> None:
    gone = answer(200, SHOP.format(""), path="/app")
    facts = host(gone, control=replace(gone, path=RANDOM))
    first = considered(facts)[0]
    assert (first.rule, first.role, first.where) == (
        "control.soft_404",
        Role.DECIDED,
        "paths[0]",
    )
    assert the("control.soft_404", facts, "control").role is Role.FIRED
    served = the("content.served", facts)
    assert served.role is Role.GATED
    assert served.message == "By itself /app was content_served; the random path shows otherwise."


def test_a_site_that_shows_its_front_page_everywhere_is_explained_as_it_was_judged() -> None:
    front = answer(200, SHOP.format(""))
    facts = host(front, replace(front, path="/app"), control=replace(front, path=RANDOM))
    assert the("content.served", facts, "paths[1]").role is Role.FIRED
    assert the("control.soft_404", facts, "").role is Role.CONSIDERED


def test_what_was_found_beyond_the_paths_has_its_own_place() -> None:
    found = json(200, '{"openapi": "3.1.0", "paths": {}}', path="/openapi.json")
    facts = host(answer(404, "x"), control=answer(404, "x", path=RANDOM), discovered=(found,))
    assert the("content.served", facts, "discovered[0]").role is Role.DECIDED
    assert the("documentation.openapi", facts, "discovered[0]").role is Role.FIRED


def test_a_host_that_does_not_answer_is_explained_by_its_reasons() -> None:
    facts = host(name=dns(OutcomeCode.DNS_NXDOMAIN), ports=())
    verdict = verdict_for(facts)
    told = [each for each in considered(facts) if each.role is not Role.CONSIDERED]
    assert told[0].role is Role.DECIDED
    assert {each.message for each in told} == {
        reason.message for reason in verdict.reasons if reason.evidence
    }


def test_no_more_than_the_most_telling_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "_MOST", 2)
    told = considered(host(CHALLENGE))
    spoke = [each.role for each in told if each.role is not Role.CONSIDERED]
    assert spoke == [Role.DECIDED, Role.OUTRANKED]
    # What was left out had something to say, so it was not merely considered.
    assert "cloudflare.present" not in [each.rule for each in told]


def test_the_judge_knows_nothing_of_being_explained() -> None:
    assert "explain" not in vars(decide)


def test_what_the_map_and_the_list_of_documents_rest_on_is_told() -> None:
    link = the("auth.login_link", host(answer(200, SHOP.format('<a href="/login">Log in</a>'))))
    assert (link.role, link.message) == (Role.FIRED, "It is told of /, which is open.")
    spoken = the("documentation.graphql_endpoint", host(json(200, '{"data":{"__typename":"Q"}}')))
    assert spoken.message == "It shows or names API documentation (graphql)."


def unseen(facts: HostFacts) -> dict[str, Considered]:
    return {each.rule: each for each in considered(facts) if each.role is Role.CONSIDERED}


def test_every_rule_of_the_pack_is_told_that_was_asked() -> None:
    facts = host(CHALLENGE, control=answer(404, "x", path=RANDOM))
    assert {each.rule for each in considered(facts)} == {declared.id for declared in DECLARED}


def test_what_was_asked_and_saw_nothing_comes_last_in_words_and_without_a_place() -> None:
    facts = host(answer(200, SHOP.format("")))
    told = considered(facts)
    roles = [each.role for each in told]
    assert roles[roles.index(Role.CONSIDERED) :] == [Role.CONSIDERED] * len(unseen(facts))
    assert unseen(facts)["cloudflare.challenge"] == Considered(
        rule="cloudflare.challenge",
        role=Role.CONSIDERED,
        where="",
        message=(
            "It looks for the header cf-mitigated with a value that is “challenge”; nothing of "
            "this check shows it."
        ),
        evidence=(),
    )


def test_a_rule_that_is_code_is_told_when_it_did_not_fire() -> None:
    form = unseen(host(answer(200, SHOP.format(""))))["auth.password_form"]
    assert form.message == (
        "It looks for a form with one password that makes no account; nothing of this check "
        "shows it."
    )


def test_a_rule_that_had_something_to_say_is_not_told_as_considered_too() -> None:
    facts = host(answer(200, SHOP.format('<div class="g-recaptcha"></div>'), headers=CLOUDFLARE))
    assert not {"generic.captcha", "content.served", "cloudflare.present"} & set(unseen(facts))


def test_without_a_random_path_no_rule_about_it_was_asked() -> None:
    asked = unseen(host(answer(404, "x")))
    assert not {"control.soft_404", "control.denied", "documentation.protected"} & set(asked)
    asked = unseen(host(answer(404, "x"), control=answer(404, "x", path=RANDOM)))
    assert {"control.soft_404", "control.denied", "documentation.protected"} <= set(asked)


def test_without_an_answer_only_the_network_was_asked_and_without_a_name_not_even_that() -> None:
    silent = unseen(host(ports=(port(443, state=TcpState.FILTERED),)))
    assert "network.addresses" in silent
    assert "cloudflare.challenge" not in silent
    nameless = unseen(host(name=dns(OutcomeCode.DNS_NXDOMAIN), ports=()))
    assert set(nameless) == {"network.deadline"}


def test_each_answer_has_a_sentence_of_its_own() -> None:
    gone = [answer(404, "x", path=f"/{n}") for n in range(3)]
    facts = host(*gone)
    assert [the("status.not_found", facts, f"paths[{n}]").message.split()[0] for n in range(3)] == [
        "/0",
        "/1",
        "/2",
    ]
    # A redirect of another path has its own target.
    facts = host(redirect("/a"), replace(redirect("/b"), path="/old"))
    second = the("redirect.same_site", facts, "paths[1]")
    assert "/old redirects to https://shop.example.com/b" in second.message


def test_who_sent_an_error_is_told_of_each_answer() -> None:
    pages = [
        answer(502, '<div id="cf-error-details"></div>', path=f"/{n}", headers=CLOUDFLARE)
        for n in range(2)
    ]
    second = the("status.unclear", host(*pages), "paths[1]")
    assert second.message.startswith("/1 answered 502, sent by Cloudflare and not by the origin")
