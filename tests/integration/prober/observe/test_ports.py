"""Whatever a check meets with, it sends at most ten requests beyond those that were asked for."""

from contextlib import ExitStack

import pytest

from services.prober.facts import Discovery, HostFacts, OutcomeCode, TcpState
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Analyzability
from tests.integration.prober.conftest import Lab
from tests.servers.checking import requests_beyond
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import refused_port

PORTS = 20
MOST = 10
PAGE = response(200, b"<title>Here</title><p>A page of some site.</p>")
FAILURE = response(500, b"<title>Oops</title><p>Something broke.</p>")


async def observed(
    lab: Lab, servers: list[HttpServer], *paths: str, chain: tuple[Issued, ...] = ()
) -> HostFacts:
    """Check as many ports as there are servers, with all that is on by default."""
    ports = [await lab.serve(server, *chain) for server in servers]
    spec_paths = paths or ("/",)
    return await lab.observe(*ports, paths=spec_paths, discovery=Discovery.STANDARD)


def sent(servers: list[HttpServer]) -> int:
    return sum(len(server.paths) for server in servers)


@pytest.mark.parametrize(
    "answer",
    [FAILURE, PAGE, response(404), response(503)],
    ids=["500", "a page", "404", "503"],
)
@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, PORTS])
async def test_ports_that_all_answer_get_ten_together(lab: Lab, count: int, answer: bytes) -> None:
    servers = [HttpServer({}, otherwise=lambda _: answer) for _ in range(count)]
    facts = await observed(lab, servers, "/", "/b")
    beyond = sent(servers) - 2
    assert beyond <= MOST
    assert requests_beyond(facts) == beyond
    assert all(port.state is TcpState.OPEN for port in facts.ports)
    if count >= 9:  # all there is, the random path among it; after a 5xx there are no guesses
        assert beyond >= MOST - 1
        assert facts.control is not None


async def test_ports_over_tls_that_are_left_out_show_their_certificate(
    lab: Lab, good: Issued
) -> None:
    servers = [HttpServer({}, otherwise=lambda _: FAILURE) for _ in range(PORTS)]
    facts = await observed(lab, servers, chain=(good,))
    assert sent(servers) - 1 <= MOST
    left_out = [port for port in facts.ports if port.probe is None]
    assert len(left_out) == PORTS - 9
    assert all(port.tls is not None and port.tls.valid for port in left_out)
    codes = {port.http_outcome.code for port in left_out if port.http_outcome}
    assert codes == {OutcomeCode.HTTP_NOT_ASKED}
    # What a port that was left out serves is not known, so nothing is ruled out.
    verdict = verdict_for(facts)
    assert verdict.analyzability is Analyzability.UNKNOWN
    assert "check_cut_short" in {reason.code for reason in verdict.reasons}


async def test_ports_that_take_no_request_leave_it_to_the_next(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    there = await lab.serve(server)
    with ExitStack() as held:
        closed = [held.enter_context(refused_port()) for _ in range(PORTS - 1)]
        facts = await lab.observe(*closed, there, paths=("/",), discovery=Discovery.STANDARD)
    assert facts.ports[-1].probe is not None
    assert facts.paths[0].status == 200
    assert verdict_for(facts).analyzability is Analyzability.ANALYZABLE


async def test_a_page_is_told_as_sure_whatever_was_left_out(lab: Lab) -> None:
    servers = [HttpServer({}, otherwise=lambda _: PAGE) for _ in range(PORTS)]
    verdict = verdict_for(await observed(lab, servers))
    assert verdict.analyzability is Analyzability.ANALYZABLE
