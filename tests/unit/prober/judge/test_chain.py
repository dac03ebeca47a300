"""What stands for a path whose redirects were followed; never another company's page."""

from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, OutcomeCode, PathFacts, Timing, TlsFacts, TlsFlag
from services.prober.judge.chain import steps_of
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import (
    HOST,
    answer,
    followed,
    host,
    json,
    port,
    redirect,
    tls,
    unanswered,
)

WWW = f"https://www.{HOST}"
SITE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
FORM = '<form method=post action=/in><input name=u><input type=password name="p"></form>'
ELSEWHERE = "https://other.org"
OKTA = "https://corp.okta.com"
SAML = "/app/x/sso/saml"
GUARD = "/cdn-cgi/access/login/shop.example.com"
SCRIPT = '<div id="root"></div><script src="/a.js"></script>'
SENT = Timing(total_ms=9)


def moved(
    location: str, *hops: PathFacts, others: tuple[PathFacts, ...] = (), status: int = 301
) -> HostFacts:
    return host(followed(redirect(location, status), *hops, others=others))


# What followed, then: the code, analyzable, and the kind.
CASES: dict[str, tuple[HostFacts, tuple[str, bool, str]]] = {
    "content after one hop": (
        moved("/en", answer(200, SITE, path="/en")),
        ("content_served", True, "website"),
    ),
    "content on the name with its www": (
        moved(f"{WWW}/", answer(200, SITE, base=WWW)),
        ("content_served", True, "website"),
    ),
    "content on the name without its www": (
        host(
            followed(
                redirect("https://example.com/", base="https://www.example.com"),
                answer(200, SITE, base="https://example.com"),
            ),
            fqdn="www.example.com",
        ),
        ("content_served", True, "website"),
    ),
    "content on another port": (
        moved("https://shop.example.com:8443/", answer(200, SITE, base=f"https://{HOST}:8443")),
        ("content_served", True, "website"),
    ),
    "an API": (
        moved("/v1", json(200, '{"ok": true}', path="/v1")),
        ("content_served", True, "api"),
    ),
    "a page of another company": (
        moved(f"{ELSEWHERE}/", answer(200, SITE, base=ELSEWHERE)),
        ("redirect_off_site", False, "redirector"),
    ),
    "a page of another company after one of its own": (
        moved("/a", redirect(f"{ELSEWHERE}/", path="/a"), answer(200, SITE, base=ELSEWHERE)),
        ("redirect_off_site", False, "redirector"),
    ),
    "there and back again": (
        moved(f"{ELSEWHERE}/", redirect(f"https://{HOST}/a", base=ELSEWHERE), answer(200, SITE)),
        ("redirect_off_site", False, "redirector"),
    ),
    "another customer of one platform": (
        host(
            followed(
                redirect("https://netlify.app/", base="https://www.netlify.app"),
                answer(200, SITE, base="https://netlify.app"),
            ),
            fqdn="www.netlify.app",
        ),
        ("redirect_off_site", False, "redirector"),
    ),
    "another host of the site": (
        moved("https://app.example.com/", answer(200, SITE, base="https://app.example.com")),
        ("redirect_other_host", False, "website"),
    ),
    "a provider of logins": (
        moved(OKTA + SAML, answer(200, SITE, path=SAML, base=OKTA)),
        ("identity_provider_redirect", True, "login_app"),
    ),
    "a provider of logins after a hop": (
        moved(
            f"{WWW}/",
            redirect(OKTA + SAML, base=WWW),
            answer(200, SITE, path=SAML, base=OKTA),
        ),
        ("identity_provider_redirect", True, "login_app"),
    ),
    "a provider of logins that may not be asked": (
        moved(OKTA + SAML, unanswered(OutcomeCode.POLICY_REFUSED, SAML, base=OKTA)),
        ("identity_provider_redirect", True, "login_app"),
    ),
    "a login form": (
        moved("/login", answer(200, FORM, path="/login")),
        ("login_form", True, "login_app"),
    ),
    "a login that a script draws": (
        moved(
            "/login",
            answer(200, '<div id="root"></div><script src="/a.js"></script>', path="/login"),
        ),
        ("login_redirect", True, "login_app"),
    ),
    "a login that is missing": (
        moved("/login", answer(404, "<title>404</title>", path="/login")),
        ("not_found", True, "website"),
    ),
    "a login that is down": (
        moved("/login", unanswered(OutcomeCode.HTTP_CLOSED, "/login", timing=SENT)),
        ("redirect_unreachable", False, "none"),
    ),
    "a login that nobody had the time to ask": (
        moved("/login", unanswered(OutcomeCode.HTTP_NOT_ASKED, "/login")),
        ("login_redirect", True, "login_app"),
    ),
    "another path that nobody had the budget to ask": (
        moved("/app", unanswered(OutcomeCode.HTTP_NOT_ASKED, "/app")),
        ("redirect_same_site", True, "website"),
    ),
    "its www, which nobody had the budget to ask": (
        moved(f"{WWW}/", unanswered(OutcomeCode.HTTP_NOT_ASKED, base=WWW)),
        ("redirect_not_followed", False, "website"),
    ),
    "another site that nobody had the budget to ask": (
        moved(f"{ELSEWHERE}/", unanswered(OutcomeCode.HTTP_NOT_ASKED, base=ELSEWHERE)),
        ("redirect_off_site", False, "redirector"),
    ),
    "what a hop led to that nobody had the budget to ask": (
        moved("/a", redirect("/b", path="/a"), unanswered(OutcomeCode.HTTP_NOT_ASKED, "/b")),
        ("redirect_same_site", True, "website"),
    ),
    "the guard of an access proxy on the host itself": (
        moved(GUARD, answer(200, FORM, path=GUARD)),
        ("access_proxy", False, "login_app"),
    ),
    "a challenge": (
        moved("/a", answer(403, "x", path="/a", headers={"cf-mitigated": "challenge"})),
        ("challenge", False, "none"),
    ),
    "a server's failure": (
        moved("/a", answer(500, "oops", path="/a")),
        ("ambiguous", False, "website"),
    ),
    "a circle": (
        moved("/a", redirect("/", path="/a"), unanswered(OutcomeCode.HTTP_REDIRECT_LOOP)),
        ("redirect_loop", False, "none"),
    ),
    "a circle of a login": (
        moved("/login", redirect("/", path="/login"), unanswered(OutcomeCode.HTTP_REDIRECT_LOOP)),
        ("redirect_loop", False, "none"),
    ),
    "an inner address": (
        moved("http://10.0.0.1/", unanswered(OutcomeCode.POLICY_REFUSED, base="http://10.0.0.1")),
        ("redirect_refused", False, "none"),
    ),
    "its www, which may not be asked": (
        moved(f"{WWW}/", unanswered(OutcomeCode.POLICY_REFUSED, base=WWW)),
        ("redirect_refused", False, "none"),
    ),
    "its www, which is down": (
        moved(f"{WWW}/", unanswered(OutcomeCode.TCP_REFUSED, base=WWW)),
        ("redirect_unreachable", False, "none"),
    ),
    "its www, which our resolver did not find": (
        moved(f"{WWW}/", unanswered(OutcomeCode.DNS_TIMEOUT, base=WWW)),
        ("redirect_not_followed", False, "website"),
    ),
    "another site that is down": (
        moved(f"{ELSEWHERE}/", unanswered(OutcomeCode.DNS_NXDOMAIN, base=ELSEWHERE)),
        ("redirect_off_site", False, "redirector"),
    ),
    "an address that is none": (
        moved(
            "http://[::1",
            PathFacts(path="", outcome=unanswered(OutcomeCode.HTTP_MALFORMED).outcome),
        ),
        ("ambiguous", False, "none"),
    ),
}


