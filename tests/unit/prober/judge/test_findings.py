from dataclasses import replace

import pytest

from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.judge.codes import Code, Standing
from services.prober.judge.findings import finding_for
from tests.unit.prober.judge.shapes import answer, host, json, ready, redirect, text

METADATA = (
    '{"issuer":"https://shop.example.com","authorization_endpoint":"https://shop.example.com/a"}'
)
SOAP_FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    "<s:Fault><faultcode>s:Client</faultcode></s:Fault></s:Body></s:Envelope>"
)
LOGIN = '<form action="/login"><input name="user"><input type="password" name="p"></form>'
NGINX_404 = "<html><title>404 Not Found</title><hr>nginx</html>"


def found(facts: PathFacts) -> Code:
    return finding_for(ready(facts), host(facts)).code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (answer(200, "<title>x</title>y"), Code.CONTENT_SERVED),
        (answer(203, "<title>x</title>y"), Code.CONTENT_SERVED),
        (text(200, "ok", path="/health"), Code.CONTENT_SERVED),
        (answer(200, b"\x89PNG", kind="image/png", path="/logo.png"), Code.CONTENT_SERVED),
        (answer(200, "", path="/health"), Code.EMPTY_ANSWER),
        (answer(204, "", path="/api/Health/", kind=None), Code.EMPTY_ANSWER),
        (answer(204, "", path="/api/session?x=/y", kind=None), Code.EMPTY_ANSWER),
        (answer(200, "", path="/api/session"), Code.AMBIGUOUS),
        (answer(200, "", path="/shop"), Code.AMBIGUOUS),
        (answer(200, "", path="/shop?p=/health"), Code.AMBIGUOUS),
        (answer(200, "", kind="application/grpc"), Code.EMPTY_ANSWER),
        (answer(204, "", kind=None), Code.AMBIGUOUS),
        (answer(200, ""), Code.AMBIGUOUS),
        (text(200, "User-agent: *", path="/robots.txt"), Code.SERVED_FOR_ROBOTS),
        (text(200, "Contact: x", path="/.well-known/security.txt"), Code.SERVED_FOR_ROBOTS),
        (json(200, METADATA, path="/.well-known/openid-configuration"), Code.CONTENT_SERVED),
        (json(200, '{"linkset":[]}', path="/.well-known/api-catalog"), Code.CONTENT_SERVED),
        (answer(404, NGINX_404), Code.NOT_FOUND),
        (answer(410, "gone"), Code.NOT_FOUND),
        (json(404, '{"detail":"Not Found"}'), Code.API_ERROR),
        (json(400, '{"error":"bad"}'), Code.API_ERROR),
        (answer(400, "<h1>400 Bad Request</h1>"), Code.AMBIGUOUS),
        (answer(405, "x", headers={"allow": "POST"}), Code.API_ERROR),
        (answer(405, "x"), Code.AMBIGUOUS),
        (answer(405, "x", headers={"allow": ""}), Code.AMBIGUOUS),
        (answer(405, "x", headers={"allow": "HEAD, get"}), Code.AMBIGUOUS),
        (json(405, '{"detail":"Method Not Allowed"}'), Code.API_ERROR),
        (answer(406, "x"), Code.AMBIGUOUS),
        (answer(418, "x"), Code.AMBIGUOUS),
        (answer(407, "x"), Code.AMBIGUOUS),
        (answer(456, "x"), Code.AMBIGUOUS),
        (answer(422, "x"), Code.CLIENT_ERROR),
        (answer(415, "x"), Code.CLIENT_ERROR),
        (answer(426, "x"), Code.CLIENT_ERROR),
        (answer(421, "x"), Code.AMBIGUOUS),
        (answer(403, "x"), Code.AMBIGUOUS),
        (answer(500, "x"), Code.AMBIGUOUS),
        (json(500, '{"error":"oops"}'), Code.AMBIGUOUS),
        (answer(502, "<h1>502 Bad Gateway</h1><hr>nginx"), Code.AMBIGUOUS),
        (answer(503, "x"), Code.AMBIGUOUS),
        (answer(503, "x", headers={"retry-after": "60"}), Code.UNAVAILABLE),
        (answer(429, "x"), Code.RATE_LIMITED),
        (json(429, '{"error":"slow down"}'), Code.RATE_LIMITED),
        (json(403, "{}", headers={"x-ratelimit-remaining": "0"}), Code.RATE_LIMITED),
        (json(403, "{}", headers={"x-ratelimit-remaining": "1"}), Code.AMBIGUOUS),
        (json(200, "{}", headers={"x-ratelimit-remaining": "0"}), Code.CONTENT_SERVED),
        (answer(500, SOAP_FAULT, kind="text/xml"), Code.API_ERROR),
        (answer(400, SOAP_FAULT, kind="text/xml"), Code.API_ERROR),
        (answer(405, SOAP_FAULT, kind="text/xml"), Code.API_ERROR),
        (answer(500, SOAP_FAULT.replace(":Fault>", ":Ok>"), kind="text/xml"), Code.AMBIGUOUS),
        (answer(500, SOAP_FAULT.replace("soap/envelope", "x"), kind="text/xml"), Code.AMBIGUOUS),
        (answer(502, SOAP_FAULT, kind="text/xml"), Code.AMBIGUOUS),
        (answer(401, LOGIN), Code.LOGIN_FORM),
        (answer(401, LOGIN, headers={"www-authenticate": "Basic"}), Code.AUTH_REQUIRED),
        (redirect("/en"), Code.REDIRECT_SAME_SITE),
        (redirect(""), Code.AMBIGUOUS),
        (answer(101, ""), Code.AMBIGUOUS),
    ],
)
def test_what_one_answer_is(facts: PathFacts, code: Code) -> None:
    assert found(facts) is code


