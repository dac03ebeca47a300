"""Fixtures for the prober: authorities, a name of its own per test, and what observes it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
import uvloop
from OpenSSL import SSL

from outscope.netguard.dial import Exhausted
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.check import Checked, CheckRunner
from services.prober.facts import CheckSpec, Discovery, Failure, HostFacts, PortFacts, Postponed
from services.prober.observe.capacity import Place, Places
from services.prober.observe.leave import Leave
from services.prober.observe.limits import Limits
from services.prober.observe.memory import Allowance
from services.prober.observe.note import Note, unheard
from services.prober.observe.trust import client_context
from tests.producing import saw
from tests.targets.certificates import Authority, Issued, server_context, write_bundle
from tests.targets.dns import Zone, serve_dns
from tests.targets.serve import Handler, own_address, serve

NAME = "site.test"
POLICY = Policy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
# Short, so that silence is soon told; long enough for a busy machine to answer in.
FAST = Limits(connect_timeout_s=0.8, tls_timeout_s=0.8, http_timeout_s=0.8, deadline_s=6.0)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def authority() -> Authority:
    """A root that the prober trusts."""
    return Authority.root("Trusted Root")


@pytest.fixture(scope="session")
def good(authority: Authority) -> Issued:
    """A certificate for site.test that nothing is wrong with."""
    return authority.leaf(NAME)


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trusted root as a file."""
    return write_bundle(tmp_path_factory.mktemp("trust") / "ca.pem", authority)


@pytest.fixture(scope="session")
def context(ca_file: Path) -> SSL.Context:
    """The prober's TLS context, made once as in production."""
    return client_context(ca_file=ca_file)


class WatchedRunner(CheckRunner):
    """A prober's engine; what it tells is noted as seen by the test."""

    async def run(
        self,
        spec: CheckSpec,
        leave: Leave | None = None,
        allowance: Allowance | None = None,
        note: Note = unheard,
        *,
        egress_addresses: tuple[str, ...] = (),
    ) -> Checked | Failure | Postponed:
        checked = await super().run(
            *(spec, leave, allowance, note), egress_addresses=egress_addresses
        )
        return saw(checked)

    async def observe(
        self,
        spec: CheckSpec,
        leave: Leave | None = None,
        allowance: Allowance | None = None,
        note: Note = unheard,
    ) -> HostFacts | Failure | Postponed:
        return saw(await super().observe(spec, leave, allowance, note))


class Scarce(Places):
    """Places of which so many are left, the rest held by other checks until the deadline."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self._left = left
        self.taken = 0

    async def take(self, deadline: float) -> Place:
        self.taken += 1
        if self.taken > self._left:
            raise Exhausted("all connections are in use")
        return await super().take(deadline)


@dataclass
class Lab:
    """One name on a loopback address of its own, and a prober that looks at it."""

    resolver: Resolver
    context: SSL.Context
    zone: Zone
    stack: AsyncExitStack
    host: str = field(default_factory=own_address)
    policy: Policy = POLICY
    limits: Limits = FAST
    has_ipv6: bool = True
    leave: Leave | None = None
    places: Places = field(default_factory=Places)

    async def serve(
        self, handler: Handler, *chain: Issued, port: int = 0, alpn: tuple[str, ...] = ()
    ) -> int:
        """Serve a handler, over TLS when a chain is given; return the port."""
        tls = server_context(*chain, alpn=alpn) if chain else None
        return await self.stack.enter_async_context(
            serve(handler, tls=tls, host=self.host, port=port)
        )

    def runner(self) -> CheckRunner:
        """Return a prober's engine."""
        return WatchedRunner(
            resolver=self.resolver,
            policy=self.policy,
            context=self.context,
            limits=self.limits,
            user_agent="OutScope/test (+https://contact.test)",
            has_ipv6=self.has_ipv6,
            places=self.places,
        )

    async def observe(
        self,
        *ports: int,
        paths: tuple[str, ...] = ("/",),
        fqdn: str = NAME,
        max_redirects: int = 0,
        all_addresses: bool = False,
        http2: bool = False,
        discovery: Discovery = Discovery.OFF,
    ) -> HostFacts:
        """Observe a name; it must come to facts."""
        spec = CheckSpec(
            fqdn=fqdn,
            ports=ports,
            paths=paths,
            max_redirects=max_redirects,
            all_addresses=all_addresses,
            http2=http2,
            discovery=discovery,
        )
        facts = await self.runner().observe(spec, self.leave)
        assert isinstance(facts, HostFacts), facts
        return facts

    async def observe_port(self, port: int, fqdn: str = NAME, *, http2: bool = False) -> PortFacts:
        """Observe one port."""
        facts = await self.observe(port, fqdn=fqdn, http2=http2)
        return facts.ports[0]


@pytest.fixture
async def lab(context: SSL.Context) -> AsyncIterator[Lab]:
    """A prober, and site.test at an address of this test's own."""
    zone: Zone = {}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve_dns(zone))
        resolver = await stack.enter_async_context(Resolver((server,), timeout_s=1.0))
        made = Lab(resolver=resolver, context=context, zone=zone, stack=stack)
        zone[NAME] = (made.host,)
        yield made
