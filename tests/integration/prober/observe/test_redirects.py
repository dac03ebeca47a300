"""Redirects are followed as far as was asked, as browsers follow them."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from time import monotonic

import dns.rcode
import pytest

from outscope.netguard.dial import Exhausted
from outscope.netguard.resolve import Resolver
from services.prober.facts import CheckSpec, HostFacts, OutcomeCode, PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.observe.limits import PROBE_BYTES
from services.prober.observe.memory import Allowance, Memory, Stock
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.producing import produces
from tests.targets import hostile
from tests.targets.certificates import Authority, Issued
from tests.targets.dns import serve_dns
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, refused_port, serve

PAGE = response(200, b"<title>Here</title>")
OTHER = "other.test"


def to(location: str, status: int = 302) -> bytes:
    return response(status, b"moved", headers=[("Location", location)])


def chain_of(hops: int) -> dict[str, bytes]:
    """Return a server's answers: / leads in so many hops to a page."""
    answers = {"/" if hop == 0 else f"/{hop}": to(f"/{hop + 1}") for hop in range(hops)}
    return {**answers, f"/{hops}" if hops else "/": PAGE}


def hops_of(path: PathFacts) -> list[tuple[int | None, OutcomeCode]]:
    return [(each.answer.status, each.answer.outcome.code) for each in path.redirects]


OK = OutcomeCode.OK


@pytest.mark.parametrize("hops", range(8))
async def test_a_chain_is_followed_as_far_as_was_asked_and_not_a_request_further(
    lab: Lab, good: Issued, hops: int
) -> None:
    server = HttpServer(chain_of(hops))
    path = (await lab.observe(await lab.serve(server, good), max_redirects=5)).paths[0]
    followed = min(hops, 5)
    statuses = [302] * followed + [200 if hops <= 5 else 302]
    assert [path.status, *(each.answer.status for each in path.redirects)] == statuses
    assert server.paths == ["/", *(f"/{hop}" for hop in range(1, followed + 1))]
    assert server.connections == 1
    assert not any(each.cross_host for each in path.redirects)
    if 0 < hops <= 5:
        last = path.redirects[-1].answer
        assert (last.title, last.path, last.address) == ("Here", f"/{hops}", lab.host)
        assert last.url == path.url[:-1] + f"/{hops}"


@pytest.mark.parametrize("limit", range(3))
async def test_the_limit_of_the_check_holds(lab: Lab, limit: int) -> None:
    server = HttpServer(chain_of(7))
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=limit)).paths[0]
    assert len(path.redirects) == limit
    assert len(server.requests) == limit + 1


