"""aiohttp through netguard: names, literals, redirects and rebinding, on both loops."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from ipaddress import ip_address, ip_network

import aiohttp
import dns.message
import dns.rcode
import pytest
import trustme
from aiohttp import web

from outscope.netguard.deny import deny_list_of
from outscope.netguard.dial import Denied
from outscope.netguard.http import GuardedResolver, ResolveError, guarded_session
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import ResolveStatus
from tests.integration.outscope.netguard.conftest import Resolve, Serve
from tests.integration.outscope.netguard.fickle import fickle_policy
from tests.integration.outscope.netguard.nameserver import Reply, Script, add, failing, zone

LOOPBACK = Policy(allow=(ip_network("127.0.0.0/8"),))
STRICT = Policy()
NAMES = {
    "here.example": {"A": ["127.0.0.1"]},
    "mixed.example": {"A": ["127.0.0.1"], "AAAA": ["fd00::1"]},
    "two.example": {"A": ["127.0.0.1", "127.0.0.2"]},
    "metadata.example": {"A": ["169.254.169.254"]},
    "empty.example": {},
    "alias.example": {"CNAME": ["here.example"]},
}
PACKED = gzip.compress(b"hello" * 1000)

Session = Callable[..., Awaitable[aiohttp.ClientSession]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A root our sessions trust."""
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """What verifies endpoints."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
async def session(
    nameserver: Serve, resolver: Resolve, trust: ssl.SSLContext
) -> AsyncIterator[Session]:
    """Open guarded sessions whose names are those of a script."""
    async with AsyncExitStack() as stack:

        async def open_session(
            policy: Policy = LOOPBACK, script: Script | None = None, *, timeout_s: float = 2.0
        ) -> aiohttp.ClientSession:
            ours = await resolver(await nameserver(script or zone(NAMES)))
            return await stack.enter_async_context(
                guarded_session(policy, ours, trust, timeout_s=timeout_s)
            )

        yield open_session


class Site:
    """A web server on loopback that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.host, request.path))
        if request.path == "/inner":
            raise web.HTTPFound("http://10.0.0.1/")
        if request.path == "/again":
            raise web.HTTPFound(f"http://metadata.example:{self.port}/")
        if request.path == "/packed":
            return web.Response(body=PACKED, headers={"Content-Encoding": "gzip"})
        return web.Response(text="hello", headers={"Set-Cookie": "a=b"})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site over plain HTTP."""
    async with AsyncExitStack() as stack:
        yield await served(stack, None)


@pytest.fixture
async def secure_site(authority: trustme.CA) -> AsyncIterator[Site]:
    """A site over TLS, with a certificate for here.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("here.example").configure_cert(context)
    async with AsyncExitStack() as stack:
        yield await served(stack, context)


async def served(stack: AsyncExitStack, context: ssl.SSLContext | None) -> Site:
    site = Site()
    runner = web.ServerRunner(web.Server(site.answer))  # type: ignore[arg-type]  # a handler
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    place = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await place.start()
    site.port = runner.addresses[0][1]
    return site