def over_tls(facts: HostFacts, *handshakes: TlsFacts) -> HostFacts:
    """Return the host, its path's hops with these handshakes."""
    (path,) = facts.paths
    hops = zip(path.redirects, handshakes, strict=True)
    return replace(
        facts, paths=(replace(path, redirects=tuple(replace(hop, tls=tls) for hop, tls in hops)),)
    )


UNTRUSTED = tls(TlsFlag.UNTRUSTED_ROOT)
ALIEN = f"https://{HOST}:8443"


def test_a_hop_whose_certificate_nobody_trusts_is_told() -> None:
    facts = over_tls(moved(f"{ALIEN}/", answer(200, SITE, base=ALIEN)), UNTRUSTED)
    verdict = verdict_for(facts)
    assert [reason.code for reason in verdict.reasons] == ["content_served", "certificate_invalid"]
    reason = verdict.reasons[1]
    assert reason.message == (
        "Clients will not trust the certificate on port 8443: its root is not trusted."
    )
    assert [item.field for item in reason.evidence] == ["paths[0].redirects[0].tls.flags"]


def test_a_www_that_does_not_prove_itself_does_not_stand_for_the_name() -> None:
    facts = moved(f"{WWW}/", answer(200, SITE, base=WWW))
    trusted = verdict_for(over_tls(facts, tls()))
    assert [reason.code for reason in trusted.reasons] == ["content_served"]
    verdict = verdict_for(over_tls(facts, UNTRUSTED))
    codes = [reason.code for reason in verdict.reasons]
    assert codes == ["redirect_other_host", "certificate_invalid"]
    assert not verdict.analyzable
    assert f"on port 443 of www.{HOST}: " in verdict.reasons[1].message


