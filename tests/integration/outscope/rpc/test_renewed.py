import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from cryptography import x509

from outscope import certificates as looking
from outscope.certificates import Certificates
from outscope.rpc import renewed
from outscope.rpc.channel import open_channel
from outscope.rpc.server import ServerIdentity, serve
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.identities import SERVER, Identities

ANYWHERE = ("127.0.0.1", 0)


class Shown(pb_grpc.CheckServiceServicer):
    """Answers with the serial number of the certificate that the caller shows."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun = asyncio.Event()

    async def GetCheck(self, request: pb.GetCheckRequest, context: Any) -> pb.GetCheckResponse:  # noqa: N802, ANN401 - named and typed by gRPC
        if request.id == "slow":
            self.begun.set()
            await self.may_end.wait()
        answer = pb.GetCheckResponse()
        answer.check.id = serial_of(context)
        return answer

    async def WatchCheck(  # noqa: N802 - named by gRPC
        self,
        request: pb.WatchCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> AsyncIterator[pb.WatchCheckResponse]:
        self.begun.set()
        await self.may_end.wait()
        answer = pb.WatchCheckResponse()
        answer.check.id = serial_of(context)
        yield answer

    def add_to(self, server: grpc.aio.Server) -> Iterable[str]:
        pb_grpc.add_CheckServiceServicer_to_server(self, server)
        return ["outscope.v1.CheckService"]


def serial_of(context: Any) -> str:  # noqa: ANN401 - typed by gRPC
    (pem,) = context.auth_context()["x509_pem_cert"]
    return str(x509.load_pem_x509_certificate(pem).serial_number)


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewed, "LOOK_EVERY_S", 0.05)
    assert looking.LOOK_EVERY_S == 1.0


async def test_calls_go_on_while_both_sides_renew_and_none_is_dropped(tmp_path: Path) -> None:
    identities, shown = Identities(tmp_path), Shown()  # type: ignore[abstract] # it answers what this asks
    serving = ServerIdentity(certificates=Certificates(identities.of(SERVER)))
    ours = Certificates(identities.of("notifier"))
    async with (
        serve(ANYWHERE, shown.add_to, identity=serving, connection_age_s=0.3) as server,
        open_channel(f"127.0.0.1:{server.port}", certificates=ours) as channel,
    ):
        stub = pb_grpc.CheckServiceStub(channel)
        slow = asyncio.ensure_future(stub.GetCheck(pb.GetCheckRequest(id="slow"), timeout=30))
        watch = stub.WatchCheck(pb.WatchCheckRequest(id="x"), timeout=30)
        await shown.begun.wait()
        seen: list[str] = []
        for number in range(300):
            if number % 100 == 50:
                identities.of(SERVER)
                identities.of("notifier")
            answer = await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
            seen.append(answer.check.id)
            await asyncio.sleep(0.01)
        shown.may_end.set()
        watched = [each.check.id async for each in watch]
        assert (await slow).check.id == seen[0], "it ended on the connection it began on"
    assert len(set(seen)) == 4
    assert seen == sorted(seen, key=list(dict.fromkeys(seen)).index), "none goes back"
    assert watched == [seen[0]]


async def test_a_channel_that_is_closed_ends_what_was_left_on_the_one_before(
    tmp_path: Path,
) -> None:
    identities, shown = Identities(tmp_path), Shown()  # type: ignore[abstract] # as above
    serving = ServerIdentity(certificates=Certificates(identities.of(SERVER)))
    ours = Certificates(identities.of("notifier"))
    async with serve(ANYWHERE, shown.add_to, identity=serving) as server:
        channel = open_channel(f"127.0.0.1:{server.port}", certificates=ours)
        stub = pb_grpc.CheckServiceStub(channel)
        slow = stub.GetCheck(pb.GetCheckRequest(id="slow"), timeout=30)
        await shown.begun.wait()
        identities.of("notifier")
        await asyncio.sleep(0.1)
        await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
        assert not slow.done()
        await channel.close()
        with pytest.raises((asyncio.CancelledError, grpc.aio.AioRpcError)):
            await slow
