from dataclasses import replace

import pytest

from services.prober.facts import HostFacts, OutcomeCode, PathFacts
from services.prober.judge.control import control_of, discovered_pages
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Action, Kind
from tests.unit.prober.judge.cases import Case, check
from tests.unit.prober.judge.shapes import (
    answer,
    followed,
    host,
    json,
    port,
    redirect,
    text,
    unanswered,
)

RANDOM = "/k3v9x0q2m7t5w8r1b6zd"
MISSING = answer(404, "<h1>Not Found</h1>", path=RANDOM)
FRONT = answer(200, "<title>Shop</title><p>Shoes for everybody, and socks too.</p><a href=/b>b</a>")
SHELL = "<title>App</title><div id='root'></div><script src='/a.js'></script>"
OPENAPI = '{"openapi": "3.1.0", "info": {"title": "Shop"}, "paths": {"/a": {"get": {}}}}'
SECURED = OPENAPI[:-1] + (
    ', "security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http"}}}}'
)
GONE = "<title>Shop</title><p>We could not find {path}.</p>"
VIEWER = "<title>API</title><div id='swagger-ui'></div><script src=/swagger-ui-bundle.js></script>"


def everywhere(body: str, path: str) -> PathFacts:
    return answer(200, body.replace("{path}", path), path=path)


def test_what_is_like_the_random_path_is_not_discovered() -> None:
    control = answer(200, SHELL, path=RANDOM)
    same = replace(answer(200, SHELL, path="/openapi.json"), body=b"")
    found = [same, json(200, OPENAPI, path="/api.json"), unanswered(OutcomeCode.HTTP_RESET, "/x")]
    facts = host(FRONT, control=control, discovered=found)
    assert [p.where for p in discovered_pages(facts, control_of(facts))] == ["discovered[1]"]


def beyond(
    *paths: PathFacts, control: PathFacts = MISSING, discovered: tuple[PathFacts, ...] = ()
) -> HostFacts:
    return host(*paths, control=control, discovered=discovered)


SOFT = everywhere(GONE, RANDOM)
DENIED = answer(403, "<h1>Forbidden</h1>", path=RANDOM)
FORBIDDEN = replace(DENIED, path="/", url="https://shop.example.com/")
S3 = "<Error><Code>AccessDenied</Code></Error>"
ELB = {"server": "awselb/2.0"}

