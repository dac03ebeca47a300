import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.metadata import metadata_in
from tests.unit.prober.judge.shapes import answer, host, json, ready

OIDC = "/.well-known/openid-configuration"
RFC8414 = "/.well-known/oauth-authorization-server"
RFC9728 = "/.well-known/oauth-protected-resource"
SHOP = "https://shop.example.com"
ISSUER = f'"issuer":"{SHOP}"'
AUTHORIZE = f'"authorization_endpoint":"{SHOP}/authorize"'
RESOURCE = f'"resource":"{SHOP}/api"'

READ = {
    "openid connect": (OIDC, f"{{{ISSUER},{AUTHORIZE}}}", f"{SHOP}/authorize", ("Bearer",), ""),
    "of a realm": (
        f"/realms/shop{OIDC}",
        f"{{{ISSUER},{AUTHORIZE}}}",
        f"{SHOP}/authorize",
        ("Bearer",),
        "",
    ),
    "rfc 8414 for programs only": (
        RFC8414,
        f'{{{ISSUER},"token_endpoint":"{SHOP}/token"}}',
        "",
        ("Bearer",),
        "",
    ),
    "with proof of possession": (
        RFC8414,
        f'{{{ISSUER},{AUTHORIZE},"dpop_signing_alg_values_supported":["ES256"]}}',
        f"{SHOP}/authorize",
        ("Bearer", "DPoP"),
        "",
    ),
    "rfc 9728 with nothing but its resource": (RFC9728, f"{{{RESOURCE}}}", "", ("Bearer",), ""),
    "rfc 9728 with a known issuer": (
        f"{RFC9728}/api",
        f'{{{RESOURCE},"authorization_servers":["https://acme.okta.com/oauth2"]}}',
        "https://acme.okta.com/oauth2",
        ("Bearer",),
        "Okta",
    ),
    "rfc 9728 with another issuer": (
        RFC9728,
        (
            f'{{{RESOURCE},"authorization_servers":["https://id.other.net"],'
            '"dpop_bound_access_tokens_required":true}'
        ),
        "https://id.other.net",
        ("DPoP",),
        "id.other.net",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_metadata_tells_where_to_log_in_and_how(name: str) -> None:
    path, body, entry_url, schemes, provider = READ[name]
    metadata = metadata_in(ready(json(200, body, path=path)))
    assert metadata is not None
    assert (metadata.entry_url, metadata.schemes, metadata.provider) == (
        entry_url,
        schemes,
        provider,
    )
    assert metadata.is_of("shop.example.com")
    verdict = verdict_for(host(json(200, body, path=path)))
    assert verdict.auth_detected
    assert verdict.authentication is not None
    (told,) = verdict.authentication.paths
    assert (told.state, told.schemes, told.provider) == ("open", schemes, provider)
    assert verdict.authentication.entry_url == entry_url


@pytest.mark.parametrize(
    "facts",
    [
        json(200, f"{{{ISSUER}}}", path=OIDC),
        json(200, '{"issuer":5,"token_endpoint":"x"}', path=OIDC),
        json(200, '{"issuer":"nowhere","token_endpoint":"x"}', path=OIDC),
        json(200, f"{{{ISSUER},{AUTHORIZE}}}", path="/config.json"),
        json(404, f"{{{ISSUER},{AUTHORIZE}}}", path=OIDC),
        json(200, f"{{{ISSUER},{AUTHORIZE}}}", path=RFC9728),
        answer(200, "<title>Shop</title>hello", path=OIDC),
    ],
    ids=["incomplete", "a number", "no URL", "elsewhere", "missing", "of another kind", "a shell"],
)
def test_anything_else_is_no_metadata(facts: PathFacts) -> None:
    assert metadata_in(ready(facts)) is None
    assert not verdict_for(host(facts)).auth_detected


def test_metadata_of_another_site_is_told_and_shows_nothing_of_this_one() -> None:
    body = f"{{{ISSUER},{AUTHORIZE}}}".replace("shop.example.com", "idp.elsewhere.net")
    verdict = verdict_for(host(json(200, body, path=OIDC)))
    assert not verdict.auth_detected
    told = next(one for one in verdict.reasons if one.code == "foreign_oauth_metadata")
    assert "https://idp.elsewhere.net" in told.message
    assert "oauth_metadata" not in {reason.code for reason in verdict.reasons}
