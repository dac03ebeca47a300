"""The paths are requested on the best endpoint, on one connection while it lasts."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.prober.facts import CheckSpec, Failure, OutcomeCode, PathFacts, Postponed, Timing
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Analyzability
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.producing import produces
from tests.targets import hostile
from tests.targets.certificates import Issued, self_signed
from tests.targets.http import HttpServer, response
from tests.targets.serve import Handler, own_address, refused_port

ANSWERS = {
    "/": response(200, b"home"),
    "/a": response(200, b"a"),
    "/b": response(301, headers=[("Location", "https://elsewhere.test/")]),
    "/c?x=%20": response(401, b"{}", content_type="application/json"),
}
PATHS = tuple(ANSWERS)


@produces(OutcomeCode.OK)
async def test_all_paths_take_one_connection_and_each_is_asked_once(lab: Lab, good: Issued) -> None:
    server = HttpServer(ANSWERS)
    facts = await lab.observe(await lab.serve(server, good), paths=PATHS)
    assert [path.path for path in facts.paths] == list(PATHS)
    assert [path.status for path in facts.paths] == [200, 200, 301, 401]
    assert facts.paths[1].body == b"a"
    assert facts.paths[2].location == "https://elsewhere.test/"
    assert facts.paths[3].content_type == "application/json"
    assert server.paths == list(PATHS)
    assert server.connections == 1


async def test_a_redirect_is_recorded_and_not_followed(lab: Lab, good: Issued) -> None:
    server = HttpServer({"/": response(302, headers=[("Location", "/login")])})
    facts = await lab.observe(await lab.serve(server, good))
    assert facts.paths[0].status == 302
    assert server.paths == ["/"]


@pytest.mark.parametrize("closes_after", [1, 2])
async def test_a_server_that_closes_is_connected_to_again(
    lab: Lab, good: Issued, closes_after: int
) -> None:
    server = HttpServer(ANSWERS, closes_after=closes_after)
    facts = await lab.observe(await lab.serve(server, good), paths=PATHS)
    assert [path.status for path in facts.paths] == [200, 200, 301, 401]
    assert server.connections == len(PATHS) // closes_after


async def test_https_is_preferred_and_the_other_port_is_only_probed(lab: Lab, good: Issued) -> None:
    plain, encrypted = HttpServer(ANSWERS), HttpServer(ANSWERS)
    plain_port = await lab.serve(plain)
    tls_port = await lab.serve(encrypted, good)
    facts = await lab.observe(plain_port, tls_port, paths=("/", "/a"))
    assert {path.url for path in facts.paths} == {
        f"https://{NAME}:{tls_port}/",
        f"https://{NAME}:{tls_port}/a",
    }
    assert encrypted.paths == ["/", "/a"]
    assert "/a" not in plain.paths
    assert [port.port for port in facts.ports] == [plain_port, tls_port]


async def test_a_valid_certificate_is_preferred_to_a_bad_one(lab: Lab, good: Issued) -> None:
    bad_port = await lab.serve(HttpServer(ANSWERS), self_signed(NAME))
    good_port = await lab.serve(HttpServer(ANSWERS), good)
    facts = await lab.observe(bad_port, good_port)
    assert facts.paths[0].url == f"https://{NAME}:{good_port}/"


async def test_a_bad_certificate_is_preferred_to_no_tls(lab: Lab) -> None:
    plain_port = await lab.serve(HttpServer(ANSWERS), port=8080)
    bad_port = await lab.serve(HttpServer(ANSWERS), self_signed(NAME))
    facts = await lab.observe(plain_port, bad_port)
    assert facts.paths[0].url == f"https://{NAME}:{bad_port}/"


async def test_among_equals_the_first_asked_is_taken(lab: Lab) -> None:
    first = await lab.serve(HttpServer(ANSWERS))
    second = await lab.serve(HttpServer(ANSWERS))
    facts = await lab.observe(second, first)
    assert facts.paths[0].url == f"http://{NAME}:{second}/"


@produces(OutcomeCode.HTTP_NO_ENDPOINT)
async def test_without_an_endpoint_no_path_is_requested(lab: Lab) -> None:
    with refused_port(lab.host) as port:
        facts = await lab.observe(port, paths=("/", "/a"))
    codes = {path.outcome.code for path in facts.paths}
    assert codes == {OutcomeCode.HTTP_NO_ENDPOINT}
    assert [path.url for path in facts.paths] == ["", ""]


async def test_paths_of_a_port_that_our_deadline_has_cut_short_are_ours(lab: Lab) -> None:
    lab.limits = replace(FAST, tls_timeout_s=5, http_timeout_s=5, deadline_s=0.5)
    facts = await lab.observe(await lab.serve(hostile.silent), paths=("/", "/a"))
    assert facts.deadline_hit
    assert [path.outcome.code for path in facts.paths] == [OutcomeCode.HTTP_NOT_ASKED] * 2
    verdict = verdict_for(facts)
    assert verdict.analyzability is Analyzability.UNKNOWN
    assert [reason.code for reason in verdict.reasons] == ["check_cut_short", "http_not_asked"]


async def test_a_hanging_path_does_not_cost_the_others(lab: Lab, good: Issued) -> None:
    server = HttpServer({"/": ANSWERS["/"], "/hangs": b"", "/a": ANSWERS["/a"]})
    facts = await lab.observe(await lab.serve(server, good), paths=("/", "/hangs", "/a"))
    assert [path.outcome.code for path in facts.paths] == [
        OutcomeCode.OK,
        OutcomeCode.HTTP_TIMEOUT,
        OutcomeCode.OK,
    ]
    assert facts.paths[1].url.endswith("/hangs")
    assert not facts.deadline_hit


async def test_paths_beyond_the_deadline_are_not_asked_and_say_so(lab: Lab) -> None:
    lab.limits = replace(FAST, http_timeout_s=0.3, deadline_s=0.5)
    port = await lab.serve(hostile.drips(hostile.ok_head + b"\r\n"), port=8080)
    facts = await lab.observe(port, paths=("/", "/a", "/b", "/c"))
    assert facts.deadline_hit
    codes = [path.outcome.code for path in facts.paths]
    # The first had its time.
    assert codes[0] is OutcomeCode.HTTP_TIMEOUT
    assert set(codes[1:]) == {OutcomeCode.HTTP_NOT_ASKED}
    assert [path.status for path in facts.paths] == [200, 200, None, None]


async def test_a_path_the_server_closes_on_is_told_once_retried(lab: Lab, good: Issued) -> None:
    """A kept connection may just have timed out, so the first close is not believed."""
    server = HttpServer({"/": ANSWERS["/"]}, closes_after=1)
    facts = await lab.observe(await lab.serve(server, good), paths=("/", "/"))
    assert [path.outcome.code for path in facts.paths] == [OutcomeCode.OK, OutcomeCode.OK]


def timing_of(facts: PathFacts) -> Timing:
    assert facts.timing is not None
    return facts.timing


def waits(pause_s: float, first: bytes, then: bytes = b"", *, between_s: float = 0.0) -> Handler:
    """A server that thinks before it answers, and again within its answer."""

    async def serve_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(pause_s)
        writer.write(first)
        await asyncio.sleep(between_s)
        writer.write(then)
        await writer.drain()
        writer.close()

    return serve_slowly


async def test_a_first_request_has_every_part_of_its_timing(lab: Lab, good: Issued) -> None:
    port = await lab.serve(waits(0.2, ANSWERS["/"]), good)
    facts = (await lab.observe(port)).paths[0]
    timing = timing_of(facts)
    assert timing.connect_ms is not None
    assert timing.tls_ms is not None
    assert timing.first_byte_ms is not None
    assert timing.first_byte_ms >= 190
    # Each is rounded by itself.
    parts_ms = timing.connect_ms + timing.tls_ms + timing.first_byte_ms
    assert timing.total_ms >= parts_ms - 2
    assert facts.address == lab.host


async def test_what_comes_after_the_first_byte_is_in_the_total_only(lab: Lab) -> None:
    answer = ANSWERS["/"]
    port = await lab.serve(waits(0.0, answer[:9], answer[9:], between_s=0.3), port=8080)
    timing = timing_of((await lab.observe(port)).paths[0])
    assert timing.first_byte_ms is not None
    assert timing.total_ms - timing.first_byte_ms >= 200
    assert timing.connect_ms is not None
    assert timing.tls_ms is None


async def test_a_request_on_a_connection_used_again_has_no_connect_time(
    lab: Lab, good: Issued
) -> None:
    port = await lab.serve(HttpServer(ANSWERS), good)
    first, second = (await lab.observe(port, paths=("/", "/a"))).paths
    assert timing_of(first).connect_ms is not None
    assert timing_of(first).tls_ms is not None
    assert timing_of(second).connect_ms is None
    assert timing_of(second).tls_ms is None
    assert timing_of(second).first_byte_ms is not None
    assert second.address == lab.host


async def test_a_request_on_a_new_connection_has_its_connect_time(lab: Lab, good: Issued) -> None:
    port = await lab.serve(HttpServer(ANSWERS, closes_after=1), good)
    _, second = (await lab.observe(port, paths=("/", "/a"))).paths
    assert timing_of(second).connect_ms is not None
    assert timing_of(second).tls_ms is not None


async def test_silence_has_a_total_and_no_first_byte(lab: Lab) -> None:
    server = HttpServer({"/": ANSWERS["/"], "/hangs": b""})
    port = await lab.serve(server, port=8080)
    hung = (await lab.observe(port, paths=("/", "/hangs"))).paths[1]
    assert timing_of(hung).first_byte_ms is None
    assert timing_of(hung).total_ms >= 1000 * FAST.http_timeout_s - 10


async def test_the_address_asked_is_the_one_that_answered(lab: Lab) -> None:
    port = await lab.serve(HttpServer(ANSWERS))
    lab.zone[NAME] = (own_address(), lab.host)
    facts = await lab.observe(port, paths=("/", "/a"))
    assert [path.address for path in facts.paths] == [lab.host, lab.host]


async def test_without_an_endpoint_nothing_was_asked_or_timed(lab: Lab) -> None:
    with refused_port(lab.host) as port:
        facts = await lab.observe(port)
    assert facts.paths[0].address == ""
    assert facts.paths[0].timing is None


class Leaves:
    """Gives leave so many times, and counts the requests that it gave leave for."""

    def __init__(self, grants: int) -> None:
        self._grants = grants
        self.requests = 0

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        if not self._grants:
            return Postponed(wait_s=60.0)
        self._grants -= 1
        self.requests += requests
        return None


class HangsUpOnTheSecond:
    """A server that reads the second request of each connection and hangs up on it."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(ANSWERS["/"])
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1


async def test_what_has_to_be_sent_twice_is_counted_twice_and_only_once_found_out(lab: Lab) -> None:
    server = HangsUpOnTheSecond()
    lab.leave = leaves = Leaves(2)
    paths = tuple(f"/{number}" for number in range(10))
    facts = await lab.observe(await lab.serve(server, port=8080), paths=paths)
    assert [path.status for path in facts.paths] == [200] * 10
    assert server.requests == leaves.requests == 11


async def test_without_leave_to_send_it_twice_the_check_is_made_another_time(lab: Lab) -> None:
    server = HangsUpOnTheSecond()
    port = await lab.serve(server, port=8080)
    spec = CheckSpec(fqdn=NAME, ports=(port,), paths=("/", "/a"))
    assert await lab.runner().run(spec, Leaves(1)) == Postponed(wait_s=60.0)
    assert server.requests == 2


async def test_what_is_found_out_in_the_clear_is_found_out_in_tls(lab: Lab, good: Issued) -> None:
    server = HangsUpOnTheSecond()
    paths = ("/", "/a", "/b", "/c")
    facts = await lab.observe(await lab.serve(server, good), paths=paths)
    assert [path.status for path in facts.paths] == [200] * 4
    assert server.requests == 5
