"""Whatever part of an address carries a credential, no report shows it."""

from dataclasses import replace
from json import dumps

import pytest

from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.report import result_report
from tests.unit.prober.judge.shapes import HOST, answer, host, json, redirect
from tests.unit.prober.reporting import JOB, OBSERVER

SECRET = "s3cr3t" * 5
LONG = "s3cr3t" * 300
PLACES = {
    "userinfo": f"https://user:{SECRET}@login.example.net/",
    "userinfo longer than what is shown": f"https://user:{LONG}@login.example.net/",
    "userinfo without slashes": f"https:user:{SECRET}@login.example.net/",
    "a path parameter": f"https://login.example.net/login;jsessionid={SECRET}",
    "a path parameter on the same host": f"/login;jsessionid={SECRET}?next=/",
    "the query": f"https://login.example.net/oauth2/authorize?client_id=a&token={SECRET}",
    "the fragment": f"https://login.example.net/#access_token={SECRET}",
    "a long query": f"https://login.example.net/saml?a={'x' * 240}&SAMLRequest={LONG}",
}


def serialized(facts: HostFacts) -> bytes:
    report = result_report(JOB, facts, verdict_for(facts), OBSERVER)
    return report.SerializeToString()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("header", ["location", "refresh", "link"])
def test_a_credential_in_an_address_is_nowhere_in_the_report(place: str, header: str) -> None:
    headers = {"location": "/next", header: PLACES[place]}
    facts = host(answer(302, kind=None, headers=headers))
    assert b"s3cr3t" not in serialized(facts)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("header", ["www-authenticate", "proxy-authenticate"])
def test_a_credential_in_a_challenge_is_nowhere_in_the_report(place: str, header: str) -> None:
    value = f'Bearer realm="{PLACES[place]}", authorization_uri="{PLACES[place]}"'
    facts = host(answer(401, "no", headers={"www-authenticate": "Bearer", header: value}))
    assert b"s3cr3t" not in serialized(facts)


@pytest.mark.parametrize("place", ["userinfo", "userinfo longer than what is shown", "the query"])
def test_a_credential_in_a_description_is_nowhere_in_the_report(place: str) -> None:
    url = PLACES[place]
    described = {
        "openapi": "3.1.0",
        "info": {"title": "Shop"},
        "paths": {},
        "servers": [{"url": url}, {"url": url.removeprefix("https:")}],
    }
    wsdl = (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><service>'
        f'<port><address location="{url}"/></port></service></definitions>'
    )
    metadata = {"issuer": f"https://u:{SECRET}@{HOST}", "authorization_endpoint": url}
    catalog = {"linkset": [{"anchor": url, "service-desc": [{"href": url}]}]}
    viewer = f'<div id="swagger-ui"></div><script>SwaggerUIBundle({{url: "{url}"}})</script>'
    facts = host(
        json(200, dumps(described), path="/openapi.json"),
        json(200, dumps(metadata), path="/.well-known/openid-configuration"),
        json(200, dumps(catalog), path="/.well-known/api-catalog"),
        answer(200, wsdl, path="/soap", kind="text/xml"),
        answer(200, viewer, path="/docs"),
    )
    assert len(verdict_for(facts).documents) > 3
    assert b"s3cr3t" not in serialized(facts)


def test_a_credential_in_a_path_that_was_found_is_nowhere_in_the_report() -> None:
    found = answer(401, "no", path=f"/docs?token={SECRET}", headers={"www-authenticate": "Basic"})
    facts = replace(host(answer(200, "<p>Shop</p>")), discovered=(found,))
    assert verdict_for(facts).auth_detected
    assert b"s3cr3t" not in serialized(facts)


def test_an_address_without_credentials_is_shown_whole() -> None:
    shown = serialized(host(redirect("https://www.example.net/shop?page=2")))
    assert b"https://www.example.net/shop?page=2" in shown
