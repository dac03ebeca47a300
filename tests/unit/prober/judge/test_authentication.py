from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, OutcomeCode, PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Authentication, PathAuthentication
from tests.unit.prober.judge.shapes import (
    HOST,
    answer,
    followed,
    host,
    json,
    port,
    redirect,
    text,
    unanswered,
)

BASE = f"https://{HOST}"
FORM = "<title>Log in</title><form><input name=u><input type=password></form>"
IDENTIFIER = "<form><input type=email name=email><button>{}</button></form>"


def asking(header: str) -> PathFacts:
    return answer(401, "no", headers={"www-authenticate": header})


def told(*paths: PathFacts, **more: object) -> PathAuthentication:
    known = map_of(host(*paths))
    assert len(known.paths) == 1
    return known.paths[0]


def map_of(facts: HostFacts) -> Authentication:
    verdict = verdict_for(facts)
    assert verdict.authentication is not None
    asks = any(
        path.is_gated or any(item.rule != "auth.login_link" for item in path.evidence)
        for path in verdict.authentication.paths
    )
    assert verdict.auth_detected is asks
    return verdict.authentication


# facts, state, schemes, realm, provider, entry URL.
GATED: dict[str, tuple[PathFacts, str, tuple[str, ...], str, str, str]] = {
    "basic": (
        asking('Basic realm="Staging, inner"'),
        "challenged",
        ("Basic",),
        "Staging, inner",
        "",
        f"{BASE}/",
    ),
    "several": (
        asking('Negotiate, NTLM, Digest realm="d", qop="auth", Basic realm="b"'),
        "challenged",
        ("Negotiate", "NTLM", "Digest", "Basic"),
        "d",
        "",
        f"{BASE}/",
    ),
    "protected resource metadata": (
        asking('bearer resource_metadata="https://x.example.com/.well-known/o", DPOP algs="ES256"'),
        "challenged",
        ("Bearer", "DPoP"),
        "",
        "",
        "https://x.example.com/.well-known/o",
    ),
    "a registry": (
        asking('Bearer realm="https://auth.example.com/token",service="registry"'),
        "challenged",
        ("Bearer",),
        "https://auth.example.com/token",
        "",
        "https://auth.example.com/token",
    ),
    "Microsoft": (
        asking("Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize"),
        "challenged",
        ("Bearer",),
        "",
        "Microsoft Entra ID",
        "https://login.microsoftonline.com/t/oauth2/authorize",
    ),
    "a bare 401": (text(401, "no"), "challenged", (), "", "", f"{BASE}/"),
    "a 401 with a form": (answer(401, FORM), "form", (), "", "", f"{BASE}/"),
    "JSON 401": (json(401, '{"error":"no"}'), "api_error", (), "", "", ""),
    "JSON 403": (json(403, '{"detail":"Not authenticated"}'), "api_error", (), "", "", ""),
    "GraphQL": (
        json(200, '{"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}],"data":null}'),
        "api_error",
        (),
        "",
        "",
        "",
    ),
    "GraphQL of Hot Chocolate": (
        json(200, '{"errors":[{"extensions":{"code":"AUTH_NOT_AUTHENTICATED"}}]}'),
        "api_error",
        (),
        "",
        "",
        "",
    ),
    "gRPC": (
        answer(200, b"", kind="application/grpc", headers={"grpc-status": "16"}),
        "api_error",
        (),
        "",
        "",
        "",
    ),
    "a form": (answer(200, FORM), "form", (), "", "", f"{BASE}/"),
    "a form with 403": (answer(403, FORM), "form", (), "", "", f"{BASE}/"),
    "identifier first, Polish": (
        answer(200, IDENTIFIER.format("Zaloguj się")),
        "form",
        (),
        "",
        "",
        f"{BASE}/",
    ),
    "identifier first, Japanese": (
        answer(200, IDENTIFIER.format("ログイン")),
        "form",
        (),
        "",
        "",
        f"{BASE}/",
    ),
    "a form after a redirect": (
        followed(redirect("/login?next=/"), answer(200, FORM, path="/login?next=/")),
        "form",
        (),
        "",
        "",
        f"{BASE}/login?next=/",
    ),
    "a login": (redirect("/login?next=%2F"), "redirected", (), "", "", f"{BASE}/login?next=%2F"),
    "Okta": (
        redirect("https://acme.okta.com/oauth2/v1/authorize?client_id=1#x"),
        "redirected",
        (),
        "",
        "Okta",
        "https://acme.okta.com/oauth2/v1/authorize?client_id=1",
    ),
    "an unknown provider": (
        redirect("https://id.elsewhere.org/a?response_type=code&client_id=1"),
        "redirected",
        (),
        "",
        "id.elsewhere.org",
        "https://id.elsewhere.org/a?response_type=code&client_id=1",
    ),
    "Okta, followed": (
        followed(
            redirect("https://acme.okta.com/login/x"),
            answer(200, FORM, path="/login/x", base="https://acme.okta.com"),
        ),
        "redirected",
        (),
        "",
        "Okta",
        "https://acme.okta.com/login/x",
    ),
    "Cloudflare Access": (
        redirect("https://acme.cloudflareaccess.com/cdn-cgi/access/login/x"),
        "redirected",
        (),
        "",
        "Cloudflare Access",
        "https://acme.cloudflareaccess.com/cdn-cgi/access/login/x",
    ),
    "Google IAP": (
        redirect(
            "https://accounts.google.com/o/oauth2/v2/auth?a=b",
            x_goog_iap_generated_response="true",
        ),
        "redirected",
        (),
        "",
        "Google Identity-Aware Proxy",
        "https://accounts.google.com/o/oauth2/v2/auth?a=b",
    ),
    "Google IAP, denied": (
        answer(403, "x", headers={"x-goog-iap-generated-response": "true"}),
        "challenged",
        (),
        "",
        "Google Identity-Aware Proxy",
        f"{BASE}/",
    ),
}