CASES = [
    Case(
        name="a page that stands for every missing one is no content",
        facts=beyond(everywhere(GONE, "/app"), control=SOFT),
        analyzable=True,
        code="soft_not_found",
        rule="control.soft_404",
        kind="website",
    ),
    Case(
        name="and takes nothing from the page that is there",
        facts=beyond(FRONT, everywhere(GONE, "/app"), control=SOFT),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
    Case(
        name="a shell that is served everywhere is content",
        facts=beyond(answer(200, SHELL, path="/app"), control=answer(200, SHELL, path=RANDOM)),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="spa",
    ),
    Case(
        name="a site that shows its front page everywhere serves it",
        facts=beyond(
            FRONT,
            replace(FRONT, path="/app", url="https://shop.example.com/app"),
            control=replace(FRONT, path=RANDOM),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
    Case(
        name="a catch-all application has no description",
        facts=beyond(
            answer(200, SHELL),
            answer(200, SHELL, path="/openapi.json"),
            control=answer(200, SHELL, path=RANDOM),
            discovered=(answer(200, SHELL, path="/v3/api-docs"),),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="spa",
    ),
    Case(
        name="a front page is what it is even where every path shows it",
        facts=beyond(
            answer(200, VIEWER),
            control=answer(200, VIEWER, path=RANDOM),
            discovered=(answer(200, VIEWER, path="/openapi.json"),),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
    ),
    Case(
        name="a description at the front is one even where every path shows it",
        facts=beyond(json(200, OPENAPI), control=json(200, OPENAPI, path=RANDOM)),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
        doc=True,
    ),
    Case(
        name="another path that gets it is no documentation",
        facts=beyond(
            answer(200, VIEWER, path="/openapi.json"), control=answer(200, VIEWER, path=RANDOM)
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="spa",
    ),
    Case(
        name="a description that any path gets is none",
        facts=beyond(json(200, OPENAPI, path="/v1"), control=json(200, OPENAPI, path=RANDOM)),
        analyzable=True,
        code="soft_not_found",
        rule="control.soft_404",
        kind="api",
    ),
    Case(
        name="beside a missing front a description shows an application",
        facts=beyond(
            json(404, '{"detail":"Not Found"}'),
            control=json(404, '{"detail":"Not Found"}', path=RANDOM),
            discovered=(json(200, OPENAPI, path="/openapi.json"),),
        ),
        analyzable=True,
        code="api_error",
        rule="status.api_error",
        kind="api",
        doc=True,
    ),
    Case(
        name="a page elsewhere makes up for a missing front",
        facts=beyond(
            answer(404, "<h1>Not Found</h1>"),
            discovered=(json(200, OPENAPI, path="/openapi.json"),),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
        doc=True,
    ),
    Case(
        name="a description beside a site is told and makes no API of it",
        facts=beyond(FRONT, discovered=(json(200, SECURED, path="/openapi.json"),)),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
        doc=True,
        auth=True,
    ),
    Case(
        name="metadata beyond the paths tells of a login",
        facts=beyond(
            FRONT,
            discovered=(
                json(
                    200,
                    '{"issuer":"https://shop.example.com","authorization_endpoint":"https://a/"}',
                    path="/.well-known/openid-configuration",
                ),
            ),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
        auth=True,
    ),
    Case(
        name="a catch-all demand for credentials is one",
        facts=beyond(
            answer(401, "x", headers={"www-authenticate": "Basic realm=x"}),
            control=answer(401, "x", path=RANDOM, headers={"www-authenticate": "Basic realm=x"}),
        ),
        analyzable=True,
        code="auth_required",
        rule="auth.challenge",
        kind="website",
        auth=True,
    ),
    Case(
        name="an application may deny everything too",
        facts=beyond(FORBIDDEN, control=DENIED),
        analyzable=False,
        code="denied_alike",
        rule="control.denied",
        kind="website",
    ),
    Case(
        name="a bucket denies what it does not have",
        facts=beyond(
            answer(403, S3, kind="application/xml"),
            control=answer(403, S3, path=RANDOM, kind="application/xml"),
        ),
        analyzable=False,
        code="denied_alike",
        rule="control.denied",
    ),
    Case(
        name="what an edge answers to everything is its block",
        facts=beyond(
            answer(403, "<h1>403</h1>", headers=ELB),
            control=answer(403, "<h1>403</h1>", path=RANDOM, headers=ELB),
        ),
        analyzable=False,
        code="block",
        rule="control.block",
    ),
    Case(
        name="a denial of one path alone is no wall",
        facts=beyond(FORBIDDEN),
        analyzable=True,
        code="path_denied",
        rule="control.path_denied",
        kind="website",
    ),
    Case(
        name="behind a content network it may be one",
        facts=beyond(answer(403, "<h1>Forbidden</h1>", headers={"cf-ray": "1"})),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="behind a content network it is none in the words of the application's other errors",
        facts=beyond(
            json(403, '{"error": "forbidden"}', headers={"cf-ray": "1"}),
            control=json(404, '{"error": "not_found"}', path=RANDOM),
        ),
        analyzable=True,
        code="path_denied",
        rule="control.path_denied",
        kind="api",
    ),
    Case(
        name="behind a content network it may be one in other words than those",
        facts=beyond(
            json(403, '{"blocked": true}', headers={"cf-ray": "1"}),
            control=json(404, '{"error": "not_found"}', path=RANDOM),
        ),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="api",
    ),
    Case(
        name="where a random path is challenged it may be one",
        facts=beyond(
            FORBIDDEN,
            control=answer(405, "<script>gokuProps={}</script>challenge.js", path=RANDOM),
        ),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="a failure stays open whatever the random path says",
        facts=beyond(answer(500, "<h1>Error</h1>")),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="a wildcard redirect stays what it is",
        facts=beyond(
            redirect("https://elsewhere.org/"),
            control=redirect("https://elsewhere.org/", path=RANDOM),
        ),
        analyzable=False,
        code="redirect_off_site",
        rule="redirect.off_site",
        kind="redirector",
    ),
    Case(
        name="an unanswered random path takes nothing away",
        facts=beyond(everywhere(GONE, "/app"), control=unanswered(OutcomeCode.HTTP_RESET, RANDOM)),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_random_path_and_what_was_discovered_have_their_say(case: Case) -> None:
    check(case)


def codes(facts: HostFacts) -> list[str]:
    return [reason.code for reason in verdict_for(facts).reasons]


PROTECTED = "documentation_protected"


@pytest.mark.parametrize(
    ("denied", "control", "is_told"),
    [
        (answer(401, "x", path="/openapi.json"), MISSING, True),
        (answer(403, "x", path="/v3/api-docs"), answer(200, SHELL, path=RANDOM), True),
        (answer(401, "x", path="/openapi.json"), answer(401, "x", path=RANDOM), False),
        (answer(401, "x", path="/openapi.json"), answer(403, "y", path=RANDOM), False),
        (answer(401, "x", path="/openapi.json"), redirect("/in", path=RANDOM), False),
        (answer(401, "x", path="/openapi.json"), answer(500, "x", path=RANDOM), False),
        (answer(401, "x", path="/openapi.json"), None, False),
        (answer(401, "x", path="/admin"), MISSING, False),
        (answer(404, "x", path="/openapi.json"), MISSING, False),
        (
            answer(403, "x", path="/docs", headers={"cf-mitigated": "challenge"}),
            MISSING,
            False,
        ),
    ],
)
def test_documentation_is_protected_where_a_random_path_is_not_denied(
    denied: PathFacts, control: PathFacts | None, *, is_told: bool
) -> None:
    facts = host(FRONT, control=control, discovered=(denied,))
    assert (PROTECTED in codes(facts)) is is_told
    asked = host(FRONT, denied, control=control)
    assert (PROTECTED in codes(asked)) is is_told


def test_a_document_behind_a_wildcard_redirect_of_any_path_is_none_of_that_path() -> None:
    there = json(200, OPENAPI, path="/docs/")
    facts = host(
        followed(redirect("/docs/", path="/openapi.json"), there),
        control=redirect("/docs/", path=RANDOM),
    )
    assert not verdict_for(facts).api_doc_detected
    alone = host(followed(redirect("/docs/", path="/openapi.json"), there), control=MISSING)
    assert verdict_for(alone).api_doc_detected


def test_the_edge_that_denies_everything_is_told_as_a_layer_that_blocks() -> None:
    case = next(each for each in CASES if each.code == "block")
    layers = [(each.vendor, each.action) for each in verdict_for(case.host).layers]
    assert layers[0] == ("AWS load balancer", Action.BLOCK)


def test_pages_beyond_the_paths_say_nothing_where_the_paths_say_enough() -> None:
    login = redirect("/login", path="/app")
    found = (answer(200, "<title>Docs</title><p>Words", path="/docs"),)
    verdict = verdict_for(host(login, control=MISSING, discovered=found))
    assert verdict.kind is Kind.LOGIN_APP
    assert [reason.code for reason in verdict.reasons] == ["login_redirect"]


def test_what_was_not_reached_over_http_is_judged_as_before() -> None:
    facts = host(unanswered(OutcomeCode.HTTP_NO_ENDPOINT), ports=(port(22),))
    assert verdict_for(facts) == verdict_for(replace(facts, control=MISSING))


def test_text_that_any_path_gets_is_nothing_of_its_own() -> None:
    facts = host(text(200, "ok", path="/health"), control=text(200, "ok", path=RANDOM))
    verdict = verdict_for(facts)
    assert verdict.reasons[0].code == "soft_not_found"
    assert verdict.analyzable
