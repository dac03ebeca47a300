"""Calls that are for our own services, where services have certificates."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import grpc.aio
import pytest

from outscope.certificates import Certificates
from outscope.clock import utc_now
from outscope.errors import Forbidden, Refusal, Unauthorized
from outscope.rpc.channel import open_channel
from outscope.rpc.metadata import SERVICE_TOKEN, X_API_KEY
from outscope.rpc.server import RpcServer, ServerIdentity, serve
from outscope.rpc.status import refusal_from
from outscope.v1 import api_key_service_pb2 as pb
from outscope.v1 import api_key_service_pb2_grpc as pb_grpc
from services.scheduler.keyring import Keyring
from services.scheduler.rpc.api_keys import add_api_key_service
from services.scheduler.rpc.callers import Callers
from services.scheduler.store.database import Database
from tests.identities import SERVER, Identities
from tests.integration.scheduler.driving import TOKEN, make_key

ANYWHERE = ("127.0.0.1", 0)


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


@pytest.fixture
async def server(database: Database, identities: Identities) -> AsyncIterator[RpcServer]:
    callers = Callers(database, TOKEN, identities={"spiffe://outscope/notifier"})

    def add(server: grpc.aio.Server) -> Iterable[str]:
        return [add_api_key_service(server, Keyring(database, utc_now), callers)]

    certificates = Certificates(identities.of(SERVER))
    identity = ServerIdentity(certificates=certificates, public_listen=ANYWHERE)
    async with serve(ANYWHERE, add, identity=identity) as serving:
        yield serving


async def refusal_of(port: int | None, ours: Certificates, token: str = TOKEN) -> Refusal | None:
    async with open_channel(f"127.0.0.1:{port}", certificates=ours) as channel:
        try:
            await pb_grpc.ApiKeyServiceStub(channel).ListApiKeys(
                pb.ListApiKeysRequest(), metadata=((SERVICE_TOKEN, token),), timeout=5
            )
        except grpc.aio.AioRpcError as error:
            return refusal_from(error)
    return None


async def test_a_service_with_the_token_and_its_certificate_may_call(
    server: RpcServer, identities: Identities
) -> None:
    assert await refusal_of(server.port, Certificates(identities.of("notifier"))) is None


async def test_the_certificate_of_another_service_does_not_allow_it(
    server: RpcServer, identities: Identities
) -> None:
    refusal = await refusal_of(server.port, Certificates(identities.of("prober")))
    assert isinstance(refusal, Forbidden)
    assert "certificate" in refusal.message


async def test_a_certificate_does_not_stand_for_the_token(
    server: RpcServer, identities: Identities
) -> None:
    ours = Certificates(identities.of("notifier"))
    assert isinstance(await refusal_of(server.port, ours, token="wrong"), Unauthorized)


async def test_at_the_public_address_the_token_alone_does_not_allow_it(
    server: RpcServer, identities: Identities
) -> None:
    ours = Certificates(identities.of("notifier"))
    assert isinstance(await refusal_of(server.public_port, ours), Forbidden)


async def test_an_account_needs_no_more_than_its_key_at_the_public_address(
    server: RpcServer, identities: Identities, database: Database
) -> None:
    secret, key_id, _ = await make_key(database)
    credentials = grpc.ssl_channel_credentials(identities.of("notifier").ca.read_bytes())
    address = f"127.0.0.1:{server.public_port}"
    async with grpc.aio.secure_channel(address, credentials) as channel:
        answer = await pb_grpc.ApiKeyServiceStub(channel).GetOwnApiKey(
            pb.GetOwnApiKeyRequest(), metadata=((X_API_KEY, secret),), timeout=5
        )
    assert answer.api_key.id == key_id
