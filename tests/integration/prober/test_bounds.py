"""Whatever a prober meets: each check ends with its outcome, memory has a bound, others go on."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from tests.integration.prober.conftest import NAME
from tests.integration.prober.process import RunningProber, running_prober
from tests.targets.certificates import Issued, self_signed, server_context
from tests.targets.dns import Zone, serve_dns
from tests.targets.gauntlet import Hostile, plain_servers, tls_servers
from tests.targets.hostile import Handler, silent
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, serve

pytestmark = pytest.mark.slow

Reports = list[messages_pb2.ProbeReport]

PEAK_BYTES = 200 * 1000 * 1000
PLAIN_PORT = 8080  # one of those where plain HTTP is tried first
PORTS = 20
# Of these ports so many are asked over HTTP.
ASKED = 8
# So that twenty silent ports are told within the deadline, a few at a time.
IMPATIENT = {"OUTSCOPE_TLS_TIMEOUT": "1.5", "OUTSCOPE_HTTP_TIMEOUT": "3"}
# The deadline, the time to wait for a turn, and the way there and back on a busy machine.
ENDS_WITHIN_S = 60.0
PAGE = response(200, b"<title>Shop</title>")
LONG_PAGE = response(200, b"<title>Shop</title>" + bytes(range(256)) * 250)


@dataclass
class Place:
    """Where targets are served, each under a name of its own, and the prober that meets them."""

    prober: RunningProber
    zone: Zone
    stack: AsyncExitStack
    good: Issued

    async def spec(
        self,
        name: str,
        handler: Handler,
        certificate: Issued | None = None,
        *,
        port: int = 0,
        count: int = 1,
        paths: Sequence[str] = ("/",),
        sampled: bool = False,
    ) -> check_pb2.CheckSpec:
        """Serve a handler on so many ports of a name; return the check of them all."""
        host = own_address()
        self.zone[name] = (host,)
        tls = server_context(certificate) if certificate else None
        ports = [
            await self.stack.enter_async_context(serve(handler, tls=tls, host=host, port=port))
            for _ in range(count)
        ]
        return check_pb2.CheckSpec(
            fqdn=name, ports=ports, paths=paths, include_content_sample=sampled
        )

    async def checked(self, specs: Sequence[check_pb2.CheckSpec]) -> list[messages_pb2.ProbeReport]:
        """Have all carried out at once."""
        return list(await asyncio.gather(*map(self.prober.check, specs)))


@pytest.fixture
def settings() -> Mapping[str, str]:
    """What the prober is told beside what it must be."""
    return {}


@pytest.fixture
async def place(
    nats_url: str, good: Issued, ca_file: Path, settings: Mapping[str, str]
) -> AsyncIterator[Place]:
    zone: Zone = {}
    async with AsyncExitStack() as stack:
        dns_host, dns_port = await stack.enter_async_context(serve_dns(zone))
        environment = {
            "OUTSCOPE_RESOLVERS": f"{dns_host}:{dns_port}",
            "OUTSCOPE_CA_FILE": str(ca_file),
            "OUTSCOPE_CONCURRENCY": "256",
            **settings,
        }
        prober = await stack.enter_async_context(running_prober(nats_url, environment))
        yield Place(prober=prober, zone=zone, stack=stack, good=good)


def code_of(outcome: facts_pb2.Outcome) -> str:
    return facts_pb2.OutcomeCode.Name(outcome.code).removeprefix("OUTCOME_CODE_")


async def duration_of(place: Place, spec: check_pb2.CheckSpec) -> int:
    """Return how long a check takes whose target answers; in milliseconds."""
    report = await place.prober.check(spec)
    assert report.result.analysis.speaks_http
    return report.result.observer.duration_ms


async def durations_during(
    place: Place,
    spec: check_pb2.CheckSpec,
    running: "asyncio.Future[list[messages_pb2.ProbeReport]]",
) -> list[int]:
    durations = []
    while not running.done():
        durations.append(await duration_of(place, spec))
    return durations


def complaint_of(server: Hostile, report: messages_pb2.ProbeReport) -> str:
    """Return how a report differs from the outcome of a server; empty when it does not."""
    if not report.HasField("result"):
        return f"{server.name}: {report.failure.reason}"
    [port] = report.result.ports
    told = [code_of(port.http_outcome)]
    expected = [server.http.name]
    if server.tls is not None:
        told.append(code_of(port.tls_outcome))
        expected.append(server.tls.name)
    return "" if told == expected else f"{server.name}: {told} instead of {expected}"


async def test_all_hostile_servers_at_once_come_to_their_outcomes_and_nobody_else_notices(
    place: Place,
) -> None:
    plain, over_tls = plain_servers(), tls_servers(self_signed(NAME))
    servers = (*plain, *over_tls) * 3
    specs = {
        server.name: await place.spec(
            f"hostile-{number}.test",
            server.handler,
            server.certificate,
            port=PLAIN_PORT if server in plain else 0,
        )
        for number, server in enumerate((*plain, *over_tls))
    }
    healthy = await place.spec(NAME, HttpServer({"/": PAGE}), place.good)
    alone = [await duration_of(place, healthy) for _ in range(30)]
    descriptors = place.prober.descriptors

    async with asyncio.timeout(ENDS_WITHIN_S):
        hostile = asyncio.ensure_future(place.checked([specs[each.name] for each in servers]))
        beside = await durations_during(place, healthy, hostile)
        reports = await hostile
    complaints = list(filter(None, map(complaint_of, servers, reports)))
    assert not complaints
    assert place.prober.peak_bytes < PEAK_BYTES
    assert len(beside) >= 10
    # Most of the hostile only wait; what they take of the processor the target's side shares.
    assert median(beside) <= 10 * median(alone) + 20

    async with asyncio.timeout(10):
        while place.prober.descriptors > descriptors:
            await asyncio.sleep(0.05)
    assert median([await duration_of(place, healthy) for _ in range(30)]) <= 5 * median(alone) + 20


async def test_twenty_encrypted_ports_each_of_two_hundred_checks_fit(place: Place) -> None:
    paths = ["/", "/one", "/two"]
    server = HttpServer(dict.fromkeys(paths, LONG_PAGE))
    spec = await place.spec(NAME, server, place.good, count=PORTS, paths=paths)
    reports = await place.checked([spec] * 200)
    for report in reports:
        assert len(report.result.ports) == PORTS
        assert all(port.tls.valid for port in report.result.ports)
        assert {code_of(port.http_outcome) for port in report.result.ports} == {
            "OK",
            "HTTP_NOT_ASKED",
        }
    # Of ten requests a check leaves two; some lose more where a connection is lost in the crowd.
    asked = [sum(port.speaks_http for port in report.result.ports) for report in reports]
    assert median(asked) >= ASKED
    assert place.prober.peak_bytes < PEAK_BYTES


@pytest.mark.parametrize("settings", [IMPATIENT])
async def test_the_largest_certificates_of_twenty_ports_each_of_two_hundred_checks_fit(
    place: Place,
) -> None:
    names = [f"{number:03}.{'a' * 60}.{'b' * 60}.{'c' * 60}.test" for number in range(400)]
    large = self_signed(NAME, *names)
    assert len(large.der) > 75_000
    server = HttpServer({"/": LONG_PAGE})
    spec = await place.spec(NAME, server, large, count=PORTS)
    reports = await place.checked([spec] * 200)
    for report in reports:
        assert len(report.result.ports) == PORTS
    assert place.prober.peak_bytes < PEAK_BYTES


@pytest.mark.parametrize("settings", [IMPATIENT])
async def test_twenty_silent_ports_each_of_two_hundred_checks_fit(place: Place) -> None:
    spec = await place.spec(NAME, silent, count=PORTS)
    reports = await place.checked([spec] * 200)
    for report in reports:
        told = [code_of(port.http_outcome) for port in report.result.ports]
        assert set(told) == {"HTTP_TIMEOUT", "HTTP_NOT_ASKED"}
        assert told.count("HTTP_TIMEOUT") >= ASKED
    assert place.prober.peak_bytes < PEAK_BYTES


@pytest.mark.parametrize("settings", [IMPATIENT])
async def test_the_longest_bodies_of_all_ports_and_paths_fit(place: Place) -> None:
    paths = ["/", *(f"/{number}" for number in range(1, 20))]
    server = HttpServer(dict.fromkeys(paths, LONG_PAGE))
    spec = await place.spec(NAME, server, count=PORTS, paths=paths, sampled=True)
    reports = await place.checked([spec] * 200)
    for report in reports:
        assert [path.status_code for path in report.result.paths] == [200] * len(paths)
        assert len(report.samples) == len(paths)
    assert place.prober.peak_bytes < PEAK_BYTES


def long_redirect(path: str) -> bytes:
    """Return a redirect with nearly the longest head that is read, and the longest body."""
    fields = [(f"X-Field-{number}", f"{number}" * 150) for number in range(95)]
    return response(302, bytes(range(256)) * 256, headers=[("Location", f"{path}x"), *fields])


async def test_the_longest_heads_and_bodies_of_all_addresses_and_redirects_fit(
    place: Place,
) -> None:
    paths = [f"/{number}" for number in range(20)]
    server = HttpServer({}, otherwise=long_redirect)
    place.zone[NAME] = addresses = tuple(own_address() for _ in range(8))
    for address in addresses:
        await place.stack.enter_async_context(serve(server, host=address, port=PLAIN_PORT))
    spec = check_pb2.CheckSpec(
        fqdn=NAME, ports=[PLAIN_PORT], paths=paths, max_redirects=5, all_addresses=True
    )
    reports = await place.checked([spec] * 60)
    for report in reports:
        assert [path.status_code for path in report.result.paths] == [302] * len(paths)
        for path in report.result.paths:
            assert len(path.other_addresses) == 7
            *hops, last = (code_of(redirect.answer.outcome) for redirect in path.redirects)
            # The deadline may come while memory is waited for, which is ours.
            assert set(hops) <= {"OK"}
            assert (len(hops), last) == (4, "OK") or last == "HTTP_NOT_ASKED"
    assert place.prober.peak_bytes < PEAK_BYTES
