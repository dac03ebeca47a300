"""Each hostile server comes to its outcome, within the bounds of what is kept of it."""

import pytest

from services.prober.facts import TcpState
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import self_signed
from tests.targets.gauntlet import Hostile, http2_servers, plain_servers, tls_servers

PLAIN_PORT = 8080  # one of those where plain HTTP is tried first


async def check(lab: Lab, server: Hostile, *, port: int) -> None:
    chain = () if server.certificate is None else (server.certificate,)
    served = await lab.serve(server.handler, *chain, port=port, alpn=server.alpn)
    facts = await lab.observe_port(served, http2="h2" in server.alpn)
    assert facts.state is TcpState.OPEN
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is server.http
    assert facts.speaks_http is (server.status is not None)
    if server.tls is not None:
        assert facts.tls_outcome is not None
        assert facts.tls_outcome.code is server.tls
    if facts.probe is not None:
        assert facts.probe.status == server.status
        assert len(facts.probe.body) <= 65536
        assert len(facts.probe.headers) <= 100
        assert sum(len(name) + len(value) for name, value in facts.probe.headers) <= 32768


@pytest.mark.parametrize("server", plain_servers(), ids=lambda server: server.name)
async def test_a_server_that_misbehaves_in_http_comes_to_its_outcome(
    lab: Lab, server: Hostile
) -> None:
    await check(lab, server, port=PLAIN_PORT)


@pytest.mark.parametrize("server", tls_servers(self_signed(NAME)), ids=lambda server: server.name)
async def test_a_server_that_misbehaves_in_tls_comes_to_its_outcome(
    lab: Lab, server: Hostile
) -> None:
    await check(lab, server, port=0)


@pytest.mark.parametrize("server", http2_servers(self_signed(NAME)), ids=lambda server: server.name)
async def test_a_server_that_misbehaves_in_http2_comes_to_its_outcome(
    lab: Lab, server: Hostile
) -> None:
    await check(lab, server, port=0)
