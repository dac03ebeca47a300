"""What a prober tests of itself, against real resolvers and a real place outside."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from deploy.local.ports import free_port
from outscope.config import Address
from outscope.netguard.resolve import Resolver
from services.prober.self_tests import self_tests
from tests.targets.dns import serve_dns

CANARY = "canary.test"


async def faults(dns: Address, canary: Address | None = None) -> Mapping[str, str | None]:
    async with Resolver((dns,), timeout_s=0.5) as resolver:
        tests = self_tests(resolver, canary)
        return {part: await test() for part, test in tests.items()}


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def test_without_a_canary_any_answer_of_the_resolver_will_do() -> None:
    async with serve_dns({}) as dns:
        assert await faults(dns) == {"resolver": None}


async def test_a_resolver_that_says_nothing_is_a_fault() -> None:
    async with serve_dns({}, silent=("com",)) as dns:
        assert await faults(dns) == {"resolver": "no resolver answers (timeout)"}


async def test_a_canary_by_name_is_resolved_and_reached() -> None:
    async with serve_dns({CANARY: ("127.0.0.1",)}) as dns, listening() as port:
        assert await faults(dns, (CANARY, port)) == {"resolver": None, "canary": None}


async def test_a_canary_that_cannot_be_resolved_is_a_fault_of_both() -> None:
    async with serve_dns({}) as dns:
        fault = "canary.test cannot be resolved (nxdomain)"
        assert await faults(dns, (CANARY, 443)) == {"resolver": fault, "canary": fault}


async def test_a_canary_by_address_needs_no_resolver() -> None:
    async with serve_dns({}) as dns, listening() as port:
        assert await faults(dns, ("127.0.0.1", port)) == {"resolver": None, "canary": None}


async def test_a_canary_that_takes_no_connection_is_a_fault() -> None:
    port = free_port()
    async with serve_dns({CANARY: ("127.0.0.1",)}) as dns:
        found = await faults(dns, (CANARY, port))
    assert found == {
        "resolver": None,
        "canary": f"canary.test:{port} cannot be reached (refused)",
    }
