"""A port is opened over the addresses of a name until one takes the connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from outscope.netguard.dial import Denied, Exhausted
from outscope.netguard.policy import Policy
from services.prober.facts import OutcomeCode, TcpState
from services.prober.observe.capacity import Places
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.limits import Limits
from services.prober.observe.tcp import Dialler, NotOpened, Opened, open_any
from tests.integration.prober.conftest import POLICY
from tests.targets.hostile import silent
from tests.targets.serve import own_address, refused_port, serve


def dialler(port: int, policy: Policy = POLICY) -> Dialler:
    endpoint = Endpoint(scheme="http", fqdn="site.test", port=port)

    def connection() -> Connection:
        deadline = asyncio.get_running_loop().time() + 5
        exchange = Exchange(endpoint, "/")
        return Connection(exchange, None, user_agent="test", limits=Limits(), deadline=deadline)

    return Dialler(port=port, policy=policy, connection=connection, timeout_s=0.5)


@asynccontextmanager
async def opened(addresses: tuple[str, ...], dial: Dialler) -> AsyncIterator[Opened | NotOpened]:
    result = await open_any(addresses, dial)
    try:
        yield result
    finally:
        if isinstance(result, Opened):
            result.connection.close()


async def test_a_refusing_first_address_gives_way_to_one_that_takes_the_connection() -> None:
    refusing, serving = own_address(), own_address()
    async with (
        serve(silent, host=serving) as port,
        opened((refusing, serving), dialler(port)) as result,
    ):
        assert isinstance(result, Opened)
        assert result.address == serving


async def test_of_several_that_would_the_first_in_order_is_taken() -> None:
    refusing, first, second = own_address(), own_address(), own_address()
    async with (
        serve(silent, host=first) as port,
        serve(silent, host=second, port=port),
        opened((refusing, first, second), dialler(port)) as result,
    ):
        assert isinstance(result, Opened)
        assert result.address == first


async def test_when_none_does_the_first_one_answers_for_all() -> None:
    first, second = own_address(), own_address()
    with refused_port(first) as port:
        async with opened((first, second), dialler(port)) as result:
            assert isinstance(result, NotOpened)
            assert result.address == first
            assert result.state is TcpState.REFUSED
            assert result.outcome.code is OutcomeCode.TCP_REFUSED


async def test_a_denied_address_tells_nothing_of_the_target() -> None:
    with pytest.raises(Denied):
        await open_any(("127.0.0.1",), dialler(9, Policy()))


async def test_a_denied_address_among_others_closes_what_was_opened() -> None:
    refusing, serving = own_address(), own_address()
    async with serve(silent, host=serving) as port:
        with pytest.raises(Denied):
            await open_any((refusing, serving, "10.0.0.1"), dialler(port))


async def test_a_connection_waits_for_the_place_of_another_and_is_not_late_for_it() -> None:
    host, places = own_address(), Places(1)
    async with serve(silent, host=host) as port:
        dial = replace(dialler(port), places=places)
        async with opened((host,), dial) as first:
            assert isinstance(first, Opened)
            second = asyncio.ensure_future(open_any((host,), dial))
            await asyncio.sleep(0.7)  # longer than a connection may take
            assert not second.done()
        found = await asyncio.wait_for(second, 5)
        assert isinstance(found, Opened)
        assert found.outcome.duration_ms < 500
        found.connection.close()


async def test_no_place_until_the_deadline_is_not_the_targets_fault() -> None:
    host, places = own_address(), Places(1)
    async with serve(silent, host=host) as port:
        dial = replace(dialler(port), places=places)
        async with opened((host,), dial):
            deadline = asyncio.get_running_loop().time() + 0.05
            with pytest.raises(Exhausted):
                await open_any((host,), replace(dial, deadline=deadline))


async def test_a_connection_that_failed_leaves_its_place() -> None:
    host, places = own_address(), Places(1)
    with refused_port(host) as port:
        dial = replace(dialler(port), places=places, deadline=asyncio.get_running_loop().time() + 5)
        for _ in range(3):
            assert isinstance(await open_any((host,), dial), NotOpened)
        with pytest.raises(Denied):
            await open_any(("10.0.0.1",), dial)
        assert isinstance(await open_any((host,), dial), NotOpened)