def test_what_another_name_shows_of_itself_is_not_told_as_the_hosts() -> None:
    facts = moved(
        f"{ELSEWHERE}/",
        redirect(f"{WWW}/", base=ELSEWHERE),
        answer(200, SITE, base=WWW),
    )
    verdict = verdict_for(over_tls(facts, UNTRUSTED, UNTRUSTED))
    assert [reason.code for reason in verdict.reasons] == ["redirect_off_site"]


def test_what_a_port_of_the_check_shows_is_told_once() -> None:
    facts = over_tls(moved("/a", answer(200, SITE, path="/a")), UNTRUSTED)
    verdict = verdict_for(replace(facts, ports=(port(tls=UNTRUSTED),)))
    (reason,) = (r for r in verdict.reasons if r.code == "certificate_invalid")
    assert [item.field for item in reason.evidence] == ["ports[0].tls.flags"]


@pytest.mark.parametrize("name", CASES)
def test_what_stands_for_a_path_that_was_followed(name: str) -> None:
    facts, said = CASES[name]
    verdict = verdict_for(facts)
    assert (verdict.reasons[0].code, verdict.analyzable, str(verdict.kind)) == said


def test_a_verdict_says_by_which_hop_it_came_about() -> None:
    facts = moved(
        "/a", redirect(f"{WWW}/b?key=1", path="/a"), answer(200, SITE, path="/b?key=1", base=WWW)
    )
    (reason, *_) = verdict_for(facts).reasons
    assert reason.message == (
        f"/ (redirected to {WWW}/b) answered 200 with content of the application."
    )
    assert [item.field for item in reason.evidence] == [
        "paths[0].redirects[1].answer.status_code",
        "paths[0].redirects[1].answer.title",
    ]


def test_the_answers_that_count_are_those_of_the_host_and_its_www() -> None:
    path = followed(redirect("/a"), redirect(ELSEWHERE, path="/a"), answer(200, base=ELSEWHERE))
    steps = steps_of("paths[3]", path, HOST)
    assert [step.where for step in steps] == ["paths[3]", "paths[3].redirects[0].answer"]
    assert steps[-1].then is path.redirects[1]
    assert steps[-1].then_where == "paths[3].redirects[1].answer"


def test_another_port_that_leads_to_where_the_path_began_adds_nothing() -> None:
    plain = f"http://{HOST}"
    upgrade = answer(301, kind=None, headers={"location": f"https://{HOST}/"}, base=plain)
    first = redirect(f"{WWW}/")
    path = followed(first, answer(500, "oops", base=WWW))
    ports = (port(80, probe=upgrade), port(443, tls=tls(), probe=first))
    verdict = verdict_for(host(path, ports=ports))
    assert [reason.code for reason in verdict.reasons] == ["ambiguous"]
    assert not verdict.analyzable


def test_documentation_at_the_end_of_a_redirect_counts() -> None:
    document = '{"openapi": "3.0.0", "info": {"title": "Shop", "version": "1"}, "paths": {}}'
    facts = host(
        followed(
            redirect("/v1/openapi.json", path="/docs"), json(200, document, "/v1/openapi.json")
        )
    )
    verdict = verdict_for(facts)
    assert verdict.api_doc_detected


def test_documentation_of_another_company_does_not() -> None:
    document = '{"openapi": "3.0.0", "info": {"title": "Shop", "version": "1"}, "paths": {}}'
    there = answer(200, document, kind="application/json", base=ELSEWHERE)
    assert not verdict_for(moved(f"{ELSEWHERE}/", there)).api_doc_detected