def test_a_challenge_header_outweighs_what_the_page_looks_like() -> None:
    login = "<title>Login</title><form><input name=user><input type=password name=p></form>"
    assert found(answer(403, login)) is Code.LOGIN_FORM
    assert found(answer(403, login, headers={"cf-mitigated": "challenge"})) is Code.CHALLENGE


def test_a_credentials_error_outweighs_the_mark_of_who_delivered_it() -> None:
    edge = {"x-cache": "Error from cloudfront"}
    assert found(json(403, '{"error":"invalid token"}', headers=edge)) is Code.AUTH_REQUIRED
    assert found(json(403, '{"error":"no"}', headers=edge)) is Code.AMBIGUOUS


def test_a_finding_names_vendor_and_standing() -> None:
    facts = answer(403, "x", headers={"cf-mitigated": "challenge"})
    finding = finding_for(ready(facts), host(facts))
    assert (finding.vendor, finding.standing) == ("Cloudflare", Standing.WALLED)


def test_evidence_of_a_status_is_the_status() -> None:
    facts = replace(answer(404, "x"), path="/missing")
    (evidence,) = finding_for(ready(facts), host(facts)).evidence
    assert (evidence.field, evidence.value) == ("paths[0].status_code", "404")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (answer(200, "drip", kind=None), Code.AMBIGUOUS),
        (answer(200, b"\0drip", kind="application/octet-stream"), Code.AMBIGUOUS),
        (answer(200, "<!doctype html><title>x</title>", kind=None), Code.CONTENT_SERVED),
        (answer(200, "<title>x</title>y"), Code.CONTENT_SERVED),
    ],
)
def test_what_never_ended_and_has_no_type_is_unclear(facts: PathFacts, code: Code) -> None:
    assert found(facts) is Code.CONTENT_SERVED
    timeout = Outcome(code=OutcomeCode.HTTP_TIMEOUT)
    assert found(replace(facts, outcome=timeout, truncated=True)) is code
