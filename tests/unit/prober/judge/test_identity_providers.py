from urllib.parse import urlsplit

import pytest

from services.prober.judge.identity_providers import (
    PROVIDERS,
    is_authorization_request,
    provider_at,
    provider_of,
)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_each_provider_is_found_at_its_own_address(provider: object) -> None:
    match = next(one for one in PROVIDERS if one is provider)
    host = match.hosts[0] if match.hosts else "login.corp.net"
    found = provider_at(urlsplit(f"https://tenant.{host}{match.path or '/app/sso'}"))
    assert found is not None
    assert found.vendor == match.vendor


@pytest.mark.parametrize(
    "url",
    [
        "https://www.okta.com/",
        "https://notokta.com/app/sso",
        "https://okta.com.evil.net/app",
        "https://github.com/owner/repository",
        "https://vercel.com/pricing",
    ],
)
def test_other_addresses_are_no_login(url: str) -> None:
    assert provider_at(urlsplit(url)) is None


@pytest.mark.parametrize(
    ("query", "asks"),
    [
        ("response_type=code&client_id=a", True),
        ("client_id=a&request_uri=urn", True),
        ("SAMLRequest=x", True),
        ("wa=wsignin1.0&wtrealm=x", True),
        ("client_id=a", False),
        ("response_type=code", False),
        ("", False),
        ("&".join(["a=1"] * 100), False),
    ],
)
def test_an_authorization_request_is_told_by_its_parameters(query: str, *, asks: bool) -> None:
    assert is_authorization_request(urlsplit(f"https://id.corp.net/a?{query}")) is asks


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://acme.okta.com/login", "Okta"),
        ("https://shop.example.com/", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_a_provider_is_named_by_its_address(url: str, name: str) -> None:
    assert provider_of(url) == name
