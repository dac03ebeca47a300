import pytest

from services.prober.facts import HostFacts
from services.prober.judge import presence
from services.prober.judge.decide import verdict_for
from services.prober.judge.findings import RULES
from services.prober.judge.verdict import Role
from tests.unit.prober.judge.shapes import answer, followed, host, json, redirect, text

SITE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
CLOUDFLARE = {"server": "cloudflare", "cf-ray": "1"}
CHALLENGED = {**CLOUDFLARE, "cf-mitigated": "challenge"}


def layers(facts: HostFacts) -> list[tuple[str, str, str]]:
    return [(one.vendor, str(one.role), str(one.action)) for one in verdict_for(facts).layers]


SHAPES = {
    "nobody": (host(answer(200, SITE)), []),
    "the application's own server knows no such name": (
        host(answer(400, "<title>DisallowedHost at /</title>")),
        [],
    ),
    "a content network delivers a page": (
        host(answer(200, SITE, headers=CLOUDFLARE)),
        [("Cloudflare", "cdn", "present")],
    ),
    "a content network challenges": (
        host(answer(403, "x", headers=CHALLENGED)),
        [("Cloudflare", "waf", "challenge"), ("Cloudflare", "cdn", "present")],
    ),
    "one path is challenged, another limited: the most is told": (
        host(
            answer(429, "error code: 1015", path="/b", headers=CLOUDFLARE),
            answer(403, "x", headers=CHALLENGED),
        ),
        [("Cloudflare", "waf", "challenge"), ("Cloudflare", "cdn", "present")],
    ),
    "a bot defence behind a content network": (
        host(answer(403, "x", headers={**CLOUDFLARE, "x-datadome": "protected", "x-dd-b": "1"})),
        [("DataDome", "bot_defence", "challenge"), ("Cloudflare", "cdn", "present")],
    ),
    "a firewall before a load balancer": (
        host(
            answer(
                200, SITE, headers=(("x-iinfo", "1"), ("set-cookie", "BIGipServerpool=1; path=/"))
            )
        ),
        [("Imperva", "waf", "present"), ("F5 BIG-IP", "load_balancer", "present")],
    ),
    "an access proxy": (
        host(redirect("https://x.cloudflareaccess.com/cdn-cgi/access/login", server="cloudflare")),
        [("Cloudflare Access", "access_proxy", "challenge"), ("Cloudflare", "cdn", "present")],
    ),
    "an edge that cannot reach the origin": (
        host(answer(522, "x", headers=CLOUDFLARE)),
        [("Cloudflare", "cdn", "present")],
    ),
    "a limit": (
        host(answer(429, "error code: 1015", headers={"retry-after": "9"})),
        [("Cloudflare", "waf", "rate_limit")],
    ),
    "a waiting room": (
        host(redirect("https://x.queue-it.net/?c=x")),
        [("Queue-it", "load_balancer", "rate_limit")],
    ),
    "hosting that knows no such site": (
        host(answer(404, "There isn't a GitHub Pages site here.")),
        [("GitHub Pages", "hosting", "present")],
    ),
    "a default page is nobody in front": (
        host(answer(200, "<title>Welcome to nginx!</title>")),
        [],
    ),
    "a challenge of no known name": (
        host(answer(403, "<title>Verify you are human</title>")),
        [],
    ),
    "a refusal for legal reasons": (host(answer(451, "x")), []),
    "an identity provider is nobody in front": (host(redirect("https://x.okta.com/app")), []),
    "what only the second answer shows": (
        host(answer(200, SITE), json(200, "{}", path="/api", headers={"x-amz-cf-id": "1"})),
        [("CloudFront", "cdn", "present")],
    ),
    "what only an answer on the way shows": (
        host(followed(redirect("/en", server="cloudflare"), answer(200, SITE, path="/en"))),
        [("Cloudflare", "cdn", "present")],
    ),
    "no answer": (host(ports=()), []),
}


@pytest.mark.parametrize("name", SHAPES)
def test_who_stands_in_front_is_told_with_role_and_action(name: str) -> None:
    facts, expected = SHAPES[name]
    assert layers(facts) == expected


def test_presence_alone_never_changes_a_verdict() -> None:
    for status, body in ((200, SITE), (403, "Forbidden"), (404, "<h1>404"), (502, "Bad Gateway")):
        plain = verdict_for(host(answer(status, body)))
        fronted = verdict_for(host(answer(status, body, headers=CLOUDFLARE)))
        assert (fronted.analyzability, fronted.confidence, fronted.kind) == (
            plain.analyzability,
            plain.confidence,
            plain.kind,
        )
        assert fronted.reasons[0] == plain.reasons[0]


def test_a_layer_shows_what_it_did_before_that_it_is_there() -> None:
    (waf, network) = verdict_for(host(answer(403, "x", headers=CHALLENGED))).layers
    assert [(item.rule, item.field) for item in waf.evidence] == [
        ("cloudflare.challenge", "paths[0].headers.cf-mitigated")
    ]
    assert [item.field for item in network.evidence] == ["paths[0].headers.server"]


def test_the_evidence_of_a_layer_is_bounded() -> None:
    paths = [text(200, "x", path=f"/{n}", headers=CLOUDFLARE) for n in range(20)]
    (layer,) = verdict_for(host(*paths)).layers
    assert len(layer.evidence) == 6


def test_everybody_who_is_told_has_a_role() -> None:
    assert all(rule.role in set(Role) for rule in presence.RULES)
    roles = {rule.id: rule.role for rule in RULES}
    assert roles["datadome.challenge"] is Role.BOT_DEFENCE
    # That of its effect.
    assert roles["cloudflare.block"] is None
