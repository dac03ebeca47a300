from collections.abc import Iterable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from outscope.certificates import Certificates
from outscope.rpc.channel import open_channel
from outscope.rpc.peer import identities_of, is_identity
from outscope.rpc.server import ServerIdentity, serve
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.identities import SERVER, Identities

ANYWHERE = ("127.0.0.1", 0)


class Who(pb_grpc.CheckServiceServicer):
    """Answers with whom it takes the caller for."""

    async def GetCheck(self, request: pb.GetCheckRequest, context: Any) -> pb.GetCheckResponse:  # noqa: N802, ANN401 - named and typed by gRPC
        answer = pb.GetCheckResponse()
        answer.check.id = ",".join(identities_of(context))
        return answer

    def add_to(self, server: grpc.aio.Server) -> Iterable[str]:
        pb_grpc.add_CheckServiceServicer_to_server(self, server)
        return ["outscope.v1.CheckService"]


async def taken_for(channel: grpc.aio.Channel) -> str:
    async with channel:
        stub = pb_grpc.CheckServiceStub(channel)
        return (await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)).check.id


async def test_a_caller_is_who_its_verified_certificate_says(tmp_path: Path) -> None:
    identities, who = Identities(tmp_path), Who()  # type: ignore[abstract] # it answers what this asks
    certificates = Certificates(identities.of(SERVER))
    serving = ServerIdentity(certificates=certificates, public_listen=ANYWHERE)
    ours = Certificates(identities.of("notifier"))
    async with serve(ANYWHERE, who.add_to, identity=serving) as server:
        address, public = f"127.0.0.1:{server.port}", f"127.0.0.1:{server.public_port}"
        assert await taken_for(open_channel(address, certificates=ours)) == (
            "spiffe://outscope/notifier"
        )
        # Where none is asked for, one that is there counts for nothing.
        assert await taken_for(open_channel(public, certificates=ours)) == ""
    async with serve(ANYWHERE, who.add_to) as server:
        assert await taken_for(open_channel(f"127.0.0.1:{server.port}")) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("spiffe://outscope/notifier", True),
        ("spiffe://example.org/ns/outscope/sa/notifier", True),
        ("spiffe://outscope", False),
        ("spiffe://outscope/", False),
        ("https://outscope/notifier", False),
        ("notifier", False),
    ],
)
def test_an_identity_is_a_spiffe_id_of_a_workload(text: str, told: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_identity(text) is told
