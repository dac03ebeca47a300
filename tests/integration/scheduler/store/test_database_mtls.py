"""Postgres that asks for a certificate, by a real server with TLS on."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from deploy.certificates.issue import Leaf
from deploy.local.binaries import BinaryMissingError, system_postgres_program
from deploy.local.postgres import Postgres
from outscope.config import CertificatePaths
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from services.scheduler.store.url import secured_url
from tests.backends import ServerProcess, postgres_process
from tests.identities import Identities, new_authority

POSTGRES = Leaf(service="postgres", hosts=("127.0.0.1", "localhost"), dials=False)


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    return Identities(tmp_path_factory.mktemp("identities"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, identities: Identities
) -> Iterator[ServerProcess[Postgres]]:
    try:
        system_postgres_program("postgres")
    except BinaryMissingError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("postgres")
    with postgres_process(folder, identities.of(POSTGRES)) as process:
        yield process


def url_with(server: ServerProcess[Postgres], paths: CertificatePaths) -> str:
    url = server.server.url()
    return secured_url(url, ca=paths.ca, certificate=paths.certificate, key=paths.key)


def refusal(url: str) -> str:
    """Why a connection is refused, nothing when it is not."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


async def test_the_scheduler_works_by_its_certificate(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    url = url_with(server, identities.of("scheduler"))
    await migrate(url)
    async with open_database(url) as database, database.session() as connection:
        told = await connection.execute(
            "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        assert await told.fetchone() == (True, "/CN=scheduler")


def test_nobody_gets_in_without_tls_or_without_a_certificate(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    ca = identities.of("scheduler").ca
    assert "no encryption" in refusal(f"{server.server.url()}?sslmode=disable")
    bare = f"{server.server.url()}?sslmode=verify-full&sslrootcert={ca}&sslcert=/nowhere"
    assert "certificate" in refusal(bare)


@pytest.mark.parametrize("service", ["prober", "notifier", "gateway"])
def test_the_certificate_of_another_service_is_of_no_use(
    server: ServerProcess[Postgres], identities: Identities, service: str
) -> None:
    assert "certificate authentication failed" in refusal(url_with(server, identities.of(service)))


def test_one_that_has_expired_or_is_of_another_authority_is_of_no_use(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    assert "expired" in refusal(url_with(server, identities.of("scheduler", days=-1)))
    stranger = identities.of("scheduler", by=new_authority())
    assert "unknown ca" in refusal(url_with(server, stranger))


def test_a_server_that_cannot_prove_its_name_is_told_nothing(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    url = url_with(server, identities.of("scheduler"))
    assert refusal(url) == ""
    elsewhere = psycopg.conninfo.make_conninfo(url, host="example.test", hostaddr="127.0.0.1")
    assert "does not match host name" in refusal(elsewhere)


async def test_a_renewed_certificate_is_shown_by_the_next_connection(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    url = url_with(server, identities.of("scheduler"))
    async with open_database(url) as database:
        before = await serial_shown(database)
        identities.of("scheduler")
        async with asyncio.timeout(20):
            # One that was being opened when the others ended began with the one before.
            while (await serial_shown(database)) == before:
                end_connections(url)
                while not await database.answers():
                    await asyncio.sleep(0.1)


def end_connections(url: str) -> None:
    """End them as when they have lived their time: the pool makes others in their place."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_ssl WHERE pid <> pg_backend_pid()"
        )


async def serial_shown(database: Database) -> object:
    async with database.session() as connection:
        told = await connection.execute(
            "SELECT client_serial FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        return await told.fetchone()


async def test_a_renewed_certificate_of_the_server_is_shown_after_a_reload(
    server: ServerProcess[Postgres], identities: Identities
) -> None:
    url = url_with(server, identities.of("scheduler"))
    with psycopg.connect(url) as held:
        identities.of(POSTGRES, days=-1)
        assert refusal(url) == ""
        server.reload()
        await_refusal(url)
        assert held.execute("SELECT 1").fetchone() == (1,), "who is in stays in"
    identities.of(POSTGRES)
    server.reload()


def await_refusal(url: str) -> None:
    for _ in range(200):
        if "certificate verify failed" in refusal(url):
            return
    pytest.fail("the server did not read its certificate again")
