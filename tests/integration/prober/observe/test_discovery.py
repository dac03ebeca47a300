"""Beyond the paths of a check few requests are made, and only where they can say something."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

import pytest

from outscope.failures import FailureReason
from services.prober.facts import Discovery, Failure, HostFacts, OutcomeCode, Owner, Postponed
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import NOT_FOUND, HttpServer, response
from tests.targets.serve import own_address, serve

PAGE = response(200, b"<title>Here</title><p>A page of some site.</p>")
OPENAPI = response(
    200,
    b'{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/a": {}}}',
    content_type="application/json",
)
RANDOM = re.compile(r"/[a-z0-9]{20}")
STANDARD, DEEP = Discovery.STANDARD, Discovery.DEEP


async def looked_through(
    lab: Lab, server: HttpServer, *paths: str, discovery: Discovery = STANDARD
) -> HostFacts:
    """Observe a server of plain HTTP with discovery."""
    port = await lab.serve(server, port=8080)
    return await lab.observe(port, paths=paths or ("/",), discovery=discovery)


def asked_beyond(server: HttpServer, *paths: str) -> list[str]:
    """Return what was asked after the paths and the random path."""
    first = list(paths) or ["/"]
    assert server.paths[: len(first)] == first
    assert RANDOM.fullmatch(server.paths[len(first)])
    return server.paths[len(first) + 1 :]


def discovered(facts: HostFacts) -> list[tuple[str, int | None]]:
    return [(path.path, path.status) for path in facts.discovered]


async def test_off_is_not_one_request_more(lab: Lab) -> None:
    server = HttpServer({"/": PAGE, "/openapi.json": OPENAPI})
    facts = await looked_through(lab, server, "/", "/a", discovery=Discovery.OFF)
    assert server.paths == ["/", "/a"]
    assert (facts.control, facts.discovered) == (None, ())


async def test_a_plain_site_gets_nine_requests_on_the_connection_of_its_page(
    lab: Lab, good: Issued
) -> None:
    server = HttpServer({"/": PAGE})
    facts = await lab.observe(await lab.serve(server, good), discovery=STANDARD)
    assert len(asked_beyond(server)) == 8
    assert server.connections == 1
    assert facts.control is not None
    assert (facts.control.path, facts.control.status) == (server.paths[1], 404)
    assert [path.path for path in facts.discovered] == server.paths[2:]
    assert not facts.deadline_hit


async def test_deep_asks_for_more_and_at_most_24(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    facts = await looked_through(lab, server, discovery=DEEP)
    assert len(facts.discovered) == len(asked_beyond(server)) == 24
    assert len(set(server.paths)) == 26


async def test_all_requests_are_gets_without_a_word_more(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await looked_through(lab, server, discovery=DEEP)
    heads = {re.sub(rb"^GET \S+ ", b"GET ", head) for head in server.requests}
    assert len(heads) == 1
    assert all(head.startswith(b"GET ") for head in server.requests)


async def test_the_random_path_is_another_each_time(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    port = await lab.serve(server, port=8080)
    controls = [(await lab.observe(port, discovery=STANDARD)).control for _ in range(3)]
    assert len({control.path for control in controls if control is not None}) == 3


async def test_the_default_description_of_fastapi_is_found_at_the_second_try(lab: Lab) -> None:
    missing = response(404, b'{"detail":"Not Found"}', content_type="application/json")
    server = HttpServer({"/openapi.json": OPENAPI}, otherwise=lambda _: missing)
    facts = await looked_through(lab, server)
    found = ["/.well-known/api-catalog", "/openapi.json", "/.well-known/openid-configuration"]
    assert asked_beyond(server) == found
    assert facts.discovered[1].body == OPENAPI.partition(b"\r\n\r\n")[2]


async def test_what_the_caller_asked_for_is_not_asked_again(lab: Lab) -> None:
    server = HttpServer({"/": PAGE, "/openapi.json": OPENAPI})
    await looked_through(lab, server, "/", "/openapi.json")
    assert asked_beyond(server, "/", "/openapi.json") == ["/.well-known/openid-configuration"]


async def test_the_document_of_swagger_ui_is_asked_for_before_any_guess(lab: Lab) -> None:
    ui = response(200, b"<script>SwaggerUIBundle({ url: '../spec/v7.json?x=1', dom_id: '#s' })")
    server = HttpServer({"/help/": ui, "/spec/v7.json?x=1": OPENAPI})
    await looked_through(lab, server, "/help/")
    beyond = asked_beyond(server, "/help/")
    assert beyond == ["/spec/v7.json?x=1", "/.well-known/openid-configuration"]


async def test_a_document_on_another_host_is_left_alone(lab: Lab) -> None:
    other_host = own_address()
    lab.zone["specs.test"] = (other_host,)
    other = HttpServer({"/v2.json": OPENAPI})
    async with serve(other, host=other_host) as other_port:
        address = f"http://specs.test:{other_port}/v2.json".encode()
        ui = response(200, b"<script>SwaggerUIBundle({ url: '" + address + b"' })")
        link = f'<http://specs.test:{other_port}/>; rel="service-desc"'
        server = HttpServer({"/": ui}, otherwise=lambda _: response(404, headers=[("Link", link)]))
        facts = await looked_through(lab, server)
    assert other.connections == 0
    assert len(facts.discovered) == 8
    assert all(path.url.startswith(f"http://{NAME}:8080/") for path in facts.discovered)


async def test_an_api_catalog_leads_to_the_description(lab: Lab) -> None:
    catalog = response(
        200,
        b'{"linkset": [{"anchor": "/shop", "service-desc": [{"href": "/shop/description"}]}]}',
        content_type="application/linkset+json",
    )
    server = HttpServer({"/.well-known/api-catalog": catalog, "/shop/description": OPENAPI})
    facts = await looked_through(lab, server)
    beyond = ["/.well-known/api-catalog", "/shop/description", "/.well-known/openid-configuration"]
    assert asked_beyond(server) == beyond
    assert discovered(facts)[:2] == [("/.well-known/api-catalog", 200), ("/shop/description", 200)]


async def test_a_link_header_leads_to_the_description(lab: Lab) -> None:
    page = response(200, b"{}", headers=[("Link", '<desc>; rel="service-desc"; type="a/b"')])
    server = HttpServer({"/v1/": page, "/v1/desc": OPENAPI})
    await looked_through(lab, server, "/v1/")
    assert asked_beyond(server, "/v1/")[0] == "/v1/desc"


async def test_a_guess_that_is_sent_on_is_followed(lab: Lab) -> None:
    ui = response(200, b"<script src='./swagger-initializer.js'></script><b id=swagger-ui>")
    script = response(200, b"window.ui = SwaggerUIBundle({ url: '/d.json' })")
    server = HttpServer(
        {
            "/": PAGE,
            "/docs": response(307, headers=[("Location", "/docs/index.html")]),
            "/docs/index.html": ui,
            "/docs/swagger-initializer.js": script,
            "/d.json": OPENAPI,
        }
    )
    facts = await looked_through(lab, server, discovery=DEEP)
    at = server.paths.index("/docs")
    assert server.paths[at + 1 : at + 4] == [
        *("/docs/index.html", "/docs/swagger-initializer.js", "/d.json")
    ]
    assert len(facts.discovered) < 24


async def test_the_script_that_holds_the_description_ends_the_search(lab: Lab) -> None:
    ui = response(200, b"<b id=swagger-ui></b><script src='./swagger-ui-init.js'> </script>")
    held = response(200, b'var options = {\n "swaggerDoc": {"openapi": "3.0.0"')
    express = response(200, b"<p>Shop", headers=[("X-Powered-By", "Express")])
    moved = response(301, headers=[("Location", "/api-docs/")])
    answers = {"/": express, "/api-docs": moved, "/api-docs/": ui}
    server = HttpServer({**answers, "/api-docs/swagger-ui-init.js": held})
    facts = await looked_through(lab, server)
    assert asked_beyond(server, "/") == [
        *("/.well-known/api-catalog", "/api-docs", "/api-docs/", "/api-docs/swagger-ui-init.js"),
        "/.well-known/openid-configuration",
    ]
    assert len(facts.discovered) == 5


async def test_beside_a_shell_that_is_served_everywhere_few_guesses_are_made(lab: Lab) -> None:
    shell = response(200, b"<title>App</title><div id='root'></div><script src=/a.js></script>")
    server = HttpServer({}, otherwise=lambda _: shell)
    facts = await looked_through(lab, server)
    assert discovered(facts) == [(path, 200) for path in asked_beyond(server)]
    assert len(facts.discovered) == 5
    # Their bodies are that of the random path, and nobody will read them.
    assert all(path.body == b"" for path in facts.discovered)
    assert {path.body_sha256 for path in facts.discovered} == {facts.paths[0].body_sha256}


async def test_a_wildcard_redirect_gets_two_guesses(lab: Lab) -> None:
    def away(path: str) -> bytes:
        return response(302, headers=[("Location", f"/login?next={path}")])

    server = HttpServer({}, otherwise=away)
    await looked_through(lab, server)
    assert len(asked_beyond(server)) == 2


@pytest.mark.parametrize(
    ("scheme", "beyond"),
    [
        ("Basic realm=x", []),
        (
            f'Bearer resource_metadata="http://{NAME}:8080/meta"',
            [
                "/meta",
                "/.well-known/oauth-protected-resource",
                "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration",
            ],
        ),
    ],
)
async def test_where_everything_asks_for_credentials_no_description_is_guessed(
    lab: Lab, scheme: str, beyond: list[str]
) -> None:
    denial = response(401, b"no", headers=[("WWW-Authenticate", scheme)])
    server = HttpServer({}, otherwise=lambda _: denial)
    await looked_through(lab, server)
    assert asked_beyond(server) == beyond


@pytest.mark.parametrize(("front", "status"), [(403, 403), (200, 500), (200, 503)])
async def test_where_all_is_denied_or_a_missing_path_fails_only_the_random_path_is_asked(
    lab: Lab, front: int, status: int
) -> None:
    server = HttpServer(
        {"/": response(front, b"/")}, otherwise=lambda _: response(status, b"<h1>No</h1>")
    )
    facts = await looked_through(lab, server)
    assert asked_beyond(server) == []
    assert facts.control is not None
    assert facts.control.status == status


async def test_a_missing_path_of_a_bucket_is_denied_and_no_wall(lab: Lab) -> None:
    server = HttpServer({"/": PAGE}, otherwise=lambda _: response(403, b"<Error/>"))
    await looked_through(lab, server)
    assert len(asked_beyond(server)) == 8


@pytest.mark.parametrize(
    "limit",
    [
        response(429, b"slow down"),
        response(503, b"later", headers=[("Retry-After", "60")]),
        response(403, b"x", headers=[("cf-mitigated", "challenge")]),
    ],
    ids=["rate", "unavailable", "challenge"],
)
async def test_who_limits_or_challenges_us_is_asked_no_more(lab: Lab, limit: bytes) -> None:
    server = HttpServer({"/": limit})
    facts = await looked_through(lab, server)
    assert server.paths == ["/"]
    assert facts.control is None
    later = HttpServer({"/": PAGE, "/openapi.json": limit})
    port = await lab.serve(later, port=8081)
    facts = await lab.observe(port, discovery=STANDARD)
    assert asked_beyond(later) == ["/.well-known/api-catalog", "/openapi.json"]


async def test_a_name_where_nothing_speaks_http_is_sent_nothing(lab: Lab) -> None:
    port = await lab.serve(hostile.ssh)
    facts = await lab.observe(port, discovery=STANDARD)
    assert (facts.control, facts.discovered) == (None, ())


@pytest.mark.parametrize("after", range(3))
async def test_a_server_that_breaks_is_left_alone(lab: Lab, after: int) -> None:
    class Breaking(HttpServer):
        async def __call__(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            self.connections += 1
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                if len(self.requests) > 1 + after:
                    hostile.reset(writer)
                    return
                writer.write(PAGE if len(self.requests) == 1 else NOT_FOUND)

    server = Breaking({})
    facts = await looked_through(lab, server)
    assert facts.paths[0].status == 200
    assert facts.control is not None
    last = facts.discovered[-1] if after else facts.control
    assert (last.status, last.outcome.code) == (None, OutcomeCode.HTTP_RESET)
    assert len(facts.discovered) == after
    assert not facts.deadline_hit
    # The one that broke may have been sent on a connection that had ended: once more on a new one.
    assert len(server.requests) <= after + 3


async def test_a_server_that_closes_each_time_is_connected_to_again(lab: Lab) -> None:
    server = HttpServer({"/": PAGE}, closes_after=1)
    facts = await looked_through(lab, server)
    assert len(facts.discovered) == 8
    assert all(path.status == 404 for path in facts.discovered)


class Stalling(HttpServer):
    """Answers so many requests, and then never again."""

    def __init__(self, answers: int) -> None:
        super().__init__({"/": PAGE})
        self.answers = answers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if len(self.requests) <= self.answers:
                writer.write(PAGE if len(self.requests) == 1 else NOT_FOUND)


async def test_the_deadline_in_its_midst_cuts_nothing_that_was_asked_for(lab: Lab) -> None:
    lab.limits = replace(FAST, http_timeout_s=5.0, deadline_s=0.5)
    server = Stalling(3)
    began = monotonic()
    facts = await looked_through(lab, server)
    assert monotonic() - began < 2
    assert not facts.deadline_hit
    assert facts.paths[0].status == 200
    assert [path.outcome.code for path in facts.discovered] == [
        *(OutcomeCode.OK, OutcomeCode.HTTP_NOT_ASKED)
    ]


async def test_its_own_time_ends_it_before_the_deadline(lab: Lab) -> None:
    lab.limits = replace(FAST, discovery_timeout_s=0.2)

    class Slow(HttpServer):
        async def __call__(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                if len(self.requests) > 1:
                    await asyncio.sleep(0.15)
                writer.write(NOT_FOUND)

    server = Slow({})
    facts = await looked_through(lab, server)
    assert [path.status for path in facts.discovered] == [404]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "refusal",
    [
        Postponed(wait_s=30.0),
        Failure(reason=FailureReason.TARGET_BUDGET, owner=Owner.POLICY, message="No."),
    ],
    ids=["postponed", "refused"],
)
@pytest.mark.parametrize("granted", [1, 2, 4])
async def test_a_budget_that_is_used_up_ends_it_and_fails_nothing(
    lab: Lab, refusal: Failure | Postponed, granted: int
) -> None:
    asked: list[tuple[str, Sequence[str], int]] = []

    async def leave(
        fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        asked.append((fqdn, tuple(addresses), requests))
        return None if len(asked) <= granted else refusal

    lab.leave = leave
    server = HttpServer({"/": PAGE})
    facts = await looked_through(lab, server)
    # One for the check itself, then one for each request of these.
    assert len(server.requests) == granted
    assert asked == [(NAME, (lab.host,), 1)] * (granted + 1)
    assert (facts.control is None) is (granted == 1)
    assert len(facts.discovered) == max(0, granted - 2)
    assert facts.paths[0].status == 200


async def test_it_comes_after_all_that_was_asked_for(lab: Lab) -> None:
    server = HttpServer({"/": response(302, headers=[("Location", "/in")]), "/in": PAGE})
    port = await lab.serve(server, port=8080)
    facts = await lab.observe(port, paths=("/", "/b"), max_redirects=5, discovery=STANDARD)
    assert server.paths[:3] == ["/", "/b", "/in"]
    assert RANDOM.fullmatch(server.paths[3])
    assert len(server.paths) == 12
    assert len(facts.discovered) == 8


async def test_a_hop_that_was_followed_is_not_asked_again(lab: Lab) -> None:
    server = HttpServer({"/": response(302, headers=[("Location", "/docs")]), "/docs": PAGE})
    port = await lab.serve(server, port=8080)
    await lab.observe(port, max_redirects=5, discovery=STANDARD)
    assert server.paths.count("/docs") == 1
