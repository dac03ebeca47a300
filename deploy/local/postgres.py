"""One embedded Postgres: its cluster on disk, its command line, and whether it is ready.

Law: it listens on loopback TCP alone (a socket's path could exceed its 107 characters), asks for a
password, and keeps everything, shared memory included, in its folder. With a certificate it asks
for the scheduler's in place of the password, and nobody gets in without TLS.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.binaries import postgres_program, system_postgres_program
from deploy.local.leash import leashed
from deploy.local.privileges import as_ordinary_user, own
from deploy.local.program import LaunchError
from outscope.config import CertificatePaths

USER = "outscope"
DATABASE = "outscope"
STOP_SIGNAL = signal.SIGINT  # "fast": end the sessions, write a checkpoint, exit
CRASH_SIGNAL = signal.SIGQUIT  # "immediate": exit at once and take every backend along
_STATUS_LINE = 7  # of postmaster.pid, see src/include/utils/pidfile.h
_PROC = Path("/proc")
_SMALL_MACHINE = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",  # costs more than it saves on short statements
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "",
}
_FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


# Where the wheel's is built without TLS, that of the system is older and knows no builtin locale.
_WHEEL_LOCALE: Final = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_SYSTEM_LOCALE: Final = ("--locale=C.UTF-8",)
# Who may connect, and as whom: docs of Postgres, "Client Authentication". The name in the
# certificate of the scheduler is mapped to the database's user.
_HBA: Final = f"hostssl all {USER} 127.0.0.1/32 cert map=services\n"
_IDENT: Final = f"services scheduler {USER}\n"


class PostgresError(LaunchError):
    """The cluster could not be made or taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A cluster in folder, to be served on 127.0.0.1:port; durable=False is for tests only."""

    folder: Path
    port: int
    password: str
    durable: bool = True
    certificate: CertificatePaths | None = None

    def url(self, database: str = DATABASE) -> str:
        """Return the URL of one of its databases, to which a client adds its own certificate."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster unless it exists, and clear what a hard end left behind."""
        if not (self.folder / "PG_VERSION").is_file():
            self._create()
        if self.certificate is not None:
            (self.folder / "pg_hba.conf").write_text(_HBA, "utf-8")
            (self.folder / "pg_ident.conf").write_text(_IDENT, "utf-8")
        own(self.folder)
        _clear_stale_lock(self.folder)

    def command(self) -> list[str]:
        """Return the command line of the server; it dies with this process."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "dynamic_shared_memory_type": "mmap",  # in the folder, not in /dev/shm
            **_SMALL_MACHINE,
            **self._tls(),
            **({} if self.durable else _FOR_TESTS),
        }
        server = [str(self._program("postgres")), "-D", str(self.folder.absolute())]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        return as_ordinary_user(leashed(server, CRASH_SIGNAL))

    def is_ready(self) -> bool:
        """Tell whether it accepts connections, as it says itself in postmaster.pid."""
        lines = _lock_lines(self.folder)
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"

    def _program(self, name: str) -> Path:
        return postgres_program(name) if self.certificate is None else system_postgres_program(name)

    def _tls(self) -> dict[str, str]:
        if self.certificate is None:
            return {}
        return {
            "ssl": "on",
            "ssl_cert_file": str(self.certificate.certificate),
            "ssl_key_file": str(self.certificate.key),
            "ssl_ca_file": str(self.certificate.ca),
        }

    def _create(self) -> None:
        """Build the cluster beside its place and move it there whole, or not at all."""
        cluster = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(cluster, ignore_errors=True)  # of a run that was killed here
        cluster.mkdir(mode=0o700, parents=True)
        own(cluster)
        self._initdb(cluster)
        self._run_single_user(cluster, f"CREATE DATABASE {DATABASE}")
        cluster.replace(self.folder)

    def _initdb(self, cluster: Path) -> None:
        locale = _WHEEL_LOCALE if self.certificate is None else _SYSTEM_LOCALE
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self.password)
            password.flush()
            _run(
                [
                    *(str(self._program("initdb")), "-D", str(cluster), "-U", USER),
                    *("--encoding=UTF8", *locale),
                    *("--auth=scram-sha-256", f"--pwfile={password.name}", "--no-instructions"),
                    *([] if self.durable else ["--no-sync"]),
                ]
            )

    def _run_single_user(self, cluster: Path, statement: str) -> None:
        backend = [str(self._program("postgres")), "--single", "-D", str(cluster), "postgres"]
        _run(backend, statement)


def _run(command: list[str], text: str = "") -> None:
    leash = as_ordinary_user(leashed(command, signal.SIGKILL))
    done = subprocess.run(leash, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise PostgresError(f"{Path(command[0]).name} failed: {' / '.join(lines[-3:])}")


def _lock_lines(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _clear_stale_lock(folder: Path, *, patience_s: float = 10.0) -> None:
    """Wait for the server of a run that was killed to end, then drop the lock it may have left.

    Postgres would trust the number alone, which by now may belong to any other process. Where
    there is no /proc to tell whose it is, that judgement stays with Postgres.
    """
    lines = _lock_lines(folder)
    if not lines or not _PROC.is_dir():
        return
    postmaster = int(lines[0])
    give_up = time.monotonic() + patience_s
    while _serves(postmaster, folder):
        if time.monotonic() > give_up:
            os.kill(postmaster, signal.SIGKILL)
            give_up += patience_s
        time.sleep(0.05)
    with contextlib.suppress(FileNotFoundError):
        (folder / "postmaster.pid").unlink()


def _serves(pid: int, folder: Path) -> bool:
    try:
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return str(folder.absolute()).encode() in arguments
