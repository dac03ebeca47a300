from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, Outcome, OutcomeCode, PathFacts, TcpState
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Analyzability, Confidence
from tests.unit.prober.judge.shapes import (
    answer,
    dns,
    followed,
    host,
    json,
    port,
    redirect,
    text,
    unanswered,
)

SITE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
CHALLENGE = {"cf-mitigated": "challenge"}
WWW = "https://www.shop.example.com"
ACCOUNTS = "https://accounts.example.com"
LATE = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
NOWHERE = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_NO_ENDPOINT))


def no_name(code: OutcomeCode) -> HostFacts:
    return host(NOWHERE, ports=(), name=dns(code))


def no_port(*codes: OutcomeCode) -> HostFacts:
    ports = [port(80 + n, state=TcpState.REFUSED, tcp=code) for n, code in enumerate(codes)]
    return host(NOWHERE, ports=ports)


def no_tls(code: OutcomeCode) -> HostFacts:
    return host(NOWHERE, ports=(port(tls_outcome=code, http=OutcomeCode.HTTP_NOT_HTTP),))


def no_http(code: OutcomeCode) -> HostFacts:
    return host(NOWHERE, ports=(port(http=code),))


STATES = {
    "analyzable high: a page": host(answer(200, SITE)),
    "analyzable high: an API": host(json(200, '{"a":1}')),
    "analyzable high: basic authentication": host(
        answer(401, "x", headers={"www-authenticate": "Basic"})
    ),
    "analyzable high: an identity provider": host(redirect("https://x.okta.com/app")),
    "analyzable medium: a 401 without a challenge": host(json(401, '{"m":"Unauthorized"}')),
    "analyzable medium: a redirect to the login": host(redirect("/login")),
    "analyzable medium: an error of an API": host(json(404, '{"detail":"Not Found"}')),
    "analyzable medium: a page beside a challenge": host(
        answer(403, "x", headers=CHALLENGE), answer(200, SITE, path="/a")
    ),
    "analyzable medium: a page, and no time for the rest": host(
        answer(200, SITE), deadline_hit=True
    ),
    "analyzable low: only a missing page": host(answer(404, "<title>404 Not Found</title>")),
    "analyzable low: another path of the host": host(redirect("/en/")),
    "not_analyzable high: a challenge": host(answer(403, "x", headers=CHALLENGE)),
    "not_analyzable high: a block page": host(answer(403, "Sorry, you have been blocked")),
    "not_analyzable high: a server's default page": host(
        answer(200, "<title>Welcome to nginx!</title>")
    ),
    "not_analyzable high: another site": host(redirect("https://elsewhere.org/")),
    "not_analyzable medium: a captcha with 403": host(
        answer(403, '<div class="g-recaptcha"></div>')
    ),
    "not_analyzable medium: too many requests": host(answer(429, "x")),
    "not_analyzable medium: down for a while, as it says": host(
        answer(503, "x", headers={"retry-after": "60"})
    ),
    "not_analyzable medium: a challenge, and no time for the rest": host(
        answer(403, "x", headers=CHALLENGE), LATE, deadline_hit=True
    ),
    "unknown low: a 403 that says nothing": host(answer(403, "<h1>Forbidden</h1>")),
    "unknown low: a 500": host(answer(500, "oops")),
    "unknown low: a 502 of the gateway": host(answer(502, "<h1>502 Bad Gateway</h1>")),
    "unknown low: an empty page": host(answer(200, "")),
    "unknown low: only the robots file": host(text(200, "User-agent: *", path="/robots.txt")),
    "unknown low: a redirect to where nobody looked": host(redirect("https://www.example.com/")),
    "unknown low: itself in a circle": host(
        redirect("/a"), replace(redirect("/", path="/a"), url="https://shop.example.com/a")
    ),
    "analyzable high: a page that its redirect led to": host(
        followed(redirect(f"{WWW}/"), answer(200, SITE, base=WWW))
    ),
    "not_analyzable medium: another host of the site": host(
        followed(redirect(f"{ACCOUNTS}/"), answer(200, SITE, base=ACCOUNTS))
    ),
    "unknown low: a circle that was followed": host(
        followed(redirect("/a"), unanswered(OutcomeCode.HTTP_REDIRECT_LOOP))
    ),
    "unknown low: a redirect to where we may not look": host(
        followed(redirect(f"{ACCOUNTS}/"), unanswered(OutcomeCode.POLICY_REFUSED, base=ACCOUNTS))
    ),
    "unknown low: a missing page, and no time for the rest": host(
        answer(404, "<title>404</title>"), LATE, deadline_hit=True
    ),
    "not_analyzable high: no such name": no_name(OutcomeCode.DNS_NXDOMAIN),
    "not_analyzable high: no address": no_name(OutcomeCode.DNS_NO_DATA),
    "not_analyzable medium: a broken zone": no_name(OutcomeCode.DNS_SERVFAIL),
    "unknown low: no resolver answered": no_name(OutcomeCode.DNS_TIMEOUT),
    "not_analyzable high: closed": no_port(OutcomeCode.TCP_REFUSED),
    "not_analyzable medium: filtered": no_port(OutcomeCode.TCP_REFUSED, OutcomeCode.TCP_TIMEOUT),
    "unknown low: we have no IPv6": no_port(OutcomeCode.TCP_NO_IPV6),
    "unknown low: closed, and one we may not try": no_port(
        OutcomeCode.TCP_REFUSED, OutcomeCode.POLICY_REFUSED
    ),
    "not_analyzable high: a client certificate": no_tls(
        OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED
    ),
    "not_analyzable medium: an alert": no_tls(OutcomeCode.TLS_ALERT),
    "not_analyzable low: reset in the handshake": no_tls(OutcomeCode.TLS_RESET),
    "unknown low: no end of the handshake": no_tls(OutcomeCode.TLS_TIMEOUT),
    "not_analyzable high: another protocol": no_http(OutcomeCode.HTTP_NOT_HTTP),
    "not_analyzable low: hangs up": no_http(OutcomeCode.HTTP_CLOSED),
    "unknown low: slower than we wait": no_http(OutcomeCode.HTTP_TIMEOUT),
    "unknown low: more headers than we read": no_http(OutcomeCode.HTTP_TOO_LARGE),
    "unknown low: nothing was asked": host(NOWHERE, ports=()),
    "unknown low: no time to look": replace(no_port(OutcomeCode.TCP_REFUSED), deadline_hit=True),
}


