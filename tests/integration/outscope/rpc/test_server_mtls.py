"""Who is let in where callers have certificates, told by real handshakes."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from cryptography import x509

from deploy.certificates.issue import Leaf
from deploy.local.ports import free_port
from outscope.certificates import Certificates
from outscope.config import CertificatePaths, ConfigError
from outscope.rpc.channel import open_channel
from outscope.rpc.server import RpcServer, ServerIdentity, serve
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.identities import SERVER, Identities, new_authority
from tests.integration.outscope.rpc.conftest import add_answers

ANYWHERE = ("127.0.0.1", 0)


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


@pytest.fixture
async def server(identities: Identities) -> AsyncIterator[RpcServer]:
    identity = ServerIdentity(
        certificates=Certificates(identities.of(SERVER)), public_listen=ANYWHERE
    )
    async with serve(ANYWHERE, add_answers, identity=identity) as serving:
        yield serving


async def is_answered(channel: grpc.aio.Channel) -> bool:
    async with channel:
        try:
            answer = await pb_grpc.CheckServiceStub(channel).GetCheck(
                pb.GetCheckRequest(id="x"), timeout=5
            )
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.UNAVAILABLE  # noqa: PT017 - told apart
            return False
        return answer.check.id == "x"


def showing(port: int | None, paths: CertificatePaths) -> grpc.aio.Channel:
    return open_channel(f"127.0.0.1:{port}", certificates=Certificates(paths))


def showing_none(port: int | None, paths: CertificatePaths) -> grpc.aio.Channel:
    credentials = grpc.ssl_channel_credentials(paths.ca.read_bytes())
    return grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_one_port_is_not_both_for_services_and_for_anybody(
    identities: Identities, host: str
) -> None:
    port = free_port()
    identity = ServerIdentity(
        certificates=Certificates(identities.of(SERVER)), public_listen=(host, port)
    )
    with pytest.raises(ConfigError, match="OUTSCOPE_GRPC_PUBLIC_LISTEN"):
        async with serve(("127.0.0.1", port), add_answers, identity=identity):
            pass


async def test_two_addresses_may_have_the_same_port(identities: Identities) -> None:
    port = free_port()
    identity = ServerIdentity(
        certificates=Certificates(identities.of(SERVER)), public_listen=("127.0.0.2", port)
    )
    async with serve(("127.0.0.1", port), add_answers, identity=identity) as serving:
        assert serving.public_port == serving.port == port


async def test_a_caller_with_a_certificate_of_our_authority_is_answered(
    server: RpcServer, identities: Identities
) -> None:
    assert await is_answered(showing(server.port, identities.of("notifier")))


async def test_a_caller_without_one_is_not(server: RpcServer, identities: Identities) -> None:
    assert not await is_answered(showing_none(server.port, identities.of("notifier")))


async def test_a_caller_with_one_of_another_authority_is_not(
    server: RpcServer, identities: Identities
) -> None:
    stranger = identities.of("notifier", by=new_authority())
    assert not await is_answered(showing(server.port, stranger))


async def test_a_caller_whose_certificate_has_expired_is_not(
    server: RpcServer, identities: Identities
) -> None:
    assert not await is_answered(showing(server.port, identities.of("notifier", days=-1)))


async def test_nobody_is_answered_in_plain_text(server: RpcServer) -> None:
    assert not await is_answered(open_channel(f"127.0.0.1:{server.port}"))
    assert not await is_answered(open_channel(f"127.0.0.1:{server.public_port}"))


async def test_the_public_address_asks_for_no_certificate(
    server: RpcServer, identities: Identities
) -> None:
    paths = identities.of("notifier")
    assert await is_answered(showing_none(server.public_port, paths))
    assert await is_answered(showing(server.public_port, paths))


@pytest.mark.parametrize(
    ("leaf", "days"),
    [(Leaf(service="scheduler", hosts=("elsewhere",)), 1), (Leaf(service="scheduler"), 1)],
    ids=["of another name", "of one that only dials"],
)
async def test_a_server_that_cannot_prove_its_name_is_told_nothing(
    identities: Identities, leaf: Leaf, days: int
) -> None:
    identity = ServerIdentity(certificates=Certificates(identities.of(leaf, days=days)))
    async with serve(ANYWHERE, add_answers, identity=identity) as serving:
        assert not await is_answered(showing(serving.port, identities.of("notifier")))


async def test_a_server_of_another_authority_or_an_expired_one_is_told_nothing(
    identities: Identities,
) -> None:
    for made in ({"by": new_authority()}, {"days": -1}):
        certificates = Certificates(identities.of(SERVER, **made))
        identity = ServerIdentity(certificates=certificates)
        async with serve(ANYWHERE, add_answers, identity=identity) as serving:
            assert not await is_answered(showing(serving.port, identities.of("notifier")))


def expiry_shown(port: int, paths: CertificatePaths) -> str:
    """Until when the certificate is good that a new connection is shown."""
    pem = ssl.get_server_certificate(("127.0.0.1", port), ca_certs=str(paths.ca))
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.isoformat()


async def test_a_renewed_certificate_is_shown_to_whoever_comes_and_nobody_loses_a_connection(
    server: RpcServer, identities: Identities
) -> None:
    assert server.public_port is not None
    notifier = identities.of("notifier")
    async with showing(server.port, notifier) as channel:
        stub = pb_grpc.CheckServiceStub(channel)
        await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
        before = expiry_shown(server.public_port, notifier)
        identities.of(SERVER, days=2)
        after = expiry_shown(server.public_port, notifier)
        assert after > before
        await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
        assert await is_answered(showing(server.port, notifier))


async def test_health_is_told_to_the_health_listener_as_it_is_over_grpc(
    server: RpcServer,
) -> None:
    assert server.is_serving
    await server.told_ready(is_ready=False)
    assert not server.is_serving
