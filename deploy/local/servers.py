"""The Postgres and the NATS server of the system, as programs to supervise."""

from pathlib import Path

from deploy.certificates.folder import certificate_paths
from deploy.local import nats, postgres
from deploy.local.folder import Secrets
from deploy.local.nats import Nats
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.program import Launch, Program
from deploy.local.readiness import in_thread
from outscope.config import CertificatePaths


def embedded_postgres(folder: Path, secrets: Secrets, certificates: Path | None = None) -> Postgres:
    """Return the cluster in a data folder, on a port nobody uses.

    With certificates it is another cluster: the Postgres that knows TLS is another version.
    """
    return Postgres(
        folder=folder / ("postgres" if certificates is None else "postgres-tls"),
        port=free_port(),
        password=secrets.postgres_password,
        certificate=_certificate(certificates, "postgres"),
    )


def embedded_nats(folder: Path, secrets: Secrets, certificates: Path | None = None) -> Nats:
    """Return the NATS server of a data folder, on a port nobody uses."""
    return Nats(
        folder=folder / "nats",
        port=free_port(),
        password=secrets.nats_password,
        certificate=_certificate(certificates, "nats"),
    )


def _certificate(folder: Path | None, service: str) -> CertificatePaths | None:
    return None if folder is None else certificate_paths(folder, service)


def postgres_program(server: Postgres) -> Program:
    """Return Postgres as a program."""
    return Program(
        role="postgres",
        label="postgres",
        launch=lambda: _launch(server),
        stop_signal=postgres.STOP_SIGNAL,
        kill_signal=postgres.CRASH_SIGNAL,
        grace_s=30.0,  # the last checkpoint
    )


def nats_program(server: Nats) -> Program:
    """Return NATS as a program."""
    return Program(
        role="nats",
        label="nats",
        launch=lambda: _launch(server),
        stop_signal=nats.STOP_SIGNAL,
        noise=nats.NOISE,
    )


def _launch(server: Postgres | Nats) -> Launch:
    server.prepare()
    return Launch(command=server.command(), is_ready=in_thread(server.is_ready))