@pytest.mark.parametrize("name", STATES)
def test_a_host_is_as_analyzable_as_a_person_would_say(name: str) -> None:
    verdict = verdict_for(STATES[name])
    assert f"{verdict.analyzability} {verdict.confidence}" == name.partition(":")[0], verdict
    assert verdict.analyzable is (verdict.analyzability is Analyzability.ANALYZABLE)


def test_a_check_without_time_says_so_first_when_that_decided_and_only_once() -> None:
    verdict = verdict_for(STATES["unknown low: a missing page, and no time for the rest"])
    assert [reason.code for reason in verdict.reasons] == ["check_cut_short", "not_found"]
    verdict = verdict_for(STATES["analyzable medium: a page, and no time for the rest"])
    assert [reason.code for reason in verdict.reasons] == ["content_served", "check_cut_short"]


def broken_off(body: str, kind: str = "text/html") -> PathFacts:
    late = Outcome(code=OutcomeCode.HTTP_TIMEOUT)
    return replace(answer(200, body, kind=kind), outcome=late, truncated=True)


def test_a_page_that_broke_off_before_it_said_anything_is_not_judged() -> None:
    verdict = verdict_for(host(broken_off("<html><head><title>Sh")))
    assert verdict.analyzability is Analyzability.UNKNOWN
    assert verdict.reasons[0].code == "unfinished_answer"
    assert verdict.reasons[0].evidence[0].field == "paths[0].status_code"


@pytest.mark.parametrize(
    "facts",
    [
        host(broken_off("<title>Shop</title><p>" + "Shoes of every kind. " * 20)),
        host(broken_off("data: 1\n\n", kind="text/event-stream")),
    ],
)
def test_a_page_that_broke_off_later_is_judged_with_less_confidence(facts: HostFacts) -> None:
    verdict = verdict_for(facts)
    assert (verdict.analyzability, verdict.confidence) == (
        Analyzability.ANALYZABLE,
        Confidence.MEDIUM,
    )


@pytest.mark.parametrize(
    ("shown", "confidence"),
    [("", Confidence.MEDIUM), ("<p>Shoes of every kind. </p>" * 20, "high")],
)
def test_a_page_with_nothing_to_read_before_the_cut_is_judged_with_less_confidence(
    shown: str, confidence: str
) -> None:
    page = f"<html><head><title>Shop</title></head><body>{shown}<style>{'a{b:c}' * 11_000}"
    verdict = verdict_for(host(replace(answer(200, page), truncated=True)))
    assert (verdict.analyzability, verdict.confidence) == (Analyzability.ANALYZABLE, confidence)


def test_a_whole_page_beside_one_that_broke_off_decides() -> None:
    verdict = verdict_for(host(broken_off("<html>"), answer(200, SITE, path="/a")))
    assert verdict.analyzability is Analyzability.ANALYZABLE


@pytest.mark.parametrize(
    "file",
    [
        answer(200, b"\x89PNG", path="/logo.png", kind="image/png"),
        answer(200, "body{}", path="/a.css", kind="text/css"),
        answer(200, "f()", path="/a.js", kind="application/javascript"),
    ],
)
def test_a_file_beside_a_wall_shows_no_application(file: PathFacts) -> None:
    walled = verdict_for(host(answer(403, "x", headers=CHALLENGE), file))
    assert walled.analyzability is Analyzability.UNKNOWN
    assert walled.reasons[0].code == "conflicting_answers"
    fields = [item.field for item in walled.reasons[0].evidence]
    assert fields == ["paths[0].headers.cf-mitigated", "paths[1].status_code"]
    assert verdict_for(host(file)).analyzable


def test_addresses_that_serve_and_wall_off_the_same_path_conflict() -> None:
    wall = answer(403, "x", headers=CHALLENGE)
    page = answer(200, SITE)
    for one, other in ((wall, page), (page, wall)):
        verdict = verdict_for(host(replace(one, other_addresses=(other,))))
        assert verdict.analyzability is Analyzability.UNKNOWN
        assert verdict.reasons[0].code == "conflicting_answers"
        fields = {item.field for item in verdict.reasons[0].evidence}
        assert fields == {"paths[0].status_code", "paths[0].other_addresses[0].status_code"}


def test_addresses_that_agree_or_are_down_do_not_conflict() -> None:
    page = answer(200, SITE)
    down = replace(LATE, url="https://shop.example.com/")
    for other in (page, answer(404, "x"), down):
        assert verdict_for(host(replace(page, other_addresses=(other,)))).analyzable
    elsewhere = replace(answer(404, "x", path="/b"), other_addresses=(answer(200, SITE),))
    assert verdict_for(host(page, elsewhere)).analyzable


def test_what_only_the_edge_answered_shows_no_application() -> None:
    edge = {"server": "awselb/2.0"}
    missing = answer(404, "<h1>404 Not Found</h1>", headers=edge)
    assert verdict_for(host(missing)).analyzability is Analyzability.UNKNOWN
    origin = answer(404, "<h1>404 Not Found</h1>", path="/a")
    assert verdict_for(host(missing, origin)).analyzable
