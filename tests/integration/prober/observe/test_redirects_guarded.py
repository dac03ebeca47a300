"""A hop of a redirect goes only where a check itself may go, and is counted as it is sent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from time import monotonic

import pytest

from outscope.netguard.denials import DENIALS
from outscope.netguard.deny import deny_list_of
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.facts import Failure, OutcomeCode, Owner, Postponed, TlsFlag
from services.prober.judge.decide import verdict_for
from tests.integration.prober.conftest import NAME, Lab, Scarce
from tests.integration.prober.observe.test_redirects import OK, OTHER, PAGE, hops_of, to
from tests.producing import produces
from tests.targets.certificates import Authority, Issued
from tests.targets.dns import serve_dns
from tests.targets.http import HttpServer
from tests.targets.serve import own_address, serve


@asynccontextmanager
async def elsewhere(host: str) -> AsyncIterator[tuple[HttpServer, int]]:
    """Serve a page at an address; yields the server and its port."""
    server = HttpServer({"/": PAGE})
    async with serve(server, host=host) as port:
        yield server, port


def denials(kind: str = "") -> float:
    return sum(
        sample.value
        for metric in DENIALS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and kind in {"", sample.labels["kind"]}
    )


REFUSED = [(None, OutcomeCode.POLICY_REFUSED)]


@produces(OutcomeCode.POLICY_REFUSED)
@pytest.mark.parametrize(
    "spelling", ["inner.test", "{host}", "[::ffff:{host}]", "{number}", "alias.test"]
)
async def test_an_inner_host_is_refused_without_a_packet(lab: Lab, spelling: str) -> None:
    inner_host = own_address()
    number = int.from_bytes(bytes(map(int, inner_host.split("."))))
    lab.policy = Policy(allow=(ip_network(f"{lab.host}/32"),))
    lab.zone["inner.test"] = (inner_host,)
    aliases = {"alias.test": "inner.test"}
    async with (
        elsewhere(inner_host) as (inner, inner_port),
        serve_dns(lab.zone, aliases=aliases) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        host = spelling.format(host=inner_host, number=number)
        port = await lab.serve(HttpServer({"/": to(f"http://{host}:{inner_port}/")}), port=8080)
        before = denials()
        path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == REFUSED
    assert path.redirects[0].cross_host
    assert path.redirects[0].denial == "loopback"
    assert path.redirects[0].answer.address == ""
    assert inner.connections == 0
    assert denials() == before + 1


@pytest.mark.parametrize("listed", [OTHER, "alias.test", "{host}"])
async def test_what_the_operator_listed_is_refused_as_a_hop_too(lab: Lab, listed: str) -> None:
    host = own_address()
    lab.policy = Policy(lab.policy.allow, deny_list_of(listed.format(host=host)))
    lab.zone["alias.test"] = (host,)
    async with (
        elsewhere(host) as (other, other_port),
        serve_dns(lab.zone, aliases={OTHER: "alias.test"}) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        port = await lab.serve(HttpServer({"/": to(f"http://{OTHER}:{other_port}/")}), port=8080)
        path = (await lab.observe(port, max_redirects=5)).paths[0]
    assert hops_of(path) == REFUSED
    assert path.redirects[0].denial == "the operator's deny list"
    assert other.connections == 0


async def test_every_refused_hop_is_counted_and_says_what_forbids_it(lab: Lab) -> None:
    inner_host = own_address()
    lab.policy = Policy(allow=(ip_network(f"{lab.host}/32"),))
    lab.zone["inner.test"] = (inner_host,)
    locations = {
        "/": "http://inner.test/",
        "/a": "http://inner.test/again",
        "/b": f"http://{NAME}:25/",
        "/c": "http://169.254.169.254/latest",
    }
    server = HttpServer({path: to(location) for path, location in locations.items()})
    port = await lab.serve(server, port=8080)
    before, barred = denials(), denials("barred_port")
    facts = await lab.observe(port, paths=tuple(locations), max_redirects=5)
    assert [hops_of(path) for path in facts.paths] == [REFUSED] * 4
    assert [path.redirects[0].denial for path in facts.paths] == [
        "loopback",
        "loopback",
        "a port that browsers never speak HTTP to",
        "cloud metadata",
    ]
    assert denials() == before + 4
    assert denials("barred_port") == barred + 1
    told = [r.message for r in verdict_for(facts).reasons if r.code == "redirect_refused"]
    assert len(told) == 1
    assert "(loopback)" in told[0]
    assert inner_host not in told[0]


class Rebinding(dict[str, tuple[str, ...]]):
    """A zone in which other.test leads inside from the second round of questions on."""

    def __init__(self, home: str, outer: str, inner: str) -> None:
        super().__init__({NAME: (home,), OTHER: (outer,)})
        self.outer, self.inner = outer, inner
        self.asked = 0

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name != OTHER:
            return super().__getitem__(name)
        self.asked += 1
        return (self.outer,) if self.asked <= 2 else (self.inner,)  # A and AAAA


async def test_a_hop_is_dialled_where_its_name_was_judged_however_often(lab: Lab) -> None:
    outer_host, inner_host = own_address(), own_address()
    allowed = (ip_network(f"{lab.host}/32"), ip_network(f"{outer_host}/32"))
    lab.policy = Policy(allow=allowed)
    zone = Rebinding(lab.host, outer_host, inner_host)
    outer = HttpServer({"/": PAGE}, closes_after=1)
    inner = HttpServer({"/": PAGE})
    async with (
        serve(outer, host=outer_host, port=8080),
        serve(inner, host=inner_host, port=8080),
        serve_dns(zone) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        away = to(f"http://{OTHER}:8080/")
        port = await lab.serve(HttpServer({"/": away, "/a": away, "/b": away}), port=8080)
        facts = await lab.observe(port, paths=("/", "/a", "/b"), max_redirects=5)
    assert [hops_of(path) for path in facts.paths] == [[(200, OK)]] * 3
    assert zone.asked == 2
    assert inner.connections == 0
    assert outer.connections == 3


class Budget:
    """A budget with so many grants, that notes what it was asked: the seam of the scheduler."""

    def __init__(self, grants: int) -> None:
        self.grants = grants
        self.asked: list[tuple[str, tuple[str, ...], int]] = []

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        self.asked.append((fqdn, tuple(addresses), requests))
        return None if len(self.asked) <= self.grants else Postponed(wait_s=60.0)


class Silence(Budget):
    """A scheduler that answers so often, and then not in time."""

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        refusal = await super().__call__(fqdn, addresses, requests)
        if refusal is not None:
            await asyncio.sleep(0.3)
        return refusal


async def test_each_hop_is_counted_when_it_is_about_to_be_requested(lab: Lab) -> None:
    host = own_address()
    lab.zone[OTHER] = (host,)
    budget = Budget(9)
    lab.leave = budget
    async with elsewhere(host) as (_, other_port):
        server = HttpServer({"/": to("/a"), "/a": to(f"http://{OTHER}:{other_port}/")})
        path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert hops_of(path) == [(302, OK), (200, OK)]
    assert budget.asked == [
        (NAME, (lab.host,), 1),
        (NAME, (lab.host,), 1),
        (OTHER, (host,), 1),
    ]


NOT_ASKED = [(None, OutcomeCode.HTTP_NOT_ASKED)]


@produces(OutcomeCode.HTTP_NOT_ASKED)
async def test_a_hop_without_budget_is_not_asked_and_that_is_ours(lab: Lab) -> None:
    host = own_address()
    lab.zone[OTHER] = (host,)
    lab.leave = Budget(1)
    async with elsewhere(host) as (other, other_port):
        server = HttpServer({"/": to(f"http://{OTHER}:{other_port}/")})
        begun = monotonic()
        path = (await lab.observe(await lab.serve(server, port=8080), max_redirects=5)).paths[0]
    assert monotonic() - begun < 2
    assert hops_of(path) == NOT_ASKED
    assert path.redirects[0].answer.outcome.owner is Owner.OURS
    assert other.connections == 0


@pytest.mark.parametrize("leave", [Budget, Silence])
async def test_a_chain_that_was_cut_for_want_of_leave_is_judged_as_one_that_was_not_followed(
    lab: Lab, leave: type[Budget]
) -> None:
    paths = ("/", *(f"/{number}" for number in range(9)))
    server = HttpServer({**dict.fromkeys(paths, to("/app")), "/app": PAGE})
    port = await lab.serve(server, port=8080)
    unfollowed = verdict_for(await lab.observe(port, paths=paths))
    lab.leave = budget = leave(1)
    verdict = verdict_for(await lab.observe(port, paths=paths, max_redirects=5))
    assert verdict.analyzability is unfollowed.analyzability
    assert [reason.code for reason in verdict.reasons][:2] == [
        "redirect_same_site",
        "redirect_not_asked",
    ]
    assert server.paths == [*paths, *paths]
    # Who was refused once is not asked about the same host again.
    assert len(budget.asked) == 2


async def test_a_hop_that_no_place_is_left_for_is_not_asked_and_the_check_goes_on(lab: Lab) -> None:
    lab.places = Scarce(1)
    host = own_address()
    lab.zone[OTHER] = (host,)
    async with elsewhere(host) as (other, other_port):
        server = HttpServer({"/": to(f"http://{OTHER}:{other_port}/"), "/a": PAGE})
        port = await lab.serve(server, port=8080)
        facts = await lab.observe(port, paths=("/", "/a"), max_redirects=5)
    assert [hops_of(path) for path in facts.paths] == [NOT_ASKED, []]
    assert [path.status for path in facts.paths] == [302, 200]
    assert other.connections == 0


async def test_the_handshake_of_a_hop_is_told_with_its_leaf_and_counts(
    lab: Lab, authority: Authority
) -> None:
    rogue = Authority.root("Rogue")
    bad = await lab.serve(HttpServer({"/": PAGE}), rogue.leaf(NAME), rogue.issued)
    fine = await lab.serve(HttpServer({"/": PAGE}), authority.leaf(NAME), authority.issued)
    answers = {
        "/": to(f"https://{NAME}:{bad}/"),
        "/a": to(f"https://{NAME}:{fine}/"),
        "/b": to("/c"),
    }
    port = await lab.serve(HttpServer(answers), port=8080)
    facts = await lab.observe(port, paths=("/", "/a", "/b"), max_redirects=1)
    untrusted, trusted, plain = (path.redirects[0].tls for path in facts.paths)
    assert plain is None
    assert untrusted is not None
    assert trusted is not None
    assert (untrusted.valid, untrusted.flags) == (False, (TlsFlag.UNTRUSTED_ROOT,))
    assert (trusted.valid, trusted.flags) == (True, ())
    assert [len(tls.chain) for tls in (untrusted, trusted)] == [1, 1]
    (reason,) = (r for r in verdict_for(facts).reasons if r.code == "certificate_invalid")
    assert f"on port {bad}: " in reason.message


async def test_what_one_connection_showed_is_told_of_every_hop_on_it(
    lab: Lab, good: Issued
) -> None:
    server = HttpServer({"/": to("/a"), "/a": to("/b"), "/b": PAGE})
    facts = await lab.observe(await lab.serve(server, good), max_redirects=2)
    (port,) = facts.ports
    assert port.tls is not None
    assert [each.tls for each in facts.paths[0].redirects] == [port.tls] * 2
    assert server.connections == 1
