import pytest

from services.prober.facts import PathFacts
from services.prober.judge.auth import realm_of, scheme_of
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import answer, json, ready, text


def asks(name: str, facts: PathFacts, rule: str, kind: str = "api") -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=True,
        code="auth_required",
        rule=rule,
        kind=kind,
        auth=True,
    )


BASIC = {"www-authenticate": 'Basic realm="Staging"'}
ASKING = (
    asks(
        "basic",
        answer(401, "<h1>401</h1>", headers=BASIC),
        "auth.challenge",
        "website",
    ),
    asks(
        "basic in plain text", text(401, "Unauthorized", headers=BASIC), "auth.challenge", "website"
    ),
    asks(
        "bearer",
        answer(401, "", kind=None, headers={"www-authenticate": "Bearer"}),
        "auth.challenge",
    ),
    asks(
        "protected resource metadata",
        json(
            401,
            "{}",
            headers={"www-authenticate": 'Bearer resource_metadata="https://x/.well-known/o"'},
        ),
        "auth.challenge",
    ),
    asks(
        "negotiate",
        answer(401, "", headers={"www-authenticate": "Negotiate"}),
        "auth.challenge",
        "website",
    ),
    asks("a 401 without a challenge", json(401, '{"error":"nope"}'), "auth.unauthorized"),
    asks("fastapi's 403", json(403, '{"detail":"Not authenticated"}'), "auth.api_error"),
    asks(
        "kubernetes",
        json(403, '{"message":"forbidden: User \\"system:anonymous\\" cannot get path"}'),
        "auth.api_error",
    ),
    asks("missing key", json(403, '{"message":"Missing API key"}'), "auth.api_error"),
    asks("invalid token", json(403, '{"error":"invalid_token"}'), "auth.api_error"),
    asks("token is required", json(403, '{"m":"A token is required"}'), "auth.api_error"),
    asks(
        "behind a content network",
        json(403, '{"error":"Unauthorized"}', headers={"x-cache": "Error from cloudfront"}),
        "auth.api_error",
    ),
    asks(
        "graphql",
        json(200, '{"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}]}'),
        "auth.graphql_error",
    ),
)


def unasked(name: str, facts: PathFacts, code: str, rule: str, *, analyzable: bool) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=analyzable,
        code=code,
        rule=rule,
        kind="api",
    )


TRAPS = (
    unasked(
        "an API forbids and says no more",
        json(403, '{"message":"Forbidden"}'),
        "ambiguous",
        "status.unclear",
        analyzable=False,
    ),
    unasked(
        "API Gateway's missing authentication token is a missing path",
        json(403, '{"message":"Missing Authentication Token"}'),
        "not_found",
        "status.api_gateway_missing_path",
        analyzable=True,
    ),
    unasked(
        "a text about tokens",
        json(200, '{"help":"missing token means ..."}'),
        "content_served",
        "content.served",
        analyzable=True,
    ),
    unasked(
        "another graphql error",
        json(400, '{"errors":[{"message":"Must provide query string."}]}'),
        "api_error",
        "status.api_error",
        analyzable=True,
    ),
)


@pytest.mark.parametrize("case", ASKING, ids=str)
def test_a_demand_for_credentials_is_told(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", ASKING, ids=str)
def test_without_the_matched_field_it_is_not(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("case", TRAPS, ids=str)
def test_other_errors_ask_for_nothing(case: Case) -> None:
    check(case)


def test_scheme_and_realm_are_read_from_the_challenge() -> None:
    page = ready(answer(401, "", headers={"www-authenticate": 'Basic realm="Intern", charset="x"'}))
    assert (scheme_of(page), realm_of(page)) == ("basic", "Intern")


def test_a_challenge_without_realm_has_none() -> None:
    page = ready(answer(401, "", headers={"www-authenticate": "Negotiate"}))
    assert (scheme_of(page), realm_of(page)) == ("negotiate", "")
