"""The bus with certificates on both sides, against a real server."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from nats.errors import Error as NatsError

from deploy.certificates.issue import Leaf
from deploy.local.nats import Nats
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.stored import reading_streams
from outscope.bus.subjects import JOBS_STREAM
from outscope.certificates import Certificates
from outscope.config import CertificatePaths
from tests.backends import ServerProcess, nats_process
from tests.identities import Identities, new_authority

NATS = Leaf(service="nats", hosts=("127.0.0.1", "localhost"))


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path / "identities")


@pytest.fixture
def server(tmp_path: Path, identities: Identities) -> Iterator[ServerProcess[Nats]]:
    with nats_process(tmp_path, identities.of(NATS)) as process:
        yield process


async def is_reached(server: ServerProcess[Nats], paths: CertificatePaths | None) -> bool:
    certificates = None if paths is None else Certificates(paths)
    try:
        async with reading_streams(server.server.url(), "t", certificates=certificates) as reader:
            return await reader.messages(JOBS_STREAM.name) == []
    except BusUnavailable:
        return False


async def test_only_a_client_with_a_certificate_of_our_authority_gets_in(
    server: ServerProcess[Nats], identities: Identities
) -> None:
    assert await is_reached(server, identities.of("prober"))
    assert not await is_reached(server, None)
    assert not await is_reached(server, identities.of("prober", by=new_authority()))
    assert not await is_reached(server, identities.of("prober", days=-1))


async def test_a_client_that_verifies_and_shows_none_is_refused(
    server: ServerProcess[Nats], identities: Identities
) -> None:
    context = ssl.create_default_context(cafile=str(identities.of("prober").ca))
    with pytest.raises((NatsError, OSError, TimeoutError)):
        await nats.connect(
            server.server.url(),
            tls=context,
            tls_handshake_first=True,
            allow_reconnect=False,
            connect_timeout=3,
        )


async def test_a_server_of_another_name_is_told_nothing(
    tmp_path: Path, identities: Identities
) -> None:
    """It is started by a certificate that says otherwise than where it is dialled."""
    good = identities.of(NATS)
    with nats_process(tmp_path, good) as process:
        assert await is_reached(process, identities.of("prober"))
        identities.of(Leaf(service="nats", hosts=("elsewhere",)))
        process.reload()
        await asyncio.sleep(0.5)
        assert not await is_reached(process, identities.of("prober"))


async def test_a_server_without_tls_is_told_no_password(
    tmp_path: Path, identities: Identities
) -> None:
    with nats_process(tmp_path) as plain:
        assert await is_reached(plain, None)
        assert not await is_reached(plain, identities.of("prober"))


async def test_a_bus_that_reconnects_shows_the_certificate_that_is_there_then(
    server: ServerProcess[Nats], identities: Identities
) -> None:
    ours = Certificates(identities.of("prober", days=2))
    async with connect_bus(server.server.url(), "t", certificates=ours) as bus:
        await bus.ensure_streams()
        identities.of("prober", days=-1)
        server.kill()
        server.start()
        await asyncio.sleep(1.5)
        assert not is_connected(bus), "the server knows that it has expired"
        identities.of("prober")
        async with asyncio.timeout(20):
            while not is_connected(bus):
                await asyncio.sleep(0.05)
        await bus.ensure_streams()


def is_connected(bus: Bus) -> bool:
    return bus.is_connected
