"""Dialling: each outcome of a connection attempt, and that a denial costs no packet."""

import asyncio
import errno
import os
import resource
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from outscope.netguard.dial import (
    Denied,
    DialError,
    Exhausted,
    Filtered,
    Refused,
    Reset,
    Unreachable,
    connect,
    dial_error,
)
from outscope.netguard.policy import Policy
from tests.integration.outscope.netguard.fickle import fickle_policy

LOOPBACK = Policy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))


class Talker(asyncio.Protocol):
    """Writes as soon as it may, and notes what it is told."""

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP gives this kind
        transport.write(b"hello")

    def data_received(self, data: bytes) -> None:
        self.received += data


class Listener:
    """Accepts on loopback by hand, so that a test sees each connection and each byte."""

    def __init__(self, family: socket.AddressFamily, host: str) -> None:
        self.socket = socket.socket(family)
        self.socket.bind((host, 0))
        self.socket.listen()
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]

    async def accepted(self) -> socket.socket | None:
        """Return the next connection, or None when none came in a short while."""
        for _ in range(20):
            try:
                return self.socket.accept()[0]
            except BlockingIOError:
                await asyncio.sleep(0.005)
        return None


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listening socket on 127.0.0.1."""
    listener = Listener(socket.AF_INET, "127.0.0.1")
    yield listener
    listener.socket.close()


async def dialled(
    address: str, port: int, policy: Policy = LOOPBACK, *, timeout_s: float = 2.0
) -> tuple[asyncio.Transport, Talker]:
    return await connect(Talker, address, port, policy=policy, timeout_s=timeout_s)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(100))
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def echoing() -> AsyncIterator[Callable[[str], asyncio.Future[int]]]:
    """Start servers that send back what they get; the port of each."""
    async with AsyncExitStack() as stack:

        async def start(host: str) -> int:
            server = await asyncio.start_server(echo, host, 0)
            await stack.enter_async_context(server)
            port: int = server.sockets[0].getsockname()[1]
            return port

        yield lambda host: asyncio.ensure_future(start(host))


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")],
)
async def test_a_protocol_is_connected_to_the_very_address(
    echoing: Callable[[str], asyncio.Future[int]], host: str, address: str
) -> None:
    transport, protocol = await dialled(address, await echoing(host))
    async with asyncio.timeout(2):
        while protocol.received != b"hello":
            await asyncio.sleep(0.001)
    peer = ip_address(transport.get_extra_info("peername")[0])
    assert peer == ip_address(address)
    transport.close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "0.0.0.0", "::"],
)
async def test_a_denied_address_is_not_sent_a_packet(listener: Listener, address: str) -> None:
    with pytest.raises(Denied) as denied:
        await dialled(address, listener.port, Policy())
    assert denied.value.denial.address == ip_address(address)
    assert await listener.accepted() is None


async def test_a_denied_address_makes_no_socket_and_no_protocol() -> None:
    before = open_descriptors()
    with pytest.raises(Denied):
        await connect(never_made, "10.0.0.1", 80, policy=Policy(), timeout_s=1)
    assert open_descriptors() == before


def never_made() -> Talker:
    raise AssertionError("a protocol was made for a connection that is none")


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


async def test_the_connected_peer_is_judged_before_a_byte_is_written(listener: Listener) -> None:
    policy = fickle_policy(allowances=1)
    with pytest.raises(Denied, match="second thoughts"):
        await connect(never_made, "127.0.0.1", listener.port, policy=policy, timeout_s=1)
    assert policy.judged == [ip_address("127.0.0.1")] * 2
    accepted = await listener.accepted()
    assert accepted is not None
    with accepted:
        accepted.setblocking(True)
        accepted.settimeout(2)
        assert received_until_closed(accepted) == b""


def received_until_closed(sock: socket.socket) -> bytes:
    try:
        return sock.recv(100)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_port_nobody_listens_on_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        await dialled(address, 1)


async def test_no_answer_within_the_time_limit_is_filtered_and_leaves_nothing_open(
    full: int,
) -> None:
    with pytest.raises(Filtered):  # the first connection of a uvloop keeps a descriptor in reserve
        await dialled("127.0.0.1", full, timeout_s=0.02)
    await asyncio.sleep(0.01)
    before = open_descriptors()
    with pytest.raises(Filtered):
        await dialled("127.0.0.1", full, timeout_s=0.1)
    await asyncio.sleep(0.01)
    assert open_descriptors() == before


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose queue is full: the kernel drops what knocks, as a filter would."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]


async def test_a_cancelled_attempt_leaves_nothing_open(full: int) -> None:
    with pytest.raises(Filtered):  # as above
        await dialled("127.0.0.1", full, timeout_s=0.02)
    await asyncio.sleep(0.01)
    before = open_descriptors()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await dialled("127.0.0.1", full)
    await asyncio.sleep(0.01)
    assert open_descriptors() == before


@pytest.mark.parametrize("address", ["255.255.255.255", "224.0.0.1"])
async def test_where_no_way_leads_is_unreachable(address: str) -> None:
    # The kernel itself refuses TCP to broadcast and multicast: no packet leaves this machine.
    with pytest.raises(Unreachable):
        await dialled(address, 80, Policy(allow=(ip_network(address),)))


async def test_a_connection_broken_off_at_once_is_a_reset(listener: Listener) -> None:
    # The kernel has taken the connection already, and the event loop has not yet looked at it.
    with pytest.raises(Reset):
        await dialled_and_reset(listener, turns=1)


@pytest.mark.parametrize("turns", range(2, 10))
async def test_a_reset_at_whatever_moment_is_a_connection_or_a_reset(
    listener: Listener, turns: int
) -> None:
    try:
        transport, _ = await dialled_and_reset(listener, turns)
    except Reset:
        return
    transport.abort()


async def dialled_and_reset(listener: Listener, turns: int) -> tuple[asyncio.Transport, Talker]:
    """Dial, and break the connection off after so many turns of the event loop."""
    attempt = asyncio.ensure_future(dialled("127.0.0.1", listener.port))
    for _ in range(turns):
        await asyncio.sleep(0)
    accepted, _ = listener.socket.accept()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
    return await attempt


async def test_no_descriptor_left_is_our_own_exhaustion(listener: Listener) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        with pytest.raises(Exhausted):
            await dialled("127.0.0.1", listener.port)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_defect_in_making_the_protocol_is_not_the_targets_fault(
    listener: Listener,
) -> None:
    def defective() -> Talker:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await connect(defective, "127.0.0.1", listener.port, policy=LOOPBACK, timeout_s=1)


@pytest.mark.parametrize(
    "address",
    [
        *("localhost", "example.com", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433"),
        *("127.0.0.1.", " 127.0.0.1", "127.0.0.1:80", "[::1]", "user@127.0.0.1", ""),
        "\uff11\uff12\uff17.0.0.1",
    ],
)
async def test_only_a_canonical_literal_is_dialled(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        await dialled(address, 80)


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ECONNREFUSED, Refused),
        (errno.ETIMEDOUT, Filtered),
        (errno.ECONNRESET, Reset),
        (errno.EPIPE, Reset),
        (errno.EHOSTUNREACH, Unreachable),
        (errno.ENETUNREACH, Unreachable),
        (errno.EACCES, Unreachable),
        (errno.EMFILE, Exhausted),
        (errno.EADDRNOTAVAIL, Exhausted),
    ],
)
def test_each_error_of_the_kernel_has_its_outcome(number: int, outcome: type[DialError]) -> None:
    assert type(dial_error(OSError(number, "as the kernel says"))) is outcome
