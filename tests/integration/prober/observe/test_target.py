"""What the visits of one name share: addresses, a deadline, and connections closed with it."""

import asyncio

from services.prober.observe.exchange import Endpoint
from services.prober.observe.limits import Limits
from services.prober.observe.target import Attempt, Target, Tools
from services.prober.observe.tcp import NotOpened
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.hostile import silent
from tests.targets.http import HttpServer, response
from tests.targets.serve import refused_port


def target_of(lab: Lab, *, within_s: float = 2.0) -> Target:
    tools = Tools(
        policy=lab.policy, context=lab.context, limits=lab.limits, user_agent="OutScope/test"
    )
    deadline = asyncio.get_running_loop().time() + within_s
    return Target(NAME, (lab.host,), "/", tools, deadline)


def plain(port: int) -> Endpoint:
    return Endpoint(scheme="http", fqdn=NAME, port=port)


async def test_an_attempt_is_settled_when_it_is_returned(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/x": response(200, b"x")}))
    target = target_of(lab)
    attempt = await target.attempt(plain(port), "/x")
    assert isinstance(attempt, Attempt)
    assert attempt.spoke_http
    assert not attempt.spoke_tls
    assert attempt.exchange.reader.body == b"x"
    assert attempt.opened.address == lab.host
    target.close()


async def test_an_attempt_at_a_closed_port_says_so(lab: Lab) -> None:
    with refused_port(lab.host) as port:
        assert isinstance(await target_of(lab).attempt(plain(port), "/"), NotOpened)


async def test_closing_it_closes_every_connection(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/": response(200, b"x")}))
    target = target_of(lab)
    attempts = [await target.attempt(plain(port), "/") for _ in range(3)]
    connections = [each.connection for each in attempts if isinstance(each, Attempt)]
    assert [each.is_reusable for each in connections] == [True] * 3
    target.close()
    assert [each.is_reusable for each in connections] == [False] * 3


async def test_past_its_deadline_an_attempt_ends_at_once(lab: Lab) -> None:
    lab.limits = Limits()
    target = target_of(lab, within_s=0.05)
    port = await lab.serve(silent)
    async with asyncio.timeout(2):  # a stage of its own may take 8 s
        await target.attempt(plain(port), "/")
        assert target.is_over
        await target.attempt(plain(port), "/")
    target.close()
