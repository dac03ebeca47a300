"""Starts real Postgres and NATS servers for tests: from wheels, or in containers when asked."""

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from deploy.local.nats import Nats
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from outscope.config import CertificatePaths

_PATIENCE_S = 30.0
_ATTEMPTS = 3  # a port that was free may be taken before the server binds it


class ServerNotStartedError(Exception):
    """A server ended, or never became ready; carries its log."""


class Server(Protocol):
    """What Postgres and NATS have in common."""

    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def is_ready(self) -> bool: ...


S = TypeVar("S", bound=Server)


class ServerProcess(Generic[S]):
    """A server that a test may also kill and start again, on the same port and folder."""

    def __init__(self, server: S, log: Path) -> None:
        self.server = server
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Return when the server is ready."""
        self.server.prepare()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.server.command(), stdout=log, stderr=log, start_new_session=True
            )
        give_up = time.monotonic() + _PATIENCE_S
        while not self.server.is_ready():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                raise ServerNotStartedError(self._log.read_text())
            time.sleep(0.02)

    def reload(self) -> None:
        """Have the server read its files again: its certificate, too."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Return when the server has ended in good order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Return when the server is gone; Postgres takes its backends along on SIGQUIT."""
        self._end(signal.SIGQUIT if isinstance(self.server, Postgres) else signal.SIGKILL)

    def _end(self, signum: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signum)
            self._process.wait(_PATIENCE_S)


def postgres_process(
    folder: Path, certificate: CertificatePaths | None = None
) -> ServerProcess[Postgres]:
    """Return a running Postgres of its own, for a test that stops or kills it."""
    password = secrets.token_hex(8)
    return _started(
        lambda port: Postgres(
            folder=folder / "postgres",
            port=port,
            password=password,
            durable=False,
            certificate=certificate,
        ),
        folder / "postgres.log",
    )


def nats_process(folder: Path, certificate: CertificatePaths | None = None) -> ServerProcess[Nats]:
    """Return a running NATS server of its own, for a test that stops or kills it."""
    password = secrets.token_hex(8)
    return _started(
        lambda port: Nats(
            folder=folder / "nats", port=port, password=password, certificate=certificate
        ),
        folder / "nats.log",
    )


def _started(make: Callable[[int], S], log: Path) -> ServerProcess[S]:
    for _ in range(_ATTEMPTS - 1):
        process = ServerProcess(make(free_port()), log)
        with contextlib.suppress(ServerNotStartedError):
            process.start()
            return process
    process = ServerProcess(make(free_port()), log)
    process.start()
    return process


@contextlib.contextmanager
def served_postgres(folder: Path) -> Iterator[str]:
    """Serve Postgres while the context is open; yields the URL of its administrator."""
    if _in_containers():
        with _postgres_container() as url:
            yield url
    else:
        with postgres_process(folder) as process:
            yield process.server.url("postgres")


@contextlib.contextmanager
def served_nats(folder: Path) -> Iterator[str]:
    """Serve NATS with JetStream while the context is open; yields its URL."""
    if _in_containers():
        with _nats_container() as url:
            yield url
    else:
        with nats_process(folder) as process:
            yield process.server.url()


def create_database(server_url: str, name: str, template: str = "template0") -> str:
    """Create a database and return its URL."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def drop_database(server_url: str, name: str) -> None:
    """Drop a database, ending whatever session is still on it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _in_containers() -> bool:
    return os.environ.get("OUTSCOPE_TEST_BACKENDS") == "containers"


@contextlib.contextmanager
def _postgres_container() -> Iterator[str]:
    from testcontainers.postgres import PostgresContainer  # noqa: PLC0415 - needs a Docker engine

    with PostgresContainer("postgres:18-alpine", dbname="postgres", driver=None) as container:
        yield container.get_connection_url()


@contextlib.contextmanager
def _nats_container() -> Iterator[str]:
    from testcontainers.nats import NatsContainer  # noqa: PLC0415 - needs a Docker engine

    with NatsContainer("nats:2-alpine", jetstream=True) as container:
        yield container.nats_uri()