async def test_an_endless_chain_ends_at_the_limit(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/": to("?1"), **endless()}), port=8080)
    path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == [(302, OK)] * 5


def endless() -> dict[str, bytes]:
    return {f"/?{number}": to(f"?{number + 1}") for number in range(1, 20)}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_followed_by_a_get(lab: Lab, status: int) -> None:
    server = HttpServer({"/": to("/there", status), "/there": PAGE})
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert hops_of(path) == [(200, OK)]
    assert all(request.startswith(b"GET ") for request in server.requests)


@pytest.mark.parametrize("status", [200, 300, 304, 305, 401])
async def test_no_other_status_is_followed(lab: Lab, status: int) -> None:
    server = HttpServer({"/": to("/there", status), "/there": PAGE})
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert path.redirects == ()
    assert "/there" not in server.paths


async def test_each_path_has_its_own_chain(lab: Lab) -> None:
    server = HttpServer({"/": to("/a"), "/a": PAGE, "/b": PAGE, "/c": to("/d"), "/d": PAGE})
    port = await lab.serve(server, port=8080)
    paths = (await lab.observe(port, paths=("/", "/b", "/c"), max_redirects=5)).paths
    assert [len(path.redirects) for path in paths] == [1, 0, 1]
    # What was asked comes first.
    assert server.paths == ["/", "/b", "/c", "/a", "/d"]
    assert server.connections == 1


async def test_a_server_that_closes_is_connected_to_again_for_a_hop(lab: Lab, good: Issued) -> None:
    server = HttpServer(chain_of(3), closes_after=1)
    path = (await lab.observe(await lab.serve(server, good), max_redirects=5)).paths[0]
    assert hops_of(path) == [(302, OK), (302, OK), (200, OK)]
    assert server.paths == ["/", "/1", "/2", "/3"]


async def test_another_port_and_scheme_is_the_same_host(lab: Lab, good: Issued) -> None:
    encrypted = HttpServer({"/": PAGE})
    tls_port = await lab.serve(encrypted, good)
    plain = HttpServer({"/": to(f"https://{NAME.upper()}.:{tls_port}/")})
    path = (await lab.observe(await lab.serve(plain, port=8080), max_redirects=5)).paths[0]
    assert hops_of(path) == [(200, OK)]
    assert not path.redirects[0].cross_host
    assert path.redirects[0].answer.url == f"https://{NAME}:{tls_port}/"
    assert (plain.connections, encrypted.connections) == (1, 1)


async def test_a_downgrade_to_plain_http_is_followed_and_seen(lab: Lab, good: Issued) -> None:
    plain = HttpServer({"/x": PAGE})
    port = await lab.serve(plain)
    encrypted = HttpServer({"/": to(f"http://{NAME}:{port}/x")})
    path = (await lab.observe(await lab.serve(encrypted, good), max_redirects=5)).paths[0]
    assert path.redirects[0].answer.url == f"http://{NAME}:{port}/x"
    assert hops_of(path) == [(200, OK)]


async def test_a_hop_to_another_host_is_looked_up_and_marked(
    lab: Lab, good: Issued, authority: Authority
) -> None:
    host = own_address()
    lab.zone[OTHER] = (host,)
    other = HttpServer({"/": to("/in"), "/in": PAGE})
    lab_host, lab.host = lab.host, host
    other_port = await lab.serve(other, authority.leaf(OTHER))
    lab.host = lab_host
    server = HttpServer({"/": to(f"//{OTHER}:{other_port}")})
    path = (await lab.observe(await lab.serve(server, good), max_redirects=5)).paths[0]
    assert hops_of(path) == [(302, OK), (200, OK)]
    assert [each.cross_host for each in path.redirects] == [True, False]
    assert path.redirects[1].answer.address == host
    assert other.connections == 1
    assert all(f"Host: {OTHER}:{other_port}".encode() in head for head in other.requests)


async def test_credentials_in_an_address_and_cookies_are_never_sent(lab: Lab) -> None:
    location = f"http://user:secret@{NAME}:8080/in#there"
    server = HttpServer(
        {"/": response(302, headers=[("Location", location), ("Set-Cookie", "a=1")]), "/in": PAGE}
    )
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert path.redirects[0].answer.url == f"http://{NAME}:8080/in"
    for head in server.requests:
        assert b"secret" not in head
        assert b"authorization" not in head.lower()
        assert b"cookie" not in head.lower()
        assert b"referer" not in head.lower()


async def test_a_hop_to_a_name_that_does_not_exist_says_so(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/": to("https://nowhere.test/")}), port=8080)
    path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == [(None, OutcomeCode.DNS_NXDOMAIN)]
    assert path.redirects[0].answer.url == "https://nowhere.test/"


async def test_what_only_our_resolver_failed_at_is_a_hops_outcome_and_not_the_checks(
    lab: Lab,
) -> None:
    port = await lab.serve(HttpServer({"/": to(f"https://{OTHER}/")}), port=8080)
    async with (
        serve_dns(lab.zone, rcodes={OTHER: dns.rcode.REFUSED}) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == [(None, OutcomeCode.DNS_REFUSED)]


async def test_a_hop_to_ipv6_only_is_not_tried_where_there_is_none(lab: Lab) -> None:
    lab.has_ipv6 = False
    lab.zone[OTHER] = ("2606:4700::1111",)
    locations = {"/": to(f"https://{OTHER}/"), "/a": to("http://[2606:4700::1111]/")}
    port = await lab.serve(HttpServer(locations), port=8080)
    paths = (await lab.observe(port, paths=("/", "/a"), max_redirects=5)).paths
    assert [hops_of(path) for path in paths] == [[(None, OutcomeCode.TCP_NO_IPV6)]] * 2


async def test_a_closed_port_is_told_as_such(lab: Lab) -> None:
    with refused_port(lab.host) as closed:
        port = await lab.serve(HttpServer({"/": to(f"http://{NAME}:{closed}/")}), port=8080)
        path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == [(None, OutcomeCode.TCP_REFUSED)]
    assert path.redirects[0].answer.address == lab.host


async def test_https_on_a_port_of_plain_http_is_told_as_such(lab: Lab) -> None:
    plain = await lab.serve(HttpServer({"/": PAGE}))
    port = await lab.serve(HttpServer({"/": to(f"https://{NAME}:{plain}/")}), port=8080)
    path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert path.redirects[0].answer.status is None
    assert path.redirects[0].answer.outcome.code.startswith("tls_")


@produces(OutcomeCode.HTTP_REDIRECT_LOOP)
@pytest.mark.parametrize("back", ["/", "/#there", "http://SITE.test.:8080/x/.."])
async def test_a_circle_ends_where_it_closes_and_says_so(lab: Lab, back: str) -> None:
    server = HttpServer({"/": to("/a"), "/a": to(back)})
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert hops_of(path) == [(302, OK), (None, OutcomeCode.HTTP_REDIRECT_LOOP)]
    assert path.redirects[1].answer.url == f"http://{NAME}:8080/"
    assert server.paths == ["/", "/a"]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://[::1", OutcomeCode.HTTP_MALFORMED),
        ("http://a b.test/", OutcomeCode.HTTP_MALFORMED),
        ("http://site.test:99999/", OutcomeCode.HTTP_MALFORMED),
        ("http://localhost/", OutcomeCode.HTTP_MALFORMED),
        ("/" + "x" * 9000, OutcomeCode.HTTP_TOO_LARGE),
        ("http://site.test:25/", OutcomeCode.POLICY_REFUSED),
    ],
)
async def test_an_address_that_cannot_be_requested_ends_the_chain(
    lab: Lab, location: str, code: OutcomeCode
) -> None:
    server = HttpServer({"/": to(location)})
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert hops_of(path) == [(None, code)]
    assert server.paths == ["/"]


@pytest.mark.parametrize("location", ["mailto:a@b.test", "app://open", "javascript:alert(1)", ""])
async def test_what_leads_to_no_web_address_is_not_followed(lab: Lab, location: str) -> None:
    server = HttpServer({"/": to(location)})
    path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert path.redirects == ()
    assert path.status == 302


async def test_a_location_of_100_kb_is_over_the_limit_of_the_answer_itself(lab: Lab) -> None:
    server = HttpServer({"/": PAGE, "/a": to("/" + "x" * 100_000)})
    paths = (
        await lab.observe(await lab.serve(server, port=8080), paths=("/", "/a"), max_redirects=5)
    ).paths
    assert paths[1].outcome.code is OutcomeCode.HTTP_TOO_LARGE
    assert paths[1].redirects == ()


async def test_the_deadline_ends_a_chain_in_the_middle(lab: Lab) -> None:
    lab.limits = replace(FAST, http_timeout_s=3.0, deadline_s=1.0)
    server = HttpServer({"/": to("/a"), "/a": b"", "/b": to("/c")})
    begun = monotonic()
    facts = await lab.observe(
        await lab.serve(server, port=8080), paths=("/", "/b"), max_redirects=5
    )
    assert monotonic() - begun < 2.5
    assert facts.deadline_hit
    assert [hops_of(path) for path in facts.paths] == [[(None, OutcomeCode.HTTP_NOT_ASKED)]] * 2
    assert {reason.code for reason in verdict_for(facts).reasons} == {
        "check_cut_short",
        "redirect_same_site",
        "redirect_not_asked",
    }
    assert "/c" not in server.paths


async def test_a_silent_resolver_holds_a_hop_no_longer_than_the_deadline(lab: Lab) -> None:
    lab.limits = replace(FAST, deadline_s=1.0)
    port = await lab.serve(HttpServer({"/": to(f"https://{OTHER}/")}), port=8080)
    async with (
        serve_dns(lab.zone, silent=[OTHER]) as server,
        Resolver((server,), timeout_s=20.0) as resolver,
    ):
        lab.resolver = resolver
        begun = monotonic()
        path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert monotonic() - begun < 2.5
    assert hops_of(path) == [(None, OutcomeCode.HTTP_NOT_ASKED)]


async def test_a_hostile_hop_is_bounded_as_any_answer(lab: Lab) -> None:
    endless_port = await lab.serve(hostile.drips(hostile.ok_head + b"\r\n"))
    port = await lab.serve(HttpServer({"/": to(f"http://{NAME}:{endless_port}/")}), port=8080)
    lab.limits = replace(FAST, http_timeout_s=0.3)
    path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == [(200, OutcomeCode.HTTP_TIMEOUT)]
    assert path.redirects[0].answer.truncated


async def test_the_connections_of_hops_are_closed_with_the_check(lab: Lab) -> None:
    open_ones = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_ones
        open_ones += 1
        try:
            await HttpServer({"/": PAGE})(reader, writer)
        finally:
            open_ones -= 1

    host = own_address()
    lab.zone[OTHER] = (host,)
    async with serve(counting, host=host) as other_port:
        server = HttpServer({"/": to(f"http://{OTHER}:{other_port}/")})
        path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
        assert hops_of(path) == [(200, OK)]
        for _ in range(50):
            if not open_ones:
                break
            await asyncio.sleep(0.02)
        assert open_ones == 0


async def test_the_bodies_of_hops_count_as_the_checks_own(lab: Lab) -> None:
    places = ["/", *(f"/{number}" for number in range(1, 7))]
    answers = {
        place: response(302, b"x" * 60_000, headers=[("Location", following)])
        for place, following in pairwise(places)
    }
    runner = lab.runner()
    memory = Memory(bodies=Stock(own_bytes=100_000, shared_bytes=0))
    port = await lab.serve(HttpServer(answers), port=8080)
    with Allowance(memory) as allowance:
        spec = CheckSpec(fqdn=NAME, ports=(port,), max_redirects=5)
        facts = await runner.observe(spec, None, allowance)
        assert isinstance(facts, HostFacts)
        path = facts.paths[0]
        held = [len(path.body), *(len(each.answer.body) for each in path.redirects)]
        assert held == [60_000, *[PROBE_BYTES] * 4, 60_000]
        assert memory.bodies.left_bytes == 100_000 - sum(held)
    assert [each.answer.truncated for each in path.redirects] == [True] * 4 + [False]


@pytest.mark.parametrize("long_head", ["/", "/1"])
async def test_a_hop_without_memory_is_not_asked_and_a_port_without_it_ends_the_check(
    lab: Lab, long_head: str
) -> None:
    answers = chain_of(2)
    answers[long_head] = response(
        302,
        headers=[("Location", "/1" if long_head == "/" else "/2"), ("X-Long", "x" * 4000)],
    )
    lab.limits = replace(FAST, deadline_s=1.5)
    runner = lab.runner()
    memory = Memory(heads=Stock(own_bytes=3000, shared_bytes=0), ahead=1)
    runner._tools = replace(runner._tools, memory=memory)  # noqa: SLF001 - no other door to it
    port = await lab.serve(HttpServer(answers), port=8080)
    spec = CheckSpec(fqdn=NAME, ports=(port,), paths=("/", "/2"), max_redirects=5)
    with Allowance(memory) as ahead:
        ahead.hold(3001)
        if long_head == "/":
            with pytest.raises(Exhausted):
                await runner.observe(spec)
            return
        facts = await runner.observe(spec)
    assert isinstance(facts, HostFacts)
    assert facts.deadline_hit
    assert [path.status for path in facts.paths] == [302, 200]
    assert hops_of(facts.paths[0]) == [(302, OutcomeCode.OK), (None, OutcomeCode.HTTP_NOT_ASKED)]
    assert "redirect_not_asked" in {reason.code for reason in verdict_for(facts).reasons}