@pytest.mark.parametrize("name", GATED)
def test_a_gated_path_is_told_with_how_and_where(name: str) -> None:
    facts, *expected = GATED[name]
    path = told(facts)
    shown = [path.state, path.schemes, path.realm, path.provider, path.entry_url]
    assert shown == expected
    assert path.is_gated
    assert path.evidence
    known = map_of(host(facts))
    assert (known.gated_share, known.entry_url) == (1.0, path.entry_url)


TEXT = "<p>" + "Read about our shoes and hats. " * 40
SERVED = {
    "a page": (answer(200, "<title>Shop</title>Shoes"), ""),
    "a link to a login": (
        answer(200, '<title>Shop</title>Shoes <a href="/Login">Log in</a>'),
        f"{BASE}/Login",
    ),
    "a form beside content": (answer(200, f"{FORM.replace('Log in', 'Shop')}{TEXT}"), f"{BASE}/"),
    "a form to register": (
        answer(200, '<form action="/register"><input name=e><input type=password></form>'),
        "",
    ),
    "a captcha": (answer(200, '<title>Contact</title><div class="g-recaptcha"></div>Write us'), ""),
    "a text about tokens": (json(200, '{"help":"missing token means ..."}'), ""),
    "robots": (text(200, "User-agent: *", path="/robots.txt"), ""),
}


@pytest.mark.parametrize("name", SERVED)
def test_what_is_served_is_open(name: str) -> None:
    facts, entry_url = SERVED[name]
    path = told(facts)
    assert (path.state, path.entry_url) == ("open", entry_url)
    assert map_of(host(facts)).gated_share == 0


def test_a_link_to_a_login_asks_for_nothing_and_a_form_does() -> None:
    assert not verdict_for(host(SERVED["a link to a login"][0])).auth_detected
    assert verdict_for(host(SERVED["a form beside content"][0])).auth_detected


UNKNOWN = {
    "a block": answer(
        403,
        "<title>Attention Required! | Cloudflare</title>Sorry, you have been blocked",
        headers={"server": "cloudflare", "cf-ray": "1"},
    ),
    "a challenge": answer(403, "x", headers={"cf-mitigated": "challenge"}),
    "a bare 403": answer(403, "Forbidden"),
    "a missing path of API Gateway": json(403, '{"message":"Missing Authentication Token"}'),
    "a missing path": answer(404, "x"),
    "an error": answer(500, "x"),
    "a rate limit": json(429, '{"error":"slow down"}'),
    "a redirect to a page": redirect("/en"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_blocks_and_errors_say_nothing_of_credentials(name: str) -> None:
    path = told(UNKNOWN[name])
    assert (path.state, path.entry_url, path.evidence) == ("unknown", "", ())
    assert not verdict_for(host(UNKNOWN[name])).auth_detected


def test_the_share_is_of_the_paths_that_answered() -> None:
    known = map_of(
        host(
            answer(200, "<title>Shop</title>Shoes"),
            replace(asking("Basic"), path="/admin"),
            answer(404, "x", path="/gone"),
            unanswered(OutcomeCode.HTTP_TIMEOUT, "/slow"),
        )
    )
    assert [(path.path, path.state.value) for path in known.paths] == [
        ("/", "open"),
        ("/admin", "challenged"),
        ("/gone", "unknown"),
    ]
    assert known.gated_share == pytest.approx(1 / 3, abs=1e-4)


def test_where_people_log_in_goes_before_where_programs_do() -> None:
    known = map_of(
        host(
            answer(200, '<title>Shop</title><a href="/account/login">x</a>'),
            replace(asking("Basic"), path="/api"),
            answer(200, FORM, path="/signin"),
        )
    )
    assert known.entry_url == f"{BASE}/signin"


def test_another_port_is_told_where_it_asks_in_another_way() -> None:
    other = f"{BASE}:8443"
    probe = answer(401, "x", base=other, headers={"www-authenticate": "Basic"})
    open_ = answer(200, "<title>Shop</title>Shoes")
    known = map_of(host(open_, ports=(port(443, probe=open_), port(8443, probe=probe))))
    assert [(path.path, path.state.value) for path in known.paths] == [
        ("/", "open"),
        ("/", "challenged"),
    ]
    assert known.gated_share == 0
    assert known.entry_url == f"{other}/"


def test_a_login_that_is_linked_is_the_entry_where_what_asks_names_none() -> None:
    described = '{"openapi":"3.1.0","paths":{},"components":{"securitySchemes":{"k":{}}}}'
    linked, _ = SERVED["a link to a login"]
    known = map_of(host(linked, json(200, described, path="/openapi.json")))
    assert known.entry_url == f"{BASE}/Login"


def test_without_an_answer_there_is_no_map() -> None:
    verdict = verdict_for(host(unanswered(OutcomeCode.HTTP_TIMEOUT)))
    assert verdict.authentication is None
    assert not verdict.auth_detected
