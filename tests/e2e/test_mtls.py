"""The whole system with certificates everywhere: it works, and nobody gets in without."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import grpc.aio
import psycopg
import pytest

from deploy.certificates.folder import certificate_paths, make_certificates
from deploy.local.binaries import BinaryMissingError, system_postgres_program
from deploy.local.ports import free_port
from outscope.certificates import Certificates
from outscope.clock import utc_now
from outscope.rpc.channel import open_channel
from outscope.rpc.metadata import X_API_KEY
from outscope.v1 import vantage_service_pb2 as pb
from outscope.v1 import vantage_service_pb2_grpc as pb_grpc
from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import REPOSITORY, System, running_system

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    try:
        system_postgres_program("postgres")
    except BinaryMissingError as error:
        pytest.skip(str(error))
    folder = tmp_path / "certificates"
    list(make_certificates(folder, utc_now()))
    return folder


@pytest.fixture
def public() -> str:
    """Where callers of gRPC need no certificate."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def system(town: Town, certificates: Path, tmp_path: Path, public: str) -> Iterator[System]:
    options = ("--certificates", str(certificates), "--vantage", "eu-west-1:1")
    settings = {"OUTSCOPE_GRPC_PUBLIC_LISTEN": public}
    with running_system(tmp_path / "system", *town.options(), *options, **settings) as running:
        yield running


async def vantage_points(system: System, channel: grpc.aio.Channel) -> int | grpc.StatusCode:
    async with channel:
        try:
            answer = await pb_grpc.VantageServiceStub(channel).ListVantagePoints(
                pb.ListVantagePointsRequest(),
                metadata=((X_API_KEY, system.api_key),),
                timeout=5,
            )
        except grpc.aio.AioRpcError as error:
            return error.code()
    return len(answer.vantage_points)


def greeting(url: str) -> bytes:
    """What a NATS server says to whoever says nothing: with TLS first, nothing."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 5) as link:
        link.settimeout(2)
        link.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
        try:
            return link.recv(4096)
        except (TimeoutError, ConnectionError):
            return b""


async def test_a_check_is_made_and_told_and_plain_text_gets_nowhere(
    system: System, town: Town, certificates: Path, public: str, receiver: Receiver
) -> None:
    await receiver.subscribe(system)
    check_id = await system.create("site.town.test", ports=[town.http])
    assert (await system.ended(check_id))["status"] == "completed"
    async with asyncio.timeout(30):
        while not receiver.events:
            await asyncio.sleep(0.05)

    ours = Certificates(certificate_paths(certificates, "gateway"))
    assert await vantage_points(system, open_channel(system.grpc, certificates=ours)) == 1
    unavailable = grpc.StatusCode.UNAVAILABLE
    assert await vantage_points(system, open_channel(system.grpc)) is unavailable
    roots = grpc.ssl_channel_credentials((certificates / "ca.crt").read_bytes())
    bare = grpc.aio.secure_channel(system.grpc, roots)
    assert await vantage_points(system, bare) is unavailable

    assert await vantage_points(system, grpc.aio.secure_channel(public, roots)) == 1
    assert await vantage_points(system, open_channel(public)) is unavailable

    for suffix in ("", "?sslmode=disable", "?sslmode=require"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(str(system.first_line["postgres"]) + suffix)
    assert b"INFO" not in greeting(str(system.first_line["nats"]))


async def test_it_goes_on_while_every_certificate_is_renewed(
    system: System, town: Town, certificates: Path
) -> None:
    before = [await system.create("site.town.test", ports=[town.http]) for _ in range(5)]
    list(make_certificates(certificates, utc_now()))
    during = []
    for _ in range(20):
        during.append(await system.create("site.town.test", ports=[town.http]))
        await asyncio.sleep(0.15)
    ended = [await system.ended(each) for each in (*before, *during)]
    assert {each["status"] for each in ended} == {"completed"}


def test_the_audit_finds_its_way_in(system: System) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.local.audit", "--data", str(system.folder), "--grace", "1"],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "invariants hold" in ended.stdout
