"""Fixtures: both event loops, resolvers that do as they are told, and ports that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import pytest
import uvloop

from outscope.netguard.resolve import Resolver
from tests.integration.outscope.netguard.nameserver import Nameserver, Script

Serve = Callable[..., Awaitable[Nameserver]]
Resolve = Callable[..., Awaitable[Resolver]]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both loops: services run on uvloop, and nothing may depend on it."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def nameserver() -> AsyncIterator[Serve]:
    """Start a resolver that answers as a script says; any number in one test."""
    async with AsyncExitStack() as stack:

        async def serve(script: Script, over_tcp: Script | None = None) -> Nameserver:
            return await stack.enter_async_context(Nameserver(script, over_tcp))

        yield serve


@pytest.fixture
async def resolver() -> AsyncIterator[Resolve]:
    """Open our resolver towards nameservers."""
    async with AsyncExitStack() as stack:

        async def resolve(*servers: Nameserver, timeout_s: float = 3.0) -> Resolver:
            addresses = tuple(server.address for server in servers)
            return await stack.enter_async_context(Resolver(addresses, timeout_s=timeout_s))

        yield resolve
