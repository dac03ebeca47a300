import pytest

from services.prober.facts import HostFacts, PathFacts, PortFacts, TlsFlag
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import HOST, answer, host, json, port, redirect, text, tls

SITE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
WELCOME = "<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>"
PLAIN = f"http://{HOST}"
OTHER = f"https://{HOST}:8443"
WRONG_NAME = tls(TlsFlag.NAME_MISMATCH)


def beside(*paths: PathFacts, **probes: PathFacts) -> HostFacts:
    """Return a host whose paths were requested on port 443; p80 is what port 80 answered."""
    ports: list[PortFacts] = [port(443, tls=WRONG_NAME, probe=paths[0])]
    ports += [port(int(name[1:]), probe=probe) for name, probe in probes.items()]
    return host(*paths, ports=ports)


def plain(status: int, body: str = "", location: str = "") -> PathFacts:
    headers = {"location": location} if location else {}
    return answer(status, body, headers=headers, base=PLAIN)


FORBIDDEN = answer(403, "<h1>Forbidden</h1>")
CHALLENGE = answer(403, "x", headers={"cf-mitigated": "challenge"})
UPGRADE = plain(301, location=f"https://{HOST}/")
CASES = {
    "an application in the clear beside a default host of another name": (
        beside(FORBIDDEN, p80=plain(200, SITE)),
        ("content_served", True, "website"),
    ),
    "an application on another port beside a challenge": (
        beside(CHALLENGE, p8443=answer(200, SITE, base=OTHER)),
        ("content_served", True, "website"),
    ),
    "an API on another port beside an error": (
        beside(answer(502, "x"), p8443=json(200, "{}")),
        ("ambiguous", False, "website"),  # it has the very same address: it is the path
    ),
    "an error on both": (
        beside(FORBIDDEN, p80=plain(403, "no")),
        ("ambiguous", False, "website"),
    ),
    "a challenge beside an unclear error": (
        beside(FORBIDDEN, p80=answer(403, "", headers={"cf-mitigated": "challenge"}, base=PLAIN)),
        ("challenge", False, "website"),
    ),
    "a welcome page in the clear beside a missing front": (
        beside(text(404, "404 page not found"), p80=plain(200, WELCOME)),
        ("not_found", True, "api"),
    ),
    "plain HTTP that leads to the encrypted site": (
        beside(answer(200, SITE), p80=UPGRADE),
        ("content_served", True, "website"),
    ),
    "plain HTTP that leads to an encrypted error": (
        beside(FORBIDDEN, p80=UPGRADE),
        ("ambiguous", False, "website"),
    ),
    "an encrypted port that leads to the site in the clear": (
        beside(redirect(f"{PLAIN}/"), p80=plain(200, SITE)),
        ("content_served", True, "website"),
    ),
    "an encrypted port that leads to another path in the clear": (
        beside(redirect(f"{PLAIN}/shop"), p80=plain(200, SITE)),
        ("content_served", True, "website"),
    ),
    "an encrypted port that leads to an error in the clear": (
        beside(redirect(f"{PLAIN}/"), p80=plain(403, "no")),
        ("ambiguous", False, "website"),
    ),
    "an encrypted port that leads to an error, and a robots file": (
        beside(
            redirect(f"{PLAIN}/"),
            text(200, "User-agent: *", path="/robots.txt"),
            p80=plain(403, "no"),
        ),
        ("ambiguous", False, "website"),
    ),
    "ports that lead to each other": (
        beside(redirect(f"{PLAIN}/"), p80=UPGRADE),
        ("redirect_same_site", False, "website"),
    ),
    "paths that lead to each other": (
        host(redirect("/a"), redirect("/", path="/a")),
        ("redirect_same_site", False, "website"),
    ),
    "a path that leads to one that is denied": (
        host(redirect("/a"), answer(403, "no", path="/a")),
        ("ambiguous", False, "website"),
    ),
    "a path that leads to one that is served": (
        host(redirect("/a"), answer(200, SITE, path="/a")),
        ("content_served", True, "website"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_page_nearest_to_the_application_decides(name: str) -> None:
    facts, said = CASES[name]
    verdict = verdict_for(facts)
    assert (verdict.reasons[0].code, verdict.analyzable, str(verdict.kind)) == said


def test_evidence_of_another_port_points_to_what_that_port_answered() -> None:
    (reason, *_) = verdict_for(beside(FORBIDDEN, p80=plain(200, SITE))).reasons
    assert [item.field for item in reason.evidence] == [
        "ports[1].probe.status_code",
        "ports[1].probe.title",
    ]


def test_a_redirect_to_what_was_seen_is_not_told() -> None:
    reasons = verdict_for(beside(answer(200, SITE), p80=UPGRADE)).reasons
    assert [reason.code for reason in reasons] == ["content_served", "certificate_invalid"]


def test_a_login_on_another_port_asks_for_credentials() -> None:
    locked = answer(401, "no", headers={"www-authenticate": "Basic"}, base=OTHER)
    verdict = verdict_for(beside(answer(200, SITE), p8443=locked))
    assert verdict.auth_detected
    assert (verdict.reasons[0].code, str(verdict.kind)) == ("content_served", "website")