@pytest.fixture
def knocked() -> Iterator[socket.socket]:
    """A listening socket on loopback that shows whether anybody knocked."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        sock.setblocking(False)
        yield sock


@pytest.mark.parametrize("name", ["here.example", "alias.example", "two.example", "127.0.0.1"])
async def test_an_allowed_host_is_reached(session: Session, site: Site, name: str) -> None:
    async with (await session()).get(f"http://{name}:{site.port}/x") as response:
        assert await response.text() == "hello"
    assert site.asked == [(f"{name}:{site.port}", "/x")]


async def test_tls_is_verified_for_the_name_not_the_address(
    session: Session, secure_site: Site
) -> None:
    ours = await session()
    async with ours.get(f"https://here.example:{secure_site.port}/") as response:
        assert response.status == 200
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await ours.get(f"https://alias.example:{secure_site.port}/")


@pytest.mark.parametrize(
    ("host", "policy"),
    [
        ("here.example", STRICT),
        ("alias.example", STRICT),
        ("mixed.example", LOOPBACK),
        ("127.0.0.1", STRICT),
        ("[::1]", LOOPBACK),
        ("[::ffff:127.0.0.1]", STRICT),
        ("[64:ff9b::7f00:1]", STRICT),
        ("0.0.0.0", STRICT),
        ("user:secret@127.0.0.1", STRICT),
        ("LocalHost.example@127.0.0.1", STRICT),
        ("\u2460\u2461\u2466.0.0.1", STRICT),  # circled digits
        ("127\u30020\u30020\u30021", STRICT),  # ideographic full stops
        ("[fe80::1%lo]", LOOPBACK),
        ("[fe80::1%25lo]", LOOPBACK),
        ("metadata.example", Policy(allow=(ip_network("0.0.0.0/0"),))),
    ],
)
async def test_a_denied_host_gets_no_packet(
    session: Session, knocked: socket.socket, host: str, policy: Policy
) -> None:
    with pytest.raises(Denied):
        await (await session(policy)).get(f"http://{host}:{knocked.getsockname()[1]}/")
    await asyncio.sleep(0.02)
    with pytest.raises(BlockingIOError):
        knocked.accept()


@pytest.mark.parametrize("allowances", [0, 1, 2])
async def test_an_address_is_judged_when_resolved_when_chosen_and_when_dialled(
    session: Session, knocked: socket.socket, allowances: int
) -> None:
    policy = fickle_policy(allowances)
    with pytest.raises(Denied, match="second thoughts"):
        await (await session(policy)).get(f"http://here.example:{knocked.getsockname()[1]}/")
    assert policy.judged == [ip_address("127.0.0.1")] * (allowances + 1)
    await asyncio.sleep(0.02)
    with pytest.raises(BlockingIOError):
        knocked.accept()


async def test_a_denial_among_several_addresses_is_told_as_one(
    session: Session, knocked: socket.socket
) -> None:
    # Both addresses pass when the name is resolved; racing them would hide what is denied later.
    ours = await session(fickle_policy(allowances=2))
    with pytest.raises(Denied, match="second thoughts"):
        await ours.get(f"http://two.example:{knocked.getsockname()[1]}/")


@pytest.mark.parametrize("spelling", ["2130706433", "127.1", "0177.0.0.1", "127.0.0.1."])
async def test_a_numeric_spelling_of_an_address_is_no_url(
    session: Session, knocked: socket.socket, spelling: str
) -> None:
    with pytest.raises(aiohttp.InvalidURL):
        await (await session()).get(f"http://{spelling}:{knocked.getsockname()[1]}/")
    with pytest.raises(BlockingIOError):
        knocked.accept()


@pytest.mark.parametrize("spelling", ["0x7f.1", "0x7f000001", "localhost", "127.0.0.1.nip.example"])
async def test_what_only_a_system_resolver_would_know_does_not_resolve(
    session: Session, knocked: socket.socket, spelling: str
) -> None:
    with pytest.raises(aiohttp.ClientConnectorDNSError) as failure:
        await (await session()).get(f"http://{spelling}:{knocked.getsockname()[1]}/")
    cause = failure.value.__cause__
    assert isinstance(cause, ResolveError)
    assert cause.status is ResolveStatus.NXDOMAIN


@pytest.mark.parametrize("host", ["[foo:bar]", "[::g]", "[::1.2]"])
async def test_what_only_looks_like_an_address_is_not_given_to_the_system(
    session: Session, host: str
) -> None:
    with pytest.raises(aiohttp.ClientConnectorError) as failure:
        await (await session()).get(f"http://{host}/")
    assert isinstance(failure.value.__cause__, ResolveError)


@pytest.mark.parametrize(
    ("script", "name", "status"),
    [
        (zone(NAMES), "gone.example", ResolveStatus.NXDOMAIN),
        (zone(NAMES), "empty.example", ResolveStatus.NO_DATA),
        (failing(dns.rcode.SERVFAIL), "here.example", ResolveStatus.SERVFAIL),
        (zone(NAMES), "a" * 64 + ".example", ResolveStatus.NXDOMAIN),
    ],
)
async def test_a_name_without_an_address_says_why(
    session: Session, script: Script, name: str, status: ResolveStatus
) -> None:
    with pytest.raises(aiohttp.ClientConnectorDNSError) as failure:
        await (await session(script=script)).get(f"http://{name}/")
    cause = failure.value.__cause__
    assert isinstance(cause, ResolveError)
    assert cause.status is status


def rebinding(*addresses: str) -> Script:
    """Give another address at each look-up of A; the last one for ever."""
    left = list(addresses)

    def answer(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        if query.question[0].rdtype == 1:
            address = left.pop(0) if len(left) > 1 else left[0]
            add(reply, "here.example", "A", address, ttl_s=0)
        yield reply

    return answer


async def test_a_name_that_changes_its_mind_is_judged_at_every_connection(
    session: Session, site: Site
) -> None:
    ours = await session(script=rebinding("127.0.0.1", "10.0.0.1"))
    url = f"http://here.example:{site.port}/"
    async with ours.get(url, headers={"Connection": "close"}) as response:
        assert response.status == 200
    with pytest.raises(Denied, match=r"10\.0\.0\.1 is denied"):
        await ours.get(url)
    assert len(site.asked) == 1


async def test_a_name_is_looked_up_once_for_a_connection(session: Session, site: Site) -> None:
    # The second look-up would lead elsewhere: what was judged is what is connected to.
    ours = await session(script=rebinding("127.0.0.1", "127.0.0.99"))
    async with ours.get(f"http://here.example:{site.port}/") as response:
        assert response.status == 200


async def test_a_redirect_is_not_followed_when_told_so(session: Session, site: Site) -> None:
    url = f"http://here.example:{site.port}/inner"
    async with (await session()).get(url, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "http://10.0.0.1/")


@pytest.mark.parametrize("path", ["inner", "again"])
async def test_a_redirect_that_is_followed_is_judged(
    session: Session, site: Site, path: str
) -> None:
    with pytest.raises(Denied):
        await (await session()).get(f"http://here.example:{site.port}/{path}")
    assert len(site.asked) == 1


async def test_the_environments_proxies_are_not_used(
    session: Session, site: Site, knocked: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{knocked.getsockname()[1]}")
    async with (await session()).get(f"http://here.example:{site.port}/") as response:
        assert response.status == 200
    with pytest.raises(BlockingIOError):
        knocked.accept()


async def test_cookies_are_not_kept(session: Session, site: Site) -> None:
    ours = await session()
    async with ours.get(f"http://here.example:{site.port}/") as response:
        assert "a" in response.cookies
    assert list(ours.cookie_jar) == []


async def test_an_answer_is_not_unpacked(session: Session, site: Site) -> None:
    async with (await session()).get(f"http://here.example:{site.port}/packed") as response:
        assert await response.read() == PACKED


async def test_the_time_limit_holds_for_a_host_that_says_nothing(
    session: Session, knocked: socket.socket
) -> None:
    ours = await session(timeout_s=0.1)
    with pytest.raises(TimeoutError):
        await ours.get(f"http://127.0.0.1:{knocked.getsockname()[1]}/")


@pytest.mark.parametrize(
    ("family", "found"),
    [
        (socket.AF_UNSPEC, {"127.0.0.1", "::1"}),
        (socket.AF_INET, {"127.0.0.1"}),
        (socket.AF_INET6, {"::1"}),
    ],
)
async def test_only_the_family_asked_for_is_returned(
    nameserver: Serve, resolver: Resolve, family: socket.AddressFamily, found: set[str]
) -> None:
    script = zone({"both.example": {"A": ["127.0.0.1"], "AAAA": ["::1"]}})
    policy = Policy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    guarded = GuardedResolver(policy, await resolver(await nameserver(script)))
    results = await guarded.resolve("both.example", 80, family)
    assert {each["host"] for each in results} == found


async def test_all_of_many_addresses_are_judged_and_a_few_are_tried(
    nameserver: Serve, resolver: Resolve
) -> None:
    allowed = [f"127.0.0.{number}" for number in range(1, 21)]
    for addresses, count in ((allowed, 8), ([*allowed, "10.0.0.1"], None)):
        server = await nameserver(zone({"many.example": {"A": addresses}}))
        guarded = GuardedResolver(LOOPBACK, await resolver(server))
        if count is None:
            with pytest.raises(Denied):
                await guarded.resolve("many.example", 80)
        else:
            assert len(await guarded.resolve("many.example", 80)) == count


@pytest.mark.parametrize("entry", ["here.example", "*.example", "127.0.0.1", "127.0.0.0/8"])
@pytest.mark.parametrize("name", ["here.example", "HERE.example.", "alias.example"])
async def test_what_the_operator_listed_gets_no_packet_though_its_range_is_open(
    session: Session, knocked: socket.socket, name: str, entry: str
) -> None:
    policy = Policy(LOOPBACK.allow, deny_list_of(entry))
    with pytest.raises(Denied, match="deny list"):
        await (await session(policy)).get(f"http://{name}:{knocked.getsockname()[1]}/")
    await asyncio.sleep(0.02)
    with pytest.raises(BlockingIOError):
        knocked.accept()


async def test_a_listed_name_is_not_looked_up(nameserver: Serve, resolver: Resolve) -> None:
    server = await nameserver(zone(NAMES))
    policy = Policy(LOOPBACK.allow, deny_list_of("here.example"))
    guarded = GuardedResolver(policy, await resolver(server))
    with pytest.raises(Denied):
        await guarded.resolve("here.example", 80)
    assert server.queries == []


async def test_an_alias_of_only_one_record_type_is_judged_too(
    nameserver: Serve, resolver: Resolve
) -> None:
    def crooked(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        if query.question[0].rdtype == 1:
            add(reply, "two.example", "A", "127.0.0.1")
        else:
            add(reply, "two.example", "CNAME", "listed.example.")
            add(reply, "listed.example", "AAAA", "::1")
        yield reply

    policy = Policy((*LOOPBACK.allow, ip_network("::1/128")), deny_list_of("listed.example"))
    guarded = GuardedResolver(policy, await resolver(await nameserver(crooked)))
    with pytest.raises(Denied):
        await guarded.resolve("two.example", 80)
